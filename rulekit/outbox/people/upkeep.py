"""What those who look after a store do with it: see what it keeps of people, forget them, ask how it is doing."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar, cast

from sqlalchemy import Engine

from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.opening import as_store_errors, kind_of, name_of
from rulekit.outbox.lifecycle.transition import Given
from rulekit.outbox.looking.health import Health, health
from rulekit.outbox.people import erasing, exporting
from rulekit.outbox.people.erasing import Erasure

T = TypeVar("T")


class Upkeep(ABC):
    """A part of `Store`. Every method raises StoreError when the database fails."""

    _engine: Engine
    _given: dict[str, str]

    @abstractmethod
    def _read(self, act: Callable[[Work], T]) -> T: ...

    @abstractmethod
    def _write(self, act: Callable[[Work], T], lock: Callable[[Work], None] | None = None) -> T: ...

    def about(self, person: str) -> exporting.Record:
        """Returns everything that is kept of one person; raises RulekitError for somebody unknown."""
        return self._read(lambda work: exporting.about(work.connection, person))

    def export(self, write: Callable[[exporting.Record], object], since: datetime | None = None) -> None:
        """Writes the outbox and its history line by line, all of it as it is at one moment."""
        self._read(lambda work: exporting.write_lines(work.connection, write, since))

    def erase(
        self, people: Collection[str], now: datetime, actor: str, *, suppress: bool = False, dry_run: bool = False
    ) -> list[Erasure]:
        """Forgets people, as `erasing.erase` does; `clear_leftovers` then takes their bytes out of the files.

        Emails that a worker has in hand stay, and so does their person: ask again. Raises RulekitError for somebody who
        is not known and TransitionRefused for somebody who would be mailed again; then nobody is forgotten.
        """
        given = Given(now, actor, erasing.ERASED)
        return self._write(lambda work: erasing.erase(work, people, given, suppress=suppress, dry_run=dry_run))

    def clear_leftovers(self) -> None:
        """Writes the database anew, without what was deleted; until that is done nobody else can write."""
        with as_store_errors(name_of(self._engine)):
            kind_of(self._engine.url).clear_leftovers(self._engine)

    def health(self, now: datetime) -> Health:
        """Returns how the store is doing."""
        return self._read(lambda work: health(work, now))

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
        pooled = self._engine.raw_connection()
        try:
            yield cast(sqlite3.Connection, pooled.driver_connection)
        finally:
            pooled.close()
