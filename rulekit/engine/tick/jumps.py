"""What of a tick's data goes beyond what earlier ticks showed, in words; and what is remembered of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from math import comb

from rulekit.clock import format_duration
from rulekit.engine.tick.measuring import DAYS, LEVELS, OWNERS, Measured, Thing, What
from rulekit.evaluation.data.profile import LINK, Column


@dataclass(frozen=True, slots=True)
class Limit:
    """Beyond `rows` and `share` of the rows is a jump: of a level, beyond them and the highest share seen together.

    So many single rows may be anybody's doing, but beside another jump of people, of companies or of events they count.
    A change must be beyond twice the highest share seen, too. `days` are those on which something was compared before
    it can jump, `moving` the same of what was not the same on all of them.
    """

    rows: float
    share: float
    days: int = 0
    moving: int = 0


# chosen by `bench/profiles.py`, which counts what of clean histories would jump
LIMITS: Mapping[What, Limit] = {
    What.MISSING: Limit(1, 0.05, days=1, moving=1),
    What.PRESENT: Limit(1, 0.05, days=1, moving=1),
    What.UNREADABLE: Limit(1, 0.05, days=1, moving=1),
    What.ORPHANS: Limit(1, 0.05, days=1, moving=1),
    What.LOST: Limit(1, 0.02),
    What.FEWER: Limit(1, 0.2),
    What.MORE: Limit(3, 0.1),
    What.TWICE: Limit(0.25, 0.75),
    What.CHANGED: Limit(1.5, 0.24, days=4, moving=10),
    What.SCALED: Limit(0.5, 0.1),
    What.REWRITTEN: Limit(0.5, 0.1),
    What.FILLED: Limit(0, 0.1),
    What.RESHAPED: Limit(1.5, 0.24, days=1, moving=1),
    What.EMPTIED: Limit(1.5, 0.24, days=1, moving=1),
    What.REPLACED: Limit(1.5, 0.6, days=1, moving=1),
    What.LAG: Limit(6, 0, days=7, moving=7),
    What.BACK: Limit(24, 0, days=4, moving=10),
}


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest share that believed ticks showed, on how many days it was compared, and the sum of their shares."""

    share: float
    days: int = 1
    total: float = 0.0


# what happens by chance as seldom as in so many ticks is not believed to be chance
_CHANCE = 1 / 3_000
# what was so on so many days is believed to stay so
_SETTLED = 4
# what people do not do to their values: there is nothing to learn of it
_UNLEARNED = frozenset({What.SCALED, What.REWRITTEN, What.FILLED})
Peaks = Mapping[Thing, Peak]


@dataclass(frozen=True, slots=True)
class Jump:
    """What went beyond what was seen before, and a sentence that says so without a value of anybody.

    Of the `whole` table nothing is to be believed where its file is old, or values may stand in the wrong columns.
    """

    measured: Measured
    sentence: str
    whole: bool = False

    @property
    def column(self) -> Column:
        """Returns the column that jumped, or the kind of event."""
        return self.measured.thing[0]

    def of(self, columns: Iterable[Column]) -> frozenset[Column]:
        """Returns those of the columns that are not to be believed."""
        if self.whole:
            return frozenset(column for column in columns if column[0] == self.column[0])
        return frozenset({self.column}.intersection(columns))


def find_jumps(measured: Iterable[Measured], peaks: Peaks) -> list[Jump]:
    """Returns what is beyond the limits, in the order of what was measured."""
    measured = list(measured)
    alone = {one.thing for one in measured if is_jump(one, peaks.get(one.thing))}
    beside = {_source(thing) for thing in alone if thing[1] is not What.LAG}
    found = [
        one
        for one in measured
        if one.thing in alone or (_source(one.thing) in beside and is_jump(one, peaks.get(one.thing), beside=True))
    ]
    lost = Counter(one.thing[0][0] for one in found if one.thing[1] is What.UNREADABLE)
    return [Jump(one, _say(one, peaks.get(one.thing)), _is_of_all(one, lost)) for one in found]


def _is_of_all(one: Measured, unreadable: Mapping[str, int]) -> bool:
    """Returns whether a jump tells of the whole table; `unreadable` counts the columns of each that became so.

    Where that are two at once, as when values moved to other columns, what can still be read may be another's.
    """
    (owner, _), what = one.thing
    is_old = what in (What.LAG, What.BACK) and owner in OWNERS
    return is_old or (what is What.UNREADABLE and unreadable[owner] > 1)


def _source(thing: Thing) -> str:
    """Returns what is read together: people, companies, or events of all kinds, which often are one table."""
    owner = thing[0][0]
    return owner if owner in OWNERS else ""


def is_jump(one: Measured, peak: Peak | None, *, beside: bool = False) -> bool:
    """Returns whether a share is beyond what was seen, alone or `beside` another jump of what is read with it.

    It never is before there is enough to compare it with.
    """
    seen = peak or Peak(0.0, 0)
    limit = _limit(one, seen)
    if seen.days < (limit.moving if seen.share else limit.days):
        return False
    if beside and one.thing[1] not in (What.LAG, What.BACK):
        limit = replace(limit, rows=0)
    allowed = _allowed(one, limit, max(seen.share, one.known))
    by_chance = _by_chance(int(one.of), seen.total / seen.days) if one.thing[1] is What.CHANGED and seen.total else 0
    return one.count > max(allowed, by_chance)


def _limit(one: Measured, seen: Peak) -> Limit:
    """Returns the limit of a share; where links never led nowhere, and events never lost a value, not one may."""
    (owner, name), what = one.thing
    limit = LIMITS[what]
    keeps = (what is What.UNREADABLE and name == LINK) or (what is What.EMPTIED and owner not in OWNERS)
    return replace(limit, rows=0) if keeps and not seen.share and seen.days >= _SETTLED else limit


def _allowed(one: Measured, limit: Limit, seen: float) -> float:
    margin = limit.rows + limit.share * one.of
    match one.thing[1]:
        case What.MISSING | What.PRESENT | What.UNREADABLE | What.ORPHANS:
            # of rows that are new, all may be so
            return margin + seen * one.of + one.arrived * (1 - seen) + one.slack
        case What.LAG:
            return margin + 2 * seen + one.slack
        case What.CHANGED | What.RESHAPED | What.EMPTIED:
            # a single row, which is let through anyway, says nothing about how many there may be at once
            return max(margin, 2 * (seen * one.of - 1))
        case _:
            return max(margin, 2 * seen * one.of) + one.slack


def _by_chance(of: int, rate: float) -> int:
    """Returns how many of so many values change at once by chance, each at a rate, once in so many ticks or more."""
    odds = [comb(of, count) * rate**count * (1 - rate) ** (of - count) for count in range(of + 1)]
    return next((count for count in range(of) if sum(odds[count + 1 :]) < _CHANCE), of)


def believe(measured: Iterable[Measured], accepted: Iterable[Thing], peaks: Peaks) -> dict[Thing, Peak]:
    """Returns the peaks of a day with a tick's added. Of changes that a person has accepted nothing is learned."""
    found = dict(peaks)
    vouched = set(accepted)
    for one in (one for one in measured if one.thing[1] not in _UNLEARNED):
        share = 0.0 if one.thing in vouched and one.thing[1] not in (*LEVELS, What.LAG) else one.share
        found[one.thing] = Peak(max(share, found[one.thing].share if one.thing in found else 0.0))
    return found


def _say(one: Measured, peak: Peak | None) -> str:
    """Returns what jumped, in the words of the settings and rules."""
    column, what = one.thing
    count, of = f"{one.count:,.0f}", f"{one.of:,.0f}"
    match what:
        case What.MISSING | What.PRESENT | What.UNREADABLE | What.ORPHANS:
            said = f"{_LEVEL[what] if column != ('person', LINK) else _LINKED[what]} {_rise(peak, one)}"
        case What.LOST:
            said = f"{count} of {of} in {DAYS} days that were read before are gone"
        case What.FEWER:
            said = f"{count} of {of} that were read before are gone"
        case What.MORE:
            said = f"{count} more than the {of} in {DAYS} days that were read before"
        case What.TWICE:
            said = f"{count} more than the {of} that were read before, of the same time"
        case What.CHANGED:
            said = f"another value for {one.share * 100:.0f} % of those {_WHO.get(column[0], 'that')} are followed"
        case What.REPLACED:
            said = f"{count} of {of} that are followed have another person or time"
        case What.LAG:
            seen = max(peak.share if peak else 0, one.known)
            said = f"the newest is {_hours(one.count)} old, at most {_hours(seen)} before"
        case What.BACK:
            said = f"the newest is {_hours(one.count)} older than what was read before"
        case _:
            who = f"{count} of {of} {_WHO.get(column[0], 'that')} are followed"
            said = _ALTERED[what].format(who=who, times=_times(one.power))
    return f"{title(column)}: {said}"


def _times(power: int) -> str:
    return f"{10**power:,} times as large" if power > 0 else f"{10**-power:,} times as small"


_LEVEL = {
    What.MISSING: "missing",
    What.PRESENT: "with a value",
    What.UNREADABLE: "unreadable",
    What.ORPHANS: "of nobody",
}
_WHO = dict.fromkeys(OWNERS, "who")
_ALTERED = {
    What.SCALED: "the same digits {times} as before, for {who}",
    What.REWRITTEN: "the same in other capitals, or with other signs or blanks, for {who}",
    What.FILLED: "what may stand for no value, for {who} and had none",
    What.RESHAPED: "values of another form for {who}",
    What.EMPTIED: "none any more for {who} and had a value",
}
_LINKED = {**_LEVEL, What.UNREADABLE: "not there"}


def _rise(peak: Peak | None, one: Measured) -> str:
    before, now = (peak.share if peak else 0.0) * 100, one.share * 100
    digits = next((d for d in (0, 1) if f"{before:.{d}f}" != f"{now:.{d}f}"), 2)
    return f"{before:.{digits}f} % → {now:.{digits}f} %"


def _hours(hours: float) -> str:
    return format_duration(timedelta(hours=int(hours)))


def title(column: Column) -> str:
    """Returns the words for a column of people, of companies, or of a kind of event."""
    owner, name = column
    if owner in OWNERS:
        return f"`{'company' if name == LINK else name}` of `[source.{owner}]`"
    return f"`{name}` of `{owner}` events" if name else f"`{owner}` events"
