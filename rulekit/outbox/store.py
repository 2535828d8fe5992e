"""The store: everything that rulekit remembers between two ticks, behind one door.

What may be done in it is listed here, by who does it, with the lock that it takes. How it is done, and what it returns
and raises, is said where it is done.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from sqlalchemy import Connection, Engine, select

from rulekit.outbox.database import identity
from rulekit.outbox.database.locks import forbidding, leaving
from rulekit.outbox.database.opening import (
    as_store_errors,
    clock_of,
    exists,
    kind_of,
    name_of,
    open_engine,
    open_memory_engine,
    resolve_url,
)
from rulekit.outbox.database.tables import meta
from rulekit.outbox.database.transactions import Database, OnChange, Operations, reading, writing
from rulekit.outbox.looking import figures, health
from rulekit.outbox.people import actions, erasing, exporting, recorded_notices, resending
from rulekit.outbox.rows import memberships, queries, suppressions
from rulekit.outbox.sending import claims, throttle
from rulekit.outbox.ticks import passages_kept, profiles_kept, readdressing, recording


class Ticks(Operations):
    """What a tick finds, and what it writes."""

    state = reading(memberships.read_state)
    ahead = reading(memberships.read_ahead)
    episodes = reading(memberships.episodes)
    crossed = reading(memberships.crossed)
    mailboxes = reading(memberships.mailboxes)
    last_emails = reading(queries.last_emails)
    last_emails_to = reading(queries.last_emails_to)
    waiting_for_leavers = reading(queries.waiting_for_leavers)
    pending = reading(readdressing.read_pending)
    profiles = reading(profiles_kept.read_profiles)
    count_withdrawn = reading(recording.count_withdrawn)
    # takes its lock at its end
    record = writing(recording.record)


class Outbox(Operations):
    """Emails, as they are."""

    find = reading(queries.find_rows)
    count = reading(queries.count_rows)
    counts = reading(queries.counts)
    row = reading(queries.get_row)
    message = reading(queries.get_message)


class Desk(Operations):
    """What people decide about emails, each of any number of them (`actions`)."""

    approve = writing(actions.approve)
    unapprove = writing(actions.unapprove)
    cancel = writing(actions.cancel)
    resolve = writing(actions.resolve)
    # alone, so that no email of somebody who is being forgotten is copied
    retry = writing(resending.retry, forbidding)
    make_anew = writing(resending.make_anew, forbidding)


class Queue(Operations):
    """What workers do with emails that are due (`claims`)."""

    claim_due = writing(claims.claim_due, leaving)
    # takes the lock that its finishes need
    settle = writing(claims.settle)
    release = writing(claims.release)
    renew = writing(claims.renew)
    reap = writing(claims.reap)
    resend = writing(claims.resend)


class Sending(Operations):
    """All sending, by every worker."""

    state = reading(throttle.state)
    halt = writing(throttle.halt, forbidding)
    resume = writing(throttle.resume, forbidding)


class Suppressions(Operations):
    """The list of addresses, and with them people, that may not be mailed."""

    add = writing(suppressions.suppress, forbidding)
    add_listed = writing(recorded_notices.suppress_listed, forbidding)
    remove = writing(suppressions.remove, forbidding)
    all = reading(suppressions.listed)
    among = reading(suppressions.suppressed_among)
    knows_trigger = reading(suppressions.knows_trigger)


class Audit(Operations):
    """What became of emails, and how the store is doing."""

    history = reading(queries.history)
    record_notices = writing(recorded_notices.record_notices, forbidding)
    notices_of = reading(recorded_notices.notices_of)
    export = reading(exporting.write_lines)
    figures = reading(figures.read)
    health = reading(health.health)


class People(Operations):
    """What is kept of people, and how they are forgotten."""

    about = reading(exporting.about)
    passages = reading(passages_kept.read_passages)
    # takes its lock after its turn among the ticks
    erase = writing(erasing.erase)


class Store(Database):
    """Memberships and the outbox in one database. Every operation raises StoreError when the database fails."""

    def __init__(self, engine: Engine, on_change: OnChange | None = None) -> None:
        super().__init__(engine, on_change)
        self._given: dict[str, str] = {}
        self.ticks = Ticks(self)
        self.outbox = Outbox(self)
        self.desk = Desk(self)
        self.queue = Queue(self)
        self.sending = Sending(self)
        self.suppressions = Suppressions(self)
        self.audit = Audit(self)
        self.people = People(self)

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
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def store_id(self) -> str:
        """Returns the name that this store was given when it was made."""
        return self._meta("store_id")

    def secret(self) -> str:
        """Returns the secret of this store, for tokens that only it can make."""
        return self._meta("secret")

    def _meta(self, name: str) -> str:
        # they were given when the store was made, and never change
        if name not in self._given:
            self._given.update(self.read(_read_meta))
        return self._given[name]

    def clock(self) -> datetime:
        """Returns the time by which this store decides, not cut: of the machine that keeps it."""
        return self.read(clock_of)

    def clear_leftovers(self) -> None:
        """Writes the database anew, without what was deleted; until that is done nobody else can write."""
        with as_store_errors(name_of(self.engine)):
            kind_of(self.engine.url).clear_leftovers(self.engine)

    def snapshot(self) -> bytes:
        """Returns the whole database of a store in memory, for `restore`."""
        with self._driver() as connection:
            return connection.serialize()

    def restore(self, snapshot: bytes) -> None:
        """Makes a store in memory what it was at the snapshot, its schema included."""
        self._given.clear()
        with self._driver() as connection:
            connection.deserialize(snapshot)

    @contextmanager
    def _driver(self) -> Iterator[sqlite3.Connection]:
        pooled = self.engine.raw_connection()
        try:
            yield cast(sqlite3.Connection, pooled.driver_connection)
        finally:
            pooled.close()


def _read_meta(connection: Connection) -> dict[str, str]:
    return {line.name: line.value for line in connection.execute(select(meta))}
