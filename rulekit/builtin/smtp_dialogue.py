"""One SMTP connection, driven step by step, so that what has left this machine is known at every point.

A connection that misbehaves is closed and never used again. Sources of the rules: RFC 5321, 3463, 3207, 8314.
"""

import io
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from time import monotonic
from typing import Any

from rulekit.records import Envelope, Later, Outcome, Reason, RefusalClass, Refused, Sent, Unknown
from rulekit.statuses import is_about_the_sender, is_about_the_service, is_dead_address

_REPLY = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n]*))?\r?\n")
_MAX_LINE = 8192
_MAX_LINES = 100
_PIECE = 65536
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_TOO_LARGE = "3.4"
# times the timeout. A reply to the final dot that comes too late to be read makes an email uncertain; all that comes
# before a transaction is many answers (RFC 5321, section 4.5.3.2)
_PATIENCE = 10
_BEGINNING = 4


class Tls(Enum):
    """How the connection is protected; the value is the word in the URL."""

    REQUIRED = "required"
    IMPLICIT = "implicit"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect and how.

    `timeout` in seconds bounds each answer as a whole, however many pieces it comes in; ten times as long bounds the
    writing of a message and the answer to it, and four times as long all from connecting to the login.
    """

    host: str
    port: int
    tls: Tls
    timeout: float
    ca: Path | None
    user: str | None
    password: str = field(repr=False)


class DialogueStep(Enum):
    """A step of the dialogue that a server answers, as it is called in reasons."""

    GREETING = "the greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "the message"


class Answered(Exception):
    """The server answered a step with something else than yes."""

    def __init__(self, step: DialogueStep, code: int, text: str) -> None:
        said = f"the server answered {step.value} with {code}"
        super().__init__(f"{said} {text}")
        self.step, self.code, self.text = step, code, text
        found = _STATUS.match(text)
        self.status = found[0] if found else ""
        # of what goes on right behind a status, nobody knows whom it names
        is_whole = self.status != "" and text.partition(" ")[0] == self.status
        self.reason = Reason(f"{said} {self.status}" if is_whole else said, sentence=str(self))

    @property
    def kind(self) -> str:
        """Returns the code, and the status where it is that of a permanent answer."""
        return f"{self.code} {self.status}" if self.status.startswith("5.") else str(self.code)


class _Incoming(io.RawIOBase):
    """What a connection receives, until a moment: a peer that gives a byte now and then gains no time by it."""

    def __init__(self, connection: socket.socket, left: Callable[[], float]) -> None:
        self._connection, self._left = connection, left

    def readable(self) -> bool:
        """Says that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Receives what there is; raises TimeoutError when the moment is over."""
        self._connection.settimeout(self._left())
        return self._connection.recv_into(buffer)


class Dialogue(smtplib.SMTP):
    """`smtplib`'s primitives over replies that are read strictly: whole lines, three digits, one code per reply."""

    def __init__(self, server: Server) -> None:
        super().__init__(local_hostname="localhost", timeout=server.timeout)
        self._server = server
        # until when what is being done must be done, in seconds of a clock that only goes forward
        self._until = self._phase_until = float("inf")

    def getreply(self) -> tuple[int, bytes]:
        """Returns code and text of one reply; raises SMTPServerDisconnected, closed, when there is no whole one."""
        return self._reply_within(self._server.timeout)

    def _reply_within(self, seconds: float) -> tuple[int, bytes]:
        self._allow(seconds)
        try:
            return self._read_reply()
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(explain(error)) from None

    def send(self, s: Any) -> None:
        """Writes a command; it has as long as its answer."""
        self._allow(self._server.timeout)
        if self.sock is not None:
            self.sock.settimeout(self._left())
        super().send(s)

    def _allow(self, seconds: float) -> None:
        """Gives what is done next so many seconds, and no more than its phase has left."""
        self._until = min(monotonic() + seconds, self._phase_until)

    def _left(self) -> float:
        """Returns the seconds that are left; raises TimeoutError when there are none."""
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _read_reply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Incoming(self.sock, self._left))
        if self.file is None:
            raise ConnectionError(Reason("there is no connection"))
        codes, texts = set(), []
        for _ in range(_MAX_LINES):
            line = self.file.readline(_MAX_LINE)
            found = _REPLY.fullmatch(line)
            if found is None:
                broken_off = not line.endswith(b"\n")
                raise ConnectionError(Reason("the connection broke off" if broken_off else "the answer made no sense"))
            codes.add(int(found[1]))
            texts.append(found[3] or b"")
            if found[2] != b"-" and len(codes) == 1:
                return codes.pop(), b"\n".join(texts)
        raise ConnectionError(Reason("the answer made no sense"))

    def step(self, step: DialogueStep, command: str, expected: str) -> None:
        """Sends a command; raises Answered unless the reply's code starts with `expected`."""
        self.expect(step, self.docmd(command), expected)

    def expect(self, step: DialogueStep, reply: tuple[int, bytes], expected: str) -> None:
        """Raises Answered unless the reply's code starts with `expected`; a code that fits nothing closes."""
        code, text = reply
        if str(code).startswith(expected):
            return
        if code < 400 or code == 421:
            self.close()
        raise Answered(step, code, _readable(text))

    def begin(self) -> None:
        """Connects, and goes on to where a transaction may start: greeting, EHLO, STARTTLS, EHLO, AUTH.

        Raises OSError, ValueError or Answered.
        """
        self._phase_until = monotonic() + self._server.timeout * _BEGINNING
        self._begin()
        self._phase_until = float("inf")

    def _begin(self) -> None:
        server = self._server
        self.expect(DialogueStep.GREETING, self.connect(server.host, server.port), "220")
        self.expect(DialogueStep.EHLO, self.ehlo(), "250")
        if server.tls is Tls.REQUIRED:
            if not self.has_extn("starttls"):
                raise ConnectionError(
                    Reason("the server offers no STARTTLS; use `tls=implicit`, or `tls=off` in a safe network")
                )
            self.step(DialogueStep.STARTTLS, "STARTTLS", "220")
            self._protect()
            self.expect(DialogueStep.EHLO, self.ehlo(), "250")
        if server.user is not None:
            self._log_in(server.user, server.password)

    def connect(self, host: str = "", port: int = 0, source_address: object = None) -> tuple[int, bytes]:
        """Returns the greeting of a new connection, protected from its start where the URL says so."""
        self._allow(self._server.timeout)
        self.sock = self._reach(host, port)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_hostname = _literal(self.sock)
        if self._server.tls is Tls.IMPLICIT:
            self._protect()
        return self.getreply()

    def _reach(self, host: str, port: int) -> socket.socket:
        """Connects to the first address of the host that answers; all of them share the time."""
        places = [(str(place[0]), port) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for place in places[:-1]:
            with suppress(OSError):
                return socket.create_connection(place, self._left() / 2)
        return socket.create_connection(places[-1], self._left())

    def _protect(self) -> None:
        """Starts TLS with a verified certificate; whatever came before it is forgotten (RFC 3207, section 4.2)."""
        if self.file is not None:
            self.file.close()
        context = ssl.create_default_context(cafile=self._server.ca)
        assert self.sock is not None  # noqa: S101  # connected one step before
        self._allow(self._server.timeout)
        self.sock.settimeout(self._left())  # of the whole handshake
        self.sock = context.wrap_socket(self.sock, server_hostname=self._server.host)
        self.file, self.ehlo_resp, self.esmtp_features, self.does_esmtp = None, None, {}, False

    def _log_in(self, user: str, password: str) -> None:
        try:
            self.login(user, password)
        except smtplib.SMTPResponseException as refused:
            raise Answered(DialogueStep.AUTH, refused.smtp_code, _readable(refused.smtp_error)) from None

    def offer(self, envelope: Envelope, size: int, utf8: bool) -> None:
        """Goes from MAIL to the server's word to go ahead with the message; raises OSError or Answered."""
        options = (f" SIZE={size}" if self.has_extn("size") else "") + (" SMTPUTF8" if utf8 else "")
        self.command_encoding = "utf-8" if utf8 else "ascii"
        self.step(DialogueStep.MAIL, f"MAIL FROM:<{envelope.sender}>{options}", "2")
        self.step(DialogueStep.RCPT, f"RCPT TO:<{envelope.recipient}>", "2")
        self.step(DialogueStep.DATA, "DATA", "354")

    def deliver(self, message: bytes) -> Outcome:
        """Writes the message, then the dot, and says what the server made of it."""
        lines = message if message.endswith(b"\r\n") else message + b"\r\n"
        never_ended = "the connection broke while the message was written; its end was never sent"
        try:
            self._write(re.sub(rb"(?m)^\.", b"..", lines))
        except OSError as error:
            self.close()
            return Later(_because(never_ended, error), RefusalClass.SENDER)
        try:
            self._write(b".\r\n")
        except ConnectionError as error:  # refused by this machine: not a byte of it left
            self.close()
            return Later(_because(never_ended, error), RefusalClass.SENDER)
        except OSError as error:
            self.close()
            return Unknown(_because("the end of the message may have been sent", error))
        return self._verdict()

    def _write(self, data: bytes) -> None:
        """Writes all of it: each piece within the timeout, and the whole within ten times as long."""
        assert self.sock is not None  # noqa: S101  # the server has just answered
        self._allow(self._server.timeout * _PATIENCE)
        rest = memoryview(data)
        while rest:
            self.sock.settimeout(min(self._server.timeout, self._left()))
            rest = rest[self.sock.send(rest[:_PIECE]) :]

    def _verdict(self) -> Outcome:
        try:
            code, text = self._reply_within(self._server.timeout * _PATIENCE)
        except OSError as error:
            return Unknown(_because("the message was sent and no answer came", error))
        if 200 <= code <= 299:
            return Sent(f"{code} {_readable(text)}")
        if code < 400:
            self.close()
            said = f"{code} {_readable(text)}"
            return Unknown(Reason("the message was sent and the answer made no sense", said))
        return judge(Answered(DialogueStep.DOT, code, _readable(text)))


def judge(answer: Answered) -> Outcome:
    """Returns what an answer that is no yes means; nothing was delivered.

    Before a recipient is named, and for whatever concerns the connection, the sender is at fault and no email. A 5xx
    to MAIL or DATA may be about one template's `from`, so it delays that email and stops no other.
    """
    reason = answer.reason
    detail = ".".join(str(int(part)) for part in answer.status.split(".")[1:])
    barred = detail.startswith("7.") or answer.code in (530, 535) or is_about_the_service(f"5.{detail}")
    permanent = answer.code >= 500
    if answer.code in (421, 454) or answer.code < 400 or answer.step in _BEFORE_ANY_EMAIL:
        return Later(reason, RefusalClass.SENDER)
    if not permanent:
        return Later(reason)
    if answer.step in (DialogueStep.RCPT, DialogueStep.DOT):
        return Refused(reason, _about(detail, barred), answer.kind)
    if detail == _TOO_LARGE or answer.code == 552:
        return Refused(reason, code=answer.kind)
    return Later(reason, RefusalClass.SENDER if barred else RefusalClass.MESSAGE)


_BEFORE_ANY_EMAIL = frozenset({DialogueStep.GREETING, DialogueStep.EHLO, DialogueStep.STARTTLS, DialogueStep.AUTH})


def _about(detail: str, barred: bool) -> RefusalClass:
    """Returns whom a refusal concerns: 5.1.x and 5.2.1 the address, but 5.1.7, 5.1.8 ours; 5.7.x, 5.4.5 the sender."""
    status = f"5.{detail}"
    if barred or is_about_the_sender(status):
        return RefusalClass.SENDER
    return RefusalClass.ADDRESS if is_dead_address(status) else RefusalClass.MESSAGE


def _literal(connection: socket.socket) -> str:
    """Returns this machine's address as EHLO takes it where a machine has no name (RFC 5321, section 4.1.4)."""
    address = connection.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _readable(text: bytes | str) -> str:
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(c if c.isprintable() else " " for c in shown)[:500].strip()


def explain(error: Exception) -> Reason:
    """Returns why a connection could not be used; what the system says of it names nobody."""
    if isinstance(error, TimeoutError):
        return Reason("no answer in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Reason("the server's certificate is not trusted", error.verify_message)
    if error.args and isinstance(error.args[0], Reason):
        return error.args[0]
    if system := _readable(getattr(error, "strerror", None) or ""):
        return Reason(system)
    return Reason("", _readable(str(error))) or Reason("the connection broke")


def _because(words: str, error: Exception) -> Reason:
    why = explain(error)
    return Reason(f"{words} ({why.text})" if why.text else words, sentence=f"{words} ({why})")
