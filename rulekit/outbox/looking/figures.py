"""What the store can tell in numbers, for those who watch it. Nothing that names a person is among them.

All is read at one moment, from indexes where there may be millions of lines: who watches asks often.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, func, select, union_all

from rulekit.outbox.database.execution import COLUMNS
from rulekit.outbox.database.tables import (
    ALL_MAIL,
    last_tick,
    outbox,
    personas,
    sending,
    suppressions,
    triggers,
    waiting,
)
from rulekit.outbox.lifecycle.tick_values import UnjudgedPeople
from rulekit.outbox.sending.throttle import SendingState, state
from rulekit.records import State

# where emails wait to leave, in the order of their time
DUE = (State.APPROVED, State.RETRYING)
_NAMES = select(triggers.c.id, triggers.c.name)
_EMAILS = select(outbox.c.trigger, outbox.c.state, func.count().label("n")).group_by(outbox.c.trigger, outbox.c.state)
_WAITING = select(waiting.c.trigger, func.count().label("n")).group_by(waiting.c.trigger)
_LISTED = select((suppressions.c.stream == ALL_MAIL).label("everything"), func.count().label("n")).group_by(
    "everything"
)
_TOTALS = select(sending.c.attempts, sending.c.faults_ever)
_PARKED = (
    select(personas.c.name, personas.c.parked_at).where(personas.c.parked_at.is_not(None)).order_by(personas.c.name)
)
_LAST_TICK = select(last_tick.c.sequence, last_tick.c.at, last_tick.c.not_judged)


def _first_in(where: State) -> Select[tuple[str, datetime, datetime]]:
    """Returns the question for the email that is first in a line: it waits longest of those in that state."""
    first = select(outbox.c.state, outbox.c.created_at, outbox.c.not_before).where(outbox.c.state == where.value)
    # those of people who are absent are not in the line
    first = first.where(~COLUMNS.absent) if where in DUE else first
    return first.order_by(outbox.c.not_before, outbox.c.id).limit(1).subquery().select()


_FIRST = union_all(*map(_first_in, (State.UNAPPROVED, State.UNCERTAIN, *DUE)))


@dataclass(frozen=True, slots=True)
class Figures:
    """How many emails of each trigger stand where, since when the first in line wait, and how sending goes.

    `oldest` is when the first email in line of a state was made; `due_at` the earliest time that any email may leave.
    `attempts` and `faults` only grow. `suppressed` is by whether all mail is meant (True) or one trigger's.
    `not_judged` are the people whom the last tick could not judge; `parked` says since when a persona is held back.
    """

    emails: Mapping[tuple[str, State], int]
    waiting: Mapping[str, int]
    oldest: Mapping[State, datetime]
    due_at: datetime | None
    attempts: int
    faults: int
    sending: SendingState
    suppressed: Mapping[bool, int]
    tick: int
    ticked_at: datetime | None
    not_judged: tuple[UnjudgedPeople, ...] = ()
    parked: Mapping[str, datetime] = field(default_factory=dict)


def read(connection: Connection) -> Figures:
    """Returns the figures of this moment."""
    names = {line.id: line.name for line in connection.execute(_NAMES)}
    first = {State(line.state): line for line in connection.execute(_FIRST)}
    listed = {bool(line.everything): line.n for line in connection.execute(_LISTED)}
    totals, tick = connection.execute(_TOTALS).one(), connection.execute(_LAST_TICK).one()
    return Figures(
        emails={(names[line.trigger], State(line.state)): line.n for line in connection.execute(_EMAILS)},
        waiting={names[line.trigger]: line.n for line in connection.execute(_WAITING)},
        oldest={where: line.created_at for where, line in first.items()},
        due_at=min((first[where].not_before for where in DUE if where in first), default=None),
        attempts=totals.attempts,
        faults=totals.faults_ever,
        sending=state(connection),
        suppressed={everything: listed.get(everything, 0) for everything in (True, False)},
        tick=tick.sequence,
        ticked_at=tick.at,
        not_judged=tuple(UnjudgedPeople(**one) for one in tick.not_judged or ()),
        parked={line.name: line.parked_at for line in connection.execute(_PARKED)},
    )
