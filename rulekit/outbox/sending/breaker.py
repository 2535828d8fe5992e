"""The circuit breaker of a sender: after faults of the sender in a row nothing is tried for a while, then one email.

A fault is the sender's when it says nothing about an email: no connection, a refused login, "come back later" to all,
and the same refusal for good to one email after another.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rulekit.records import Outcome, Reason, RefusalClass, Refused, Sent

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

    def after_fault(self, now: datetime, *, certain: bool = False) -> "Breaker":
        """Returns the breaker after one more fault; one of an email that was on its way before it opened is no news.

        One that is `certain` opens it at once.
        """
        if self.open_until is None and self.faults + 1 < FAULTS and not certain:
            return Breaker(self.faults + 1)
        return self if self.may_send(now) == 0 else self._tripped(now)

    def after_success(self) -> "Breaker":
        """Returns a closed breaker: the sender works, whatever was before."""
        return Breaker()

    def _tripped(self, now: datetime) -> "Breaker":
        # one that fails for years must not double into numbers that no column holds
        pause = min(SHORTEST * 2 ** min(self.trips, 10), LONGEST)
        return Breaker(max(self.faults, FAULTS), now + pause, self.trips + 1)


# where a sender says no more than its reason: the code of a permanent answer, and its enhanced status if it has one
_CODE = re.compile(r"\b(5[0-5][0-9])\b(?:[ -](5\.[0-9]{1,3}\.[0-9]{1,3}))?", re.ASCII)
# what says nothing about the sender; where the message is too large, of a template all are, whoever sends them
_NOTHING, _TOO_LARGE, _STATUS_OF_TOO_LARGE = "", "552", "5.3.4"


@dataclass(frozen=True, slots=True)
class Refusals:
    """How often in a row emails were refused for good with the same code, nothing having been sent between."""

    count: int = 0
    kind: str | None = None

    def after(self, outcome: Outcome) -> "Refusals":
        """Returns what it is after one more outcome; what is neither sent nor refused by a server says nothing."""
        if isinstance(outcome, Sent):
            return Refusals()
        kind = _kind(outcome)
        if kind is None:
            return self
        return Refusals(self.count + 1 if kind == self.kind else 1, kind)

    def blame(self, outcome: Outcome) -> Outcome:
        """Returns the outcome as the sender's fault where it is one refusal too many in a row."""
        if not isinstance(outcome, Refused) or self.count < FAULTS or _kind(outcome) is None:
            return outcome
        reason = f"{outcome.reason} (as to the {self.count - 1} emails before it, so it is held to be about the sender)"
        blamed = Reason(Reason.of(outcome.reason).text, sentence=reason)
        return replace(outcome, reason=blamed, about=RefusalClass.SENDER)


def _kind(outcome: Outcome) -> str | None:
    code = _code_of(outcome) if isinstance(outcome, Refused) else ""
    return None if code in (_NOTHING, _TOO_LARGE) or code.endswith(_STATUS_OF_TOO_LARGE) else code


def _code_of(refused: Refused) -> str:
    if refused.code is not None:
        return refused.code
    found = _CODE.search(refused.reason)
    return " ".join(filter(None, found.groups())) if found else ""
