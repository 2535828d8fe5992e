"""The sender that hands emails to an SMTP server: `smtp://user:password@host:587?tls=required`.

One recipient per transaction, connections reused; every end of the dialogue is one of four outcomes.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from rulekit.builtin.smtp_dialogue import Answered, Dialogue, Server, Tls, explain, judge
from rulekit.email.addresses import parse_address
from rulekit.errors import ComposeError, SettingsError
from rulekit.hooks import hookimpl
from rulekit.records import (
    CheckResult,
    Envelope,
    Later,
    Outcome,
    Reason,
    RefusalClass,
    Refused,
    SenderFactory,
    SenderRequest,
    Verdict,
)
from rulekit.urls import LOOPBACK, parse_smtp, refusing

MAX_PER_CONNECTION = 100
_MAX_LINE = 998


@hookimpl
def register_senders() -> Mapping[str, SenderFactory]:
    """Returns the sender for `smtp://…` (STARTTLS) and `smtps://…` (TLS from the start)."""
    return {"smtp": open_smtp, "smtps": open_smtp}


def open_smtp(request: SenderRequest) -> "SmtpSender":
    """Returns the sender of a URL; nothing is connected yet. Raises SettingsError, without the password."""
    return SmtpSender(parse_server(request.url, request.project))


class SmtpSender:
    """Hands emails to one server over one connection at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._dialogue: Dialogue | None = None
        self._used = 0

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        """Hands over one email; `mark_data` comes after the server's 354 and before the first byte."""
        try:
            dialogue = self._connected()
            refusal, utf8 = _unfit(message, envelope, dialogue)
            if refusal is not None:
                return refusal
            dialogue.offer(envelope, len(message), utf8)
        except Answered as answer:
            return judge(answer)
        except (OSError, ValueError) as error:
            self._drop()
            why = explain(error)
            return Later(Reason(why.text, sentence=f"{self._server.host}: {why}"), RefusalClass.SENDER)
        self._used += 1
        return self._hand_over(dialogue, message, mark_data)

    def check(self) -> CheckResult:
        """Says whether the server takes our login; goes no further, and gives no email away."""
        name, place = "sender", f"{self._server.host}:{self._server.port}"
        try:
            self._connected()
        except (Answered, OSError, ValueError) as error:
            said = str(error) if isinstance(error, Answered) else explain(error)
            return CheckResult(name, Verdict.PROBLEM, f"{place}: {said}", "correct `url` under `[sender]`")
        if self._server.tls is Tls.OFF and self._server.host not in LOOPBACK:
            message = f"{place} answers, and emails go there in the clear"
            return CheckResult(name, Verdict.WARNING, message, "write `tls=required` in `sender.url`")
        login = "takes our login" if self._server.user else "answers; it asks for no login"
        return CheckResult(name, Verdict.OK, f"{place} {login} (TLS: {self._server.tls.value})")

    def close(self) -> None:
        """Says goodbye to the server, if it is still there."""
        if self._dialogue is not None and self._dialogue.sock is not None:
            with suppress(OSError):  # it need not hear it
                self._dialogue.docmd("QUIT")
        self._drop()

    def _hand_over(self, dialogue: Dialogue, message: bytes, mark_data: Callable[[], None]) -> Outcome:
        allowed = False
        try:
            mark_data()
            allowed = True
        finally:
            if not allowed:  # the server waits for a message: only hanging up gives nothing away
                self._drop()
        return dialogue.deliver(message)

    def _connected(self) -> Dialogue:
        """Returns a connection that stands at the start of a transaction; raises OSError, ValueError or Answered."""
        if self._dialogue is not None and self._is_usable(self._dialogue):
            return self._dialogue
        self.close()
        self._dialogue, self._used = Dialogue(self._server), 0
        begun = False
        try:
            self._dialogue.begin()
            begun = True
        finally:
            if not begun:
                self._drop()
        return self._dialogue

    def _is_usable(self, dialogue: Dialogue) -> bool:
        if dialogue.sock is None or self._used >= MAX_PER_CONNECTION:
            return False
        try:
            return dialogue.rset()[0] == 250
        except OSError:
            return False

    def _drop(self) -> None:
        if self._dialogue is not None:
            self._dialogue.close()
        self._dialogue = None


def _unfit(message: bytes, envelope: Envelope, dialogue: Dialogue) -> tuple[Refused | None, bool]:
    """Returns why the email cannot stand in this dialogue, and whether it needs SMTPUTF8."""
    utf8 = not (message.isascii() and envelope.recipient.isascii() and envelope.sender.isascii())
    limit = dialogue.esmtp_features.get("size", "")
    for address in (envelope.sender, envelope.recipient):
        if not _is_bare(address):
            said = f"`{address[:80]!a}` cannot stand in an SMTP command; it is not one bare address"
            return Refused(said, code=""), utf8
    if (flaw := _flaw(message)) is not None:
        return Refused(f"the message {flaw}", code=""), utf8
    if utf8 and not dialogue.has_extn("smtputf8"):
        return Refused("the address needs SMTPUTF8, which the server does not offer", code=""), utf8
    if limit.isascii() and limit.isdigit() and 0 < int(limit) < len(message):
        return Refused(f"the message has {len(message)} bytes, the server takes {limit}", code=""), utf8
    return None, utf8


def _flaw(message: bytes) -> str | None:
    """Returns what in the bytes servers read differently: some take a dot between lone CRs or LFs for the end."""
    if not message.count(b"\r") == message.count(b"\n") == message.count(b"\r\n"):
        return "has line ends that are not CRLF"
    if max(map(len, message.split(b"\r\n"))) > _MAX_LINE:
        return f"has a line of more than {_MAX_LINE} bytes"
    return "has a NUL byte" if b"\0" in message else None


# the sender's is nearly always the same
@lru_cache(maxsize=256)
def _is_bare(address: str) -> bool:
    try:
        return parse_address(address) == address
    except ComposeError:
        return False


def parse_server(url: str, project: Path) -> Server:
    """Returns what a URL says; raises SettingsError that never shows the password."""
    with refusing(SettingsError, "sender.url"):
        said = parse_smtp(url)
    ca = _certificates(said.ca, project)
    return Server(said.host, said.port, Tls(said.tls), said.timeout, ca, said.user or None, said.password)


def _certificates(name: str | None, project: Path) -> Path | None:
    if name is None:
        return None
    path = project / name
    if not path.is_file():
        raise SettingsError(f"`sender.url`: there is no file `{name}`", help="name the file with certificates")
    return path
