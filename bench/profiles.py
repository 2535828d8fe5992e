"""Counts what of clean histories jumps: companies that live day by day, as profiles, without files or a store.

    python bench/profiles.py --people 3 20 400 --seeds 300

Values change now and then, people come (5 % a week) and some are deleted with their events, some events arrive days
late, weekends are quiet, trials are made longer, and one tick in twenty follows an outage of two days. The limits of
`jumps.py` were chosen by what is printed: jumps per 1,000 ticks, which should be none. `--damage` does to the last day
of each company what its table names, and prints in how many of them that is seen.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from rulekit.engine.tick.believing import judge
from rulekit.engine.tick.jumps import find_jumps
from rulekit.engine.tick.measuring import Arrivals, measure
from rulekit.engine.tick.remembered import Remembered
from rulekit.evaluation.data.profile import FOLLOWED, HOURS, ColumnFigures, KindFigures, Profile
from rulekit.evaluation.data.shapes import Shape, shape_of
from rulekit.language.types import Kind

DAY = timedelta(days=1)
# an hour that none of a company is before
NEVER = -1_000_000
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
PAST = 60
NAMES = ("Ada", "Bo", "Chi", "Dee", "Eve", "Fay")
# days by which a file of people may be old
STALE = 5
# by column: how often a value changes in a day, and which part has none
COLUMNS = {
    "plan": (0.02, 0.0),
    "seats": (0.02, 0.0),
    "balance": (0.03, 0.3),
    "name": (0.006, 0.3),
    "note": (0.0, 0.9),
    "subscribed": (0.02, 0.0),
    "trial_ends": (0.01, 0.5),
}
# by kind: events of a person in a day
KINDS = {"login": 0.5, "purchase": 0.06, "upgrade": 0.004}
# by kind: how many hours some of its events arrive late
LATE = {"login": 30, "purchase": 0, "upgrade": 0}


@dataclass
class Life:
    """A company: values as numbers (0 is none), events as persons and hours, and when each arrives."""

    chance: np.random.Generator
    values: dict[str, np.ndarray]
    seen: np.ndarray
    there: np.ndarray
    ids: np.ndarray
    events: dict[str, np.ndarray]
    times: dict[str, np.ndarray]

    @classmethod
    def begin(cls, people: int, seed: int) -> "Life":
        """Returns a company with its past."""
        chance = np.random.default_rng(seed)
        life = cls(chance, {}, np.zeros(0), np.zeros(0, bool), np.zeros(0), {k: np.zeros((0, 3)) for k in KINDS}, {})
        life.values = {name: np.zeros(0) for name in COLUMNS}
        life.times = {name: np.zeros(0) for name in ("created_at", "last_login", "trial_ends")}
        life.come(people, -PAST)
        life.times["created_at"] -= chance.integers(0, 24 * 300, people)
        for day in range(-PAST, 0):
            life.live(day)
        return life

    def come(self, number: int, day: int) -> None:
        """Lets so many people come on a day."""
        created = day * 24 + self.chance.integers(0, 24, number)
        self.times["created_at"] = np.append(self.times["created_at"], created)
        self.times["last_login"] = np.append(self.times["last_login"], np.full(number, NEVER))
        self.times["trial_ends"] = np.append(self.times["trial_ends"], created + 14 * 24)
        for name, (_, missing) in COLUMNS.items():
            self.values[name] = np.append(self.values[name], self.drawn(number, missing))
        self.seen = np.append(self.seen, np.zeros(number))
        self.there = np.append(self.there, np.ones(number, bool))
        self.ids = np.append(self.ids, self.chance.random(number))

    def drawn(self, number: int, missing: float) -> np.ndarray:
        """Returns new values."""
        return np.where(self.chance.random(number) < missing, 0, self.chance.random(number))

    def live(self, day: int) -> None:
        """Lets a day go by."""
        quiet = (START + day * DAY).weekday() >= 5
        for name, (often, missing) in COLUMNS.items():
            changes = self.chance.random(len(self.there)) < often
            self.values[name] = np.where(changes, self.drawn(len(self.there), missing), self.values[name])
        for kind, rate in KINDS.items():
            counts = self.chance.poisson(rate * (0.15 if quiet else 1.0), len(self.there)) * self.there
            who = np.repeat(np.arange(len(counts)), counts)
            hours = day * 24 + self.chance.integers(0, 24, len(who))
            late = np.where(self.chance.random(len(who)) < 0.03, self.chance.random(len(who)) * LATE[kind], 0)
            self.events[kind] = np.vstack([self.events[kind], np.column_stack([who, hours, hours + late])])
            if kind == "login":
                self.seen[np.unique(who)] = day + 100
                np.maximum.at(self.times["last_login"], who, hours)
        # now and then a trial that is over, or will be, is made longer, and sometimes for everybody of a week
        longer = self.chance.random(len(self.there)) < (0.1 if self.chance.random() < 0.02 else 0.01)
        self.times["trial_ends"] = np.where(longer, day * 24 + 14 * 24, self.times["trial_ends"])
        self.come(int(self.chance.poisson(self.there.sum() * 0.007)), day)
        if self.chance.random() < 0.05 and self.there.sum() > 2:
            self.there[self.chance.choice(np.flatnonzero(self.there))] = False

    def profile(self, hour: int) -> Profile:
        """Returns the profile of the data at an hour."""
        there = np.flatnonzero(self.there)
        chosen = there[np.argsort(self.ids[there])[:FOLLOWED]]
        known = {**self.values, "last_login": np.where(self.seen > 0, self.seen, 0)}
        columns = {
            ("person", name): ColumnFigures("person", name, len(there), int((values[there] == 0).sum()), 0)
            for name, values in known.items()
        }
        followed = {
            name: {str(i): "" if values[i] == 0 else written(name, values[i]) for i in chosen}
            for name, values in known.items()
        }
        kinds = {kind: self.figures(kind, hour) for kind in KINDS}
        happened = {kind: one for kind, one in kinds.items() if one.events}
        return Profile(len(there), 0, columns, happened, {"person": followed}, "x", self.newest(there, hour))

    def newest(self, there: np.ndarray, hour: int) -> dict[tuple[str, str], tuple[int, ...]]:
        """Returns the newest hours of the time fields."""
        first = int(START.timestamp() // 3600)
        past = {
            name: np.unique(times[there][(times[there] <= hour) & (times[there] > NEVER)])[::-1][:64]
            for name, times in self.times.items()
        }
        return {
            ("person", name): tuple((hours + first).astype(int).tolist())
            for name, hours in past.items()
            if len(hours) > 1
        }

    def figures(self, kind: str, hour: int) -> KindFigures:
        """Returns the figures of a kind."""
        who, when, arrives = self.events[kind].T
        first = int(START.timestamp() // 3600)
        hours = when[(arrives <= hour) & self.there[who.astype(int)]].astype(int) + first
        if not len(hours):
            return KindFigures(0)
        found, counts = np.unique(hours[hours > hours.max() - HOURS], return_counts=True)
        recent = dict(zip(found.tolist(), counts.tolist(), strict=True))
        return KindFigures(len(hours), 0, 0, len(hours), int(hours.max()), recent)


def written(name: str, value: float) -> str:
    """Returns the shape of a value, which is a number up to one, or of `last_login` the day."""
    match name:
        case "plan":
            return shape_of(("free", "pro", "enterprise")[int(value * 3)], Kind.TEXT)
        case "seats":
            return shape_of(str(1 + int(value * 12)), Kind.NUMBER)
        case "balance":
            return shape_of(f"{value**2 * 250:.2f}", Kind.NUMBER)
        case "subscribed":
            return shape_of(str(value < 0.5), Kind.BOOL)
        case "trial_ends" | "last_login":
            return shape_of(str((START + int(value * 40 if value < 1 else value) * DAY).date()), Kind.DATE)
        case _:
            word = f"{NAMES[int(value * 1e4) % len(NAMES)]} {int(value * 1e6) % 1000}"
            return shape_of(word.lower() if value < 0.2 else word, Kind.TEXT)


def emptied(part: float, column: str) -> Callable[[Profile], Profile]:
    """Returns what empties a part of a column."""

    def damage(profile: Profile) -> Profile:
        figures = profile.columns["person", column]
        more = round((figures.rows - figures.missing) * part)
        columns = {**profile.columns, ("person", column): replace(figures, missing=figures.missing + more)}
        return replace(profile, columns=columns)

    return damage


def turned(
    column: str, change: Callable[[Shape | None], Shape | None], part: float = 1
) -> Callable[[Profile], Profile]:
    """Returns what makes other values of those of a part of a column that are followed."""

    def damage(profile: Profile) -> Profile:
        values = profile.followed["person"][column]
        many = part * len(values)
        other = {k: str(change(Shape.read(v)) or "") if i < many else v for i, (k, v) in enumerate(values.items())}
        return replace(profile, followed={"person": {**profile.followed["person"], column: other}})

    return damage


def other(shape: Shape | None) -> Shape | None:
    """Returns the shape of another value of the same form."""
    return shape and replace(shape, digest="00" if shape.digest != "00" else "01")


def in_cents(shape: Shape | None) -> Shape | None:
    """Returns the shape of a hundred times a number."""
    return shape and replace(shape, form="w", power=shape.power + 2)


def in_capitals(shape: Shape | None) -> Shape | None:
    """Returns the shape of a text in capitals."""
    return shape and replace(shape, form="u")


def or_word(shape: Shape | None) -> Shape | None:
    """Returns the shape of a word like `NULL` where there is none."""
    return shape or Shape("00", "word")


def thinned(part: float, kind: str = "login") -> Callable[[Profile], Profile]:
    """Returns what leaves out a part of the events of a kind, the same of every hour."""

    def damage(profile: Profile) -> Profile:
        old = profile.kinds[kind]
        chance = np.random.default_rng(1)
        hours = {hour: int(chance.binomial(count, 1 - part)) for hour, count in old.hours.items()}
        hours = {hour: count for hour, count in hours.items() if count}
        past = old.past - sum(old.hours.values()) + sum(hours.values())
        return replace(
            profile, kinds={**profile.kinds, kind: KindFigures(past, 0, 0, past, max(hours, default=None), hours)}
        )

    return damage


def cut(days: int) -> Callable[[Profile], Profile]:
    """Returns what leaves out the last days of all logins."""

    def damage(profile: Profile) -> Profile:
        old = profile.kinds["login"]
        hours = {hour: count for hour, count in old.hours.items() if hour < (old.newest or 0) - 24 * days}
        past = old.past - sum(old.hours.values()) + sum(hours.values())
        kind = KindFigures(past, 0, 0, past, max(hours, default=None), hours)
        return replace(profile, kinds={**profile.kinds, "login": kind})

    return damage


def twice(profile: Profile) -> Profile:
    """Writes every login twice."""
    old = profile.kinds["login"]
    hours = {hour: 2 * count for hour, count in old.hours.items()}
    kind = KindFigures(2 * old.events, 0, 0, 2 * old.past, old.newest, hours)
    return replace(profile, kinds={**profile.kinds, "login": kind})


DAMAGES: Mapping[str, Callable[[Profile], Profile]] = {
    "a column emptied": emptied(1, "plan"),
    "a third of a column emptied": emptied(1 / 3, "plan"),
    "a tenth of a column emptied": emptied(0.1, "plan"),
    "a column with 30 % missing emptied": emptied(1, "balance"),
    "other values in a column": turned("seats", other),
    "other values in half of a column": turned("seats", other, 0.5),
    "a column in cents": turned("balance", in_cents),
    "names in capitals": turned("name", in_capitals),
    "a word where no name": turned("name", or_word),
    "half of the events gone": thinned(0.5),
    "a tenth of the events gone": thinned(0.1),
    "the last two days cut off": cut(2),
    "every event twice": twice,
}


def play(people: int, seed: int, ticks: int, found: Counter[str], seen: Counter[str]) -> int:
    """Plays one company; returns how many ticks there were. `found` counts clean ticks with a jump, by what jumped."""
    life, kept, taken, before = Life.begin(people, seed), [], 0, None
    old, were = Profile(), 0
    for day in range(ticks):
        there = life.there.copy()
        life.live(day)
        hour, now = (day + 1) * 24, START + (day + 1) * DAY
        if life.chance.random() < 0.05 and day not in (ticks - 1, ticks - 1 - STALE):
            # an outage: the next tick is on the day after
            before = there if before is None else before
            continue
        before = there if before is None else before
        arrivals = Arrivals(
            len(life.there) - len(before), float((before & ~life.there[: len(before)]).sum() / max(before.sum(), 1))
        )
        remembered, profile = Remembered.of(kept, now), life.profile(hour)
        if day == ticks - 1 - STALE:
            old, were = profile, len(life.there)
        if day == ticks - 1:
            look(profile, remembered, now, arrivals, seen)
            gone = float(before[were:].sum() / max(before.sum(), 1))
            found_old = find_jumps(
                measure(mixed(old, profile), remembered.latest, now, Arrivals(0, gone)), remembered.peaks
            )
            seen["people of five days ago"] += bool(found_old)
            seen["people of five days ago, by their times"] += any(
                jump.column in old.newest and jump.measured.thing[1] in ("lag", "back") for jump in found_old
            )
        jumps = find_jumps(measure(profile, remembered.latest, now, arrivals), remembered.peaks)
        found.update({f"{jump.measured.thing[1].value} of {jump.column[0]}" for jump in jumps})
        found.update({f"{jump.measured.thing[1].value} {jump.column[1]}" for jump in jumps})
        found["any"] += bool(jumps)
        used = {"P": frozenset(jump.column for jump in jumps)}
        belief = judge(profile, remembered, now, arrivals, used, lambda persona: True)
        if belief.kept is not None:
            kept = [*[replace(one, latest=None) for one in kept], belief.kept][-90:]
        taken, before = taken + 1, None
    return taken


def mixed(old: Profile, profile: Profile) -> Profile:
    """Returns a profile with the people of an old one."""
    return replace(profile, people=old.people, columns=old.columns, followed=old.followed, newest=old.newest)


def look(profile: Profile, remembered: Remembered, now: datetime, arrivals: Arrivals, seen: Counter[str]) -> None:
    """Counts which damages of a tick are seen."""
    for name, damage in DAMAGES.items():
        jumps = find_jumps(measure(damage(profile), remembered.latest, now, arrivals), remembered.peaks)
        seen[name] += bool(jumps)
    stale = now + 3 * DAY
    seen["a file three days old"] += bool(
        find_jumps(measure(profile, remembered.latest, stale, arrivals), remembered.peaks)
    )


def main() -> None:
    """Plays companies and prints what jumped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[3, 20, 400])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--ticks", type=int, default=40)
    options = parser.parse_args()
    for people in options.people:
        found: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        played = sum(
            play(people, seed, options.ticks, found, seen)
            for seed in range(options.first, options.first + options.seeds)
        )
        rates = ", ".join(f"{what} {count * 1000 / played:.2f}" for what, count in sorted(found.items()) if count)
        print(f"{people} people, {played:,} clean ticks; of 1,000 jump: {rates or 'none'}")
        for name, count in seen.items():
            print(f"  {name}: seen in {count / options.seeds:.0%}")


if __name__ == "__main__":
    main()
