"""What a change of an email is: who brings it about, from where to where, when it is allowed and what it writes.

A guard and a write are functions of a row and of what is `given`; they read the same over the columns of the table (the
store's conditional UPDATE) and over values (a model of it in a test). Their types are those of the columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, case, func

from rulekit.outbox.lifecycle.states import END_STATES, Phase
from rulekit.records import State
from rulekit.uncertainty import HOLD, Uncertainty

T = TypeVar("T")


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


class EmailRow(Protocol):
    """What guards and writes may ask of an email.

    All but the last three are columns of the outbox. `suppressed` says whether its address or its person is, `halted`
    whether somebody stopped all sending, `absent` whether the source did not have its person at the last tick.
    """

    state: ColumnElement[str]
    digest: ColumnElement[str]
    auto: ColumnElement[bool]
    keep: ColumnElement[bool]
    attempts: ColumnElement[int]
    token: ColumnElement[int]
    changed_at: ColumnElement[datetime]
    expires_at: ColumnElement[datetime]
    not_before: ColumnElement[datetime]
    lease_until: ColumnElement[datetime]
    left_at: ColumnElement[datetime]
    doubted_at: ColumnElement[datetime]
    dated_at: ColumnElement[datetime]
    uncertain: ColumnElement[str]
    suppressed: ColumnElement[bool]
    halted: ColumnElement[bool]
    absent: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Given:
    """What a transition is given beside the row; `who` is the name of a person, tick or worker.

    `allowed` is what the gates say at that moment: no cap, night, halt, absence or departure keeps the email back.
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


Condition = Callable[[EmailRow, Given], ColumnElement[bool]]
Writes = Mapping[str, Callable[[EmailRow, Given], object]]


def _always(row: EmailRow, given: Given) -> ColumnElement[bool]:
    return cast(ColumnElement[bool], True)


def either(value: ColumnElement[T], otherwise: ColumnElement[T] | T) -> ColumnElement[T]:
    """Returns a value, or the other one where it is empty."""
    if _is_column(value):
        return func.coalesce(value, otherwise)
    return cast(ColumnElement[T], otherwise) if value is None else value


def is_empty(value: ColumnElement[T]) -> ColumnElement[bool]:
    """Returns whether there is no value."""
    return value.is_(None) if _is_column(value) else cast(ColumnElement[bool], value is None)


def choose(condition: ColumnElement[bool], value: object, otherwise: object) -> object:
    """Returns a value where a condition holds, and the other one where it does not."""
    if _is_column(condition):
        return case((condition, value), else_=otherwise)
    return value if condition else otherwise


def _is_column(value: object) -> bool:
    return isinstance(value, ColumnElement)


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

    def written(self, row: EmailRow, given: Given) -> dict[str, object]:
        """Returns every column that the change writes, with its value; the same rules for all entries included."""
        values: dict[str, object] = {
            "state": self.target.state.value,
            "phase": self.target.phase.value if self.target.phase else None,
            "changed_at": given.now,
        }
        if self.target.state is not State.SENDING:
            values |= {"worker": None, "lease_until": None}
        if self.target.state in END_STATES:
            values["finished_at"] = given.now
        return values | {column: value(row, given) for column, value in self.writes.items()}
