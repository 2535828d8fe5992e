"""Time zones as people's data names them: names of the IANA database in any spelling, cities, Rails' names, offsets.

A zone that no rule makes certain is none: `PST` and `IST` are names of several.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import available_timezones

from rulekit.clock import find_zone

# the fields of a person or a company that say where they live, the first of them that is there
ZONE_FIELDS = ("timezone", "time_zone")

_REGIONS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
_DIRECTIONS = frozenset({"north", "south", "west"})
# the names of ActiveSupport::TimeZone (Ruby on Rails) that are not those of a city in the IANA database
_RAILS = {
    "Abu Dhabi": "Asia/Muscat",
    "Alaska": "America/Juneau",
    "American Samoa": "Pacific/Pago_Pago",
    "Arizona": "America/Phoenix",
    "Astana": "Asia/Almaty",
    "Atlantic Time (Canada)": "America/Halifax",
    "Beijing": "Asia/Shanghai",
    "Bern": "Europe/Zurich",
    "Brasilia": "America/Sao_Paulo",
    "Cape Verde Is.": "Atlantic/Cape_Verde",
    "Central America": "America/Guatemala",
    "Central Time (US & Canada)": "America/Chicago",
    "Chatham Is.": "Pacific/Chatham",
    "Chennai": "Asia/Kolkata",
    "Eastern Time (US & Canada)": "America/New_York",
    "Edinburgh": "Europe/London",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Georgetown": "America/Guyana",
    "Greenland": "America/Godthab",
    "Guadalajara": "America/Mexico_City",
    "Hanoi": "Asia/Bangkok",
    "Hawaii": "Pacific/Honolulu",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "International Date Line West": "Etc/GMT+12",
    "Islamabad": "Asia/Karachi",
    "Istanbul": "Europe/Istanbul",
    "Marshall Is.": "Pacific/Majuro",
    "Mid-Atlantic": "Atlantic/South_Georgia",
    "Midway Island": "Pacific/Midway",
    "Mountain Time (US & Canada)": "America/Denver",
    "Mumbai": "Asia/Kolkata",
    "New Caledonia": "Pacific/Noumea",
    "New Delhi": "Asia/Kolkata",
    "Newfoundland": "America/St_Johns",
    "Nuku'alofa": "Pacific/Tongatapu",
    "Osaka": "Asia/Tokyo",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Pretoria": "Africa/Johannesburg",
    "Quito": "America/Lima",
    "Samoa": "Pacific/Apia",
    "Sapporo": "Asia/Tokyo",
    "Saskatchewan": "America/Regina",
    "Solomon Is.": "Pacific/Guadalcanal",
    "Sri Jayawardenepura": "Asia/Colombo",
    "St. Petersburg": "Europe/Moscow",
    "Tokelau Is.": "Pacific/Fakaofo",
    "Wellington": "Pacific/Auckland",
    "West Central Africa": "Africa/Algiers",
}
# four digits without a colon are hours and minutes; of three nobody knows
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(?!\d{3}$)(\d{1,2})(?::?([0-5]\d))?", re.ASCII | re.IGNORECASE)
# what lists of zones show before a name: `(GMT-05:00) Eastern Time (US & Canada)`
_SHOWN_OFFSET = re.compile(r"\((?:UTC|GMT)(?:[+-]\d\d:\d\d)?\)\s+", re.IGNORECASE)
_FARTHEST = timedelta(hours=14)
# between these, in UTC, each change of a clock is found: before there are none, and afterwards they go by the calendar
FIRST_CHANGE = datetime(1840, 1, 1, tzinfo=UTC)
LAST_CHANGE = datetime(2129, 1, 1, tzinfo=UTC)
# no clock of the database changed twice within that time
_STEP = timedelta(days=3)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """An instant from which on a zone's clocks have an offset, east of Greenwich."""

    at: datetime
    offset: timedelta


@lru_cache(maxsize=64)
def offset_changes(name: str) -> tuple[Change, ...]:
    """Returns the changes of a zone's offset up to `LAST_CHANGE`; the first is the offset that it begins with.

    Raises KeyError when there is no such zone.
    """
    zone = find_zone(name)
    if zone is None:
        raise KeyError(name)
    return tuple(_changes(zone))


def _changes(zone: tzinfo) -> Iterator[Change]:
    at, offset = FIRST_CHANGE, _offset_at(zone, FIRST_CHANGE)
    yield Change(at, offset)
    while at < LAST_CHANGE:
        before, at = at, at + _STEP
        if _offset_at(zone, at) != offset:
            at = _first_with_another(zone, before, at, offset)
            offset = _offset_at(zone, at)
            yield Change(at, offset)


def _first_with_another(zone: tzinfo, low: datetime, high: datetime, offset: timedelta) -> datetime:
    """Returns the first second at which a zone no longer has an offset, which it has at `low` and not at `high`."""
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        low, high = (middle, high) if _offset_at(zone, middle) == offset else (low, middle)
    return high


def _offset_at(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


@lru_cache(maxsize=4096)
def read_zone(text: str) -> str | None:
    """Returns the zone that a text names, as `find_clock` reads it; None when it is none, or not certain.

    `GMT+2` is two hours east of Greenwich, as people mean it; `Etc/GMT+2` is two hours west, as POSIX does.
    """
    bare = " ".join(_SHOWN_OFFSET.sub("", text.strip()[:100], count=1).split())
    if find_zone(bare) is not None:
        return bare
    return _known().get(_plain(bare)) or _read_offset(bare)


def find_clock(name: str) -> tzinfo | None:
    """Returns the wall clock of a zone: one of the IANA database, or an offset like `+05:30`."""
    return find_zone(name) or _offset(name)


def _read_offset(text: str) -> str | None:
    if text.upper() in ("Z", "UTC", "GMT"):
        return "UTC"
    clock = _offset("".join(text.split()))
    return None if clock is None else str(clock).removeprefix("UTC") or "UTC"


def _offset(text: str) -> timezone | None:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    length = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-length if match[1] == "-" else length) if length <= _FARTHEST else None


@cache
def _known() -> Mapping[str, str]:
    """Returns zones by their plain names; what the database says counts more than what is said here."""
    names = sorted(available_timezones())
    cities = {_plain(city): name for name in names for city in _city(name)}
    rails = {_plain(shown): name for shown, name in _RAILS.items()}
    return cities | rails | {_plain(name): name for name in names}


def _city(name: str) -> tuple[str, ...]:
    region, _, city = name.partition("/")
    return (city,) if region in _REGIONS and "/" not in city and city.casefold() not in _DIRECTIONS else ()


def _plain(name: str) -> str:
    return name.replace("_", " ").casefold()
