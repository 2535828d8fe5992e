"""When the next email to a person may leave without going beyond a cap."""

from collections.abc import Sequence
from datetime import datetime

from rulekit.limits import Cap


def next_within(now: datetime, caps: Sequence[Cap], left: Sequence[datetime]) -> datetime:
    """Returns the first instant from `now` on at which one more email stays within every cap.

    `left` are the instants of that person's other emails, in any order, those included whose place is only reserved.
    An email counts from its instant for the length of the window; at its very end it no longer does. One later than
    `now` counts already: no window around it may hold too many either.
    """
    latest = sorted(left, reverse=True)
    # of a window with room for n, the n-th latest email is the one that must have gone out of it
    return max([now, *(latest[cap.count - 1] + cap.window for cap in caps if len(latest) >= cap.count)])
