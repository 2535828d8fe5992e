"""Local times of a zone as instants and back, by the zone database that everything else here goes by.

The engine has a database of its own, which may be of another year, and is not asked. A zone is given to it as lists:
when its clocks change, their offsets from then on, and with which of them a year begins.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from sqlglot import exp

from rulekit.evaluation.data.sql_templates import fill
from rulekit.zones import FIRST_CHANGE, LAST_CHANGE, Change, offset_changes

_EPOCH = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)
_TO_UTC = "TRY(make_timestamp(epoch_us(:x) - 1000000 * :offset))"
_TO_LOCAL = "TRY(make_timestamp(epoch_us(:x) + 1000000 * :offset))"
_FIRST_YEAR, _LAST_YEAR = FIRST_CHANGE.year, LAST_CHANGE.year - 1
_LIST = "list_extract(CAST(:numbers AS BIGINT[]), :x)"
_YEAR_NUMBER = f"least(greatest(year(:x), :first), {_LAST_YEAR}) - :first + 1"
_IS_CHANGED = "CAST(epoch_us(:x) >= 1000000 * :change AS INT)"
# years with the same length and first weekday have the same changes; of these 14 kinds all are among 28 years in a row
_CYCLE = 28
_NEW_YEAR = "make_date(year(:x), 1, 1)"
_KIND = f"isodow({_NEW_YEAR}) + 7 * CAST(make_date(year(:x), 12, 31) - {_NEW_YEAR} - 364 AS INT)"
_FOLDED = f":x - to_days(CAST({_NEW_YEAR} - DATE '1970-01-01' - :day AS INT))"
_LATER = f"CASE WHEN year(:x) > {_LAST_YEAR} THEN :later ELSE :offset END"


@dataclass(frozen=True, slots=True)
class _Offsets:
    """The offsets of a zone by a scale, UTC or its own: `at` and `offsets` in seconds, the first from ever on.

    `years` has, from `first` on, for each year the number of changes before it; `most` is how many one year has.
    """

    first: int
    at: str
    offsets: str
    years: str
    most: int


def to_utc(local: exp.Expr, zone: str) -> exp.Expr:
    """Returns the instant of a local time, both naive timestamps.

    A time that clocks skip is taken with the offset from before; of one that comes twice, it is the second.
    """
    # in UTC nothing needs to be shifted, and a bare column lets the engine skip what lies outside a window
    return local if zone == "UTC" else fill(_TO_UTC, local, offset=_offset(local, zone, is_local=True))


def to_local(instant: exp.Expr, zone: str) -> exp.Expr:
    """Returns the local time at an instant, both naive timestamps."""
    return instant if zone == "UTC" else fill(_TO_LOCAL, instant, offset=_offset(instant, zone, is_local=False))


@lru_cache(maxsize=256)
def _offsets(zone: str, first: int, *, is_local: bool) -> _Offsets:
    changes = offset_changes(zone)
    # where clocks skip an hour it is before the change, and where one comes twice the second is behind it
    every = [_naive(change, is_local) for change in changes]
    start = max(0, bisect_right(every, datetime(first, 1, 1)) - 1)
    times = every[start:]
    most = max(Counter(time.year for time in times[1:]).values(), default=0)
    years = range(first, _LAST_YEAR + 1)
    return _Offsets(
        first,
        at=_text([(time - _EPOCH) // _SECOND for time in times] + [2**40] * most),
        offsets=_text([change.offset // _SECOND for change in changes[start:]]),
        years=_text([max(1, bisect_right(times, datetime(year, 1, 1))) for year in years]),
        most=most,
    )


def _text(numbers: Sequence[int]) -> str:
    return f"[{','.join(map(str, numbers))}]"


def _naive(change: Change, is_local: bool) -> datetime:
    return change.at.astimezone(UTC).replace(tzinfo=None) + (change.offset if is_local else timedelta(0))


def _offset(time: exp.Expr, zone: str, *, is_local: bool) -> exp.Expr:
    """Returns the offset of a zone in seconds, at a time in UTC or on its own clocks."""
    offset = _listed(time, _offsets(zone, _FIRST_YEAR, is_local=is_local))
    cycle = _offsets(zone, _LAST_YEAR - _CYCLE + 1, is_local=is_local)
    if not cycle.most:
        return offset
    folded = exp.paren(fill(_FOLDED, time, day=_item(_text(_first_days()), fill(_KIND, time))))
    return fill(_LATER, time, later=_listed(folded, cycle), offset=offset)


def _listed(time: exp.Expr, offsets: _Offsets) -> exp.Expr:
    start = _item(offsets.years, fill(_YEAR_NUMBER, time, first=offsets.first))
    number = start
    for later in range(1, offsets.most + 1):
        number += fill(_IS_CHANGED, time, change=_item(offsets.at, start + later))
    return _item(offsets.offsets, number)


def _item(numbers: str, index: exp.Expr) -> exp.Expr:
    return fill(_LIST, index, numbers=numbers)


def _first_days() -> Sequence[int]:
    """Returns when a year of each kind begins, in days from 1970: of 365 days from Monday to Sunday, then of 366."""
    days = {}
    for year in range(_LAST_YEAR - _CYCLE + 1, _LAST_YEAR + 1):
        first = date(year, 1, 1)
        is_leap = date(year, 12, 31) - first == timedelta(365)
        days[is_leap, first.weekday()] = (first - _EPOCH.date()).days
    return [days[kind] for kind in sorted(days)]
