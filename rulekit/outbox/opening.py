"""Opening the database of a store: where it lies, how it is locked and flushed, and its schema brought up to date.

Everything that a database can say is told as a `StoreError` in the user's terms (`told_as_store_errors`).
"""

import os
import secrets
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from rulekit.errors import StoreError
from rulekit.outbox.migrations import HEAD
from rulekit.outbox.tables import last_tick, meta, metadata

# milliseconds that a writer waits for another one
BUSY_TIMEOUT = 30_000
WRITES = "rulekit_writes"

_HELP = {
    "SQLITE_FULL": ("the disk is full", "make room and run again; the store is as it was before"),
    "SQLITE_IOERR": ("the disk cannot be read or written", "check the disk and its free space, then run again"),
    "SQLITE_READONLY": ("it may only be read", "make the file and its folder writable for you"),
    "SQLITE_CANTOPEN": ("it cannot be opened", "check that the folder exists and that you may read and write it"),
    "SQLITE_PERM": ("you may not open it", "make the file and its folder readable and writable for you"),
    "SQLITE_AUTH": ("you may not open it", "make the file and its folder readable and writable for you"),
    "SQLITE_NOTADB": ("it is not a database", "point `[store] url` at another file, or restore this one from a copy"),
    "SQLITE_CORRUPT": ("it is damaged", "restore it from a copy; keep the damaged file for a look"),
    "SQLITE_BUSY": ("another process keeps it locked", "wait until that one has finished and run again"),
    "SQLITE_LOCKED": ("another process keeps it locked", "wait until that one has finished and run again"),
}


@contextmanager
def told_as_store_errors(place: str) -> Iterator[None]:
    """Turns what a database raises inside into a StoreError that names the store and says what to do."""
    try:
        yield
    except DBAPIError as error:
        name = getattr(error.orig, "sqlite_errorname", "")
        known = next((told for code, told in _HELP.items() if name.startswith(code)), None)
        problem, help = known or (f"the database says: {error.orig}", "run again; report it when it stays")
        raise StoreError(f"the store {place}: {problem}", help=help) from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store {place}: {error}", help="run again; report it when it stays") from error


def resolve_url(url: str, project: Path) -> URL:
    """Returns the database's address with a relative file taken from the project's folder; raises StoreError."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _unknown_store() from None
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise _unknown_store()
    return parsed.set(drivername="sqlite+pysqlite", database=str((project / parsed.database).resolve()))


def _unknown_store() -> StoreError:
    return StoreError(
        "`[store] url` does not name a store that this version can keep",
        help="write a file like `sqlite:///state/rulekit.db`",
    )


def open_engine(url: URL) -> Engine:
    """Returns an engine on the database, made and brought to the newest schema; raises StoreError."""
    path = Path(url.database or "")
    with told_as_store_errors(path.name):
        _make_file(path)
        return _prepare(create_engine(url), path)


def open_memory_engine() -> Engine:
    """Returns an engine on a new database that is forgotten when it is closed."""
    engine = _listened(create_engine("sqlite+pysqlite://", poolclass=StaticPool))
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        # the newest schema at once: there is nothing to bring up to date, and Alembic is slow to import
        metadata.create_all(connection, checkfirst=False)
        _seed(connection)
    return engine


def _listened(engine: Engine) -> Engine:
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(engine: Engine, path: Path) -> Engine:
    _listened(engine)
    try:
        _bring_up_to_date(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _make_file(path: Path) -> None:
    """Makes the folder and an empty file that nobody else may read: both hold addresses of people."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"the store {path.name} cannot be opened: {error.strerror}",
            help=f"check that you may read and write {path.parent}",
        ) from None


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    try:
        _apply_settings(connection)
    except BaseException:
        # the pool has not taken it over yet, so nobody else would close it
        connection.close()
        raise


def _apply_settings(connection: sqlite3.Connection) -> None:
    # the driver must not open transactions by itself: `_begin` does
    connection.isolation_level = None
    mode = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE"
    for setting in (
        f"busy_timeout = {BUSY_TIMEOUT}",
        f"journal_mode = {mode}",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {setting}")


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Returns whether this SQLite has the fix of the corruption that a reset of the write-ahead log could cause."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def _begin(connection: Connection) -> None:
    # a writer takes its lock at once: two that first read and then write would block each other
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        if _version(connection, path) == HEAD:
            return
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        # another process may have done it in the meantime
        version = _version(connection, path)
        if version != HEAD:
            from rulekit.outbox.migrations.upgrade import upgrade  # alembic is slow to import and rarely needed

            upgrade(connection, version, path.name)
            _seed(connection)


def _version(connection: Connection, path: Path) -> str | None:
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise StoreError(
            f"{path.name} is a database of something else", help="point `[store] url` at a file of its own"
        )
    version: Any = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(version)


def _seed(connection: Connection) -> None:
    if connection.execute(select(meta.c.name)).first() is None:
        values = {"store_id": str(uuid.uuid4()), "secret": secrets.token_hex(32)}
        connection.execute(insert(meta), [{"name": name, "value": value} for name, value in values.items()])
        connection.execute(insert(last_tick).values(id=1, sequence=0, rules_digest="", present=b"", kinds=[]))
