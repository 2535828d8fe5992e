"""An SMTP server that goes wrong at one chosen point in one chosen way, and keeps a ledger of what it accepted."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from enum import Enum


class Point(Enum):
    """Where the server goes wrong: instead of the answer to that step, or amid the message (BODY)."""

    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    EHLO_AGAIN = "ehlo again"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    RSET = "rset"


class Fault(Enum):
    """How the server goes wrong."""

    DROP = "drop"
    CODE_421 = "421"
    CODE_4XX = "4xx"
    CODE_5XX = "5xx"
    STALL = "stall"
    DRIP = "drip"
    GARBAGE = "garbage"
    RESET = "reset"
    HALF_LINE = "half line"


_ANSWERS = {
    Fault.CODE_421: b"421 4.3.2 closing\r\n",
    Fault.CODE_4XX: b"451 4.3.0 not now\r\n",
    Fault.CODE_5XX: b"550 5.1.1 no such mailbox\r\n",
    Fault.GARBAGE: b"\xff\x00 what?\r\n",
    Fault.HALF_LINE: b"250 2.0.0 o",
}
_GOES_ON = frozenset({Fault.CODE_4XX, Fault.CODE_5XX})
_FEATURES = b"SIZE 90000000\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n"


class _Over(Exception):
    """The dialogue has ended."""


class FaultServer:
    """Speaks to any number of connections at once and goes wrong each time; at RSET only the first time."""

    def __init__(self, context: ssl.SSLContext, point: Point | None = None, fault: Fault = Fault.DROP) -> None:
        self._context, self._point, self._fault = context, point, fault
        self._answer = _ANSWERS.get(fault, b"")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self._over = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.accepted: list[bytes] = []
        self.connections = 0
        self.commands: list[str] = []
        self.body: list[bytes] = []
        # seconds before each answer
        self.pause = 0.0
        self._thread = threading.Thread(target=self._serve)

    def answer_with(self, line: bytes) -> "FaultServer":
        """Makes the answer of the fault another one."""
        self._answer = line
        return self

    def __enter__(self) -> "FaultServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with socket.create_connection(("127.0.0.1", self.port)):  # wakes the listener
            pass
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        sessions: list[threading.Thread] = []
        while not self._over.is_set():
            connection, _ = self._listener.accept()
            if self._over.is_set():
                connection.close()
                break
            self.connections += 1
            connection.settimeout(10)
            sessions.append(threading.Thread(target=_Session(self, connection).run))
            sessions[-1].start()
        for session in sessions:
            session.join(10)

    def happens(self, point: Point) -> bool:
        """Returns whether the fault is due here."""
        due = self._point is point
        if due and point is Point.RSET:
            self._point = None
        return due

    def go_wrong(self, session: "_Session") -> None:
        """Does what the fault says; returns where the dialogue goes on after it."""
        if self._fault is Fault.RESET:
            session.reset()
        if self._fault is Fault.STALL:
            self._over.wait(20)
        if self._fault is Fault.DRIP:
            for _ in range(400):
                session.write(b"2")
                self._over.wait(0.05)
        session.write(self._answer)
        if self._fault not in _GOES_ON:
            raise _Over


class _Session:
    """One connection."""

    def __init__(self, server: FaultServer, connection: socket.socket) -> None:
        self._server, self._connection = server, connection
        self._read = connection.makefile("rb")

    def run(self) -> None:
        try:
            self._step(Point.GREETING, b"220 here\r\n")
            while True:
                self._command(self._line())
        except (_Over, OSError, ValueError):
            self._read.close()
            self._connection.close()

    def write(self, answer: bytes) -> None:
        if answer:
            self._connection.sendall(answer)

    def reset(self) -> None:
        """Ends the connection with a RST."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._read.close()
        if isinstance(self._connection, ssl.SSLSocket):
            socket.socket(fileno=self._connection.detach()).close()
        raise _Over

    def _line(self) -> bytes:
        line = self._read.readline()
        if not line:
            raise _Over
        return line

    def _step(self, point: Point, answer: bytes) -> bool:
        if self._server.happens(point):
            self._server.go_wrong(self)
            return False
        time.sleep(self._server.pause)
        self.write(answer)
        return True

    def _command(self, line: bytes) -> None:
        verb = line.split()[0].decode().upper()
        self._server.commands.append(line.decode().strip())
        handlers: dict[str, Callable[[], object]] = {
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": lambda: self._step(Point.AUTH, b"235 2.7.0 welcome\r\n"),
            "MAIL": lambda: self._step(Point.MAIL, b"250 2.1.0 ok\r\n"),
            "RCPT": lambda: self._step(Point.RCPT, b"250 2.1.5 ok\r\n"),
            "RSET": lambda: self._step(Point.RSET, b"250 2.0.0 ok\r\n"),
            "DATA": self._data,
            "QUIT": self._quit,
        }
        handlers[verb]()

    def _ehlo(self) -> None:
        if isinstance(self._connection, ssl.SSLSocket):
            self._step(Point.EHLO_AGAIN, b"250-here\r\n250-" + _FEATURES)
        else:
            self._step(Point.EHLO, b"250-here\r\n250-STARTTLS\r\n250-" + _FEATURES)

    def _starttls(self) -> None:
        if not self._step(Point.STARTTLS, b"220 go on\r\n"):
            return
        if self._server.happens(Point.HANDSHAKE):
            self._server.go_wrong(self)
            raise _Over
        self._read.close()
        self._connection = self._server._context.wrap_socket(self._connection, server_side=True)
        self._read = self._connection.makefile("rb")

    def _data(self) -> None:
        if not self._step(Point.DATA, b"354 go on\r\n"):
            return
        if self._server.happens(Point.BODY):
            self._read.read(1000)
            self._server.go_wrong(self)
            raise _Over
        lines = []
        while (line := self._line()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
            self._server.body.append(line)
        if self._step(Point.DOT, b"250 2.0.0 queued as 17\r\n"):
            self._server.accepted.append(b"".join(lines))

    def _quit(self) -> None:
        self.write(b"221 bye\r\n")
        raise _Over
