"""How much may be mailed, and when: caps per person, quiet hours and rates, as values and from text."""

import re
from dataclasses import dataclass
from datetime import time, timedelta

from rulekit.clock import parse_duration

_PER = re.compile(r"([0-9]{1,9}) +per +([0-9a-z]+)", re.ASCII)
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` emails to one person in any time of the length `window`."""

    count: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end` on the wall clock nothing leaves; over midnight when `end` comes before `start`."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` emails of one sender in any time of the length `per`."""

    count: int
    per: timedelta


def parse_cap(text: str) -> Cap:
    """Returns the cap that a text like `3 per 7d` names; raises ValueError."""
    return Cap(*_count_per(text, "a cap", "3 per 7d"))


def parse_rate(text: str) -> Rate:
    """Returns the rate that a text like `10 per 1s` names; raises ValueError."""
    return Rate(*_count_per(text, "a rate", "10 per 1s"))


def parse_quiet_hours(text: str) -> QuietHours:
    """Returns the hours that a text like `20:00-08:00` names; raises ValueError, also where they are no time at all."""
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f'`{text}` names no hours; write them like `"20:00-08:00"` (midnight is `00:00`)')
    start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if start == end:
        raise ValueError(f"`{text}` begins and ends at once; write two different times, or leave it out for none")
    return QuietHours(start, end)


def _count_per(text: str, what: str, example: str) -> tuple[int, timedelta]:
    match = _PER.fullmatch(text)
    if match is None:
        raise ValueError(f'`{text}` is not {what}; write it like `"{example}"`')
    count, length = int(match[1]), parse_duration(match[2])
    if not count or not length:
        raise ValueError(f'`{text}` has a 0; write 1 or more for both numbers, as in `"{example}"`')
    return count, length
