"""Certificates, servers on the loopback, and emails to send."""

import asyncio
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """A certificate authority, and the file that makes a client trust it."""
    ca, path = trustme.CA(), tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, path


@pytest.fixture(scope="session")
def server_context(authority: tuple[trustme.CA, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority[0].issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


class Mailroom:
    """What a well-behaved server took, byte for byte what each connection wrote, and what it answers to the dot."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.wires: list[bytearray] = []
        self.sessions = 0
        self.answer = "250 2.0.0 queued"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return self.answer


class Listening(SMTP):
    """A server that keeps what it heard, before it makes anything of it."""

    def __init__(self, room: Mailroom, **options: Any) -> None:
        super().__init__(room, **options)
        self._wire = bytearray()
        room.wires.append(self._wire)

    def data_received(self, data: bytes) -> None:
        self._wire += data
        super().data_received(data)


@pytest.fixture
def start_server() -> Iterator[Callable[..., int]]:
    """Starts aiosmtpd servers in threads of their own; returns the port of each."""
    stops: list[Callable[[], None]] = []

    def start(room: Mailroom, **options: Any) -> int:
        loop, ready = asyncio.new_event_loop(), threading.Event()
        ports: list[int] = []
        implicit = options.pop("ssl", None)

        def factory() -> SMTP:
            room.sessions += 1
            return Listening(room, loop=loop, **options)

        async def main(stopped: asyncio.Event) -> None:
            server = await loop.create_server(factory, "127.0.0.1", 0, ssl=implicit)
            ports.append(server.sockets[0].getsockname()[1])
            ready.set()
            await stopped.wait()
            server.close()

        stopped = asyncio.Event()
        thread = threading.Thread(target=lambda: (asyncio.set_event_loop(loop), loop.run_until_complete(main(stopped))))
        thread.start()

        def stop() -> None:
            loop.call_soon_threadsafe(stopped.set)
            thread.join(10)
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

        stops.append(stop)
        assert ready.wait(10)
        return ports[0]

    yield start
    for stop in stops:
        stop()


@pytest.fixture
def mailroom() -> Mailroom:
    return Mailroom()


@pytest.fixture
def authenticator() -> Callable[..., AuthResult]:
    def check(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (b"us@er", b"p:a/s%s w")
        return AuthResult(success=good, handled=good)

    return check
