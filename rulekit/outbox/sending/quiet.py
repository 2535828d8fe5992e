"""When an email may leave in spite of quiet hours, by the wall clock of the person's zone.

Quiet hours of a day reach from the first instant at which the wall clock shows their start to the last at which it
shows their end. A time that the clock skips stands for the instant at which it jumps over it. So where the clock is
set back inside quiet hours or at an edge of them, they grow longer and are never interrupted.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from rulekit.limits import QuietHours
from rulekit.zones import find_clock

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def next_allowed(now: datetime, hours: QuietHours, zone: str, otherwise: str = "UTC") -> datetime:
    """Returns `now` outside of quiet hours, and otherwise the instant at which they end, in UTC.

    `otherwise` is the zone to go by where `zone` is not known (any more) on this machine.
    """
    clock = find_clock(zone) or find_clock(otherwise) or UTC
    end = _end_of_quiet(now, hours, clock)
    # the end of one day's hours may lie in those of the next, on days that the clock skips or repeats
    while end is not None:
        now = end
        end = _end_of_quiet(now, hours, clock)
    return now


def _end_of_quiet(now: datetime, hours: QuietHours, clock: tzinfo) -> datetime | None:
    """Returns when the quiet hours around an instant end, or None outside of them."""
    return max((end for start, end in _around(now, hours, clock) if start <= now < end), default=None)


def _around(now: datetime, hours: QuietHours, clock: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """Yields the quiet hours of the days around an instant; two before it, as a day may be skipped or repeated."""
    today = now.astimezone(clock).date()
    nights = hours.end < hours.start
    for day in (today + days * _DAY for days in range(-2, 2)):
        yield _first(day, hours.start, clock), _last(day + nights * _DAY, hours.end, clock)


def _first(day: date, at: time, clock: tzinfo) -> datetime:
    """Returns the first instant at which the wall clock shows that time or a later one."""
    local = datetime.combine(day, at)
    early, late = _readings(local, clock)
    return early if early <= late else _jump(local, late, early, clock)


def _last(day: date, at: time, clock: tzinfo) -> datetime:
    """Returns the last instant at which the wall clock comes to that time, or jumps over it."""
    local = datetime.combine(day, at)
    early, late = _readings(local, clock)
    return late if early <= late else _jump(local, late, early, clock)


def _readings(local: datetime, clock: tzinfo) -> tuple[datetime, datetime]:
    """Returns a wall clock's time by the offset before a change of the clock and by that after it."""
    first, second = (local.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _jump(local: datetime, before: datetime, after: datetime, clock: tzinfo) -> datetime:
    """Returns the instant between two others at which the wall clock jumps over a time."""
    seconds = range(1, (after - before) // _SECOND + 1)
    passed = bisect_right(seconds, local, key=lambda s: (before + s * _SECOND).astimezone(clock).replace(tzinfo=None))
    return before + seconds[passed] * _SECOND
