"""Every fault at every point of the dialogue ends in the one true outcome, judged by the server's own ledger."""

from collections.abc import Callable
from pathlib import Path
from ssl import SSLContext
from time import monotonic

import pytest

from rulekit.builtin.smtp_dialogue import Answered, DialogueStep, judge
from rulekit.builtin.smtp_sender import SmtpSender, open_smtp
from rulekit.records import RefusalClass, Refused, SenderRequest, Sent
from tests.builtin.fault_server import Fault, FaultServer, Point
from tests.builtin.fault_table import (
    ENVELOPE,
    LATER,
    MESSAGE,
    SENDER_LATER,
    UNKNOWN,
    Marks,
    expected,
    is_asked_for_leave,
    outcome_of,
)

# more than any pair of socket buffers holds, so that a write meets the fault
LONG = b"Subject: x\r\n\r\n" + b"line of a very long message\r\n" * 300_000


@pytest.fixture
def sender_for(authority: tuple[object, Path], tmp_path: Path) -> Callable[..., SmtpSender]:
    def make(server: FaultServer, timeout: float = 0.25) -> SmtpSender:
        url = f"smtp://ada:secret@127.0.0.1:{server.port}?tls=required&ca={authority[1]}&timeout={timeout}"
        return open_smtp(SenderRequest(url, tmp_path))

    return make


# a reset at the wrong instant of the handshake makes the ssl module forget a socket that it made itself
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
@pytest.mark.parametrize("point", Point, ids=lambda point: point.value)
def test_every_fault_at_every_point(
    server_context: SSLContext, sender_for: Callable[..., SmtpSender], point: Point, fault: Fault
) -> None:
    marks = Marks()
    with FaultServer(server_context, point, fault) as server:
        sender = sender_for(server)
        if point is Point.RSET:
            assert isinstance(sender.send(MESSAGE, ENVELOPE, lambda: None), Sent)
        message = LONG if point is Point.BODY else MESSAGE
        outcome = sender.send(message, ENVELOPE, marks)
        sender.close()
    assert outcome_of(outcome) == expected(point, fault), outcome
    assert marks.count == is_asked_for_leave(point)
    assert (outcome.reply if isinstance(outcome, Sent) else outcome.reason).isprintable()
    accepted = len(server.accepted)
    assert accepted == (2 if point is Point.RSET else 0)


def test_the_grid_has_108_cells() -> None:
    assert len(Point) * len(Fault) == 108


@pytest.mark.parametrize(
    ("point", "answer", "outcome"),
    [
        (Point.RCPT, b"550 5.1.1 who?", (Refused, RefusalClass.ADDRESS)),
        (Point.RCPT, b"556 5.1.10 null MX", (Refused, RefusalClass.ADDRESS)),
        (Point.RCPT, b"550-5.2.1 disabled\r\n550 5.2.1 for good", (Refused, RefusalClass.ADDRESS)),
        (Point.RCPT, b"552 5.2.2 full", (Refused, RefusalClass.MESSAGE)),
        (Point.RCPT, b"550 5.7.1 blocked", (Refused, RefusalClass.SENDER)),
        (Point.RCPT, b"553 5.1.8 your domain", (Refused, RefusalClass.SENDER)),
        (Point.RCPT, b"530 authenticate first", (Refused, RefusalClass.SENDER)),
        (Point.RCPT, b"550 5.4.5 daily sending quota exceeded", (Refused, RefusalClass.SENDER)),
        (Point.RCPT, b"550 5.4.4 no route", (Refused, RefusalClass.MESSAGE)),
        (Point.RCPT, b"550 no such user", (Refused, RefusalClass.MESSAGE)),
        (Point.RCPT, b"450 4.7.1 greylisted", LATER),
        (Point.RCPT, b"421 4.7.0 too many", SENDER_LATER),
        (Point.RCPT, b"354 what", SENDER_LATER),
        (Point.RCPT, b"250-a\r\n550 b", SENDER_LATER),
        (Point.RCPT, b"2500 x", SENDER_LATER),
        (Point.RCPT, b"250-" + b"x" * 9000, SENDER_LATER),
        (Point.RCPT, b"250-x\r\n" * 200 + b"250 x", SENDER_LATER),
        (Point.MAIL, b"550 5.7.1 not you", SENDER_LATER),
        (Point.MAIL, b"550 5.1.7 bad sender", LATER),
        (Point.MAIL, b"550 5.4.5 daily sending quota exceeded", SENDER_LATER),
        (Point.MAIL, b"552 5.3.4 too large", (Refused, RefusalClass.MESSAGE)),
        (Point.DATA, b"250 odd", SENDER_LATER),
        (Point.DATA, b"554 5.5.1 no", LATER),
        (Point.AUTH, b"535 5.7.8 wrong", SENDER_LATER),
        (Point.AUTH, b"334 !!!", SENDER_LATER),
        (Point.DOT, b"554 5.7.1 spam", (Refused, RefusalClass.SENDER)),
        (Point.DOT, b"550 5.4.5 daily sending quota exceeded", (Refused, RefusalClass.SENDER)),
        (Point.DOT, b"552 5.3.4 too large", (Refused, RefusalClass.MESSAGE)),
        (Point.DOT, b"550 5.1.1 who?", (Refused, RefusalClass.ADDRESS)),
        (Point.DOT, b"421 4.3.2 closing", SENDER_LATER),
        (Point.DOT, b"354 again?", UNKNOWN),
        (Point.DOT, b"25", UNKNOWN),
        (Point.DOT, b"250", (Sent, None)),
    ],
)
def test_answers_are_judged_by_code_and_status(
    server_context: SSLContext,
    sender_for: Callable[..., SmtpSender],
    point: Point,
    answer: bytes,
    outcome: tuple[type, RefusalClass | None],
) -> None:
    with FaultServer(server_context, point, Fault.GARBAGE).answer_with(answer + b"\r\n") as server:
        sender = sender_for(server)
        found = sender.send(MESSAGE, ENVELOPE, lambda: None)
        sender.close()
    assert outcome_of(found) == outcome, found


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answered(DialogueStep.RCPT, 550, "5.1.1 who?"), "550 5.1.1"),
        (Answered(DialogueStep.DOT, 552, "5.3.4: too large"), "552 5.3.4"),
        (Answered(DialogueStep.DOT, 554, "no 5.7.1 for you"), "554"),
        (Answered(DialogueStep.RCPT, 550, "4.1.1 who?"), "550"),
    ],
)
def test_a_refusal_says_what_the_server_answered(answer: Answered, code: str) -> None:
    found = judge(answer)
    assert isinstance(found, Refused)
    assert found.code == code


def test_a_refused_email_leaves_the_connection_to_the_next(
    server_context: SSLContext, sender_for: Callable[..., SmtpSender]
) -> None:
    with FaultServer(server_context, Point.RCPT, Fault.CODE_5XX) as server:
        sender = sender_for(server)
        assert isinstance(sender.send(MESSAGE, ENVELOPE, lambda: None), Refused)
        assert isinstance(sender.send(MESSAGE, ENVELOPE, lambda: None), Refused)
        sender.close()
    assert server.connections == 1
    assert server.commands.count("rset") == 1


class Forbidden(Exception):
    """The outbox says no at the last moment."""


def test_a_mark_that_forbids_gives_nothing_away(
    server_context: SSLContext, sender_for: Callable[..., SmtpSender]
) -> None:
    def forbid() -> None:
        raise Forbidden

    with FaultServer(server_context) as server:
        sender = sender_for(server)
        with pytest.raises(Forbidden):
            sender.send(MESSAGE, ENVELOPE, forbid)
        sender.close()
        given_away = list(server.body)
        assert isinstance(sender.send(MESSAGE, ENVELOPE, lambda: None), Sent)
        sender.close()
    assert given_away == []
    assert server.accepted == [MESSAGE]
    assert server.connections == 2
    assert server.body == [b"Subject: x\r\n", b"\r\n", b"Hello\r\n", b"..\r\n", b"...two\r\n"]


def test_nobody_there_is_a_fault_of_the_sender(tmp_path: Path, server_context: SSLContext) -> None:
    with FaultServer(server_context) as server:
        port = server.port
    sender = open_smtp(SenderRequest(f"smtp://127.0.0.1:{port}?tls=off&timeout=0.5", tmp_path))
    outcome = sender.send(MESSAGE, ENVELOPE, lambda: None)
    assert outcome_of(outcome) == SENDER_LATER


def test_an_answer_or_a_handshake_that_comes_byte_by_byte_is_none_in_time(
    server_context: SSLContext, sender_for: Callable[..., SmtpSender]
) -> None:
    for point in (Point.GREETING, Point.HANDSHAKE, Point.AUTH, Point.RCPT, Point.DOT):
        with FaultServer(server_context, point, Fault.DRIP) as server:
            sender, begun = sender_for(server), monotonic()
            outcome = sender.send(MESSAGE, ENVELOPE, lambda: None)
            taken = monotonic() - begun
            sender.close()
        assert outcome_of(outcome) == expected(point, Fault.DRIP), outcome
        # the answer to the message gets ten times as long; the server would go on for twenty seconds
        assert taken < 9, point


def test_all_steps_before_a_transaction_share_a_time(
    server_context: SSLContext, sender_for: Callable[..., SmtpSender]
) -> None:
    """Each of five answers comes just in time; the time of four is over before the last."""
    with FaultServer(server_context) as server:
        server.pause = 0.45
        sender = sender_for(server, 0.5)
        outcome = sender.send(MESSAGE, ENVELOPE, lambda: None)
        sender.close()
    assert outcome_of(outcome) == SENDER_LATER, outcome
