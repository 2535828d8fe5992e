"""How many emails a rate lets out now: the generic cell rate algorithm, whose whole memory is one instant.

In any time of the rate's length at most its count are let out, and they are spread evenly over it. Who comes late for
its turn may catch up by a little, so that a busy machine does not make the rate a slower one.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from rulekit.limits import Rate

# how far behind may be caught up: of a rate per second or less a part of its length, of any other so long
LEEWAY = timedelta(milliseconds=250)
_PART = 20
# how old an instant may be by the time that it is used here: another worker may have held the store meanwhile
STALE = timedelta(seconds=30)


class Taken(NamedTuple):
    """How many emails may leave now, what to remember, and when the next one may."""

    granted: int
    next_at: datetime
    wait_until: datetime


def take(now: datetime, next_at: datetime | None, rate: Rate, wanted: int, ahead: timedelta = timedelta(0)) -> Taken:
    """Returns how many of the `wanted` emails may leave now; `next_at` is what the last call said to remember.

    What only gets ready may come `ahead` of its turn.
    """
    leeway = min(rate.per / _PART, LEEWAY)
    # what may be caught up comes on top of a window; rounded up, so that no fraction of a microsecond adds up to one
    # email too many
    apart = -(-(rate.per + leeway) // rate.count)
    latest = now + leeway + ahead
    # further ahead than this is only what a slower rate, or a clock that was wrong, left behind
    free_at = min(max(now, next_at or now), latest + apart + STALE)
    granted = max(0, min(wanted, (latest - free_at) // apart + 1))
    free_at += granted * apart
    return Taken(granted, free_at, max(now, free_at - leeway - ahead))
