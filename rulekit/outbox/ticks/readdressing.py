"""Emails that wait while their person's address changes: made again for the new one, in the transaction of a tick.

One that may have arrived is left as it is, and so is one that a worker has in hand: what the source says is known at a
tick only, and the gates before the data mark cannot ask it.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select, update

from rulekit.outbox.database.execution import NAMED, NAMES, Work, at_any, move_many
from rulekit.outbox.database.tables import messages, outbox
from rulekit.outbox.lifecycle.tick_values import NewRow, TickRecord
from rulekit.outbox.lifecycle.transition import Actor, Given, Transition
from rulekit.outbox.lifecycle.transitions import (
    PENDING,
    READDRESS,
    READDRESS_APPROVED,
    READDRESS_FAILED,
    SUPPRESS,
    WITHDRAW,
)
from rulekit.outbox.rows.queries import Pending
from rulekit.outbox.rows.suppressions import normalise, read_forbidden, suppress_comers
from rulekit.records import Edge, State, Tagging

MOVED = "its person has another address"
_AUTO = "auto=true"
# what is another when an email is made again
_NEW = (
    *("recipient", "subject", "message_id", "digest", "auto", "zone", "uncertain"),
    *("template", "origin", "rules_digest", "template_digest"),
)
_PENDING = (
    select(outbox.c.id, outbox.c.episode, outbox.c.edge, outbox.c.state, outbox.c.address, outbox.c.auto)
    .add_columns(outbox.c.expires_at, *NAMES)
    .select_from(NAMED)
    .where(at_any(PENDING), outbox.c.doubted_at.is_(None))
    .order_by(outbox.c.id)
)


def read_pending(connection: Connection) -> list[Pending]:
    """Returns the emails that wait to be approved or sent and cannot have arrived, in the order of their ids."""
    return [
        Pending(
            line.id,
            line.trigger_name,
            Tagging(line.persona_name, line.person_key, line.episode, Edge(line.edge)),
            State(line.state),
            line.address,
            line.auto,
            line.expires_at,
        )
        for line in connection.execute(_PENDING)
    ]


def readdress(work: Work, tick: TickRecord, people: Mapping[str, int], triggers: Mapping[str, int]) -> int:
    """Makes emails again, or withdraws them; returns how many were made again. The ids are by key and by name."""
    again = {one.email: one.row for one in tick.readdressings if one.row is not None}
    _withdraw(work, tick)
    made = _move(work, tick, again)
    for email in made:
        _rewrite(work, email, again[email])
    _suppress(work, tick, {email: again[email] for email in made}, people, triggers)
    return len(made)


def _withdraw(work: Work, tick: TickRecord) -> None:
    who = str(tick.sequence + 1)
    rows = [(o.email, Given(tick.at, who, o.reason, even_kept=True)) for o in tick.readdressings if o.row is None]
    move_many(work, WITHDRAW, rows, Actor.TICK)


def _move(work: Work, tick: TickRecord, again: Mapping[int, NewRow]) -> list[int]:
    """Takes each through its transition; returns those that went: a worker may have taken the others meanwhile."""
    who = str(tick.sequence + 1)
    failed = [(e, Given(tick.at, who, row.failure)) for e, row in again.items() if row.failure is not None]
    auto = [(e, Given(tick.at, _AUTO, MOVED)) for e, row in again.items() if row.failure is None and row.auto]
    moved = [*_go(work, READDRESS_FAILED, failed), *_go(work, READDRESS_APPROVED, auto)]
    asking = [(e, Given(tick.at, who, MOVED)) for e, row in again.items() if row.failure is None and e not in moved]
    return [*moved, *_go(work, READDRESS, asking)]


def _go(work: Work, transition: Transition, rows: Sequence[tuple[int, Given]]) -> list[int]:
    return move_many(work, transition, rows, Actor.TICK)


def _rewrite(work: Work, email: int, row: NewRow) -> None:
    values: dict[str, object] = {name: getattr(row, name) for name in _NEW}
    values["address"] = normalise(row.recipient)
    work.connection.execute(update(outbox).where(outbox.c.id == email).values(values))
    work.connection.execute(update(messages).where(messages.c.row == email).values(message=row.message))


def _suppress(
    work: Work, tick: TickRecord, made: Mapping[int, NewRow], people: Mapping[str, int], triggers: Mapping[str, int]
) -> None:
    """Ends those whose new address may not be mailed."""
    persons = [people[row.tagging.person] for row in made.values()]
    forbidden = read_forbidden(work.connection, [normalise(row.recipient) for row in made.values()], persons)
    rows: list[tuple[int, Given]] = []
    for email, row in made.items():
        why_not = forbidden.why_not(normalise(row.recipient), people[row.tagging.person], triggers[row.trigger])
        if why_not is not None:
            rows.append((email, Given(tick.at, str(tick.sequence + 1), why_not)))
    ended = move_many(work, SUPPRESS, rows, Actor.SWEEP)
    suppress_comers(work, {normalise(made[email].recipient) for email in ended})
