"""What a change of an email is: who brings it about, from where to where, when it is allowed and what it writes.

A guard and a write are functions of a row and of what is `given`; they read the same over the columns of the table (the
store's conditional UPDATE) and over values (a model of it in a test).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, case, func

from rulekit.outbox.lifecycle.states import END_STATES, Phase
from rulekit.records import State
from rulekit.uncertainty import HOLD, Uncertainty


class Actor(Enum):
    """Who brings a change about."""

    TICK = "tick"
    APPROVER = "approver"
    WORKER = "worker"
    REAPER = "reaper"
    SWEEP = "sweep"
    OPERATOR = "operator"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Place:
    """A state, and within `sending` its phase."""

    state: State
    phase: Phase | None = None

    def __str__(self) -> str:
        return f"{self.state.value} ({self.phase.value})" if self.phase else self.state.value


@dataclass(frozen=True, slots=True)
class Given:
    """What a transition is told beside the row; `who` is the name of a person, tick or worker.

    `allowed` is what the gates say at that moment: no cap, night, halt or departure keeps the email back.
    `uncertainty` is what the settings say of emails that may have arrived. `even_kept` says that `keep` does not
    matter.
    """

    now: datetime
    who: str
    reason: str = ""
    digest: str = ""
    hold: timedelta = timedelta(0)
    token: int = 0
    lease_until: datetime | None = None
    not_before: datetime | None = None
    reply: str | None = None
    even_kept: bool = False
    allowed: bool = True
    uncertainty: Uncertainty = HOLD

    @property
    def uncertain(self) -> str:
        """Returns the policy of the settings for emails that may have arrived."""
        return self.uncertainty.policy

    @property
    def window_began(self) -> datetime:
        """Returns since when the provider drops what it has taken before."""
        return self.uncertainty.began(self.now)

    @property
    def held_until(self) -> datetime:
        """Returns when the hold of an approval is over."""
        return self.now + self.hold


Condition = Callable[[Any, Given], Any]
Writes = Mapping[str, Callable[[Any, Given], Any]]


def _always(row: Any, given: Given) -> Any:
    return True


def either(value: Any, otherwise: Any) -> Any:
    """Returns a value, or the other one where it is empty."""
    if isinstance(value, ColumnElement):
        return func.coalesce(value, otherwise)
    return otherwise if value is None else value


def is_empty(value: Any) -> Any:
    """Returns whether there is no value."""
    return value.is_(None) if isinstance(value, ColumnElement) else value is None


def choose(condition: Any, value: Any, otherwise: Any) -> Any:
    """Returns a value where a condition holds, and the other one where it does not."""
    if isinstance(condition, ColumnElement):
        return case((condition, value), else_=otherwise)
    return value if condition else otherwise


@dataclass(frozen=True, slots=True)
class Transition:
    """One kind of change. `sources` is empty where the row is made; `guard` says in words what `condition` tests."""

    name: str
    sources: tuple[Place, ...]
    target: Place
    actors: tuple[Actor, ...]
    guard: str
    condition: Condition = _always
    writes: Writes = field(default_factory=dict)

    def written(self, row: Any, given: Given) -> dict[str, Any]:
        """Returns every column that the change writes, with its value; the same rules for all entries included."""
        values: dict[str, Any] = {
            "state": self.target.state.value,
            "phase": self.target.phase.value if self.target.phase else None,
            "changed_at": given.now,
        }
        if self.target.state is not State.SENDING:
            values |= {"worker": None, "lease_until": None}
        if self.target.state in END_STATES:
            values["finished_at"] = given.now
        return values | {column: value(row, given) for column, value in self.writes.items()}
