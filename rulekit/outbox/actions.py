"""What people do with an email: approve, unapprove, cancel, and decide what became of an uncertain one.

A refusal is a `TransitionRefused` that says how the row was found; it has written nothing.
"""

from datetime import datetime, timedelta

from rulekit.clock import format_instant
from rulekit.errors import TransitionRefused
from rulekit.outbox.execution import Work, move
from rulekit.outbox.rows import OutboxRow, get_row
from rulekit.outbox.states import State
from rulekit.outbox.suppressions import is_suppressed
from rulekit.outbox.transition import Actor, Given
from rulekit.outbox.transitions import APPROVE, CANCEL, RESOLVE_FAILED, RESOLVE_RETRYING, RESOLVE_SENT, UNAPPROVE

RESOLUTIONS = {State.SENT: RESOLVE_SENT, State.FAILED: RESOLVE_FAILED, State.RETRYING: RESOLVE_RETRYING}


def approve(work: Work, row: int, digest: str, now: datetime, actor: str, hold: timedelta) -> OutboxRow:
    """Approves the message with that digest; it leaves when the hold is over."""
    found = get_row(work.connection, row)
    if not move(work, APPROVE, row, Actor.APPROVER, Given(now, actor, digest=digest, hold=hold)):
        raise _why_not_approve(work, found, digest)
    return get_row(work.connection, row)


def unapprove(work: Work, row: int, now: datetime, actor: str) -> OutboxRow:
    """Takes an approval back while its hold lasts."""
    found = get_row(work.connection, row)
    if not move(work, UNAPPROVE, row, Actor.APPROVER, Given(now, actor)):
        raise _why_not_unapprove(found)
    return get_row(work.connection, row)


def cancel(work: Work, row: int, now: datetime, actor: str, reason: str) -> OutboxRow:
    """Stops an email for good."""
    found = get_row(work.connection, row)
    if not move(work, CANCEL, row, Actor.APPROVER, Given(now, actor, reason or f"cancelled by {actor}")):
        raise TransitionRefused(_standing(found), help="only an email that is not being sent yet can be cancelled")
    return get_row(work.connection, row)


def resolve(work: Work, row: int, to: State, now: datetime, actor: str, reason: str) -> OutboxRow:
    """Says what became of an uncertain email: `sent`, `failed`, or `retrying` to send the same bytes again."""
    found = get_row(work.connection, row)
    if to not in RESOLUTIONS:
        raise TransitionRefused(
            f"an uncertain email cannot become {to.value}", help="resolve it as sent, failed or retrying"
        )
    if not reason.strip():
        raise TransitionRefused(f"email {row} cannot be resolved without a reason", help="say how you know")
    given = Given(now, actor, reason, not_before=now, reply=f"{actor}: {reason}")
    if not move(work, RESOLUTIONS[to], row, Actor.OPERATOR, given):
        raise _why_not_resolve(found)
    return get_row(work.connection, row)


def _why_not_approve(work: Work, row: OutboxRow, digest: str) -> TransitionRefused:
    if row.state is not State.UNAPPROVED:
        return TransitionRefused(_standing(row), help="only an unapproved email can be approved")
    if row.digest != digest:
        return TransitionRefused(
            f"email {row.id} is not the message that you saw: its digest is another",
            help=f"look at it again with `rulekit outbox show {row.id}` and approve what you see",
        )
    if is_suppressed(work.connection, row.id):
        return TransitionRefused(
            f"email {row.id} may not leave: {row.recipient} is suppressed",
            help="cancel the email; its address unsubscribed or is dead",
        )
    return TransitionRefused(
        f"email {row.id} expired at {format_instant(row.expires_at)}", help="the next run takes it out of the outbox"
    )


def _why_not_unapprove(row: OutboxRow) -> TransitionRefused:
    if row.state is not State.APPROVED or row.not_before is None:
        return TransitionRefused(_standing(row), help="only an approved email that still waits can be unapproved")
    cancelling = f"stop it with `rulekit outbox cancel {row.id}`"
    if row.not_before == row.approved_at:
        return TransitionRefused(f"too late: email {row.id} was approved without a hold", help=cancelling)
    return TransitionRefused(
        f"too late: the hold of email {row.id} ended at {format_instant(row.not_before)}", help=cancelling
    )


def _why_not_resolve(row: OutboxRow) -> TransitionRefused:
    if row.state is not State.UNCERTAIN:
        return TransitionRefused(_standing(row), help="only an uncertain email can be resolved")
    return TransitionRefused(
        f"email {row.id} expired at {format_instant(row.expires_at)}, so it cannot be sent again",
        help="resolve it as sent or as failed",
    )


def _standing(row: OutboxRow) -> str:
    if row.state is State.SENDING:
        return f"too late: email {row.id} is being sent"
    if row.state is State.UNCERTAIN:
        return f"too late: email {row.id} may have been sent (uncertain)"
    if row.state is State.RETRYING:
        return f"email {row.id} is waiting for its next attempt"
    return f"email {row.id} is {row.state.value}" + (f": {row.reason}" if row.reason else "")
