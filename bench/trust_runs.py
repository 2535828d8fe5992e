"""What `trust.py` plays: damages of a world, edits of its rules, and clean histories, each beside its twin."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import trust_files as files
from trust_edits import Edit
from trust_histories import History
from trust_replay import Seen, Stage, play, stage
from trust_verdicts import Case, Replayed, Verdict, judge
from trust_ways import Damage, Scene
from trust_world import PERSONAS, World, rules, subset

from rulekit.engine.project import open_project

# above so many people each has less to do, and there are fewer personas, because most of the time goes into emails
MANY = 5_000
LIVELY = {400: 0.5, 20_000: 0.15}


@dataclass(frozen=True, slots=True)
class Setup:
    """A world to damage: its size and seed, the form of its files, and how many days are clean, damaged, and clean."""

    people: int
    seed: int
    form: str = "csv"
    clean: int = 12
    damaged: int = 2
    after: int = 2
    personas: tuple[str, ...] = ()

    @property
    def world(self) -> World:
        """Returns its company."""
        return World(self.people, self.seed, self.days, lively=LIVELY.get(self.people, 1.0))

    @property
    def days(self) -> int:
        """Returns how many days it has in all."""
        return self.clean + self.damaged + self.after

    @property
    def rules(self) -> str:
        """Returns its rules."""
        names = self.personas or (tuple(PERSONAS)[::3] if self.people > MANY else tuple(PERSONAS))
        return rules(subset(names))

    @property
    def last_days(self) -> range:
        """Returns the days from the first damaged one on."""
        return range(self.clean, self.days)

    def is_damaged(self, day: int) -> bool:
        """Says whether the export of a day is damaged."""
        return self.clean <= day < self.clean + self.damaged

    def case(self, part: str, done: Damage | Edit) -> Case:
        """Returns what is done to it, for the verdict."""
        return Case(part, done.name, self.people, self.seed, self.form, self.damaged, done.harmless)


def damages(setup: Setup, chosen: Sequence[Damage], *, accept: bool = False) -> Iterator[Verdict]:
    """Plays the clean days once, then each damage on the days after them; `accept` believes all that they say.

    Raises RuntimeError when rulekit stops on a clean day: nothing could be compared then.
    """
    world = setup.world
    with tempfile.TemporaryDirectory() as folder:
        here = stage(Path(folder) / "project", setup.form, setup.rules)
        twin = list(clean_days(here, setup, world))
        for damage in chosen:
            here.bring_back("clean")
            bad = {day: damage for day in setup.last_days if setup.is_damaged(day)}
            seen = [one_day(here, world, day, bad.get(day), accept=accept) for day in setup.last_days]
            yield judge(setup.case("damages", damage), twin, seen)


def clean_days(here: Stage, setup: Setup, world: World) -> Iterator[Seen]:
    """Plays all days undamaged, keeps the store before the first damaged one, and yields the days from then on."""
    for day in range(setup.days):
        if day == setup.clean:
            here.keep("clean")
        seen = one_day(here, world, day, None)
        if seen.refused or seen.parked:
            raise RuntimeError(f"clean day {day} of {setup}: {seen.refused or seen.parked}")
        if day >= setup.clean:
            yield seen


def one_day(here: Stage, world: World, day: int, damage: Damage | None, *, accept: bool = False) -> Seen:
    """Puts the export of a day into its place, damaged or not, and takes its tick."""
    put(here, world, world.moment(day), damage)
    return here.tick(world.moment(day), accept=accept)


def put(here: Stage, world: World, moment: datetime, damage: Damage | None) -> None:
    """Puts the export of an instant into its place, damaged or not."""
    export = world.export(moment)
    if damage is not None and damage.tables is not None:
        export = damage.tables({name: table.copy() for name, table in export.items()}, Scene(world, moment))
    if damage is not None and damage.files is not None:
        files.put(here.data, damage.files(files.files(export, here.form)))
    else:
        here.put(export)


def edits(setup: Setup, chosen: Sequence[Edit]) -> Iterator[Verdict]:
    """Plays days with the rules as they were, then days with them edited; the twins had either all along."""
    world = setup.world
    with tempfile.TemporaryDirectory() as folder:
        here = stage(Path(folder) / "project", setup.form, setup.rules)
        before = list(clean_days(here, setup, world))
        for edit in chosen:
            edited = edit.change(setup.rules)
            there = stage(Path(folder) / edit.name, setup.form, edited)
            # what waited by the old rules may go on
            after = clean_days(there, setup, world)
            twin = [replace(new, mailed=new.mailed | old.mailed) for new, old in zip(after, before, strict=True)]
            here.bring_back("clean")
            (here.folder / "company.rules").write_text(edited)
            now = replace(here, project=open_project(here.folder))
            seen = [one_day(now, world, day, None) for day in setup.last_days]
            yield judge(setup.case("edits", edit), twin, seen)


def history(one: History, ticks: int | None = None) -> Replayed:
    """Plays a clean history, or its first ticks, twice: as it is, and with everything accepted."""
    with tempfile.TemporaryDirectory() as folder:
        here, there = one.make(Path(folder) / "guarded"), one.make(Path(folder) / "accepted")
        guarded = list(play(here, islice(one.steps(), ticks)))
        accepted = list(play(there, islice(one.steps(), ticks), accept=True))
    return Replayed.of(one.name, one.people, guarded, accepted)
