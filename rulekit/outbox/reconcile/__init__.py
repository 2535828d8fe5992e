"""Whether everything that was promised of the store holds: the ledger adds up, and each promise is kept.

The ledger, with all that it is compared with, is read at one moment. The ticks, each persona and each slice of the
emails follow, at moments of their own: what is promised of them is about their own lines alone, and in a file whoever
writes has to wait for whoever reads.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, func, select

from rulekit.outbox.database.tables import outbox
from rulekit.outbox.database.transactions import Database
from rulekit.outbox.reconcile import ledger, whole_store
from rulekit.outbox.reconcile.promises import BREACHES, PROMISES, Breach, breaking
from rulekit.outbox.reconcile.verdict import SHOWN, Account, Finding, Reconciliation
from rulekit.outbox.rows.memberships import read_parked

__all__ = ["PROMISES", "Account", "Finding", "Reconciliation", "reconcile"]

# emails that are looked at in one transaction
SLICE = 2_000
_LAST_POSSIBLE = 2**62
_EMAILS = select(func.count()).select_from(outbox)
_AGAIN = _EMAILS.where(outbox.c.left_at > outbox.c.doubted_at)


def reconcile(
    database: Database, now: datetime, progress: Callable[[int, int], object] = lambda done, total: None
) -> Reconciliation:
    """Returns what the ledger says and what breaks a promise; `progress` hears how many emails of all are done."""
    read = database.read
    whole = read(_of_the_whole)
    wrong = [*whole.findings, *read(partial(_of_the_ticks, now=now))]
    for persona in read(whole_store.personas_in):
        wrong += read(partial(_of_persona, persona=persona))
    tally = _Tally()
    done = after = 0
    while after < _LAST_POSSIBLE:
        after, seen = read(partial(_slice, first=after + 1, now=now, tally=tally))
        done += seen
        progress(done, whole.emails)
    return replace(whole, findings=_in_order((*wrong, *tally.findings())))


def _of_the_whole(connection: Connection) -> Reconciliation:
    found, since = ledger.accounts(connection)
    wrong = tuple(ledger.findings(connection, found))
    emails, again = (connection.execute(count).scalar_one() for count in (_EMAILS, _AGAIN))
    return Reconciliation(found, wrong, emails, since, again, read_parked(connection))


def _of_the_ticks(connection: Connection, now: datetime) -> list[Finding]:
    return list(whole_store.findings(connection, now))


def _of_persona(connection: Connection, persona: int) -> list[Finding]:
    return list(whole_store.findings_of(connection, persona))


class _Tally:
    """What breaks a promise in the slices so far, counted; the first ones by their ids."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(BREACHES, 0)
        self._first: dict[Breach, list[str]] = {breach: [] for breach in BREACHES}

    def add(self, breach: Breach, email: int) -> None:
        """Counts one email that breaks a promise."""
        self._counts[breach] += 1
        if self._counts[breach] <= SHOWN:
            self._first[breach].append(str(email))

    def findings(self) -> list[Finding]:
        """Returns a finding for each breach that was found."""
        return [
            Finding(breach.promise, breach.problem, breach.help, "email", count, tuple(self._first[breach]))
            for breach, count in self._counts.items()
            if count
        ]


def _slice(connection: Connection, first: int, now: datetime, tally: _Tally) -> tuple[int, int]:
    """Looks at the next emails; returns the id up to which that is, and how many they were."""
    ids = select(outbox.c.id).where(outbox.c.id >= first).order_by(outbox.c.id).limit(SLICE).subquery()
    seen, last = connection.execute(select(func.count(), func.max(ids.c.id)).select_from(ids)).one()
    # beyond the last email there may be something that belongs to none
    last = last if seen == SLICE else _LAST_POSSIBLE
    for breach, email in breaking(connection, first, last, now):
        tally.add(breach, email)
    return last, seen


def _in_order(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    order = list(PROMISES)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.promise)))
