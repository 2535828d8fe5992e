"""How many emails a rate lets out now: the generic cell rate algorithm, whose whole memory is one instant.

In any time of the rate's length at most its count are let out. To allow that and still let several out at once, a
twentieth of the count may go together and the rest is spread evenly over what is left of the time.
"""

from datetime import datetime
from typing import NamedTuple

from rulekit.limits import Rate


class Taken(NamedTuple):
    """How many emails may leave now, what to remember, and when the next one may."""

    granted: int
    next_at: datetime
    wait_until: datetime


def take(now: datetime, next_at: datetime | None, rate: Rate, wanted: int) -> Taken:
    """Returns how many of the `wanted` emails may leave now; `next_at` is what the last call said to remember."""
    together = max(1, rate.count // 20)
    # rounded up, so that no fraction of a microsecond adds up to one email too many
    apart = -(-rate.per // (rate.count - together + 1))
    # further ahead than this is only what a slower rate, or a clock that was wrong, left behind
    free_at = min(max(now, next_at or now), now + together * apart)
    granted = min(wanted, (now + together * apart - free_at) // apart)
    free_at += granted * apart
    return Taken(granted, free_at, max(now, free_at - (together - 1) * apart))
