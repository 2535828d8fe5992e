"""How a store is doing: the database beneath it, the last tick, and the emails that somebody should look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from rulekit.outbox.database.execution import COLUMNS
from rulekit.outbox.database.opening import kind_of
from rulekit.outbox.database.tables import last_tick, outbox
from rulekit.outbox.lifecycle.tick_values import Parked
from rulekit.outbox.rows import memberships, queries
from rulekit.outbox.sending import throttle
from rulekit.outbox.sending.throttle import SendingState
from rulekit.records import State

# what is due for longer than this should have left
OVERDUE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Health:
    """What the store says of itself at one moment. `database` are settings of a database by their names."""

    database: Mapping[str, str]
    last_tick_at: datetime | None
    sending: SendingState
    counts: Mapping[State, int]
    overdue: int
    abandoned: int
    parked: Mapping[str, Parked] = field(default_factory=dict)


def health(connection: Connection, now: datetime) -> Health:
    """Returns how the store is doing; `overdue` emails should have left, `abandoned` ones are with a dead worker."""
    due = (
        outbox.c.state.in_([State.APPROVED.value, State.RETRYING.value]),
        outbox.c.not_before < now - OVERDUE,
        ~COLUMNS.absent,
    )
    left = outbox.c.state == State.SENDING.value, outbox.c.lease_until < now - OVERDUE
    return Health(
        database=kind_of(connection.engine.url).settings(connection),
        last_tick_at=connection.execute(select(last_tick.c.at)).scalar_one(),
        sending=throttle.state(connection),
        counts=queries.counts(connection),
        overdue=_count(connection, *due),
        abandoned=_count(connection, *left),
        parked=memberships.read_parked(connection),
    )


def _count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(outbox).where(*conditions)).scalar_one())
