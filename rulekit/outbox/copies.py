"""An email that failed, sent again: a copy of it, which answers the same tagging and carries the same bytes.

It has the Message-ID of the first, so that who got both can tell that they are one. The first stays as it ended.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from rulekit.errors import TransitionRefused
from rulekit.outbox.actions import Refusals, hurry, read_all
from rulekit.outbox.execution import COLUMNS, NewValues, Work, make
from rulekit.outbox.rows import OutboxRow, get_message
from rulekit.outbox.states import State
from rulekit.outbox.tables import outbox
from rulekit.outbox.transition import Actor, Given
from rulekit.outbox.transitions import MAKE_AGAIN

# what a copy has of the first; the rest is its own
_SAME = (
    *("trigger", "persona", "person", "episode", "edge", "template", "recipient", "address", "subject", "message_id"),
    *("digest", "auto", "keep", "origin", "rules_digest", "template_digest", "because", "tick", "zone", "uncertain"),
)


@dataclass(frozen=True, slots=True)
class Retried:
    """What retrying brought: the copy that was made of each failed email, those due at once, and why not the others."""

    copies: dict[int, int]
    hurried: frozenset[int]
    refused: Refusals


def retry(
    work: Work, rows: Collection[int], now: datetime, actor: str, reason: str, hold: timedelta = timedelta(0)
) -> Retried:
    """Sends again: of a failed email a copy when the hold is over, and an email that waits for another attempt now."""
    reason = reason or f"{actor} asked for it"
    found = read_all(work, rows)
    failed = [row for row in found.values() if row.state is State.FAILED]
    others = [row.id for row in found.values() if row.state is not State.FAILED]
    refused = hurry(work, others, now, actor, reason)
    copies: dict[int, int] = {}
    for row in failed:
        try:
            copies[row.id] = _copy(work, row, Given(now, actor, reason, hold=hold))
        except TransitionRefused as error:
            refused[row.id] = error
    return Retried(copies, frozenset(others) - refused.keys(), refused)


def _copy(work: Work, row: OutboxRow, given: Given) -> int:
    message = get_message(work.connection, row.id)
    if not message:
        raise TransitionRefused(
            f"email {row.id} has no message: {row.reason}",
            help="there is nothing to send again; an email is made when its person joins or leaves the persona anew",
        )
    stored = work.connection.execute(
        select(outbox, COLUMNS.suppressed.label("barred")).where(outbox.c.id == row.id)
    ).one()
    latest, state = _latest(work, stored)
    if latest != row.id:
        raise TransitionRefused(
            f"email {row.id} was sent again as email {latest}, which is {state}",
            help=f"look at it with `rulekit outbox show {latest}`",
        )
    values = {
        **{name: getattr(stored, name) for name in _SAME},
        "copy": stored.copy + 1,
        "created_at": given.now,
        # it has as long as the first had
        "expires_at": given.now + (stored.expires_at - stored.created_at),
        "attempts": 0,
        "token": 0,
    }
    new = NewValues(values, bool(stored.barred))
    if new.suppressed:
        raise TransitionRefused(
            f"email {row.id} may not be sent again: {row.recipient} is suppressed",
            help="its address unsubscribed or is dead; `rulekit suppress list` says why",
        )
    made = make(work, MAKE_AGAIN, new, message, (row.trigger, row.tagging.person), given, Actor.OPERATOR)
    if made is None:
        raise TransitionRefused(f"email {row.id} was sent again meanwhile", help="list it with `rulekit outbox list`")
    return made


def _latest(work: Work, stored: Row[Any]) -> tuple[int, str]:
    """Returns id and state of the last copy of an email, which is itself when there is none."""
    key = (outbox.c.trigger, outbox.c.person, outbox.c.episode, outbox.c.edge)
    same = [column == getattr(stored, column.name) for column in key]
    statement = select(outbox.c.id, outbox.c.state).where(*same).order_by(outbox.c.copy.desc()).limit(1)
    found = work.connection.execute(statement).one()
    return found.id, found.state
