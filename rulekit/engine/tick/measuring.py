"""A tick's profile beside what the ticks before it showed: every share that is compared, as one list.

What belongs together is counted together: values against rows, events of a stretch of the past against what lay in
that stretch before, people whose value is another against those who are followed.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from rulekit.evaluation.data.profile import HOURS, Column, Followed, KindFigures, Profile, hour_of
from rulekit.evaluation.data.shapes import Alteration, find_alterations

DAYS = 14
"""So many days up to the newest event of a kind are counted again by the next tick: the past does not change."""
_DAY = 24
# with fewer hours that have events, or times, the longest gap between them says little about the next one
_ENOUGH_HOURS = 30
# the newest hours of a field reach back some days only, and may have no quiet time among them as some holidays are
_QUIET = 2 * _DAY
# who is gone may have been up to so many times as busy as the average
_BUSY = 5


class What(StrEnum):
    """What is compared. The first four are levels, against the highest that was seen; the others are changes.

    The last two are levels of `new_times`, by which nobody is parked.
    """

    MISSING = "missing"
    PRESENT = "present"
    UNREADABLE = "unreadable"
    ORPHANS = "orphans"
    LOST = "lost"
    FEWER = "fewer"
    MORE = "more"
    TWICE = "twice"
    CHANGED = "changed"
    SCALED = Alteration.SCALED.value
    REWRITTEN = Alteration.REWRITTEN.value
    FILLED = Alteration.FILLED.value
    RESHAPED = Alteration.RESHAPED.value
    EMPTIED = Alteration.EMPTIED.value
    REPLACED = "replaced"
    LAG = "lag"
    BACK = "back"
    OF_A_DAY = "of a day"
    OF_A_WEEK = "of a week"


LEVELS = frozenset({What.MISSING, What.PRESENT, What.UNREADABLE, What.ORPHANS})
Thing = tuple[Column, What]
"""Something compared: of a column, or of a kind of event as a whole, which is its column ""."""
OWNERS = ("person", "company")
"""The owners whose columns are fields; all others are kinds of event."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the next tick counts again of a kind: events before the hour `until`, in all and in each of `DAYS` days.

    `days` begins with the last one before `until`; `at` is the hour of the tick.
    """

    at: int
    until: int
    before: int
    days: tuple[int, ...]

    @classmethod
    def of(cls, kind: KindFigures, now: datetime) -> "Mark | None":
        """Returns the mark of a tick's events, or None without any."""
        if not kind.past:
            return None
        newest = hour_of(now) - HOURS if kind.newest is None else kind.newest
        # more may come of the day at hand, which dates without a time are all of
        until = newest + 1 if hour_of(now) - newest >= _DAY else newest
        days = [0] * DAYS
        for hour, count in kind.hours.items():
            day = (until - 1 - hour) // _DAY
            if 0 <= day < DAYS:
                days[day] += count
        return cls(hour_of(now), until, kind.past - _since(kind, until), tuple(days))


@dataclass(frozen=True, slots=True)
class Latest:
    """What a tick is compared with of the one before it, each column and kind as of when it was last believed.

    `accepted` has per persona what somebody has accepted for it, and for others not yet: the highest share.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    followed: Mapping[str, Followed] = field(default_factory=dict)
    engine: str = ""
    newest: Mapping[Column, tuple[int, ...]] = field(default_factory=dict)
    accepted: Mapping[str, Mapping[Thing, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many people are new at a tick, and what part of those of before is gone from the source."""

    people: int = 0
    gone: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """So many of so many; `slack` more are natural at this tick, and `arrived` rows are new.

    Lags, and how far times went back, are in hours, of 1. `known` is a share that the data itself shows to be natural.
    Of numbers at another magnitude `power` is the power of ten.
    """

    thing: Thing
    count: float
    of: float
    arrived: int = 0
    slack: float = 0.0
    known: float = 0.0
    power: int = 0

    @property
    def share(self) -> float:
        """Returns which part it is."""
        return self.count / self.of


def measure(
    profile: Profile,
    latest: Latest | None,
    now: datetime,
    arrivals: Arrivals,
    new_times: Mapping[Column, float] | None = None,
) -> list[Measured]:
    """Returns everything that can be compared; without a tick before it, only levels and lags.

    So many rows have one of the `new_times` of a field, which are no changes of what was.
    """
    found = [*_columns(profile, latest, arrivals), *_kinds(profile, latest, arrivals), *_lags(profile, now)]
    if latest is not None:
        found += _pasts(profile, latest, now, arrivals)
        found += _changed(profile, latest, new_times or {})
        found += _replaced(profile, latest, now, arrivals)
        found += _backs(profile, latest, arrivals)
    return [one for one in found if one.of]


def _columns(profile: Profile, latest: Latest | None, arrivals: Arrivals) -> Iterator[Measured]:
    for column, figures in profile.columns.items():
        arrived = _arrived(column[0], profile, latest, arrivals)
        yield Measured((column, What.MISSING), figures.missing, figures.rows, arrived)
        yield Measured((column, What.UNREADABLE), figures.unreadable, figures.rows, arrived)
        # words and dates that stand for nothing turn up as values where there were none
        yield Measured((column, What.PRESENT), figures.present, figures.rows, arrived)


def _arrived(owner: str, profile: Profile, latest: Latest | None, arrivals: Arrivals) -> int:
    if latest is None:
        return 0
    if owner == "person":
        return arrivals.people
    if owner == "company":
        return max(profile.companies - latest.rows.get("company", 0), 0)
    mark, kind = latest.marks.get(owner), profile.kinds[owner]
    return kind.past if mark is None else _since(kind, mark.until)


def _kinds(profile: Profile, latest: Latest | None, arrivals: Arrivals) -> Iterator[Measured]:
    for name, kind in profile.kinds.items():
        arrived, slack = _arrived(name, profile, latest, arrivals), _of_gone(arrivals, kind.events)
        yield Measured(((name, ""), What.ORPHANS), kind.orphans, kind.events, arrived, slack)
        yield Measured(((name, ""), What.UNREADABLE), kind.timeless, kind.events, arrived)


def _of_gone(arrivals: Arrivals, events: int) -> float:
    """Returns how many events people may have had who are gone."""
    return min(1.0, _BUSY * arrivals.gone) * events


def _lags(profile: Profile, now: datetime) -> Iterator[Measured]:
    times: dict[Column, Collection[int]] = {(name, ""): kind.hours for name, kind in profile.kinds.items()}
    for column, found in {**times, **profile.newest}.items():
        hours = sorted(set(found))
        if len(hours) >= _ENOUGH_HOURS:
            gap = max(later - earlier for earlier, later in pairwise(hours))
            slack = _QUIET if column[0] in OWNERS else 0
            yield Measured((column, What.LAG), hour_of(now) - hours[-1], 1, slack=slack, known=gap)


def _backs(profile: Profile, latest: Latest, arrivals: Arrivals) -> Iterator[Measured]:
    """By how much the newest times of fields went back, beyond what those who are gone and one change explain."""
    gone = {
        "person": round(arrivals.gone * latest.rows.get("person", 0)),
        "company": max(latest.rows.get("company", 0) - profile.companies, 0),
    }
    for column, hours in profile.newest.items():
        explained, before = gone[column[0]] + 1, latest.newest.get(column, ())
        if explained < len(before):
            yield Measured((column, What.BACK), max(before[explained] - hours[0], 0), 1)


def _pasts(profile: Profile, latest: Latest, now: datetime, arrivals: Arrivals) -> Iterator[Measured]:
    for name, mark in latest.marks.items():
        kind = profile.kinds.get(name)
        if kind is None:
            continue
        then, again = _stretch(kind, mark)
        slack = _of_gone(arrivals, then)
        yield Measured(((name, ""), What.LOST), max(then - again, 0), then, slack=slack)
        yield Measured(((name, ""), What.MORE), max(again - then, 0), then)
        before = kind.past - _since(kind, mark.until)
        yield Measured(((name, ""), What.TWICE), max(before - mark.before, 0), mark.before)
        fewer = max(mark.before - before, 0)
        slack = _of_gone(arrivals, mark.before) + mark.before * _moved_on(hour_of(now) - mark.at)
        yield Measured(((name, ""), What.FEWER), fewer, mark.before, slack=slack)


def _stretch(kind: KindFigures, mark: Mark) -> tuple[int, int]:
    """Returns how many events lay in the stretch then and now, without days that an export no longer reaches."""
    reaches_back = kind.past > sum(kind.hours.values())
    whole = len(mark.days) if reaches_back else max((mark.until - min(kind.hours, default=mark.until)) // _DAY, 0)
    return sum(mark.days[:whole]), _count(kind, mark.until - _DAY * min(whole, len(mark.days)), mark.until)


def _moved_on(hours: int) -> float:
    """Returns which part of its events an export of a fixed length may leave behind in more than a week."""
    return min(max(hours / (7 * _DAY) - 1, 0.0) * 0.2, 0.6)


def _count(kind: KindFigures, since: int, until: int) -> int:
    """Returns how many events lay in hours from `since` to before `until`."""
    return sum(count for hour, count in kind.hours.items() if since <= hour < until)


def _since(kind: KindFigures, hour: int) -> int:
    return sum(count for at, count in kind.hours.items() if at >= hour)


def _changed(profile: Profile, latest: Latest, new_times: Mapping[Column, float]) -> Iterator[Measured]:
    """Of those who are followed and were so before: for how many the value is another one, and what became of it."""
    if profile.engine != latest.engine:
        return
    for owner, columns in profile.followed.items():
        for typed, values in columns.items():
            # which events there are is compared by itself
            if not typed:
                continue
            before = latest.followed.get(owner, {}).get(typed, {})
            pairs = [(before[key], value) for key, value in values.items() if key in before and (value or before[key])]
            column = owner, column_of(typed)
            changed = sum(then != now for then, now in pairs)
            for alteration, one in find_alterations(before, values).items():
                yield Measured((column, What(alteration)), one.count, one.of, slack=one.natural, power=one.power)
            new = new_times[column] / profile.columns[column].present * len(pairs) if new_times.get(column) else 0.0
            yield Measured((column, What.CHANGED), max(changed - new, 0), len(pairs))


def _replaced(profile: Profile, latest: Latest, now: datetime, arrivals: Arrivals) -> Iterator[Measured]:
    """Of the events that were followed: how many are not, beyond those that newer ones displace, or of who is gone.

    Those of hours that the export, or what is followed, no longer reaches are not among them.
    """
    if profile.engine != latest.engine:
        return
    for name, kind in profile.kinds.items():
        if name not in latest.marks:
            continue
        first = max(min(kind.hours, default=0), hour_of(now) - HOURS)
        before = {key for key, hour in latest.followed.get(name, {}).get("", {}).items() if int(hour) >= first}
        gone = len(before - profile.followed.get(name, {}).get("", {}).keys())
        displaced = _since(kind, latest.marks[name].until) / max(sum(kind.hours.values()), 1)
        slack = displaced * len(before) + _of_gone(arrivals, len(before))
        yield Measured(((name, ""), What.REPLACED), gone, len(before), slack=slack)


def column_of(typed: str) -> str:
    """Returns the name of a column that is followed, without its type."""
    return typed.partition(":")[0]
