"""The power goes, at any moment: nothing that was committed is lost, and nobody is mailed twice afterwards.

A history is recorded below SQLite, and the disk rebuilt at every beginning of the record as it may be found then
(`disk/rebuild.py`); in a short look at some of them.
"""

import pickle
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rulekit.outbox.store import Store
from tests.outbox.conftest import take_over
from tests.outbox.disk import history, older
from tests.outbox.disk.rebuild import Files, states
from tests.outbox.disk.vfs import Operation
from tests.proofs import FIGURES, IS_SHORT

SAMPLES = FIGURES.power_losses
# there are so many disks at least; of a store that does not wait for them, so many are wrong
LEAST, WRONG = (15, 1) if IS_SHORT else (1000, 100)
pytestmark = pytest.mark.proof
Broken = Callable[[Path], dict[str, list[object]]]


@dataclass(slots=True)
class Judge:
    """Opens disks as the next process finds them; two that are recovered to the same database are one to it."""

    folder: Path
    broken: Broken
    before: list[dict[str, Any]] = field(default_factory=list)
    known: dict[str, list[str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    hot: list[tuple[Files, list[dict[str, Any]]]] = field(default_factory=list)
    found: list[list[str]] = field(default_factory=list)
    opened: int = 0

    def judge_all(
        self, files: Files, log: list[Operation], samples: int, seed: int, enough: int | None, hot: int
    ) -> None:
        """Judges every state of a record, until so many are wrong.

        A short look, which sees few of them, goes on until so many are wrong, or so many have a journal to play back.
        """
        for first in range(FIGURES.power_loss_every):
            self._judge_from(files, log, samples, Random(seed), enough, first)
            if len(self.hot) >= hot and len(self.found) >= (enough or 0):
                break

    def _judge_from(
        self, files: Files, log: list[Operation], samples: int, random: Random, enough: int | None, first: int
    ) -> None:
        for length, found in states(files, log, samples, random, FIGURES.power_loss_every, first):
            if len(self.found) == enough:
                break
            told = [*self.before, *(operation.told for operation in log[:length] if operation.told)]
            key = _digest(found, len(told))
            if key not in self.seen:
                self.seen.add(key)
                wrong = self.judge(found, told)
                if wrong:
                    self.found.append(wrong)

    def judge(self, files: Files, told: list[dict[str, Any]]) -> list[str]:
        """Returns what is wrong with a disk of which this was told."""
        self.opened += 1
        for path in self.folder.iterdir():
            path.unlink()
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        try:
            with Store.open(history.URL, self.folder) as store:
                return self._judge_recovered(store, files, told)
        except Exception as error:
            # of a damaged file anything may be said
            return [f"the store cannot be used: {type(error).__name__}: {str(error).splitlines()[0]}"]

    def _judge_recovered(self, store: Store, files: Files, told: list[dict[str, Any]]) -> list[str]:
        store.outbox.counts()
        recovered = (self.folder / history.FILE).read_bytes()
        # a journal that is not to be played back is left as it is, and its bytes say nothing
        remains = {path.name: bytes(path.stat().st_size > 0) for path in self.folder.iterdir()}
        key = _digest({**remains, history.FILE: recovered}, len(told))
        if told and recovered != files[history.FILE]:
            self.hot.append((files, told))
        if key not in self.known:
            self.known[key] = self._judge_anew(store, told)
        return self.known[key]

    def _judge_anew(self, store: Store, told: list[dict[str, Any]]) -> list[str]:
        path = self.folder / history.FILE
        with closing(sqlite3.connect(path)) as connection:
            damage = [line for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
        wrong = [*damage, *self.broken(path), *history.broken_promises(store, told)]
        return wrong or [*self._go_on(store, told), *self.broken(path)]

    def _go_on(self, store: Store, told: list[dict[str, Any]]) -> list[str]:
        take_over(store)
        receiver = history.Receiver(lambda fact: None, [fact["given"] for fact in told if "given" in fact])
        for minutes in history.AT_LAST:
            history.play(store, receiver, minutes, lambda fact: None)
        return history.wrong_ends(store, receiver)


def _digest(files: Files, told: int) -> str:
    parts = [f"{name} {sha256(data).hexdigest()}" for name, data in sorted(files.items())]
    return sha256("\n".join([*parts, str(told)]).encode()).hexdigest()


def record(folder: Path, environment: dict[str, str], *pragmas: str) -> tuple[Files, list[Operation]]:
    """Plays the history in the folder, in a process of its own, and returns what was written."""
    out = folder.with_suffix(".log")
    command = [sys.executable, "-m", "tests.outbox.disk.record", folder, out, *pragmas]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return pickle.loads(out.read_bytes())


@pytest.fixture
def judged(tmp_path: Path, broken: Broken, environment: dict[str, str]) -> Callable[..., Judge]:
    """Records the history on a new disk under these settings, and judges what power losses leave of it."""
    numbers = iter(range(1000))

    def judge(
        *pragmas: str,
        start: Files | None = None,
        before: list[dict[str, Any]] | None = None,
        samples: int = SAMPLES,
        enough: int | None = None,
        hot: int = 0,
    ) -> Judge:
        number = next(numbers)
        written, found = tmp_path / f"written{number}", tmp_path / f"found{number}"
        written.mkdir()
        found.mkdir()
        for name, data in (start or {}).items():
            (written / name).write_bytes(data)
        files, log = record(written, environment, *pragmas)
        judge = Judge(found, broken, before or [])
        judge.judge_all(files, log, samples, number, enough, hot)
        kinds = Counter(operation.kind for operation in log)
        settings = ", ".join(pragmas) or "settings as they are"
        told = [
            f"\npower loss, {settings}: {kinds['write']} writes, {kinds['sync']} syncs; {judge.opened} states, "
            f"{len(judge.hot)} with a journal to play back, {len(judge.found)} wrong",
            *(wrong[0].splitlines()[0] for wrong in judge.found[:: max(1, len(judge.found) // 3)][:3]),
        ]
        sys.stdout.write("\n  ".join(told))
        return judge

    return judge


def test_nothing_committed_is_lost_and_nobody_is_mailed_twice(judged: Callable[..., Judge]) -> None:
    judge = judged()
    assert judge.found == []
    assert judge.opened >= LEAST


def test_nor_in_the_middle_of_recovering_from_a_power_loss(judged: Callable[..., Judge]) -> None:
    """The power goes once more while the next process plays the journal back and goes on."""
    first = judged(samples=0, hot=SAMPLES)
    chosen = Random(0).sample(first.hot, SAMPLES)
    for files, told in chosen:
        again = judged(start=files, before=told, samples=0)
        assert again.found == []


def test_nor_while_an_older_store_is_brought_up_to_date(judged: Callable[..., Judge], tmp_path: Path) -> None:
    path = tmp_path / "older.db"
    older.make(path)
    judge = judged(start={history.FILE: path.read_bytes()}, before=older.facts(path), samples=SAMPLES // 2)
    assert judge.found == []


def test_nor_with_a_write_ahead_log(judged: Callable[..., Judge]) -> None:
    """As with a SQLite in which it is safe; the next process may have another one, and turns it back."""
    judge = judged("journal_mode = WAL", samples=SAMPLES // 2)
    assert judge.found == []


@pytest.mark.parametrize("pragma", ["synchronous = OFF", "journal_mode = MEMORY"])
def test_a_store_that_does_not_wait_for_the_disk_is_found_out(judged: Callable[..., Judge], pragma: str) -> None:
    """The control: were these settings lost, the tests above would say so."""
    assert len(judged(pragma, samples=1, enough=WRONG).found) == WRONG
