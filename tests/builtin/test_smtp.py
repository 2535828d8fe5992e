"""The SMTP sender with a server that means well: what arrives is what was approved, over a protected connection."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from rulekit.builtin.smtp_dialogue import Tls
from rulekit.builtin.smtp_sender import MAX_PER_CONNECTION, SmtpSender, open_smtp, parse_server, register_senders
from rulekit.errors import SettingsError
from rulekit.records import CheckResult, Envelope, Later, RefusalClass, Refused, SenderRequest, Sent, Verdict

ENVELOPE = Envelope("success@example.com", "ada@example.com", "<1@example.com>")
MESSAGE = b"Subject: x\r\n\r\nHello\r\n.\r\n..two\r\nFrom here\r\n"


def nothing() -> None:
    """Allows the sending."""


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    senders: list[SmtpSender] = []

    def make(url: str) -> SmtpSender:
        senders.append(open_smtp(SenderRequest(url, tmp_path)))
        return senders[-1]

    yield make
    for sender in senders:
        sender.close()


def test_sends_over_starttls_with_a_password(
    start_server: Callable[..., int],
    mailroom: Any,
    authenticator: Any,
    server_context: ssl.SSLContext,
    authority: tuple[trustme.CA, Path],
    opened: Any,
) -> None:
    options = {"tls_context": server_context, "require_starttls": True, "auth_required": True}
    port = start_server(mailroom, authenticator=authenticator, **options)
    sender = opened(f"smtp://us%40er:p%3Aa%2Fs%25s%20w@localhost:{port}?ca={authority[1]}&timeout=5")
    outcomes = [sender.send(MESSAGE, ENVELOPE, nothing) for _ in range(3)]
    assert outcomes == [Sent("250 2.0.0 queued")] * 3
    assert mailroom.taken == [("success@example.com", ["ada@example.com"], MESSAGE)] * 3
    assert mailroom.sessions == 1


def test_sends_over_tls_from_the_start(
    start_server: Callable[..., int],
    mailroom: Any,
    server_context: ssl.SSLContext,
    authority: tuple[trustme.CA, Path],
    opened: Any,
) -> None:
    port = start_server(mailroom, ssl=server_context)
    sender = opened(f"smtps://127.0.0.1:{port}?ca={authority[1]}&timeout=5")
    assert sender.send(MESSAGE, ENVELOPE, nothing) == Sent("250 2.0.0 queued")


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:{port}?timeout=5", "smtps://127.0.0.1:{port}?timeout=5"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    start_server: Callable[..., int], mailroom: Any, server_context: ssl.SSLContext, opened: Any, url: str
) -> None:
    own = {"ssl": server_context} if url.startswith("smtps") else {"tls_context": server_context}
    outcome = opened(url.format(port=start_server(mailroom, **own))).send(MESSAGE, ENVELOPE, nothing)
    assert isinstance(outcome, Later)
    assert outcome.about is RefusalClass.SENDER
    assert "certificate is not trusted" in outcome.reason
    assert not mailroom.taken


def test_a_certificate_for_another_name_is_refused(
    start_server: Callable[..., int], mailroom: Any, authority: tuple[trustme.CA, Path], opened: Any
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority[0].issue_cert("mail.example.com").configure_cert(context)
    port = start_server(mailroom, tls_context=context)
    outcome = opened(f"smtp://127.0.0.1:{port}?ca={authority[1]}&timeout=5").send(MESSAGE, ENVELOPE, nothing)
    assert isinstance(outcome, Later)
    assert "certificate is not trusted" in outcome.reason


def test_a_server_without_starttls_gets_nothing(start_server: Callable[..., int], mailroom: Any, opened: Any) -> None:
    outcome = opened(f"smtp://127.0.0.1:{start_server(mailroom)}?timeout=5").send(MESSAGE, ENVELOPE, nothing)
    assert isinstance(outcome, Later)
    assert outcome.about is RefusalClass.SENDER
    assert "offers no STARTTLS" in outcome.reason


def test_a_wrong_password_pauses_the_sender_and_is_not_repeated_to_people(
    start_server: Callable[..., int],
    mailroom: Any,
    authenticator: Any,
    server_context: ssl.SSLContext,
    authority: tuple[trustme.CA, Path],
    opened: Any,
) -> None:
    port = start_server(mailroom, authenticator=authenticator, tls_context=server_context, auth_required=True)
    sender = opened(f"smtp://ada:very-secret@127.0.0.1:{port}?ca={authority[1]}&timeout=5")
    outcome = sender.send(MESSAGE, ENVELOPE, nothing)
    assert isinstance(outcome, Later)
    assert outcome.about is RefusalClass.SENDER
    assert "AUTH" in outcome.reason
    assert "very-secret" not in outcome.reason + repr(sender.__dict__)


def test_a_connection_is_given_up_after_so_many_emails(
    start_server: Callable[..., int], mailroom: Any, opened: Any
) -> None:
    sender = opened(f"smtp://127.0.0.1:{start_server(mailroom)}?tls=off&timeout=5")
    for _ in range(MAX_PER_CONNECTION + 1):
        assert isinstance(sender.send(MESSAGE, ENVELOPE, nothing), Sent)
    assert mailroom.sessions == 2
    assert len(mailroom.taken) == MAX_PER_CONNECTION + 1


def test_a_local_part_with_unicode_needs_smtputf8(start_server: Callable[..., int], mailroom: Any, opened: Any) -> None:
    zoe = Envelope("success@example.com", "zoë@example.com", "<1@example.com>")
    message = "To: zoë@example.com\r\n\r\nx\r\n".encode()
    without = opened(f"smtp://127.0.0.1:{start_server(mailroom)}?tls=off&timeout=5").send(message, zoe, nothing)
    assert without == Refused("the address needs SMTPUTF8, which the server does not offer")
    sender = opened(f"smtp://127.0.0.1:{start_server(mailroom, enable_SMTPUTF8=True)}?tls=off&timeout=5")
    assert isinstance(sender.send(message, zoe, nothing), Sent)
    assert isinstance(sender.send(MESSAGE, ENVELOPE, nothing), Sent)
    assert [taken[1] for taken in mailroom.taken] == [["zoë@example.com"], ["ada@example.com"]]


def test_a_message_that_is_too_large_is_refused_before_it_is_offered(
    start_server: Callable[..., int], mailroom: Any, opened: Any
) -> None:
    sender = opened(f"smtp://127.0.0.1:{start_server(mailroom, data_size_limit=10)}?tls=off&timeout=5")
    assert sender.send(MESSAGE, ENVELOPE, nothing) == Refused(
        f"the message has {len(MESSAGE)} bytes, the server takes 10"
    )


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "x",
        "a@b.com> BODY=8BITMIME",
        "a@b.com\r\nRCPT TO:<eve@b.com>",
        "Ada <a@b.com>",
        "a@b.com,c@d.com",
        "a@bé.com",
    ],
)
def test_a_recipient_that_cannot_stand_in_a_command_is_refused(
    start_server: Callable[..., int], mailroom: Any, opened: Any, recipient: str
) -> None:
    sender = opened(f"smtp://127.0.0.1:{start_server(mailroom)}?tls=off&timeout=5")
    outcome = sender.send(MESSAGE, Envelope("success@example.com", recipient, "<1@x>"), nothing)
    assert isinstance(outcome, Refused)
    assert outcome.about is RefusalClass.MESSAGE
    assert not mailroom.taken


@pytest.mark.parametrize(
    "message", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"a\r\n.\rQUIT\r\n", b"a\x00\r\n", b"a" * 999 + b"\r\n"]
)
def test_bytes_that_servers_read_differently_never_reach_a_server(
    start_server: Callable[..., int], mailroom: Any, opened: Any, message: bytes
) -> None:
    sender = opened(f"smtp://127.0.0.1:{start_server(mailroom)}?tls=off&timeout=5")
    assert isinstance(sender.send(message, ENVELOPE, nothing), Refused)
    assert not mailroom.taken


def test_urls_say_what_they_mean(tmp_path: Path) -> None:
    server = parse_server("smtp://u%40x:p%2Fw@mail.example.com", tmp_path)
    assert (server.host, server.port, server.tls, server.timeout) == ("mail.example.com", 587, Tls.REQUIRED, 30.0)
    assert (server.user, server.password) == ("u@x", "p/w")
    assert parse_server("smtps://mail.example.com", tmp_path).port == 465
    assert parse_server("smtp://mail.example.com:25?tls=off", tmp_path).tls is Tls.OFF
    assert register_senders().keys() == {"smtp", "smtps"}


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("smtp://", "names no server"),
        ("smtp://user:secret-word@host:99999", "cannot be read"),
        ("smtp://user:secret-word@host?tsl=off", "no option `tsl`; did you mean `tls`?"),
        ("smtp://user:secret-word@host?tls=maybe", "`tls=maybe` is unknown"),
        ("smtps://user:secret-word@host?tls=off", "`smtps` is `tls=implicit`"),
        ("smtp://user:secret-word@host?timeout=0", "`timeout=0` is no time"),
        ("smtp://user:secret-word@host?timeout=nan", "`timeout=nan` is no time"),
        ("smtp://user:secret-word@host?ca=nowhere.pem", "no file `nowhere.pem`"),
        ("smtp://user@host", "both a user and a password"),
        ("smtp://user:secret-word@host?tls=off", "send the password unprotected"),
        ("smtp://user:secret-w%C3%B6rd@host", "must be ASCII"),
        ("smtp://user:%ff@host", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_the_password(
    tmp_path: Path, url: str, problem: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_server(url, tmp_path)
    assert problem in refused.value.message
    assert refused.value.help
    assert "secret-w" not in refused.value.message + refused.value.help


def test_a_check_logs_in_and_gives_no_email_away(
    start_server: Callable[..., int],
    mailroom: Any,
    authenticator: Any,
    server_context: ssl.SSLContext,
    authority: tuple[trustme.CA, Path],
    opened: Any,
) -> None:
    options = {"tls_context": server_context, "require_starttls": True, "auth_required": True}
    port = start_server(mailroom, authenticator=authenticator, **options)
    place = f"localhost:{port}?ca={authority[1]}&timeout=5"
    sender = opened(f"smtp://us%40er:p%3Aa%2Fs%25s%20w@{place}")
    assert sender.check() == CheckResult("sender", Verdict.OK, f"localhost:{port} takes our login (TLS: required)")
    sender.close()
    assert not mailroom.taken
    said = b"".join(mailroom.wires).upper()
    assert b"QUIT" in said
    assert b"MAIL FROM" not in said

    wrong = opened(f"smtp://us%40er:wrong@{place}").check()
    assert wrong.verdict is Verdict.PROBLEM
    assert "the server answered AUTH with 535" in wrong.message
    assert "wrong" not in wrong.message


def test_a_check_of_a_server_that_is_not_there_says_so(opened: Any) -> None:
    found = opened("smtp://127.0.0.1:1?timeout=2").check()
    assert found.verdict is Verdict.PROBLEM
    assert found.message.startswith("127.0.0.1:1: ")
    assert found.help == "correct `url` under `[sender]`"


def test_a_check_says_when_emails_go_in_the_clear(
    start_server: Callable[..., int], mailroom: Any, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"smtp://127.0.0.1:{start_server(mailroom)}?tls=off&timeout=5"
    assert opened(url).check().verdict is Verdict.OK
    # to this machine the clear is no danger; elsewhere it is
    monkeypatch.setattr("rulekit.builtin.smtp_sender.LOOPBACK", frozenset())
    found = opened(url).check()
    assert (found.verdict, "in the clear" in found.message) == (Verdict.WARNING, True)
