"""The database of a store, and what is done in it: each operation is one transaction.

When one raises, nothing of it was written. (Only when the database fails at the commit itself may all of it be
written.)
"""

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.opening import as_store_errors, kind_of, name_of
from rulekit.records import OutboxChange

ATTEMPTS = 8
# seconds before the second attempt; each later one waits twice as long, and up to twice that by chance
_PAUSE = 0.005

OnChange = Callable[[OutboxChange], None]
Lock = Callable[[Work], None]
P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """Runs transactions; raises StoreError when the database fails.

    `on_change` hears of transitions after they are committed, and nothing that it does can undo one. `jitter` gives
    numbers from 0 to 1, which spread the attempts of transactions that met each other.
    """

    def __init__(
        self, engine: Engine, on_change: OnChange | None = None, jitter: Callable[[], float] = random.random
    ) -> None:
        self.engine = engine
        self.on_change = on_change
        self._jitter = jitter

    def read(self, act: Callable[[Connection], T]) -> T:
        """Returns what was found, all of it at one moment."""
        with (
            as_store_errors(name_of(self.engine)),
            self.engine.connect().execution_options(**kind_of(self.engine.url).READING) as connection,
        ):
            return act(connection)

    def write(self, act: Callable[[Work], T], lock: Lock | None = None) -> T:
        """Returns what the work returned, after its commit; the lock is taken before it begins.

        The work begins anew, over what others have committed, when it met another transaction (a deadlock or a failure
        to serialise): so it must leave nothing behind but in the database.
        """
        with as_store_errors(name_of(self.engine)):
            result, changes = self._write_until_it_fits(act, lock)
        for change in changes:
            self._announce(change)
        return result

    def _write_until_it_fits(self, act: Callable[[Work], T], lock: Lock | None) -> tuple[T, list[OutboxChange]]:
        attempt = 1
        while True:
            try:
                return self._write_once(act, lock)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not kind_of(self.engine.url).may_run_again(error.orig):
                    raise
            time.sleep(_PAUSE * 2**attempt * (1 + self._jitter()))
            attempt += 1

    def _write_once(self, act: Callable[[Work], T], lock: Lock | None) -> tuple[T, list[OutboxChange]]:
        with self.engine.connect().execution_options(**kind_of(self.engine.url).WRITING) as connection:
            work = Work(connection)
            if lock is not None:
                lock(work)
            result = act(work)
            # what has rolled back, like a tick that brought nothing, has nothing to announce
            committed = work.changes if connection.in_transaction() else []
            connection.commit()
            return result, committed

    def _announce(self, change: OutboxChange) -> None:
        if self.on_change is None:
            return
        try:
            self.on_change(change)
        except Exception:
            logging.getLogger(__name__).exception("an observer of the outbox failed; the change itself is committed")


class Operations:
    """Some operations on a database that belong together."""

    def __init__(self, database: Database) -> None:
        self.database = database


def reading(act: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate[Operations, P], T]:
    """Makes an operation of what only reads."""

    @wraps(act)
    def operation(part: Operations, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return part.database.read(lambda connection: act(connection, *args, **kwargs))

    return operation


def writing(
    act: Callable[Concatenate[Work, P], T], lock: Lock | None = None
) -> Callable[Concatenate[Operations, P], T]:
    """Makes an operation of what writes, with the lock that it needs (`locks`)."""

    @wraps(act)
    def operation(part: Operations, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return part.database.write(lambda work: act(work, *args, **kwargs), lock)

    return operation
