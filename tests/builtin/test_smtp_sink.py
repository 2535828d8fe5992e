"""Faults by the hand of others: Postfix's `smtp-sink` instead of the tests' own server, and the same table of outcomes.

A cross-check where Postfix is installed, so that the own server is not the only one that the sender ever met.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rulekit.builtin.smtp_sender import SmtpSender, open_smtp
from rulekit.records import SenderRequest, Sent
from tests.builtin.fault_server import Fault, Point
from tests.builtin.fault_table import ENVELOPE, MESSAGE, Marks, expected, is_asked_for_leave, outcome_of

# it lies among the programs of administrators, which are on no ordinary path
SINK = shutil.which("smtp-sink", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
pytestmark = [
    pytest.mark.starts_programs,
    pytest.mark.skipif(SINK is None, reason="smtp-sink, which comes with Postfix, is not installed"),
]
# run by the superuser it wants to become somebody else; this user exists everywhere
UNPRIVILEGED = "nobody"

# it knows neither TLS nor how a login is answered
COMMANDS = {
    Point.GREETING: "CONNECT",
    Point.EHLO: "EHLO",
    Point.MAIL: "MAIL",
    Point.RCPT: "RCPT",
    Point.DATA: "DATA",
    Point.DOT: ".",
    Point.RSET: "RSET",
}
# longer than the sender waits
STALL = 3
OPTIONS: dict[Fault, Callable[[str], list[str]]] = {
    Fault.DROP: lambda command: ["-q", command],
    Fault.CODE_421: lambda command: ["-Q", command],
    Fault.CODE_4XX: lambda command: ["-r", command, "-b", "451 4.3.0 not now"],
    Fault.CODE_5XX: lambda command: ["-f", command, "-B", "550 5.1.1 no such mailbox"],
    Fault.STALL: lambda command: ["-W", f"{command}:{STALL}"],
}
# it answers the dot at once, whatever delay is asked for
UNABLE = (Point.DOT, Fault.STALL)
CELLS = [(point, fault) for point in COMMANDS for fault in OPTIONS if (point, fault) != UNABLE]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the sink may write to, whoever it runs as."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() == 0:
            shutil.chown(name, UNPRIVILEGED)
        yield Path(name)


@contextmanager
def sink(folder: Path, *options: str) -> Iterator[int]:
    """Runs `smtp-sink` on this machine alone; returns its port. What it takes it writes into the folder."""
    assert SINK is not None
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    user = ["-u", UNPRIVILEGED] if os.geteuid() == 0 else []
    command = [SINK, *user, "-d", "taken.", *options, f"127.0.0.1:{port}", "20"]
    with (folder / "log").open("w") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            wait_until_it_listens(process, port, folder / "log")
            yield port
        finally:
            process.kill()


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"smtp-sink does not listen: {log.read_text()}")


@contextmanager
def sender_to(port: int, folder: Path, timeout: float = 0.5) -> Iterator[SmtpSender]:
    url = f"smtp://127.0.0.1:{port}?tls=off&timeout={timeout}"
    sender = open_smtp(SenderRequest(url, folder))
    try:
        yield sender
    finally:
        sender.close()


@pytest.mark.parametrize(("point", "fault"), CELLS, ids=lambda value: value.value)
def test_a_fault_of_another_server_means_the_same(folder: Path, point: Point, fault: Fault) -> None:
    marks = Marks()
    with sink(folder, *OPTIONS[fault](COMMANDS[point])) as port, sender_to(port, folder) as sender:
        if point is Point.RSET:
            assert isinstance(sender.send(MESSAGE, ENVELOPE, lambda: None), Sent)
        outcome = sender.send(MESSAGE, ENVELOPE, marks)
    assert outcome_of(outcome) == expected(point, fault), outcome
    assert marks.count == is_asked_for_leave(point)


def test_what_another_server_takes_is_the_message(folder: Path) -> None:
    with sink(folder) as port, sender_to(port, folder, timeout=5) as sender:
        outcomes = [sender.send(MESSAGE, ENVELOPE, lambda: None) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Sent, Sent]
    taken = [path.read_bytes() for path in folder.glob("taken.*")]
    assert len(taken) == 2
    for dump in taken:
        own, message = of_the_sink_and_of_the_sender(dump)
        assert f"X-Mail-Args: <{ENVELOPE.sender}>".encode() in own
        assert f"X-Rcpt-Args: <{ENVELOPE.recipient}>".encode() in own
        assert message == MESSAGE.replace(b"\r\n", b"\n")


def of_the_sink_and_of_the_sender(dump: bytes) -> tuple[bytes, bytes]:
    """Splits what it wrote: its own headers end with three lines of `Received`, and an empty line ends the message.

    It writes the lines of a message as files have them, without their carriage returns.
    """
    own, received, rest = dump.partition(b"\nReceived: ")
    assert received
    message = rest.split(b"\n", 3)[3]
    assert message.endswith(b"\n\n")
    return own, message.removesuffix(b"\n")
