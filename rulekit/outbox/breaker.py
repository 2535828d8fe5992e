"""The circuit breaker of a sender: after faults of the sender in a row nothing is tried for a while, then one email.

A fault is the sender's when it says nothing about an email: no connection, a refused login, "come back later" to all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FAULTS = 5
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Breaker:
    """What a sender has come to: its `faults` in a row, until when it is left alone, and how often it was in a row.

    Without `open_until` it is closed: anything may be sent. Until then it is open: nothing may. From then on it is half
    open: one email tries for all.
    """

    faults: int = 0
    open_until: datetime | None = None
    trips: int = 0

    def may_send(self, now: datetime) -> int | None:
        """Returns how many emails may be on their way: None for any number, 1 for the one that tries, 0 for none."""
        if self.open_until is None:
            return None
        return 0 if now < self.open_until else 1

    def probing(self, now: datetime) -> "Breaker":
        """Returns the breaker once the one email has been taken out of a half-open one.

        It is open again, as if that email had met a fault: nobody else tries meanwhile, and a worker that dies with it
        leaves nothing behind. Its fault changes nothing more; its success closes the breaker.
        """
        return self._tripped(now) if self.may_send(now) == 1 else self

    def after_fault(self, now: datetime) -> "Breaker":
        """Returns the breaker after one more fault; one of an email that was on its way before it opened is no news."""
        if self.open_until is None and self.faults + 1 < FAULTS:
            return Breaker(self.faults + 1)
        return self if self.may_send(now) == 0 else self._tripped(now)

    def after_success(self) -> "Breaker":
        """Returns a closed breaker: the sender works, whatever was before."""
        return Breaker()

    def _tripped(self, now: datetime) -> "Breaker":
        # one that fails for years must not double into numbers that no column holds
        pause = min(SHORTEST * 2 ** min(self.trips, 10), LONGEST)
        return Breaker(max(self.faults, FAULTS), now + pause, self.trips + 1)
