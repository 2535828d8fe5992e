"""Half-open requests by the hundred: the page to unsubscribe goes on, and slow people are served."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from threading import Event

import pytest

from rulekit.web import create_server, guarding
from rulekit.web.throttling import LogThrottle
from tests.web.conftest import Desk

FORM = b"List-Unsubscribe=One-Click"


@pytest.fixture
def address(desk: Desk) -> Iterator[tuple[str, int]]:
    """Where the server of `rulekit serve` answers with the app of the desk."""
    from rulekit.web import create_app

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = create_server(create_app(desk.store, path="/u"), listener, Event().set)
        server.start()
        yield listener.getsockname()
        server.stop()


@contextmanager
def connected(address: tuple[str, int], first: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(first)
        yield connection


def post(desk: Desk, length: int = len(FORM)) -> bytes:
    return (
        f"POST {desk.path()} HTTP/1.1\r\nHost: mail.example.com\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def answer(connection: socket.socket) -> bytes:
    """Returns all that the server says until it closes; nothing when it was dropped."""
    said = b""
    try:
        while part := connection.recv(65536):
            said += part
    except ConnectionResetError:
        pass
    return said


def takes(connection: socket.socket, content: bytes) -> bool:
    try:
        connection.sendall(content)
    except OSError:
        return False
    return True


def unsubscribe(desk: Desk, address: tuple[str, int]) -> bytes:
    with connected(address, post(desk) + FORM) as connection:
        return answer(connection)


def suppressed(desk: Desk) -> list[str]:
    return [line.address for line in desk.store.suppressions.all()]


@pytest.mark.parametrize("first", [b"", b"POST /u HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_who_sends_a_whole_request_is_answered_however_many_hold_their_places(
    first: bytes, desk: Desk, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as held:
        for _ in range(guarding.MOST_PLACES + 60):
            held.enter_context(connected(address, first))
        assert unsubscribe(desk, address).startswith(b"HTTP/1.1 200")
    assert suppressed(desk) == ["ada@example.com"]


@pytest.mark.parametrize(
    "begin",
    [
        lambda desk: b"",
        lambda desk: post(desk)[:40],
        lambda desk: post(desk) + FORM[:5],
        # one whole request, answered, and then another that never ends
        lambda desk: post(desk).replace(b"Connection: close\r\n", b"") + FORM + b"GET /",
    ],
)
def test_a_request_that_does_not_arrive_in_time_is_dropped(
    begin: Callable[[Desk], bytes], desk: Desk, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "REQUEST_SECONDS", 0.5)
    with connected(address, begin(desk)) as connection:
        started = time.monotonic()
        # a byte now and then does not make it last longer
        while time.monotonic() - started < 30 and takes(connection, b"x"):
            time.sleep(0.05)
        assert 0.3 < time.monotonic() - started < 10


def test_a_slow_person_is_served(desk: Desk, address: tuple[str, int]) -> None:
    with connected(address) as connection:
        for byte in post(desk) + FORM:
            connection.sendall(bytes([byte]))
            time.sleep(0.005)
        assert answer(connection).startswith(b"HTTP/1.1 200")
    assert suppressed(desk) == ["ada@example.com"]


def test_a_slow_person_is_served_while_somebody_else_takes_all_places(desk: Desk, address: tuple[str, int]) -> None:
    with ExitStack() as held, socket.socket() as slow:
        try:
            slow.bind(("127.0.0.2", 0))
        except OSError:
            pytest.skip("this system has one address of its own")
        slow.settimeout(30)
        slow.connect(address)
        request = post(desk) + FORM
        for part in range(0, len(request), 50):
            slow.sendall(request[part : part + 50])
            for _ in range(guarding.MOST_PLACES // 4):
                held.enter_context(connected(address, b"POST /"))
        assert answer(slow).startswith(b"HTTP/1.1 200")
    assert suppressed(desk) == ["ada@example.com"]


def test_a_connection_that_is_kept_is_served_again_and_again(desk: Desk, address: tuple[str, int]) -> None:
    with closing(HTTPConnection(*address, timeout=30)) as connection:
        places = set()
        for _ in range(5):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b"ok\n"
            places.add(connection.sock.getsockname())
        assert len(places) == 1


@pytest.mark.parametrize(("descriptors", "expected"), [(1024, (200, 64)), (256, (64, 32)), (64, (16, 8)), (4, (1, 1))])
def test_most_descriptors_are_left_for_sending(
    descriptors: int, expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "_descriptors", lambda: descriptors)
    assert guarding.places() == expected


def test_a_log_is_not_filled_by_strangers(caplog: pytest.LogCaptureFixture) -> None:
    seconds = [0.0]
    log = logging.getLogger("rulekit.tests.throttled")
    throttle = LogThrottle(lines=3, seconds=60, clock=lambda: seconds[0])
    log.addFilter(throttle)

    def happen(number: int) -> None:
        log.warning("it happened to %s", number, extra={"fields": {"number": number}})

    for number in range(10):
        happen(number)
    log.warning("something else")
    seconds[0] = 61
    happen(11)
    happen(12)
    log.removeFilter(throttle)
    assert [record.getMessage() for record in caplog.records] == [
        *(f"it happened to {number}" for number in (0, 1, 2)),
        "something else",
        *("it happened to 11", "it happened to 12"),
    ]
    assert [record.fields for record in caplog.records if hasattr(record, "fields")][3:] == [
        {"number": 11, "left_out": 7},
        {"number": 12},
    ]


def test_bad_requests_leave_few_lines(desk: Desk, address: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(60):
        with connected(address, b"\x00\x01\x02\r\n\r\n") as connection:
            assert answer(connection).startswith(b"HTTP/1.1 400")
    assert 0 < len(caplog.records) <= 20
