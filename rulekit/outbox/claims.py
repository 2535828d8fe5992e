"""The worker's side of the outbox: claim a row, mark that its message leaves, and write down what became of it.

A claim carries a fencing token. Once another worker or the reaper has taken the row over, nothing that is said with
the old token changes it.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import bindparam, exists, select

from rulekit.errors import TransitionRefused
from rulekit.outbox import suppressions
from rulekit.outbox.execution import Work, candidates, is_suppressed, move
from rulekit.outbox.recording import SUPPRESSED
from rulekit.outbox.rows import OutboxRow, get_message, get_row
from rulekit.outbox.states import State
from rulekit.outbox.tables import outbox
from rulekit.outbox.transitions import (
    CLAIM,
    DOUBT,
    FAIL,
    FORBID,
    MARK_DATA,
    PAUSE,
    REAP,
    REAP_FAILED,
    REAP_UNCERTAIN,
    RETRY,
    RETRY_AFTER,
    SEND,
    Actor,
    Given,
    Transition,
)
from rulekit.records import Later, Outcome, RefusalClass, Refused, Sent, Unknown

LEASE = timedelta(minutes=15)
# jitter stretches a delay by up to this part of it
STRETCH = 0.25
# enhanced status codes of RFC 3463: X.1.X is about the address, X.2.1 a mailbox that is switched off
_STATUS = re.compile(r"\b5\.(\d{1,3}\.\d{1,3})\b")
_DEAD_ADDRESS = re.compile(r"1\.\d+|2\.1")
WORKER_DIED = "the worker that was sending it stopped"
_LEASE_OVER = select(exists().where(outbox.c.state == State.SENDING.value, outbox.c.lease_until <= bindparam("now")))


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that a worker holds until its lease ends; `message` are the bytes as stored."""

    row: OutboxRow
    token: int
    worker: str
    lease: timedelta
    message: bytes

    @property
    def intact(self) -> bool:
        """Says whether the stored message is the one that was made and approved."""
        return sha256(self.message).hexdigest() == self.row.digest


def claim_due(work: Work, now: datetime, worker: str, limit: int, lease: timedelta) -> list[Claim]:
    """Claims rows whose time has come, those that wait longest first."""
    given = Given(now, worker, lease_until=now + lease)
    due = candidates(work, CLAIM, given, limit=limit)
    return [_claim(work, row, worker, lease) for row in due if move(work, CLAIM, row, Actor.WORKER, given)]


def _claim(work: Work, row: int, worker: str, lease: timedelta) -> Claim:
    found = get_row(work.connection, row)
    return Claim(found, found.token, worker, lease, get_message(work.connection, row))


def mark_data(work: Work, claim: Claim, now: datetime) -> str | None:
    """Notes that the message is about to leave; returns a reason when it may not because its address is suppressed.

    Raises TransitionRefused when the row is no longer this worker's.
    """
    given = Given(now, claim.worker, token=claim.token, lease_until=now + claim.lease)
    if move(work, MARK_DATA, claim.row.id, Actor.WORKER, given):
        return None
    if is_suppressed(work.connection, suppressions.normalise(claim.row.recipient)):
        return forbid(work, claim, now, SUPPRESSED)
    raise _lost(claim)


def forbid(work: Work, claim: Claim, now: datetime, reason: str) -> str:
    """Ends a claimed row because its address may not be mailed; returns the reason."""
    if not move(work, FORBID, claim.row.id, Actor.WORKER, Given(now, claim.worker, reason, token=claim.token)):
        raise _lost(claim)
    return reason


def finish(work: Work, claim: Claim, outcome: Outcome, now: datetime, jitter: float) -> State:
    """Writes down what became of a claimed row and returns where it stands then.

    `jitter`, from 0 to 1, stretches the delay before the next attempt. Raises TransitionRefused when the row is no
    longer this worker's.
    """
    transition, given = _decide(claim, outcome, now, jitter)
    if not move(work, transition, claim.row.id, Actor.WORKER, given):
        transition = _doubt(work, claim, transition, given)
    if isinstance(outcome, Refused) and outcome.about is RefusalClass.ADDRESS and _is_dead(outcome.reason):
        suppressions.add(work, claim.row.recipient, outcome.reason, Given(now, claim.worker, outcome.reason))
    return transition.target.state


def _decide(claim: Claim, outcome: Outcome, now: datetime, jitter: float) -> tuple[Transition, Given]:
    if isinstance(outcome, Sent):
        return SEND, Given(now, claim.worker, token=claim.token, reply=outcome.reply)
    given = Given(now, claim.worker, outcome.reason or "no reason given", token=claim.token)
    if isinstance(outcome, Unknown):
        return DOUBT, given
    if outcome.about is RefusalClass.SENDER:
        return PAUSE, replace(given, not_before=now)
    if isinstance(outcome, Later):
        return _decide_later(claim, given, jitter)
    return FAIL, given


def _decide_later(claim: Claim, given: Given, jitter: float) -> tuple[Transition, Given]:
    if claim.row.attempts >= len(RETRY_AFTER):
        return FAIL, replace(given, reason=f"{given.reason} (after {claim.row.attempts + 1} attempts)")
    not_before = given.now + RETRY_AFTER[claim.row.attempts] * (1 + STRETCH * jitter)
    if not_before >= claim.row.expires_at:
        return FAIL, replace(given, reason=f"{given.reason} (no time for another attempt before it expires)")
    return RETRY, replace(given, not_before=not_before)


def _doubt(work: Work, claim: Claim, wanted: Transition, given: Given) -> Transition:
    # a sender that sends without asking first has broken its promise; its word is not taken for the rest either
    doubtful = replace(given, reason=f"the sender sent it without the data mark and says: {given.reply}")
    if wanted is SEND and move(work, DOUBT, claim.row.id, Actor.WORKER, doubtful):
        return DOUBT
    raise _lost(claim)


def _is_dead(reason: str) -> bool:
    statuses = _STATUS.findall(reason)
    return not statuses or any(_DEAD_ADDRESS.fullmatch(status) for status in statuses)


def reap(work: Work, now: datetime) -> dict[State, int]:
    """Takes rows from workers whose lease is over; returns how many went where."""
    given = Given(now, "reaper", WORKER_DIED)
    taken: dict[State, int] = {}
    # nearly always no worker has died, and one question tells
    if not work.connection.execute(_LEASE_OVER, {"now": now}).scalar():
        return taken
    for transition in (REAP, REAP_FAILED, REAP_UNCERTAIN):
        for row in candidates(work, transition, given):
            told = given
            if transition is REAP:
                told = replace(given, not_before=now + RETRY_AFTER[get_row(work.connection, row).attempts])
            if move(work, transition, row, Actor.REAPER, told):
                taken[transition.target.state] = taken.get(transition.target.state, 0) + 1
    return taken


def _lost(claim: Claim) -> TransitionRefused:
    return TransitionRefused(
        f"email {claim.row.id} is no longer with worker {claim.worker}: its lease ended and it was taken over",
        help="nothing is to be done; whoever has it now goes on with it",
    )
