"""Plays a project day by day: an export is put into its place, and the engine takes its tick."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import trust_files as files
from trust_world import Export

from rulekit.engine.project import Project, open_project
from rulekit.engine.running import take_tick
from rulekit.engine.stores import open_store
from rulekit.errors import RulekitError

Mailed = Counter[tuple[str, str]]
"""How many emails of a trigger went to an address."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one tick did: the emails that leave with it, and what rulekit said of the data.

    `refused` is the error of a tick that was refused, `parked` names the personas that it held back, `told` is what
    its report says of the data.
    """

    mailed: Mailed = field(default_factory=Counter)
    refused: str = ""
    parked: tuple[str, ...] = ()
    unjudged: bool = False
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A project in a folder, whose data is put there anew for each tick."""

    folder: Path
    form: str
    project: Project

    @property
    def data(self) -> Path:
        """Returns where its data lies."""
        return self.folder / "data"

    @property
    def state(self) -> Path:
        """Returns where its store lies."""
        return self.folder / "state.db"

    def put(self, export: Export) -> None:
        """Puts an export into the place of the last one."""
        if self.form in ("parquet", "duckdb"):
            files.put(self.data, {})
            files.write(export, self.form, self.data)
        else:
            files.put(self.data, files.files(export, self.form))

    def tick(self, now: datetime, *, accept: bool = False) -> Seen:
        """Takes one tick over the data that lies there."""
        with open_store(self.project) as store:
            try:
                taken = take_tick(self.project, store, now, accept=accept)
            except RulekitError as error:
                return Seen(refused=str(error))
        rows = taken.tick.record.rows
        leaving = Counter((row.trigger, row.recipient) for row in rows if row.failure is None)
        return Seen(leaving, "", tuple(taken.tick.parked), bool(taken.tick.unjudged), tuple(taken.data.problems()))

    def keep(self, name: str) -> None:
        """Keeps the store as it is now, by a name."""
        shutil.copyfile(self.state, self.folder / f"{name}.kept")

    def bring_back(self, name: str) -> None:
        """Puts the store back to what was kept."""
        for old in self.folder.glob("state.db*"):
            old.unlink()
        shutil.copyfile(self.folder / f"{name}.kept", self.state)


def stage(folder: Path, form: str, text: str) -> Stage:
    """Makes a project of the company for a form of its data, with those rules."""
    (folder / "data").mkdir(parents=True)
    (folder / "rulekit.toml").write_text(files.settings(form))
    (folder / "company.rules").write_text(text)
    return Stage(folder, form, open_project(folder))


Step = tuple[datetime, Callable[[Stage], None]]
"""When a tick is taken, and what puts its data into place."""


def play(here: Stage, steps: Iterable[Step], *, accept: bool = False) -> Iterator[Seen]:
    """Plays steps, and yields what each tick did; `accept` takes everything as it is, as if there were no guards."""
    for moment, put in steps:
        put(here)
        yield here.tick(moment, accept=accept)
