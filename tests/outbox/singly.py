"""What a store does with many emails at once, done to one of them; a refusal is raised."""

from datetime import datetime, timedelta

from rulekit.errors import TransitionRefused
from rulekit.outbox.lifecycle.states import State
from rulekit.outbox.people.actions import Refusals
from rulekit.outbox.rows.queries import OutboxRow
from rulekit.outbox.rows.suppressions import Which, normalise
from rulekit.outbox.sending.claims import Claim, Finish
from rulekit.outbox.sending.gates import Held
from rulekit.outbox.store import Store
from rulekit.records import Outcome


def approve(store: Store, id: int, digest: str, now: datetime, actor: str, hold: timedelta) -> OutboxRow:
    return _done(store, id, store.desk.approve({id: digest}, now, actor, hold))


def unapprove(store: Store, id: int, now: datetime, actor: str) -> OutboxRow:
    return _done(store, id, store.desk.unapprove([id], now, actor))


def cancel(store: Store, id: int, now: datetime, actor: str, reason: str = "") -> OutboxRow:
    return _done(store, id, store.desk.cancel([id], now, actor, reason))


def resolve(store: Store, id: int, to: State, now: datetime, actor: str, reason: str) -> OutboxRow:
    return _done(store, id, store.desk.resolve([id], to, now, actor, reason))


def _done(store: Store, id: int, refused: Refusals) -> OutboxRow:
    for refusal in refused.values():
        raise refusal
    return store.outbox.row(id)


def unsuppress(store: Store, address: str, trigger: str | None = None) -> bool:
    return bool(store.suppressions.remove(Which(frozenset({normalise(address)}), trigger)))


def mark_data(store: Store, claim: Claim, now: datetime) -> str | None:
    """Returns what keeps the message back, or None when it may leave."""
    (answer,), _ = store.queue.settle([claim], [], now)
    if isinstance(answer, TransitionRefused):
        raise answer
    return answer.reason if isinstance(answer, Held) else None


def finish(store: Store, claim: Claim, outcome: Outcome, now: datetime, jitter: float = 0.0) -> State:
    _, (answer,) = store.queue.settle([], [Finish(claim, outcome, jitter)], now)
    if isinstance(answer, TransitionRefused):
        raise answer
    return answer
