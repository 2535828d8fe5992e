"""The store: everything that rulekit remembers between two ticks, behind one door.

A method is one transaction; when it raises, nothing of it was written. (Only when the database fails at the commit
itself may all of it be written.) `on_change` hears of transitions after they are committed, and nothing that it does
can undo one.
"""

import logging
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Engine, select

from rulekit.errors import TransitionRefused
from rulekit.outbox.database import identity, locks, transactions
from rulekit.outbox.database.execution import Work, lock_rows
from rulekit.outbox.database.opening import (
    as_store_errors,
    clock_of,
    exists,
    name_of,
    open_engine,
    open_memory_engine,
    resolve_url,
)
from rulekit.outbox.database.tables import meta
from rulekit.outbox.lifecycle.tick_values import Ahead, TickOutcome, TickRecord, TickState, Withdrawal
from rulekit.outbox.lifecycle.transition import Given
from rulekit.outbox.looking import figures
from rulekit.outbox.looking.figures import Figures
from rulekit.outbox.people import recorded_notices
from rulekit.outbox.people.deciding import Deciding
from rulekit.outbox.people.recorded_notices import Event, Intake
from rulekit.outbox.people.upkeep import Upkeep
from rulekit.outbox.reconcile import Reconciliation, reconcile
from rulekit.outbox.rows import memberships, queries, suppressions
from rulekit.outbox.rows.queries import AuditLine, OutboxRow, Pending, RowFilter
from rulekit.outbox.rows.suppressions import Suppression, Which
from rulekit.outbox.sending import claims
from rulekit.outbox.sending import throttle as throttle
from rulekit.outbox.sending.claims import LEASE, Answer, Claim, Claims, Finish
from rulekit.outbox.sending.gates import Gates, Held
from rulekit.outbox.sending.throttle import SendingState, Throttle
from rulekit.outbox.ticks import readdressing, recording
from rulekit.records import Notice, OutboxChange, Outcome, State
from rulekit.uncertainty import Uncertainty

OnChange = Callable[[OutboxChange], None]
T = TypeVar("T")


class Store(Deciding, Upkeep):
    """Memberships and the outbox in one database. Every method raises StoreError when the database fails."""

    def __init__(self, engine: Engine, on_change: OnChange | None = None) -> None:
        self._engine = engine
        self._given: dict[str, str] = {}
        self.on_change = on_change

    @classmethod
    def open(cls, url: str, project: Path, on_change: OnChange | None = None) -> Self:
        """Opens the store at that URL, and makes it or brings its schema up to date where needed."""
        return cls(open_engine(resolve_url(url, project)), on_change)

    @staticmethod
    def exists(url: str, project: Path) -> bool:
        """Says whether there is a store at that URL; makes nothing."""
        return exists(resolve_url(url, project))

    @staticmethod
    def find_what_is_lost(url: str, project: Path) -> str | None:
        """Returns what is lost where there is no store at that URL any more, or None; makes nothing."""
        resolved = resolve_url(url, project)
        return None if exists(resolved) else identity.find_what_is_lost(resolved)

    @classmethod
    def in_memory(cls) -> Self:
        """Opens a new store that is forgotten when it is closed."""
        return cls(open_memory_engine())

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ticks

    def tick_state(self) -> TickState:
        """Returns the stored world as the next tick finds it."""
        return self._read(lambda work: memberships.read_state(work.connection))

    def ahead(self, now: datetime) -> Ahead | None:
        """Returns what ticks of a clock that was ahead of `now` did, or None when there was none."""
        return self._read(lambda work: memberships.read_ahead(work.connection, now))

    def record_tick(self, tick: TickRecord) -> TickOutcome:
        """Writes a tick, or nothing when it brings nothing new.

        Raises TickLost when another tick came first.
        """

        def act(work: Work) -> TickOutcome:
            outcome, worth_keeping = recording.record(work, tick)
            # last, because a long tick must not keep workers waiting: what they do meanwhile came before it
            locks.forbidding(work)
            if not worth_keeping:
                work.connection.rollback()
            return outcome

        return self._write(act)

    def episodes(self, persona: str, people: Collection[str]) -> dict[str, int]:
        """Returns how often each of these people has joined a persona (0: never), under its stored name."""
        return self._read(lambda work: memberships.episodes(work.connection, persona, people))

    def last_emails(self, trigger: str, people: Collection[str]) -> dict[str, datetime]:
        """Returns when a trigger last made an email for each person that left or still may.

        An email that never left (failed, cancelled, withdrawn, suppressed, expired) does not count.
        """
        return self._read(lambda work: queries.last_emails(work.connection, trigger, people))

    def count_withdrawn(self, withdrawals: Collection[Withdrawal]) -> dict[str, int]:
        """Returns how many waiting emails these withdrawals would end, by trigger."""
        return self._read(lambda work: recording.count_withdrawn(work, withdrawals))

    def last_emails_to(self, trigger: str, addresses: Collection[str]) -> dict[str, datetime]:
        """Returns the same for normalised addresses, whoever the emails were for."""
        return self._read(lambda work: queries.last_emails_to(work.connection, trigger, addresses))

    def waiting_for_leavers(self) -> list[tuple[str, str]]:
        """Returns trigger and person of the emails for leaving that have not left and are not to be kept."""
        return self._read(lambda work: queries.waiting_for_leavers(work.connection))

    def pending(self) -> list[Pending]:
        """Returns the emails that wait to be approved or sent and cannot have arrived, in the order of their ids."""
        return self._read(lambda work: readdressing.read_pending(work.connection))

    # looking

    def rows(self, wanted: RowFilter = RowFilter()) -> list[OutboxRow]:  # noqa: B008 - a frozen value
        """Returns the emails that pass the filter, in the order in which they were made."""
        return self._read(lambda work: queries.find_rows(work.connection, wanted))

    def count(self, wanted: RowFilter = RowFilter()) -> int:  # noqa: B008 - a frozen value
        """Returns how many emails pass the filter, whatever it says of `limit`."""
        return self._read(lambda work: queries.count_rows(work.connection, wanted))

    def row(self, id: int) -> OutboxRow:
        """Returns one email; raises StoreError when there is none of that number."""
        return self._read(lambda work: queries.get_row(work.connection, id))

    def message(self, id: int) -> bytes:
        """Returns the bytes of an email."""
        return self._read(lambda work: queries.get_message(work.connection, id))

    def history(self, id: int) -> list[AuditLine]:
        """Returns every transition of an email, oldest first."""
        return self._read(lambda work: queries.history(work.connection, id))

    def counts(self) -> dict[State, int]:
        """Returns how many emails stand in each state that has any."""
        return self._read(lambda work: queries.counts(work.connection))

    def reconcile(
        self, now: datetime, progress: Callable[[int, int], object] = lambda done, total: None
    ) -> Reconciliation:
        """Returns what the ledger says, and what breaks a promise; `progress` hears how many emails of all are done."""
        return reconcile(self._read, now, progress)

    def figures(self) -> Figures:
        """Returns how many emails stand where, and how sending goes, for those who watch it."""
        return self._read(figures.read)

    def store_id(self) -> str:
        """Returns the name that this store was given when it was made."""
        return self._meta("store_id")

    def secret(self) -> str:
        """Returns the secret of this store, for tokens that only it can make."""
        return self._meta("secret")

    def clock(self) -> datetime:
        """Returns the time by which this store decides, not cut: of the machine that keeps it."""
        return self._read(lambda work: clock_of(work.connection))

    def _meta(self, name: str) -> str:
        # they were given when the store was made, and never change
        if name not in self._given:
            lines = self._read(lambda work: work.connection.execute(select(meta)).all())
            self._given.update((line.name, line.value) for line in lines)
        return self._given[name]

    # addresses

    def suppress(self, address: str, reason: str, now: datetime, actor: str, trigger: str | None = None) -> int:
        """Forbids an address, and with it the people who were mailed there, for all mail or for one trigger's.

        Returns how many waiting emails that ended. A trigger that is not known (any more) stands for all mail.
        """
        given = Given(now, actor, reason)
        return self._write(
            lambda work: suppressions.add(work, [address], reason, given, trigger, asked=True), locks.forbidding
        )

    def unsuppress(self, address: str, trigger: str | None = None) -> bool:
        """Allows an address and its people again; returns whether it was forbidden. Emails that ended stay ended."""
        which = Which(frozenset({suppressions.normalise(address)}), trigger)
        return bool(self.unsuppress_many(which))

    def unsuppress_many(self, which: Which, *, dry_run: bool = False) -> list[Suppression]:
        """Allows all addresses that are meant again, in one transaction; returns what was forbidden about them."""
        return self._write(lambda work: suppressions.remove(work, which, dry_run=dry_run), locks.forbidding)

    def suppressions(self) -> list[Suppression]:
        """Returns every address that may not be mailed, in order."""
        return self._read(lambda work: suppressions.listed(work))

    def suppressed_among(self, trigger: str, people: Collection[str]) -> frozenset[str]:
        """Returns those of the people who asked not to get a trigger's emails, at whatever address."""
        return self._read(lambda work: suppressions.suppressed_among(work.connection, trigger, people))

    def knows_trigger(self, trigger: str) -> bool:
        """Returns whether a run ever met a trigger of that name."""
        return self._read(lambda work: suppressions.knows_trigger(work, trigger))

    # what others say

    def record_notices(self, notices: Sequence[Notice], now: datetime, actor: str, *, dry_run: bool = False) -> Intake:
        """Writes down notices about emails that left for the addresses that they are about; the others do nothing.

        Who complains or is dead is suppressed, and an uncertain email is settled. Heard again, it changes nothing.
        """
        return self._write(
            lambda work: recorded_notices.record_notices(work, notices, Given(now, actor), dry_run), locks.forbidding
        )

    def suppress_listed(
        self,
        reasons: Mapping[str, str],
        now: datetime,
        actor: str,
        trigger: str | None = None,
        *,
        asked: bool = True,
        dry_run: bool = False,
    ) -> Intake:
        """Forbids every address of a list, whose value is why, as `suppress` does; its people where they `asked`."""
        given = Given(now, actor)
        return self._write(
            lambda work: recorded_notices.suppress_listed(work, reasons, given, trigger, asked=asked, dry_run=dry_run),
            locks.forbidding,
        )

    def notices_of(self, id: int) -> list[Event]:
        """Returns what was heard about an email after it left, oldest first."""
        return self._read(lambda work: recorded_notices.notices_of(work.connection, id))

    # the worker's side

    def claim_due(
        self,
        now: datetime,
        worker: str,
        limit: int,
        lease: timedelta = LEASE,
        gates: Gates = Gates(),  # noqa: B008 - a frozen value
        throttle: Throttle = Throttle(),  # noqa: B008 - a frozen value
    ) -> Claims:
        """Claims emails whose time has come, those that wait longest first; the gates put back what may not leave."""
        return self._write(
            lambda work: claims.claim_due(work, now, worker, limit, lease, gates, throttle), locks.leaving
        )

    def settle(
        self,
        marks: Sequence[Claim],
        finishes: Sequence[Finish],
        now: datetime,
        gates: Gates = Gates(),  # noqa: B008 - a frozen value
        throttle: Throttle = Throttle(),  # noqa: B008 - a frozen value
    ) -> tuple[list[Answer], list[State | TransitionRefused]]:
        """Writes down, in one transaction, which messages are about to leave and what became of others.

        Answers for each mark None when its message may leave, and otherwise what keeps it back or that it is early;
        for each finish where the email stands then. A refusal says that the email is no longer this worker's.
        """
        store_id = self.store_id()

        def act(work: Work) -> tuple[list[Answer], list[State | TransitionRefused]]:
            lock_rows(work, [one.claim.row.id for one in finishes] + [claim.row.id for claim in marks])
            finished = claims.finish(work, finishes, now, gates.uncertainty)
            answers = claims.mark_data(work, marks, now, gates, throttle)
            if marks:
                identity.note_claim(work.connection, store_id, max(claim.token for claim in marks))
            return answers, finished

        forbids = any(claims.forbids_address(one.outcome) for one in finishes)
        return self._write(act, locks.forbidding if forbids else locks.leaving)

    def mark_data(self, claim: Claim, now: datetime) -> str | None:
        """Notes that one message is about to leave; returns a reason when it may not. Raises TransitionRefused."""
        (answer,), _ = self.settle([claim], [], now)
        if isinstance(answer, TransitionRefused):
            raise answer
        return answer.reason if isinstance(answer, Held) else None

    def finish(self, claim: Claim, outcome: Outcome, now: datetime, jitter: float = 0.0) -> State:
        """Writes down what became of one email and returns where it stands then. Raises TransitionRefused."""
        _, (answer,) = self.settle([], [Finish(claim, outcome, jitter)], now)
        if isinstance(answer, TransitionRefused):
            raise answer
        return answer

    def release(self, given_back: Sequence[Claim], now: datetime, reason: str) -> None:
        """Gives back emails that a worker claimed and did not begin with; costs them no attempt."""
        self._write(lambda work: claims.release(work, given_back, now, reason))

    def renew(self, in_hand: Sequence[Claim], now: datetime) -> None:
        """Extends the leases of emails that a worker still has in hand."""
        self._write(lambda work: claims.renew(work, in_hand, now))

    def reap(self, now: datetime) -> dict[State, int]:
        """Takes emails from workers whose lease is over; returns how many went where."""
        return self._write(lambda work: claims.reap(work, now))

    def resend(self, now: datetime, uncertainty: Uncertainty) -> int:
        """Puts back uncertain emails that are to be sent again, as their trigger or else the settings say."""
        return self._write(lambda work: claims.resend(work, now, uncertainty))

    # all sending

    def sending_state(self) -> SendingState:
        """Returns how sending goes: halted, or kept back after faults of the sender."""
        return self._read(lambda work: throttle.state(work))

    def halt(self, reason: str, now: datetime, actor: str) -> None:
        """Stops all sending, by every worker, until somebody resumes it."""
        self._write(lambda work: throttle.halt(work, reason, now, actor), locks.forbidding)

    def resume(self, now: datetime) -> bool:
        """Lets emails leave again, as `throttle.resume` does; returns whether anything had kept them back."""
        return self._write(lambda work: throttle.resume(work, now), locks.forbidding)

    # transactions

    def _read(self, act: Callable[[Work], T]) -> T:
        with as_store_errors(name_of(self._engine)):
            return transactions.read(self._engine, act)

    def _write(self, act: Callable[[Work], T], lock: Callable[[Work], None] | None = None) -> T:
        def locked(work: Work) -> T:
            if lock is not None:
                lock(work)
            return act(work)

        with as_store_errors(name_of(self._engine)):
            result, changes = transactions.write(self._engine, locked, random.random)
        for change in changes:
            self._tell(change)
        return result

    def _tell(self, change: OutboxChange) -> None:
        if self.on_change is None:
            return
        try:
            self.on_change(change)
        except Exception:
            logging.getLogger(__name__).exception("an observer of the outbox failed; the change itself is committed")
