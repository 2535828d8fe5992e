"""Values as they come back from the engine, as the language's values again, and as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from rulekit.clock import UNITS, format_duration, midnight
from rulekit.language.parsing.literals import spell_number
from rulekit.language.types import Kind, Type
from rulekit.records import Scalar

# weeks are left out: `17d` says more than `2w 3d`
_UNITS = {letter: unit for letter, unit in UNITS.items() if letter != "w"}


def scalar(value: object, declared: Type) -> Scalar:
    """Returns a value of the engine as `records` has it.

    Times are aware and in UTC, durations timedelta, and decimals without the zeros that only their column has.
    """
    if declared.kind is Kind.TIME and isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if declared.kind is Kind.DURATION and isinstance(value, int | float | Decimal):
        return timedelta(microseconds=int(value))
    if isinstance(value, Decimal):
        return Decimal(spell_number(value))
    return value  # type: ignore[return-value]  # every other type of a column is one of ours


def shown(value: Scalar, now: datetime, zone: str = "UTC") -> str:
    """Returns a value as authors write it; `missing` for None.

    An instant is shown with its distance from `now`, a date with that of its midnight in `zone`.
    """
    match value:
        case None:
            return "missing"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case datetime():
            return f"{_instant(value)} ({_distance(now - value)})"
        case date():
            return f"{value.isoformat()} ({_distance(now - midnight(value, ZoneInfo(zone)))})"
        case timedelta():
            return format_duration(value)
        case list():
            return "[" + ", ".join(f'"{item}"' for item in value) + "]"
        case float():
            return f"{value:.15g}"
        case int() | Decimal():
            return spell_number(Decimal(value))


def _instant(value: datetime) -> str:
    whole_minute = value.second == 0 and value.microsecond == 0
    text = value.astimezone(UTC).isoformat(timespec="minutes" if whole_minute else "auto")
    return text.replace("+00:00", "Z")


def _distance(past: timedelta) -> str:
    length, counted = abs(past), []
    for letter, unit in _UNITS.items():
        if length >= unit:
            counted.append(f"{length // unit}{letter}")
            length %= unit
    if not counted:
        return "now" if not past else "less than a second " + ("ago" if past > timedelta(0) else "ahead")
    largest = " ".join(counted[:2])
    return f"{largest} ago" if past > timedelta(0) else f"in {largest}"
