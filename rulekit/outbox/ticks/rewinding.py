"""What a clock that was ahead has written into the future, brought back to the present.

A person says that the clock is right now. What then waits for a time that lies ahead would wait for as long as the
clock was wrong, and what counts from such a time would count too late.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, case, func, or_, select, update

from rulekit.outbox.database.columns import Instant
from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.tables import outbox, people, sending, ticks
from rulekit.outbox.sending.claims import LEASE
from rulekit.records import State

_WAITING = (State.APPROVED.value, State.RETRYING.value)
_NONE = timedelta(0)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NOW, _LEASED, _KNOWN = (bindparam(name, type_=Instant()) for name in ("now", "leased", "known"))


def _at_most(
    column: ColumnElement[datetime], limit: ColumnElement[datetime], instead: ColumnElement[datetime] | None = None
) -> ColumnElement[datetime]:
    return case((column > limit, limit if instead is None else instead), else_=column)


_SENDING = (
    update(sending)
    .where((sending.c.clock_at > _NOW) | (sending.c.next_at > _NOW) | (sending.c.open_until > _NOW))
    .values({name: _at_most(sending.c[name], _NOW) for name in ("clock_at", "next_at", "open_until")})
)
_LEASES = update(outbox).where(outbox.c.state == State.SENDING.value, outbox.c.lease_until > _LEASED)
_LEASES = _LEASES.values(lease_until=_LEASED)
_ABSENT = update(people).where(people.c.absent_since > _NOW).values(absent_since=_NOW)
_UNCERTAIN = (
    update(outbox)
    .where(outbox.c.state.in_([State.RETRYING.value, State.UNCERTAIN.value]), outbox.c.left_at.is_not(None))
    .where((outbox.c.left_at > _NOW) | (outbox.c.doubted_at > _NOW))
    .values({name: _at_most(outbox.c[name], _NOW, _KNOWN) for name in ("left_at", "doubted_at")})
)
_HELD = select(outbox.c.id, outbox.c.changed_at, outbox.c.not_before).where(
    outbox.c.state.in_(_WAITING), outbox.c.changed_at > _NOW, outbox.c.not_before > _NOW
)
_BEGUN_ANEW = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"), or_(*(outbox.c.state == state for state in _WAITING)))
    .where(outbox.c.changed_at == bindparam("was", type_=Instant()))
    .values(
        not_before=bindparam("until", type_=Instant()),
        changed_at=_NOW,
        approved_at=_at_most(outbox.c.approved_at, _NOW),
    )
)
_BEFORE = select(func.max(ticks.c.at)).where(ticks.c.at <= _NOW)


def rewind(work: Work, now: datetime) -> int:
    """Brings back what waits for a time ahead of `now`; returns how many lines that were.

    Who was missed ahead is absent from now on. An approval's hold, or the wait for another attempt, that began ahead
    begins now. A lease that ends ahead is a new one. What may have left ahead has left since the last tick before `now`
    at the latest, as far as is known: so no window of a provider is taken for longer than it is. What was sent ahead
    goes on counting for caps and `every`.
    """
    connection = work.connection
    known = connection.execute(_BEFORE, {"now": now}).scalar() or _LONG_AGO
    values = {"now": now, "leased": now + LEASE, "known": known}
    brought = sum(
        connection.execute(statement, values).rowcount for statement in (_SENDING, _LEASES, _ABSENT, _UNCERTAIN)
    )
    held = [
        {**values, "row": line.id, "was": line.changed_at, "until": now + max(line.not_before - line.changed_at, _NONE)}
        for line in connection.execute(_HELD, values)
    ]
    if held:
        connection.execute(_BEGUN_ANEW, held)
    return brought + len(held)
