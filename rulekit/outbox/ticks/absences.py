"""Whom the source has and whom it does not, written in the transaction of a tick; and whose mailbox is known again."""

from collections.abc import Mapping, Sequence

from sqlalchemy import BindParameter, ColumnElement, bindparam, insert, select, update

from rulekit.outbox.database.columns import Instant
from rulekit.outbox.database.execution import Work, in_batches
from rulekit.outbox.database.tables import outbox, people
from rulekit.outbox.lifecycle.tick_values import TickRecord
from rulekit.records import State

_NOW = bindparam("now", type_=Instant())
_SOME: BindParameter[int] = bindparam("some", expanding=True)
_MISSED = update(people).where(people.c.ordinal.in_(_SOME)).values(absent_since=_NOW)
_BACK = update(people).where(people.c.ordinal.in_(_SOME)).values(absent_since=None)
_HELD: tuple[ColumnElement[bool], ...] = (
    outbox.c.person.in_(_SOME),
    outbox.c.state.in_([State.APPROVED.value, State.RETRYING.value]),
    outbox.c.not_before < _NOW,
)
# as if it had become due now: what became due meanwhile and has left did not leave before its turn
_DUE = update(outbox).where(*_HELD).values(not_before=_NOW)
_MARK = update(people).where(people.c.key == bindparam("whose")).values(mailbox=bindparam("digest"))
_COUNT = select(people.c.ordinal).order_by(people.c.ordinal.desc()).limit(1)


def write_presence(work: Work, tick: TickRecord) -> int:
    """Writes who is missed for the first time and who is back; returns how many people that are.

    What was held for those who are back is due from now on.
    """
    for some in in_batches(tick.missed):
        work.connection.execute(_MISSED, {"some": some, "now": tick.at})
    for some in in_batches(tick.back):
        work.connection.execute(_BACK, {"some": some})
        work.connection.execute(_DUE, {"some": some, "now": tick.at})
    return len(tick.missed) + len(tick.back)


def add_people(work: Work, new_people: Sequence[str], mailboxes: Mapping[str, str]) -> int:
    """Writes people whom no tick saw before, and the digests of mailboxes that were asked for; returns how many."""
    last = work.connection.execute(_COUNT).scalar() if new_people else None
    first = 0 if last is None else last + 1
    lines = [{"ordinal": first + i, "key": key, "mailbox": mailboxes.get(key)} for i, key in enumerate(new_people)]
    if lines:
        work.connection.execute(insert(people), lines)
    known = mailboxes.keys() - set(new_people)
    if known:
        work.connection.execute(_MARK, [{"whose": key, "digest": mailboxes[key]} for key in sorted(known)])
    return len(lines) + len(known)
