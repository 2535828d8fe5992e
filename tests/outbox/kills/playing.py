"""Plays the week again and again, each time killed at another point, and judges by the ledger of the mail server."""

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from rulekit.outbox.store import Store
from rulekit.records import State
from tests.outbox.conftest import take_over
from tests.outbox.kills import week
from tests.outbox.kills.mail_server import Accepted, MailServer
from tests.outbox.kills.week import STEPS, Step
from tests.outbox.postgres_server import Server

ROOT = Path(__file__).parents[3]
Point = tuple[str, int]


class Place(Protocol):
    """Where the stores of the plays lie."""

    def new(self, copied: str | None) -> str:
        """Returns the name of a store that is empty, or holds what another one holds."""

    def url(self, name: str) -> str:
        """Returns the address of a store for the settings."""

    def drop(self, name: str) -> None:
        """Removes a store."""


class InTheProject:
    """A SQLite file, which is copied with the folder of the project."""

    def new(self, copied: str | None) -> str:
        return ""

    def url(self, name: str) -> str:
        return "sqlite:///state/rulekit.db"

    def drop(self, name: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class InPostgres:
    """Databases of one server."""

    server: Server

    def new(self, copied: str | None) -> str:
        return self.server.make_database(copied or "template1")

    def url(self, name: str) -> str:
        return self.server.url(name)

    def drop(self, name: str) -> None:
        self.server.drop_database(name)


@dataclass(frozen=True, slots=True)
class Saved:
    """Everything as it is between two steps."""

    folder: Path
    store: str
    ledger: tuple[Accepted, ...]
    opened: bool


@dataclass
class Play:
    """A project in a folder, its store, and the mail server it speaks to."""

    folder: Path
    place: Place
    server: MailServer
    run: Callable[[dict[str, object]], int]
    store: str = ""
    codes: Counter[int] = field(default_factory=Counter)
    unmarked: bool = False

    def begin(self) -> None:
        self.folder.mkdir()
        week.write_project(self.folder)
        self._settle_in(None)
        self.server.ledger.clear()

    def begin_from(self, saved: Saved) -> None:
        shutil.copytree(saved.folder, self.folder)
        self._settle_in(saved.store)
        # opening the store for the first time is among what is killed
        if saved.opened:
            with self.open() as store:
                take_over(store)
        self.server.ledger[:] = saved.ledger

    def _settle_in(self, copied: str | None) -> None:
        self.store = self.place.new(copied)
        week.write_settings(self.folder, self.place.url(self.store), self.server.port)

    def save(self, folder: Path) -> Saved:
        shutil.copytree(self.folder, folder)
        return Saved(folder, self.place.new(self.store), tuple(self.server.ledger), opened=bool(self.codes))

    def end(self) -> None:
        shutil.rmtree(self.folder)
        self.place.drop(self.store)

    def perform(self, step: Step, at: Point | None = None, noted: bool = False) -> bool:
        """Types what the step says; returns whether the point was reached, so that the process is dead."""
        self.server.now = step.now
        if step.plans:
            week.write_people(self.folder, step.plans)
        killed = False
        for arguments in self._commands(step):
            task = {"folder": str(self.folder), "arguments": arguments, "at": at or step.dies, "noted": noted}
            code = self.run({**task, "unmarked": self.unmarked})
            self.server.wait_until_idle()
            killed = killed or code == -signal.SIGKILL
            self.codes[code] += 1
        return killed

    def _commands(self, step: Step) -> list[list[str]]:
        if step.arguments != week.RESOLVE:
            return [[*step.arguments, "--now", step.now.isoformat()]]
        accepted = {one.message_id for one in self.server.ledger}
        with self.open() as store:
            uncertain = [row for row in store.outbox.find() if row.state is State.UNCERTAIN]
        how = ["--reason", "the log of the mail server", "--by", "ada", "--now", step.now.isoformat()]
        told = {row.id: "sent" if row.message_id in accepted else "retrying" for row in uncertain}
        return [["outbox", "resolve", str(row), word, *how] for row, word in told.items()]

    def open(self) -> Store:
        return Store.open(self.place.url(self.store), self.folder)

    def points(self) -> Counter[str]:
        """Returns how often each point was reached since this was last asked."""
        file = self.folder / "points"
        found = Counter(file.read_text().splitlines()) if file.exists() else Counter()
        file.unlink(missing_ok=True)
        return found

    def judge(self, find_broken: Callable[[Store], object]) -> list[str]:
        """Returns everything that is wrong at the end of the week."""
        with self.open() as store:
            rows = store.outbox.find()
            broken = find_broken(store)
        problems = [f"exit code {code}: {self._said()}" for code in self.codes if code not in (0, 1, -signal.SIGKILL)]
        copies = Counter(one.message_id for one in self.server.ledger)
        ends = {(row.trigger, row.tagging.person): row.state for row in rows}
        problems += [f"lost: there is no email {key}" for key in week.ENDS if key not in ends]
        for row in rows:
            key = (row.trigger, row.tagging.person)
            if copies[row.message_id] != (row.state is State.SENT):
                problems.append(f"{key} is {row.state.value}, and was accepted {copies[row.message_id]} times")
            if row.state not in week.ENDS[key]:
                problems.append(f"{key} is {row.state.value}")
        questions = {row.message_id for row in rows if row.trigger == "Ask"}
        problems += [f"{one} left early or late" for one in self.server.ledger if _untimely(one, questions)]
        digests = {row.message_id: row.digest for row in rows}
        problems += [f"{one} is not as approved" for one in self.server.ledger if digests[one.message_id] != one.digest]
        return problems + ([f"broken: {broken}"] if broken else [])

    def _said(self) -> str:
        return (self.folder / "said").read_text()[-2000:]


def _untimely(one: Accepted, questions: set[str]) -> bool:
    """Says whether it left before its approval and hold, or after its person had left or had unsubscribed."""
    too_late = {"eve@example.com": week.STOPPED, "dan@example.com": week.LEFT}.get(one.recipient)
    begins = week.HOLD_OVER if one.message_id in questions else week.TUESDAY
    return one.now < begins or (too_late is not None and one.now >= too_late)


@contextmanager
def forker(environment: dict[str, str]) -> Iterator[Callable[[dict[str, object]], int]]:
    """Gives what runs a command in a process of its own, and says how that ended."""
    command = [sys.executable, "-m", "tests.outbox.kills.forker"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def run(task: dict[str, object]) -> int:
        return int(_ask(stdin, stdout, task))

    try:
        yield run
    finally:
        stdin.close()
        process.wait(30)
        stdout.close()


def _ask(stdin: IO[str], stdout: IO[str], task: dict[str, object]) -> str:
    stdin.write(json.dumps(task) + "\n")
    stdin.flush()
    return stdout.readline()


def play_whole(play: Play, saved: Path) -> tuple[list[Saved], list[Counter[str]]]:
    """Plays the week to its end; returns how everything stood before each step, and the points in each."""
    before, points = [], []
    play.begin()
    for number, step in enumerate(STEPS):
        before.append(play.save(saved / str(number)))
        play.perform(step, noted=True)
        points.append(play.points())
    return before, points


def play_killed(play: Play, saved: Saved, number: int, at: Point) -> bool:
    """Plays on from a step that is killed at a point, and is then typed again; returns whether it was reached.

    Connections share commits as it happens, so a point may be reached fewer times than when the week was played whole:
    the step is then begun anew and killed a time earlier.
    """
    name, time = at
    play.begin_from(saved)
    while not (killed := play.perform(STEPS[number], (name, time))) and time > 1:
        play.end()
        play.begin_from(saved)
        time -= 1
    for step in STEPS[number:]:
        play.perform(step)
    return killed
