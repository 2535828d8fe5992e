"""The worker's side of the outbox: claim rows, mark that their messages leave, and write down what became of them.

A claim carries a fencing token that no other claim ever had. Once another worker or the reaper has taken the row over,
nothing that is said with the old token changes it. What a worker says comes in groups, each in one transaction.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import bindparam, exists, select, update

from rulekit.clock import show_instant
from rulekit.errors import TransitionRefused
from rulekit.outbox.database import identity, locks
from rulekit.outbox.database.execution import (
    BY_ATTEMPT,
    BY_TIME,
    Work,
    candidates,
    in_batches,
    lock_rows,
    move,
    move_many,
)
from rulekit.outbox.database.tables import messages, outbox
from rulekit.outbox.lifecycle.transition import Actor, Given, Transition
from rulekit.outbox.lifecycle.transitions import (
    CLAIM,
    DEFER,
    FAIL,
    LEAVE_UNCERTAIN,
    MARK_DATA,
    OUTLAST,
    PAUSE,
    REAP,
    REAP_FAILED,
    REAP_UNCERTAIN,
    RESEND,
    RETRY,
    RETRY_AFTER,
    SEND,
)
from rulekit.outbox.rows import suppressions
from rulekit.outbox.rows.queries import OutboxRow, RowFilter, find_rows
from rulekit.outbox.sending.gates import Gates, Held, ask
from rulekit.outbox.sending.leaving import with_date
from rulekit.outbox.sending.throttle import Early, Throttle, end_turn, mark, note, take_turn, when_next
from rulekit.records import Later, Outcome, Reason, RefusalClass, Refused, Sent, State, Unknown
from rulekit.statuses import is_dead_address
from rulekit.uncertainty import Uncertainty

LEASE = timedelta(minutes=15)
# jitter stretches a delay by up to this part of it
STRETCH = 0.25
_STATUS = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
SENT_AGAIN = "sent again because nobody knows whether it arrived"
WORKER_DIED = "the worker that was sending it stopped"
_LEASE_OVER = select(exists().where(outbox.c.state == State.SENDING.value, outbox.c.lease_until <= bindparam("now")))


@dataclass(frozen=True, slots=True)
class DueRow:
    """What a worker needs to know of an email; times are UTC."""

    id: int
    recipient: str
    message_id: str
    digest: str
    attempts: int
    expires_at: datetime
    uncertain: str | None
    doubted_at: datetime | None
    dated_at: datetime | None


_DUE = (
    select(*(outbox.c[name] for name in DueRow.__slots__), messages.c.message)
    .join(messages, messages.c.row == outbox.c.id)
    .where(outbox.c.id.in_(bindparam("rows", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that a worker holds until its lease ends; `message` are the bytes as stored."""

    row: DueRow
    token: int
    worker: str
    lease: timedelta
    message: bytes

    @property
    def intact(self) -> bool:
        """Says whether the stored message is the one that was made and approved."""
        return sha256(self.message).hexdigest() == self.row.digest

    @property
    def leaving(self) -> bytes:
        """Returns the bytes for the sender."""
        return with_date(self.message, self.row.dated_at)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a worker got to send; `reason` may say why that is nothing, and `wait_until` when there may be more.

    `held` says where each email stands now that was due and may not leave. A `probe` tries for all.
    """

    claims: list[Claim]
    held: tuple[State, ...] = ()
    reason: Reason | None = None
    wait_until: datetime | None = None
    probe: bool = False


def claim_due(
    work: Work,
    now: datetime,
    worker: str,
    limit: int,
    lease: timedelta = LEASE,
    gates: Gates = Gates(),  # noqa: B008 - a frozen value
    throttle: Throttle = Throttle(),  # noqa: B008 - a frozen value
) -> Claims:
    """Claims rows whose time has come, those that wait longest first, as many as the rate of the sender allows.

    Rows that a gate keeps back are put off, or end, at once.
    """
    turn = take_turn(work, now, throttle)
    given = Given(now, worker, token=turn.token, lease_until=now + lease)
    most = min(limit, turn.most)
    # the one that tries for all is the one that was tried longest ago: one bad email must not fail for all others
    due = candidates(work, CLAIM, given, limit=most, order=BY_ATTEMPT if turn.probe else BY_TIME) if most else []
    claimed = move_many(work, CLAIM, [(row, given) for row in due], Actor.WORKER)
    held = ask(work, claimed, now, gates, at_the_mark=False)
    back = _move_each(work, [(row, one.transition, one.given(now, worker, turn.token)) for row, one in held.items()])
    leaving = [row for row in claimed if row not in held]
    end_turn(work, turn, len(claimed), len(leaving), now, throttle)
    wait_until = None
    if held:
        # some that were due were kept back, so others may be due as well
        wait_until = now
    elif turn.throttled and turn.most <= limit and candidates(work, CLAIM, given, limit=1):
        wait_until = when_next(turn, len(leaving), now, throttle)
    states = tuple(one.transition.target.state for row, one in held.items() if row in back)
    probe = turn.probe and bool(leaving)
    return Claims(_claims(work, leaving, turn.token, worker, lease), states, turn.reason, wait_until, probe)


def _claims(work: Work, rows: list[int], token: int, worker: str, lease: timedelta) -> list[Claim]:
    lines = (line for some in in_batches(rows) for line in work.connection.execute(_DUE, {"rows": some}))
    found = (Claim(DueRow(*due), token, worker, lease, message) for *due, message in lines)
    by_row = {claim.row.id: claim for claim in found}
    return [by_row[row] for row in rows]


def _move_each(work: Work, chosen: Sequence[tuple[int, Transition, Given]]) -> set[int]:
    """Takes each claimed row through the transition chosen for it; returns those that went."""
    moved: set[int] = set()
    for transition in {one.name: one for _, one, _ in chosen}.values():
        rows = [(row, given) for row, one, given in chosen if one is transition]
        moved.update(move_many(work, transition, rows, Actor.WORKER))
    return moved


def release(work: Work, claims: Sequence[Claim], now: datetime, reason: str) -> None:
    """Gives back rows with which nothing was begun; costs them no attempt."""
    _move_each(
        work,
        [
            (
                claim.row.id,
                DEFER if claim.row.expires_at > now else OUTLAST,
                Given(now, claim.worker, reason, token=claim.token, not_before=now),
            )
            for claim in claims
        ],
    )


def renew(work: Work, claims: Iterable[Claim], now: datetime) -> None:
    """Extends the leases of rows that a worker still has in hand."""
    for claim in claims:
        held = (outbox.c.id == claim.row.id, outbox.c.token == claim.token, outbox.c.state == State.SENDING.value)
        work.connection.execute(update(outbox).where(*held).values(lease_until=now + claim.lease))


# what a connection gets as an answer at the data mark: None where its message may leave
Final = Held | TransitionRefused | None
Answer = Final | Early


def settle(
    work: Work,
    marks: Sequence[Claim],
    finishes: Sequence["Finish"],
    now: datetime,
    gates: Gates = Gates(),  # noqa: B008 - a frozen value
    throttle: Throttle = Throttle(),  # noqa: B008 - a frozen value
) -> tuple[list[Answer], list[State | TransitionRefused]]:
    """Writes down which messages are about to leave and what became of others, as `mark_data` and `finish` do."""
    forbids = any(forbids_address(one.outcome) for one in finishes)
    (locks.forbidding if forbids else locks.leaving)(work)
    lock_rows(work, [one.claim.row.id for one in finishes] + [claim.row.id for claim in marks])
    finished = finish(work, finishes, now, gates.uncertainty)
    answers = mark_data(work, marks, now, gates, throttle)
    if marks:
        identity.note_claim(work.connection, max(claim.token for claim in marks))
    return answers, finished


def mark_data(work: Work, claims: Sequence[Claim], now: datetime, gates: Gates, throttle: Throttle) -> list[Answer]:
    """Notes that messages are about to leave; answers None for each that may.

    Otherwise the answer is what keeps it back, which is then written; that it is early, and is to be asked again; or
    that the row is no longer this worker's.
    """
    latest = _latest(claims)
    held = ask(work, list(latest), now, gates, at_the_mark=True)
    free = [row for row in latest if row not in held]
    granted, early = mark(work, len(free), now, throttle)
    put_off = dict.fromkeys(free[granted:], early)
    to_mark = [(r, _marking(c, now, gates, allowed=r not in held)) for r, c in latest.items() if r not in put_off]
    marked = set(move_many(work, MARK_DATA, to_mark, Actor.WORKER))
    back = _move_each(
        work,
        [(row, one.transition, one.given(now, latest[row].worker, latest[row].token)) for row, one in held.items()],
    )
    return [_answer(claim, latest, marked, {**put_off, **{row: held[row] for row in back}}) for claim in claims]


def _latest(claims: Iterable[Claim]) -> dict[int, Claim]:
    """Returns the claim of each row: a worker that was asleep beyond its lease may have two, of which one is valid."""
    return {claim.row.id: claim for claim in sorted(claims, key=lambda claim: claim.token)}


def _marking(claim: Claim, now: datetime, gates: Gates, *, allowed: bool) -> Given:
    lease_until = now + claim.lease
    return Given(
        now, claim.worker, token=claim.token, lease_until=lease_until, allowed=allowed, uncertainty=gates.uncertainty
    )


def _answer(claim: Claim, latest: Mapping[int, Claim], marked: set[int], held: Mapping[int, Answer]) -> Answer:
    if latest[claim.row.id] is not claim:
        return _lost(claim)
    return None if claim.row.id in marked else held.get(claim.row.id, _lost(claim))


@dataclass(frozen=True, slots=True)
class Finish:
    """What became of a claimed row; `jitter`, from 0 to 1, stretches the delay before the next attempt."""

    claim: Claim
    outcome: Outcome
    jitter: float = 0.0


def finish(
    work: Work, finishes: Sequence[Finish], now: datetime, uncertainty: Uncertainty
) -> list[State | TransitionRefused]:
    """Writes down what became of claimed rows; answers where each stands then, or that it was taken over."""
    latest = _latest(one.claim for one in finishes)
    meant = note(work, [one.outcome for one in finishes], now)
    finishes = [replace(one, outcome=outcome) for one, outcome in zip(finishes, meant, strict=True)]
    decided = [(one.claim, *_decide(one, now, uncertainty)) for one in finishes]
    valid = [one for one in decided if latest[one[0].row.id] is one[0]]
    moved = _move_each(work, [(claim.row.id, transition, given) for claim, transition, given in valid])
    answers = [
        transition.target.state
        if latest[claim.row.id] is claim and claim.row.id in moved
        else _leave_uncertain(work, claim, transition, given)
        for claim, transition, given in decided
    ]
    _suppress_dead(work, finishes, now)
    return answers


def forbids_address(outcome: Outcome) -> bool:
    """Says whether the address may not be mailed any more after this."""
    return isinstance(outcome, Refused) and outcome.about is RefusalClass.ADDRESS and _is_dead(outcome)


def _suppress_dead(work: Work, finishes: Sequence[Finish], now: datetime) -> None:
    for one in finishes:
        outcome = one.outcome
        if isinstance(outcome, Refused) and forbids_address(outcome):
            given = Given(now, one.claim.worker, outcome.reason)
            suppressions.add(work, [one.claim.row.recipient], outcome.reason, given, asked=False)


def _decide(one: Finish, now: datetime, uncertainty: Uncertainty) -> tuple[Transition, Given]:
    claim, outcome = one.claim, one.outcome
    if isinstance(outcome, Sent):
        return SEND, Given(now, claim.worker, token=claim.token, reply=outcome.reply)
    given = Given(now, claim.worker, outcome.reason or "no reason given", token=claim.token, uncertainty=uncertainty)
    if isinstance(outcome, Unknown):
        return LEAVE_UNCERTAIN, given
    if outcome.about is RefusalClass.SENDER:
        return PAUSE, replace(given, not_before=now)
    if isinstance(outcome, Later):
        return _decide_later(claim, given, one.jitter)
    return FAIL, _still_uncertain(claim, given)


def _decide_later(claim: Claim, given: Given, jitter: float) -> tuple[Transition, Given]:
    if claim.row.attempts >= len(RETRY_AFTER):
        used_up = replace(given, reason=f"{given.reason} (after {claim.row.attempts + 1} attempts)")
        return FAIL, _still_uncertain(claim, used_up)
    delay = _delay(claim.row, given.now, given.uncertainty, claim.row.doubted_at)
    not_before = given.now + delay * (1 + STRETCH * jitter)
    if not_before >= claim.row.expires_at:
        too_late = replace(given, reason=f"{given.reason} (no time for another attempt before it expires)")
        return FAIL, _still_uncertain(claim, too_late)
    return RETRY, replace(given, not_before=not_before)


def _still_uncertain(claim: Claim, given: Given) -> Given:
    # a refusal is about the copy that was refused
    first = claim.row.doubted_at
    if first is None:
        return given
    return replace(given, reason=f"{given.reason} (an earlier attempt, at {show_instant(first)}, may have arrived)")


def _leave_uncertain(work: Work, claim: Claim, wanted: Transition, given: Given) -> State | TransitionRefused:
    # a sender that sends without asking first has broken its promise; its word is not taken for the rest either
    unanswered = replace(given, reason=f"the sender sent it without the data mark and says: {given.reply}")
    if wanted is SEND and move(work, LEAVE_UNCERTAIN, claim.row.id, Actor.WORKER, unanswered):
        return State.UNCERTAIN
    return _lost(claim)


def _is_dead(refused: Refused) -> bool:
    statuses = _STATUS.findall(refused.reason) if refused.code is None else refused.code.split()[1:]
    return not statuses or any(map(is_dead_address, statuses))


def reap(work: Work, now: datetime) -> dict[State, int]:
    """Takes rows from workers whose lease is over; returns how many went where."""
    given = Given(now, "reaper", WORKER_DIED)
    taken: dict[State, int] = {}
    # nearly always no worker has died, and one question tells
    if not work.connection.execute(_LEASE_OVER, {"now": now}).scalar():
        return taken
    for transition in (REAP, REAP_FAILED, REAP_UNCERTAIN):
        moved = _move_for_later(work, transition, given, Actor.REAPER)
        if moved:
            taken[transition.target.state] = taken.get(transition.target.state, 0) + moved
    return taken


def resend(work: Work, now: datetime, uncertainty: Uncertainty) -> int:
    """Puts uncertain rows that may go again back among those that are tried again; returns how many those are."""
    return _move_for_later(
        work, RESEND, Given(now, "settings", SENT_AGAIN, not_before=now, uncertainty=uncertainty), Actor.SWEEP
    )


def _delay(row: DueRow | OutboxRow, now: datetime, uncertainty: Uncertainty, first: datetime | None) -> timedelta:
    """Returns how long the next attempt is waited for: at most half of what is left of a window that began `first`."""
    usual = RETRY_AFTER[min(row.attempts, len(RETRY_AFTER) - 1)]
    if first is None or not uncertainty.window or (row.uncertain or uncertainty.policy) != "idempotent":
        return usual
    return min(usual, max((first - uncertainty.began(now)) / 2, timedelta(0)))


def _move_for_later(work: Work, transition: Transition, given: Given, actor: Actor) -> int:
    """Takes rows that a transition is open to through it, each with when its next attempt would be; counts them."""
    moved = 0
    for some in in_batches(candidates(work, transition, given)):
        rows = [
            (
                row.id,
                replace(
                    given,
                    not_before=given.now + _delay(row, given.now, given.uncertainty, row.doubted_at or row.left_at),
                ),
            )
            for row in find_rows(work.connection, RowFilter(ids=some))
        ]
        moved += len(move_many(work, transition, rows, actor))
    return moved


def _lost(claim: Claim) -> TransitionRefused:
    return TransitionRefused(
        f"email {claim.row.id} is no longer with worker {claim.worker}: its lease ended and it was taken over",
        help="nothing is to be done; whoever has it now goes on with it",
    )
