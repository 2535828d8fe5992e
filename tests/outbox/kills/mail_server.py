"""A mail server with a ledger of what it took, and what the clock of the project said then."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from hashlib import sha256
from socket import create_server
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


@dataclass(frozen=True, slots=True)
class Accepted:
    """An email for which this server took the responsibility."""

    message_id: str
    recipient: str
    digest: str
    now: datetime


@dataclass
class MailServer:
    """Takes all but emails to cid, whom it does not know; at first bob has to wait, and of gus it talks nonsense."""

    now: datetime
    quarrels_until: datetime
    ledger: list[Accepted] = field(default_factory=list)
    port: int = 0
    sessions: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: Any
    ) -> str:
        if address.startswith("cid"):
            return "550 5.1.1 nobody of that name"
        if address.startswith("bob") and self.now < self.quarrels_until:
            return "451 4.3.0 not now"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message_id = str(message_from_bytes(envelope.content)["Message-ID"])
        # what was approved is all but the first line, the Date
        digest = sha256(envelope.content.partition(b"\r\n")[2]).hexdigest()
        for recipient in envelope.rcpt_tos:
            self.ledger.append(Accepted(message_id, recipient, digest, self.now))
        doubtful = envelope.rcpt_tos[0].startswith("gus") and self.now < self.quarrels_until
        return "354 what did you say" if doubtful else "250 2.0.0 queued"

    def wait_until_idle(self) -> None:
        """Waits until it has dealt with everything that was said to it."""
        end = time.monotonic() + 30
        while self.sessions:
            assert time.monotonic() < end, "a session of the mail server does not end"
            time.sleep(0.002)

    def count(self, change: int) -> None:
        with self.lock:
            self.sessions += change


class _Counted(SMTP):
    """A session that is counted while it lasts."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.count(1)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.count(-1)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Counted(self.handler, hostname="mail.example.com")


@contextmanager
def running(server: MailServer) -> Iterator[MailServer]:
    with closing(create_server(("127.0.0.1", 0))) as free:
        server.port = free.getsockname()[1]
    controller = _Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
