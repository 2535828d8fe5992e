"""What is said about an email after it left."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class NoticeKind(Enum):
    """What a notice says became of an email, or what its reader thinks of it."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a server or provider says about one email to one recipient; nothing in it has been believed yet.

    `addresses` are the names that it uses for the recipient, the one that was mailed first. `identity` is the same
    whenever the same notice is read again. `dead` says that the address takes no mail at all, not only this email.
    """

    kind: NoticeKind
    addresses: tuple[str, ...]
    message_id: str
    identity: str
    source: str
    at: datetime | None = None
    status: str = ""
    detail: str = ""
    dead: bool = False
