"""What people decide about emails, each of any number of them in one transaction."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from rulekit.outbox.database import locks
from rulekit.outbox.database.execution import Work
from rulekit.outbox.lifecycle.tick_values import NewRow
from rulekit.outbox.people import actions, resending
from rulekit.outbox.people.actions import Refusals
from rulekit.outbox.people.instants import decided_at
from rulekit.outbox.people.resending import Retried
from rulekit.outbox.rows.queries import OutboxRow, get_row
from rulekit.records import State

T = TypeVar("T")


class Deciding(ABC):
    """A part of `Store`. Every method raises StoreError when the database fails.

    Those that take many emails answer with why some were refused, by id; these are as they were, and the others went,
    all at once. A dry run answers the same and changes nothing. Those that take one raise TransitionRefused; all do
    when `now` is not a time of this store (`instants.decided_at`).
    """

    @abstractmethod
    def _write(self, act: Callable[[Work], T], lock: Callable[[Work], None] | None = None) -> T: ...

    def approve_all(
        self, digests: Mapping[int, str], now: datetime, actor: str, hold: timedelta, *, dry_run: bool = False
    ) -> Refusals:
        """Approves messages, each by the digest of what was seen; they leave when the hold is over."""
        return self._decide(now, lambda work, at: actions.approve(work, digests, at, actor, hold), dry_run)

    def unapprove_all(self, ids: Collection[int], now: datetime, actor: str, *, dry_run: bool = False) -> Refusals:
        """Takes approvals back while their hold lasts."""
        return self._decide(now, lambda work, at: actions.unapprove(work, ids, at, actor), dry_run)

    def cancel_all(
        self, ids: Collection[int], now: datetime, actor: str, reason: str = "", *, dry_run: bool = False
    ) -> Refusals:
        """Stops emails for good, unless they are on their way."""
        return self._decide(now, lambda work, at: actions.cancel(work, ids, at, actor, reason), dry_run)

    def resolve_all(
        self, ids: Collection[int], to: State, now: datetime, actor: str, reason: str, *, dry_run: bool = False
    ) -> Refusals:
        """Says what became of uncertain emails: sent, failed or retrying."""
        return self._decide(now, lambda work, at: actions.resolve(work, ids, to, at, actor, reason), dry_run)

    def retry_all(
        self,
        ids: Collection[int],
        now: datetime,
        actor: str,
        reason: str = "",
        hold: timedelta = timedelta(0),
        *,
        dry_run: bool = False,
    ) -> Retried:
        """Sends copies of failed emails when the hold is over; makes those that wait for another attempt due now."""
        # alone, so that no email of somebody who is being forgotten is copied
        return self._decide(
            now, lambda work, at: resending.retry(work, ids, at, actor, reason, hold), dry_run, locks.forbidding
        )

    def make_anew(
        self,
        drafts: Mapping[int, NewRow],
        now: datetime,
        actor: str,
        reason: str = "",
        hold: timedelta = timedelta(0),
        every: Mapping[str, timedelta] | None = None,
        *,
        dry_run: bool = False,
    ) -> Retried:
        """Makes emails in the place of those that could not be made or were cancelled, each from its draft.

        `every` has the time of the triggers that say one, by name.
        """

        def act(work: Work, at: datetime) -> Retried:
            return resending.make_anew(work, drafts, at, actor, reason, hold, every or {})

        # alone, as for `retry_all`
        return self._decide(now, act, dry_run, locks.forbidding)

    def approve(self, id: int, digest: str, now: datetime, actor: str, hold: timedelta) -> OutboxRow:
        """Approves the message with that digest; it leaves when the hold is over."""
        return self._decide_one(id, now, lambda work, at: actions.approve(work, {id: digest}, at, actor, hold))

    def unapprove(self, id: int, now: datetime, actor: str) -> OutboxRow:
        """Takes an approval back while its hold lasts."""
        return self._decide_one(id, now, lambda work, at: actions.unapprove(work, [id], at, actor))

    def cancel(self, id: int, now: datetime, actor: str, reason: str = "") -> OutboxRow:
        """Stops an email for good, unless it is on its way."""
        return self._decide_one(id, now, lambda work, at: actions.cancel(work, [id], at, actor, reason))

    def resolve(self, id: int, to: State, now: datetime, actor: str, reason: str) -> OutboxRow:
        """Says what became of an uncertain email: sent, failed or retrying."""
        return self._decide_one(id, now, lambda work, at: actions.resolve(work, [id], to, at, actor, reason))

    def _decide(
        self,
        now: datetime,
        decide: Callable[[Work, datetime], T],
        dry_run: bool,
        lock: Callable[[Work], None] | None = None,
    ) -> T:
        def act(work: Work) -> T:
            answer = decide(work, decided_at(work, now))
            if dry_run:
                work.connection.rollback()
            return answer

        return self._write(act, lock)

    def _decide_one(self, id: int, now: datetime, decide: Callable[[Work, datetime], Refusals]) -> OutboxRow:
        def act(work: Work) -> OutboxRow:
            for refusal in decide(work, decided_at(work, now)).values():
                raise refusal
            return get_row(work.connection, id)

        return self._write(act)
