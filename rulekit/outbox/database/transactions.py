"""Runs a piece of work as one transaction, and once more when the database could not fit it in between others."""

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from rulekit.outbox.database.execution import Work
from rulekit.outbox.database.opening import kind_of
from rulekit.records import OutboxChange

ATTEMPTS = 8
# seconds before the second attempt; each later one waits twice as long, and up to twice that by chance
_PAUSE = 0.005

T = TypeVar("T")


def read(engine: Engine, act: Callable[[Work], T]) -> T:
    """Returns what the work found, all of it at one moment."""
    with engine.connect().execution_options(**kind_of(engine.url).READING) as connection:
        return act(Work(connection))


def write(engine: Engine, act: Callable[[Work], T], jitter: Callable[[], float]) -> tuple[T, list[OutboxChange]]:
    """Returns what the work returned, and the changes to tell of; both are committed.

    The work begins anew, over what others have committed, when it met another transaction (a deadlock or a failure to
    serialise): so it must leave nothing behind but in the database. `jitter` gives numbers from 0 to 1.
    """
    attempt = 1
    while True:
        try:
            return _write_once(engine, act)
        except DBAPIError as error:
            if attempt == ATTEMPTS or not kind_of(engine.url).may_run_again(error.orig):
                raise
        time.sleep(_PAUSE * 2**attempt * (1 + jitter()))
        attempt += 1


def _write_once(engine: Engine, act: Callable[[Work], T]) -> tuple[T, list[OutboxChange]]:
    with engine.connect().execution_options(**kind_of(engine.url).WRITING) as connection:
        work = Work(connection)
        result = act(work)
        # a tick that brought nothing has rolled back, and what it noted never happened
        committed = work.changes if connection.in_transaction() else []
        connection.commit()
        return result, committed
