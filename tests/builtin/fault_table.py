"""What a sender must make of each fault at each point of the dialogue: one table, whoever plays the server."""

from rulekit.records import Envelope, Later, Outcome, RefusalClass, Refused, Sent, Unknown
from tests.builtin.fault_server import Fault, Point

ENVELOPE = Envelope("success@example.com", "ada@example.com", "<1@example.com>")
MESSAGE = b"Subject: x\r\n\r\nHello\r\n.\r\n..two\r\n"

SENDER_LATER = (Later, RefusalClass.SENDER)
LATER = (Later, RefusalClass.MESSAGE)
UNKNOWN = (Unknown, None)
BEFORE_ANY_EMAIL = (Point.GREETING, Point.EHLO, Point.STARTTLS, Point.HANDSHAKE, Point.EHLO_AGAIN, Point.AUTH)


def expected(point: Point, fault: Fault) -> tuple[type, RefusalClass | None]:
    """Returns the kind of outcome, and what it is about."""
    if point is Point.RSET:
        return Sent, None
    if point is Point.DOT and fault not in (Fault.CODE_421, Fault.CODE_4XX, Fault.CODE_5XX):
        return UNKNOWN
    answers = point not in (*BEFORE_ANY_EMAIL, Point.BODY)
    if answers and fault is Fault.CODE_4XX:
        return LATER
    if answers and fault is Fault.CODE_5XX:
        return (Refused, RefusalClass.ADDRESS) if point in (Point.RCPT, Point.DOT) else LATER
    return SENDER_LATER


def is_asked_for_leave(point: Point) -> bool:
    """Says whether the outbox is asked before the fault, once, if the message may leave."""
    return point in (Point.BODY, Point.DOT, Point.RSET)


def outcome_of(outcome: Outcome) -> tuple[type, RefusalClass | None]:
    """Returns what of an outcome the table speaks of."""
    return type(outcome), getattr(outcome, "about", None)


class Marks:
    """Counts how often the outbox was asked for leave."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
