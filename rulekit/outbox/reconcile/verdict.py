"""What reconciling found, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rulekit.outbox.lifecycle.tick_values import Parked
from rulekit.records import State

# so many of what broke a promise are named; the others are counted
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the taggings that matched one trigger: the emails by state, the waits, the reasons for none.

    `again` are copies of failed emails that somebody wanted sent once more; they answer no tagging. `twice` are
    taggings with two answers that were counted once, when the store was brought up to date.
    """

    trigger: str
    matched: int
    emails: Mapping[State, int] = field(default_factory=dict)
    waiting: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    again: int = 0
    twice: int = 0

    @property
    def without(self) -> int:
        """Returns how many taggings have a recorded reason why there is no email."""
        return sum(self.reasons.values()) - self.twice

    @property
    def answered(self) -> int:
        """Returns how many taggings have an answer."""
        return sum(self.emails.values()) + self.waiting + self.without

    @property
    def missing(self) -> int:
        """Returns how many taggings have no answer; less than 0 where there are more answers than taggings."""
        return self.matched - self.answered


@dataclass(frozen=True, slots=True)
class Finding:
    """What breaks a promise: `count` of `kind` (email, tick, persona, trigger), `first` of which are named."""

    promise: str
    problem: str
    help: str
    kind: str
    count: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The ledger by trigger, and everything that breaks a promise.

    `since` is the tick from which matches were counted as they happened: 1, or that of the first tick after a store
    without a ledger was brought up to date (0: there was none yet). `again` are emails that left once more while
    nobody knew whether they had arrived: what the store cannot know of them, it cannot promise. `parked` are
    personas whose crossings wait for somebody's word: no tagging comes of them meanwhile.
    """

    accounts: tuple[Account, ...]
    findings: tuple[Finding, ...]
    emails: int
    since: int
    again: int = 0
    parked: Mapping[str, Parked] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        """Says whether every tagging has its answer and every promise holds."""
        return not self.findings
