"""What people do with emails: approve, unapprove, cancel, and decide what became of uncertain ones.

Each takes any number of emails, in one transaction, and answers with why some of them were refused: a
`TransitionRefused` says how the email was found. Such a one is as it was; the others went. A dry run answers the same
and changes nothing. All raise TransitionRefused when `now` is not a time of this store (`decided_at`).
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

from rulekit.clock import show_instant
from rulekit.errors import StoreError, TransitionRefused
from rulekit.outbox.database.execution import Work, in_batches, move_many
from rulekit.outbox.lifecycle.transition import Actor, Given, Transition
from rulekit.outbox.lifecycle.transitions import (
    APPROVE,
    CANCEL,
    HURRY,
    RESOLVE_FAILED,
    RESOLVE_RETRYING,
    RESOLVE_SENT,
    UNAPPROVE,
)
from rulekit.outbox.people.instants import decided_at
from rulekit.outbox.rows.queries import OutboxRow, RowFilter, find_rows
from rulekit.outbox.rows.suppressions import is_suppressed
from rulekit.records import State

RESOLUTIONS = {State.SENT: RESOLVE_SENT, State.FAILED: RESOLVE_FAILED, State.RETRYING: RESOLVE_RETRYING}
# why each email that was refused is, by its id
Refusals = dict[int, TransitionRefused]


def approve(
    work: Work, digests: Mapping[int, str], now: datetime, actor: str, hold: timedelta, *, dry_run: bool = False
) -> Refusals:
    """Approves messages, each by the digest of what was seen; they leave when the hold is over."""
    at = decided_at(work, now)
    rows = {row: Given(at, actor, digest=digest, hold=hold) for row, digest in digests.items()}
    why_not = partial(_why_not_approve, work, digests)
    return _take(work, APPROVE, rows, Actor.APPROVER, why_not, dry_run=dry_run)


def unapprove(work: Work, rows: Collection[int], now: datetime, actor: str, *, dry_run: bool = False) -> Refusals:
    """Takes approvals back while their hold lasts."""
    given = Given(decided_at(work, now), actor)
    return _take(work, UNAPPROVE, dict.fromkeys(rows, given), Actor.APPROVER, _why_not_unapprove, dry_run=dry_run)


def cancel(
    work: Work, rows: Collection[int], now: datetime, actor: str, reason: str = "", *, dry_run: bool = False
) -> Refusals:
    """Stops emails for good, unless they are on their way."""
    given = Given(decided_at(work, now), actor, reason or f"cancelled by {actor}")
    return _take(work, CANCEL, dict.fromkeys(rows, given), Actor.APPROVER, _why_not_cancel, dry_run=dry_run)


def resolve(
    work: Work, rows: Collection[int], to: State, now: datetime, actor: str, reason: str, *, dry_run: bool = False
) -> Refusals:
    """Says what became of uncertain emails: `sent`, `failed`, or `retrying` to send the same bytes again.

    Raises TransitionRefused for another state, and without a reason.
    """
    at = decided_at(work, now)
    if to not in RESOLUTIONS:
        raise TransitionRefused(
            f"an uncertain email cannot become {to.value}", help="resolve it as sent, failed or retrying"
        )
    if not reason.strip():
        raise TransitionRefused("no email can be resolved without a reason", help="say how you know")
    given = Given(at, actor, reason, not_before=at, reply=f"{actor}: {reason}")
    return _take(work, RESOLUTIONS[to], dict.fromkeys(rows, given), Actor.OPERATOR, _why_not_resolve, dry_run=dry_run)


def hurry(work: Work, rows: Collection[int], now: datetime, actor: str, reason: str) -> Refusals:
    """Makes the next attempt of emails that wait for one due now."""
    given = Given(now, actor, reason, not_before=now)
    return _take(work, HURRY, dict.fromkeys(rows, given), Actor.OPERATOR, _why_not_hurry)


def read_all(work: Work, rows: Collection[int]) -> dict[int, OutboxRow]:
    """Returns emails by id, in the order asked for; raises StoreError when there is none of a number."""
    found = {row.id: row for some in in_batches(rows) for row in find_rows(work.connection, RowFilter(ids=some))}
    for row in rows:
        if row not in found:
            raise StoreError(f"there is no email {row}", help="list them with `rulekit outbox list`")
    return {row: found[row] for row in rows}


def _take(
    work: Work,
    transition: Transition,
    rows: Mapping[int, Given],
    actor: Actor,
    why_not: Callable[[OutboxRow], TransitionRefused],
    *,
    dry_run: bool = False,
) -> Refusals:
    moved = set(move_many(work, transition, list(rows.items()), actor))
    # those that did not go are as they were found
    left = read_all(work, [row for row in rows if row not in moved])
    refused = {row: why_not(found) for row, found in left.items()}
    if dry_run:
        work.connection.rollback()
    return refused


def _why_not_approve(work: Work, digests: Mapping[int, str], row: OutboxRow) -> TransitionRefused:
    if row.state is not State.UNAPPROVED:
        return TransitionRefused(standing(row), help="only an unapproved email can be approved")
    if row.digest != digests[row.id]:
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
        f"email {row.id} expired at {show_instant(row.expires_at)}", help="the next run takes it out of the outbox"
    )


def _why_not_unapprove(row: OutboxRow) -> TransitionRefused:
    if row.state is not State.APPROVED or row.not_before is None:
        return TransitionRefused(standing(row), help="only an approved email that still waits can be unapproved")
    cancelling = f"stop it with `rulekit outbox cancel {row.id}`"
    if row.not_before == row.approved_at:
        return TransitionRefused(f"too late: email {row.id} was approved without a hold", help=cancelling)
    return TransitionRefused(
        f"too late: the hold of email {row.id} ended at {show_instant(row.not_before)}", help=cancelling
    )


def _why_not_cancel(row: OutboxRow) -> TransitionRefused:
    return TransitionRefused(standing(row), help="only an email that is not being sent yet can be cancelled")


def _why_not_hurry(row: OutboxRow) -> TransitionRefused:
    if row.state is not State.RETRYING:
        return TransitionRefused(
            standing(row), help="only an email that failed, was cancelled or waits for another attempt is retried"
        )
    return TransitionRefused(
        f"email {row.id} expired at {show_instant(row.expires_at)}", help="the next run takes it out of the outbox"
    )


def _why_not_resolve(row: OutboxRow) -> TransitionRefused:
    if row.state is not State.UNCERTAIN:
        return TransitionRefused(standing(row), help="only an uncertain email can be resolved")
    return TransitionRefused(
        f"email {row.id} expired at {show_instant(row.expires_at)}, so it cannot be sent again",
        help="resolve it as sent or as failed",
    )


def standing(row: OutboxRow) -> str:
    """Returns how an email stands, in the words of a refusal."""
    if row.state is State.SENDING:
        return f"too late: email {row.id} is being sent"
    if row.state is State.UNCERTAIN:
        return f"too late: email {row.id} may have been sent (uncertain)"
    if row.state is State.RETRYING:
        return f"email {row.id} is waiting for its next attempt"
    return f"email {row.id} is {row.state.value}" + (f": {row.reason}" if row.reason else "")
