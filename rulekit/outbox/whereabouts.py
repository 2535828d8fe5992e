"""Whether this is the database that last sent. A copy, or a backup that was restored, does not know what left since.

`sending.place` says where the database lay when it last sent. What is put back into the very same place is told by a
note beside it (`beside.py`), where the kind of database has one: the note then knows of later claims.
"""

from typing import Any

from sqlalchemy import Connection

from rulekit.outbox import beside
from rulekit.outbox.opening import kind_of

COPIED = "this store is a copy, or was moved or restored"
_LOOK = (
    "emails that left since then are not known here. Look what the mail server took, cancel what has left, "
    "then run `rulekit sending resume`"
)


def doubt(connection: Connection, line: Any) -> str | None:
    """Returns why the store with this line of `sending` may not be the one that last sent, or None when it is."""
    kind, url = kind_of(connection.engine.url), connection.engine.url
    place, note = kind.place(connection), kind.note_path(url)
    if line.place is not None and line.place != place:
        return f"{COPIED}: it last sent as {line.place}, and is now {place}; {_LOOK}"
    noted = beside.read(note, line.store_id) if note is not None else line.claims
    if noted is None and line.place is not None:
        return f"{COPIED}: {note.name if note else ''}, which lay beside it, is missing or not legible; {_LOOK}"
    if noted is not None and noted > line.claims:
        return f"{COPIED}: it knows of {line.claims} claims of emails, and {noted} were made here; {_LOOK}"
    return None


def settle_in(connection: Connection, line: Any) -> dict[str, Any]:
    """Returns what the line of `sending` says from now on: that the store that sends is this one, here.

    Claims that an earlier state of it has made count, so that no token is given twice.
    """
    kind, url = kind_of(connection.engine.url), connection.engine.url
    place, note = kind.place(connection), kind.note_path(url)
    if note is None:
        return {"place": place}
    claims = max(line.claims, beside.read(note, line.store_id) or 0)
    # it is there before the place is committed; it says no more than is committed, or was before
    beside.make(note, line.store_id, claims)
    return {"place": place, "claims": claims}


def note_claim(connection: Connection, store_id: str, claim: int) -> None:
    """Notes that emails of a claim are about to leave, where the kind of database keeps such a note.

    The claim is committed. While this transaction writes no other does, so that the note never goes back.
    """
    url = connection.engine.url
    if (note := kind_of(url).note_path(url)) is not None:
        beside.advance(note, store_id, claim)
