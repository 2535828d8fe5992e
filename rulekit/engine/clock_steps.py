"""Whether the clock that decides steps while a process runs, compared with seconds that nobody sets."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from rulekit.records import Reason

# a clock that is being corrected drifts less between two looks
TOLERANCE = timedelta(minutes=5)


def monotonic_seconds() -> float:
    """Returns the seconds since some moment, with those in which the machine slept where the system can tell."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC_RAW"):
        if (number := getattr(time, name, None)) is not None:
            return time.clock_gettime(number)
    return time.monotonic()


class Steps:
    """Compares what a clock says with `seconds`, from one look to the next."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._last: tuple[datetime, float] | None = None

    def since_last(self, now: datetime) -> timedelta | None:
        """Returns by how much the clock has stepped since the last look, back as a negative length, or None."""
        seconds = self._seconds()
        before, self._last = self._last, (now, seconds)
        if before is None:
            return None
        step = (now - before[0]) - timedelta(seconds=seconds - before[1])
        return step if abs(step) > TOLERANCE else None


def halt_reason(step: timedelta) -> Reason:
    """Returns the reason of the halt that a step leads to."""
    way, minutes = "forward" if step > timedelta(0) else "back", round(abs(step) / timedelta(minutes=1))
    days, hours = divmod(minutes, 24 * 60)
    went = f"the store's clock went {way} by {days}d {hours // 60}h {hours % 60}m"
    advice = "see that it is right, then `rulekit sending resume`"
    return Reason(went, sentence=f"{went} while `rulekit serve` ran: {advice}")
