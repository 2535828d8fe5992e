"""An email that ended, sent again: a copy, which answers the same tagging. The first stays as it ended.

Of one that failed on its way the copy carries the same bytes and Message-ID, so that who got both can tell that they
are one. One that could not be made, or was cancelled before it left, is made anew.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from rulekit.clock import format_instant
from rulekit.errors import TransitionRefused
from rulekit.outbox.database.execution import COLUMNS, NewValues, Work, make
from rulekit.outbox.database.tables import outbox
from rulekit.outbox.lifecycle.beginnings import MAKE_AGAIN, MAKE_MENDED, MAKE_MENDED_APPROVED
from rulekit.outbox.lifecycle.tick_values import NewRow
from rulekit.outbox.lifecycle.transition import Actor, Given, Transition
from rulekit.outbox.people.actions import Refusals, hurry, read_all, standing
from rulekit.outbox.people.erasing import ERASED
from rulekit.outbox.people.instants import decided_at
from rulekit.outbox.rows.queries import COUNTED, NO_DIGEST, OutboxRow, get_message
from rulekit.outbox.rows.suppressions import read_forbidden
from rulekit.outbox.ticks.recording import new_values
from rulekit.records import State

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
    work: Work,
    rows: Collection[int],
    now: datetime,
    actor: str,
    reason: str = "",
    hold: timedelta = timedelta(0),
    *,
    dry_run: bool = False,
) -> Retried:
    """Sends again: of a failed email a copy when the hold is over, and an email that waits for another attempt now."""
    at = decided_at(work, now)
    reason = reason or f"{actor} asked for it"
    found = read_all(work, rows)
    failed = [row for row in found.values() if row.state is State.FAILED]
    others = [row.id for row in found.values() if row.state is not State.FAILED]
    refused = hurry(work, others, at, actor, reason)
    copies: dict[int, int] = {}
    for row in failed:
        try:
            copies[row.id] = _copy(work, row, Given(at, actor, reason, hold=hold))
        except TransitionRefused as error:
            refused[row.id] = error
    if dry_run:
        work.connection.rollback()
    return Retried(copies, frozenset(others) - refused.keys(), refused)


def can_be_made_anew(row: OutboxRow) -> bool:
    """Says whether an email ended without a message, or because somebody cancelled it."""
    return row.state is State.CANCELLED or (row.state is State.FAILED and row.digest == NO_DIGEST)


def why_never(row: OutboxRow) -> TransitionRefused | None:
    """Returns why an email can never be made anew, or None."""
    if not can_be_made_anew(row):
        return TransitionRefused(standing(row), help="only an email that failed or was cancelled is made anew")
    if row.reason == ERASED:
        return TransitionRefused(
            f"email {row.id} cannot be made anew: {ERASED}", help="nothing is known of them any more"
        )
    if row.left_at is not None:
        return TransitionRefused(
            f"email {row.id} may have arrived at {format_instant(row.left_at)}, before it was cancelled",
            help="look into the log of the mail server; another one might be a second",
        )
    return None


def make_anew(
    work: Work,
    drafts: Mapping[int, NewRow],
    now: datetime,
    actor: str,
    reason: str = "",
    hold: timedelta = timedelta(0),
    every: Mapping[str, timedelta] | None = None,
    *,
    dry_run: bool = False,
) -> Retried:
    """Makes emails, each in the place of one that ended; those of triggers with `auto` leave when the hold is over.

    None is made for a mailbox that has one of the same trigger and tick, or of the trigger within the time of `every`,
    which has those of the triggers that say one, by name.
    """
    given = Given(decided_at(work, now), actor, reason or f"{actor} asked for it", hold=hold)
    copies: dict[int, int] = {}
    refused: Refusals = {}
    for row in read_all(work, drafts).values():
        try:
            draft = drafts[row.id]
            copies[row.id] = _make_anew(work, row, draft, given, (every or {}).get(draft.trigger))
        except TransitionRefused as error:
            refused[row.id] = error
    if dry_run:
        work.connection.rollback()
    return Retried(copies, frozenset(), refused)


def _make_anew(work: Work, row: OutboxRow, draft: NewRow, given: Given, every: timedelta | None) -> int:
    if (never := why_never(row)) is not None:
        raise never
    stored = _find_last(work, row)
    key = {name: getattr(stored, name) for name in ("trigger", "persona", "person", "episode", "edge", "tick")}
    new = new_values(draft, given.now)
    _refuse_a_second(work, row, stored, new["address"], given.now - every if every else None)
    barred = read_forbidden(work.connection, [new["address"]], [stored.person])
    why_not = barred.why_not(new["address"], stored.person, stored.trigger)
    values = NewValues({**key, **new, "copy": stored.copy + 1}, why_not is not None)
    transition = MAKE_MENDED_APPROVED if draft.auto else MAKE_MENDED
    return _make(work, transition, row, values, draft.message, given)


def _refuse_a_second(work: Work, row: OutboxRow, stored: Row[Any], address: str, since: datetime | None) -> None:
    """Raises TransitionRefused where the mailbox has an email of the trigger: of that tick, or from after `since`."""
    near = outbox.c.tick == stored.tick
    if since is not None:
        near |= outbox.c.created_at > since
    of_trigger = (outbox.c.trigger == stored.trigger, outbox.c.address == address)
    counted = outbox.c.state.in_([state.value for state in COUNTED])
    other = work.connection.execute(select(outbox.c.id).where(*of_trigger, counted, near).limit(1)).scalar()
    if other is not None:
        raise TransitionRefused(
            f"email {row.id} is not made anew: its mailbox has email {other} of the same trigger",
            help="one mailbox gets one of a trigger in a tick, and in the time of `every`; cancel the other one first",
        )


def _copy(work: Work, row: OutboxRow, given: Given) -> int:
    message = get_message(work.connection, row.id)
    if not message:
        raise TransitionRefused(
            f"email {row.id} has no message: {row.reason}", help="there is nothing to send again; it is made anew"
        )
    stored = _find_last(work, row)
    values = {
        **{name: getattr(stored, name) for name in _SAME},
        "copy": stored.copy + 1,
        "created_at": given.now,
        # it has as long as the first had
        "expires_at": given.now + (stored.expires_at - stored.created_at),
        "attempts": 0,
        "token": 0,
    }
    return _make(work, MAKE_AGAIN, row, NewValues(values, bool(stored.barred)), message, given)


def _find_last(work: Work, row: OutboxRow) -> Row[Any]:
    """Returns an email as it is stored; raises TransitionRefused when a copy of it was made."""
    statement = select(outbox, COLUMNS.suppressed.label("barred")).where(outbox.c.id == row.id)
    stored = work.connection.execute(statement).one()
    latest, state = _latest(work, stored)
    if latest != row.id:
        raise TransitionRefused(
            f"email {row.id} was sent again as email {latest}, which is {state}",
            help=f"look at it with `rulekit outbox show {latest}`",
        )
    return stored


def _make(work: Work, transition: Transition, row: OutboxRow, new: NewValues, message: bytes, given: Given) -> int:
    if new.suppressed:
        raise TransitionRefused(
            f"email {row.id} may not be sent again: {new.recipient} is suppressed",
            help="its address unsubscribed or is dead; `rulekit suppress list` says why",
        )
    made = make(work, transition, new, message, (row.trigger, row.tagging.person), given, Actor.OPERATOR)
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
