"""`rulekit serve` as a process: it ticks, sends and answers, goes on whatever fails, and stops without losing any."""

import asyncio
import contextlib
import csv
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from aiosmtpd.controller import Controller

from rulekit.email.unsubscribe import unsubscribe_link
from rulekit.engine.stores import open_project_store

pytestmark = pytest.mark.starts_programs

PEOPLE = [f"p{number:02}" for number in range(40)]
BASE = "https://mail.example.com/stop"


class Mailroom:
    """A mail server that takes its time, and keeps a ledger of what it took."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.answer = "250 2.0.0 queued"
        self.seconds = 0.0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.seconds)
        if self.answer.startswith("250"):
            self.taken.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        return self.answer


@pytest.fixture
def mailroom() -> Iterator[tuple[Mailroom, int]]:
    room, port = Mailroom(), free_port()
    controller = Controller(room, hostname="127.0.0.1", port=port)
    controller.start()
    yield room, port
    controller.stop()


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
    return port


class Served:
    """A running `rulekit serve`, its log, and its pages."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process, self._log = process, log

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def events(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == event]

    def wait_for(self, event: str, count: int = 1) -> dict[str, Any]:
        """Waits until the log has so many lines of an event; returns the last of them."""
        wait_until(lambda: len(self.events(event)) >= count or self.process.poll() is not None)
        found = self.events(event)
        assert len(found) >= count, self._log.read_text()
        return found[count - 1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.wait_for('listening')['port']}"

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


def wait_until(happened: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def serving(project: Any, *arguments: str, descriptors: int | None = None) -> Iterator[Served]:
    log = project.folder / f"log{time.monotonic_ns()}"
    words = [sys.executable, "-m", "rulekit", "serve", "--log-format", "json", "--listen", "127.0.0.1:0", *arguments]
    with log.open("w") as errors:
        process = subprocess.Popen(words, cwd=project.folder, stderr=errors, text=True)
    if descriptors is not None:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
    try:
        yield Served(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture
def mailing(project: Any, mailroom: tuple[Mailroom, int]) -> Any:
    """A project with 40 people on a free plan, whose emails leave at once through the mail server."""
    project.rules("trigger Greet: on tagged(Pro) send template Hello auto=true")
    project.settings(
        '[sender]\nurl = "folder:outbox"',
        f'[delivery]\nunsubscribe_url = "{BASE}"\n'
        f'[sender]\nallow = ["*"]\nurl = "smtp://127.0.0.1:{mailroom[1]}?tls=off"',
    )
    plans(project, "free")
    return project


def plans(project: Any, plan: str, people: list[str] = PEOPLE) -> None:
    """Puts the people into the source at once, as an export that is renamed does."""
    path = project.folder / "data/people.csv"
    with path.with_suffix(".new").open("w", newline="") as file:
        rows = [(key, f"{key}@example.com", plan, "acme") for key in people]
        csv.writer(file).writerows([("id", "email", "plan", "account"), *rows])
    os.replace(path.with_suffix(".new"), path)


def states(project: Any) -> Counter[str]:
    return Counter(state for _, _, state in project.emails())


def test_a_worker_has_a_name_that_leads_to_it(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        plans(mailing, "pro", PEOPLE[:1])
        name = served.wait_for("dispatched")["worker"]
        assert name == f"{socket.gethostname()}:{served.process.pid}:loop"
        assert served.stop() == 0
    with closing(sqlite3.connect(mailing.folder / "state/rulekit.db")) as store:
        assert store.execute("SELECT DISTINCT actor_name FROM audit WHERE actor = 'worker'").fetchall() == [(name,)]


def test_it_ticks_sends_and_stops_when_asked(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    with serving(mailing, "--every", "1s") as served:
        assert served.wait_for("ticked")["people"] == 40
        assert urlopen(served.url + "/healthz", timeout=30).status == 200
        plans(mailing, "pro")
        wait_until(lambda: len(mailroom[0].taken) == 40)
        assert served.stop() == 0
        assert served.events("serving")[0]["every"] == "1s"
        assert [line["emails"] for line in served.events("ticked") if line["emails"]] == [40]
        assert sum(line["sent"] for line in served.events("dispatched")) == 40
        assert served.lines()[-1]["event"] == "stopped"
    assert states(mailing) == {"sent": 40}
    assert len(set(mailroom[0].taken)) == 40


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_while_sending_everything_accepted_is_written_down(
    mailing: Any, mailroom: tuple[Mailroom, int], number: int
) -> None:
    room = mailroom[0]
    room.seconds = 0.1
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        plans(mailing, "pro")
        wait_until(lambda: len(room.taken) >= 5)
        assert served.stop(number) == 0
    accepted = len(room.taken)
    assert 5 <= accepted < 40
    # what was claimed ahead and not begun is given back as `retrying`
    stands = states(mailing)
    assert stands["sent"] == accepted
    assert stands["approved"] + stands["retrying"] == 40 - accepted
    room.seconds = 0
    with serving(mailing) as served:
        wait_until(lambda: states(mailing) == {"sent": 40})
        assert served.stop() == 0
    assert len(room.taken) == len(set(room.taken)) == 40


def test_a_second_signal_stops_at_once(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        mailroom[0].seconds = 20
        plans(mailing, "pro")
        wait_until(lambda: states(mailing)["sending"] > 0)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert served.process.poll() is None
        begun = time.monotonic()
        assert served.stop() == -signal.SIGTERM
        assert time.monotonic() - begun < 5
    mailroom[0].seconds = 0


def test_a_failing_source_ends_nothing(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        people = mailing.folder / "data/people.csv"
        people.rename(people.with_suffix(".away"))
        served.wait_for("the tick failed")
        assert urlopen(served.url + "/healthz", timeout=30).status == 200
        plans(mailing, "pro")
        wait_until(lambda: len(mailroom[0].taken) == 40)
        assert served.stop() == 0
    assert states(mailing) == {"sent": 40}


def test_rules_with_errors_end_nothing_and_are_taken_when_mended(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    rules = (mailing.folder / "main.rules").read_text()
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        mailing.write("main.rules", rules + "persona Broken:\n")
        assert served.wait_for("the tick failed")["reason"] == "the rules have 1 error, so nothing was run"
        mailing.write("main.rules", rules)
        plans(mailing, "pro")
        wait_until(lambda: len(mailroom[0].taken) == 40)
        assert served.stop() == 0


def test_a_parked_persona_is_told_and_ends_nothing(mailing: Any) -> None:
    many = [f"q{number:03}" for number in range(120)]
    plans(mailing, "pro", many)
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        plans(mailing, "free", many)
        line = served.wait_for("a persona is parked")
        assert (line["level"], line["persona"]) == ("warning", "Pro")
        assert line["reason"].endswith("not by what happened since: 0 in, 120 out")
        assert served.stop() == 0
    assert states(mailing) == {}


def test_a_store_that_is_away_for_a_while_ends_nothing(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        with closing(sqlite3.connect(mailing.folder / "state/rulekit.db")) as store:
            store.execute("ALTER TABLE sending RENAME TO elsewhere")
            store.commit()
            served.wait_for("the dispatch failed")
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urlopen(served.url + "/healthz", timeout=30)
            store.execute("ALTER TABLE elsewhere RENAME TO sending")
            store.commit()
        plans(mailing, "pro")
        wait_until(lambda: len(mailroom[0].taken) == 40)
        assert served.stop() == 0


def test_two_on_one_store_share_the_work(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    mailroom[0].seconds = 0.02
    with serving(mailing, "--every", "1s") as one, serving(mailing, "--every", "1s") as other:
        one.wait_for("ticked")
        other.wait_for("listening")
        plans(mailing, "pro")
        wait_until(lambda: states(mailing) == {"sent": 40})
        assert (one.stop(), other.stop()) == (0, 0)
    assert len(mailroom[0].taken) == len(set(mailroom[0].taken)) == 40


def test_it_unsubscribes_where_the_link_leads(mailing: Any) -> None:
    with serving(mailing) as served:
        served.wait_for("ticked")
        with open_project_store(mailing.folder) as store:
            link = unsubscribe_link(BASE, store.secret(), "p01@example.com", "Greet")
            with urlopen(served.url + link.removeprefix("https://mail.example.com"), b"stop=all", timeout=30) as answer:
                assert answer.status == 200
            assert [line.address for line in store.suppressions.all()] == ["p01@example.com"]
        line = served.wait_for("unsubscribed")
        assert (line["trigger"], line["choice"]) == ("Greet", "all")
        assert served.stop() == 0


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="this system limits no other process")
def test_half_open_requests_stop_neither_the_page_nor_sending(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    """As many connections as the process has descriptors, and each that is dropped comes back at once."""
    stopped = Event()

    def attack(port: int) -> None:
        held: deque[socket.socket] = deque()
        while not stopped.is_set():
            if len(held) >= 300:
                held.popleft().close()
            with contextlib.suppress(OSError):
                held.append(socket.create_connection(("127.0.0.1", port), timeout=1))
                held[-1].sendall(b"POST /stop HTTP/1.1\r\nHost: x\r\n")
        for one in held:
            one.close()

    with serving(mailing, "--every", "1s", descriptors=200) as served:
        served.wait_for("ticked")
        with open_project_store(mailing.folder) as store:
            link = unsubscribe_link(BASE, store.secret(), "p01@example.com", "Greet")
        url = served.url + link.removeprefix("https://mail.example.com")
        attacker = Thread(target=attack, args=(urlsplit(url).port,), daemon=True)
        attacker.start()
        try:
            time.sleep(2)
            plans(mailing, "pro", PEOPLE[2:])
            wait_until(lambda: len(mailroom[0].taken) == 38, 60)
            assert unsubscribes(url)
        finally:
            stopped.set()
            attacker.join(30)
        assert served.stop() == 0
        assert not [line for line in served.lines() if "descriptor" in str(line) or "out of system" in str(line)]
        assert len(json.dumps(served.lines())) < 100_000
    assert states(mailing) == {"sent": 38}


def unsubscribes(url: str) -> bool:
    """Says whether a mail program that tries a few times is heard."""
    for _ in range(10):
        with contextlib.suppress(OSError), urlopen(url, b"List-Unsubscribe=One-Click", timeout=10) as answer:
            return bool(answer.status == 200)
    return False


def test_the_log_has_nobodys_data(mailing: Any, mailroom: tuple[Mailroom, int]) -> None:
    with serving(mailing, "--every", "1s") as served:
        served.wait_for("ticked")
        with open_project_store(mailing.folder) as store:
            link = unsubscribe_link(BASE, store.secret(), "p01@example.com", "Greet")
        path = link.removeprefix("https://mail.example.com")
        for query in (path, path[:-5], "/nothing?who=p01@example.com"):
            with contextlib.suppress(urllib.error.HTTPError):
                urlopen(served.url + query, timeout=30).close()
        # a key that appears twice, and a server that says who it was
        plans(mailing, "pro", ["p01", "p01"])
        served.wait_for("the tick failed")
        mailroom[0].answer = "421 4.3.2 closing on <p01@example.com>"
        plans(mailing, "pro")
        served.wait_for("dispatched")
        assert served.stop() == 0
        log = json.dumps(served.lines())
    assert path.partition("=")[2][:12] not in log
    assert not re.search(r"p\d\d\b|example\.com|Hello, ", log)


def test_text_logs_are_lines_for_people(mailing: Any) -> None:
    log = mailing.folder / "log"
    words = [sys.executable, "-m", "rulekit", "serve", "--listen", ""]
    with log.open("w") as errors:
        process = subprocess.Popen(words, cwd=mailing.folder, stderr=errors)
    try:
        wait_until(lambda: "ticked" in log.read_text())
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
    lines = log.read_text().splitlines()
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info: serving every="15m"', lines[0])
    assert not any("listening" in line for line in lines)


def test_what_cannot_be_served_is_said_at_once(mailing: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = mailing.cli("serve", "--listen", f"127.0.0.1:{port}")
    assert done.exit_code == 2
    assert (
        f"error: cannot listen at 127.0.0.1:{port}: Address already in use\nhelp: choose another place" in done.output
    )
    assert "`8025` is no place to listen at" in mailing.cli("serve", "--listen", "8025").output
    assert "`1` is not a duration" in mailing.cli("serve", "--every", "1").output
    mailing.settings(more='[serve]\nevery = "0s"\nlisten = "nowhere"\n')
    done = mailing.cli("serve")
    assert 'serve.every`: write at least `"1s"`' in done.output
    assert "`nowhere` is no place to listen at" in done.output
