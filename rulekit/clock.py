"""Instants, durations and zones as text and back; the one place that reads the machine's clock.

Every instant inside rulekit is an aware datetime in UTC with microseconds at most. Everything below the command line
takes `now` as an argument.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_DURATION = re.compile(r"([0-9]+)([wdhms])", re.ASCII)


def precise_now() -> datetime:
    """Returns the machine's time in UTC."""
    return datetime.now(UTC)


def system_now() -> datetime:
    """Returns the machine's time in UTC, cut to whole seconds."""
    return precise_now().replace(microsecond=0)


def parse_instant(text: str) -> datetime:
    """Returns the instant that an RFC 3339 text names; a date alone is its midnight in UTC.

    Raises ValueError when the text is no instant or has a time of day without an offset.
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"`{text}` has no offset; write it like `2026-01-31T09:00Z`")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"`{text}` lies outside of the years 1 to 9999 in UTC") from None


def format_instant(instant: datetime) -> str:
    """Returns an instant as RFC 3339 in UTC, without a fraction when it has none."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def show_instant(instant: datetime) -> str:
    """Returns an instant as people are shown it: as `format_instant` does, cut to whole seconds."""
    return format_instant(instant.replace(microsecond=0))


def parse_duration(text: str) -> timedelta:
    """Returns the length that a text like `14d` names (units `w d h m s`); `1d` is exactly 24 hours.

    Raises ValueError when the text is no duration or is longer than a hundred years.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a duration; write it like `14d` (units: w d h m s)")
    if len(match[1]) > 12 or (seconds := int(match[1]) * UNITS[match[2]].total_seconds()) > 36525 * 86400:
        raise ValueError(f"`{text}` is longer than a hundred years")
    return timedelta(seconds=seconds)


def format_duration(length: timedelta) -> str:
    """Returns a length in the largest unit that divides it, as in `14d`; a fraction of a second stays one."""
    for letter, unit in UNITS.items():
        if letter != "w" and length % unit == timedelta(0):
            return f"{length // unit}{letter}"
    return f"{length.total_seconds():f}s"


def midnight(day: date, zone: tzinfo) -> datetime:
    """Returns the instant, in UTC, of a day's midnight on the wall clock of a zone.

    Where clocks skip midnight it is the instant at which they do; where it comes twice, the second.
    """
    first, second = (datetime.combine(day, time(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    # a time that does not exist is later with the offset from before, which is the one of `fold` 0
    return max(first, second)


@lru_cache(maxsize=4096)
def find_zone(name: str) -> ZoneInfo | None:
    """Returns the time zone of that name, as in `Europe/Stockholm`, or None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
