"""Plays the history with one fault of the disk per run: `python -m tests.outbox.disk.fail FOLDER EVERY [older]`.

There is a run for every write, sync, truncation and deletion of the history, for every error that it may end with, for
one that passes and one that lasts, and for the same process going on when the disk is well again and the next one: then
the folder is left as it is. Only every EVERYth is made. Prints one line of JSON per run. With `older` it is a store of
the first version that is opened and gone on with, and the faults are those of opening it.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from rulekit.errors import StoreError
from rulekit.outbox.store import Store
from tests.outbox.conftest import find_broken
from tests.outbox.disk import history, older, vfs


class Run:
    """One play of the history on a disk that fails at one point."""

    def __init__(self, disk: vfs.Disk, project: Path, with_older: bool) -> None:
        self.disk = disk
        self.project = project
        self.facts: list[dict[str, Any]] = []
        if with_older:
            older.make(project / history.FILE)
            self.facts += older.facts(project / history.FILE)
        given = [fact["given"] for fact in self.facts if "given" in fact]
        self.receiver = history.Receiver(self.facts.append, given)
        self.to_open = 0
        self.wrong: list[str] = []
        self.told: list[str] = []

    def play(self, fault: vfs.Fault | None, goes_on: bool) -> dict[str, Any]:
        """Plays it to its end, or to where the fault has left it."""
        self.disk.begin(fault)
        store = self._open()
        self.to_open = len(self.disk.kinds)
        if store is not None:
            self._play(store, history.PLAYED)
        self.disk.fault = None
        if goes_on:
            self._go_on(store or Store.open(history.URL, self.project))
        elif store is not None:
            store.close()
        return self._report(goes_on)

    def _go_on(self, store: Store) -> None:
        self.wrong.extend(history.broken_promises(store, self.facts))
        heard = len(self.told)
        self._play(store, history.RESUMED)
        self.wrong.extend([*self.told[heard:], *history.wrong_ends(store, self.receiver)])
        store.close()
        self.wrong.extend(find_broken(self.project / history.FILE))

    def _open(self) -> Store | None:
        try:
            return Store.open(history.URL, self.project)
        except Exception as error:
            self._hear(error)
            return None

    def _play(self, store: Store, when: tuple[int, ...]) -> None:
        for minutes in when:
            try:
                history.play(store, self.receiver, minutes, self.facts.append)
            except Exception as error:
                self._hear(error)

    def _hear(self, error: Exception) -> None:
        if isinstance(error, StoreError) and error.help and "disk" in error.message:
            self.told.append(error.message)
        else:
            self.wrong.append(f"{type(error).__name__} escaped: {error}")

    def _report(self, goes_on: bool) -> dict[str, Any]:
        return {
            "project": self.project.name,
            "goes_on": goes_on,
            "hit": self.disk.hit[:1],
            "told": sorted(set(self.told)),
            "wrong": self.wrong,
            "given": self.receiver.given,
            "facts": self.facts,
        }


def faults(kinds: list[str]) -> list[tuple[vfs.Fault, bool]]:
    """Returns every fault there is, and whether the same process goes on after it."""
    return [
        (vfs.Fault(at, error, lasting, share=(at % 3) / 2), goes_on)
        for at, kind in enumerate(kinds)
        for error in vfs.FAULTS[kind]
        for lasting in (False, True)
        for goes_on in (False, True)
    ]


def main(folder: Path, every: int, with_older: bool) -> None:
    """Makes the runs."""
    disk = vfs.install(syncs=False)
    undisturbed = run(disk, folder / "undisturbed", with_older, None, True)
    kinds = disk.kinds[: undisturbed.to_open] if with_older else disk.kinds
    for number, (fault, goes_on) in enumerate(faults(kinds)[::every]):
        run(disk, folder / f"{number:05}", with_older, fault, goes_on)


def run(disk: vfs.Disk, project: Path, with_older: bool, fault: vfs.Fault | None, goes_on: bool) -> Run:
    """Makes one run and prints what is known of it; leaves nothing behind that nobody will look at."""
    project.mkdir()
    made = Run(disk, project, with_older)
    report = made.play(fault, goes_on)
    sys.stdout.write(f"{json.dumps(report)}\n")
    if goes_on and not report["wrong"]:
        shutil.rmtree(project)
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["older"])
