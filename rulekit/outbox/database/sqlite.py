"""A store in a SQLite file: where it lies, how it is locked and flushed, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from rulekit.clock import precise_now
from rulekit.errors import RulekitError, StoreError
from rulekit.files import create_file, make_folder, place_of

# milliseconds that a writer waits for another one
BUSY_TIMEOUT = 30_000
# what lies beside the file: our note, and what SQLite keeps while it writes
_NOTE = "-sent"
_BESIDE = (_NOTE, "-journal", "-wal", "-shm")
# what marks a file as made by rulekit before it has any table: "rule" in ASCII
APPLICATION_ID = 0x72756C65
_WRITES = "rulekit_writes"
READING: dict[str, Any] = {}
WRITING: dict[str, Any] = {_WRITES: True}

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


def explain(error: object) -> tuple[str, str] | None:
    """Returns what an error of the driver means and what to do about it, or None for one that is not known."""
    name = getattr(error, "sqlite_errorname", "")
    return next((meaning for code, meaning in _HELP.items() if name.startswith(code)), None)


def may_run_again(error: object) -> bool:
    """Says whether a transaction that ended so only met another one; here each waits for the other instead."""
    return False


def resolve(url: URL, project: Path) -> URL | None:
    """Returns the address with a relative file taken from the project's folder, or None when it names no file.

    Raises StoreError when it, or a file that is kept beside it, leads out of the project through a link.
    """
    if url.drivername != "sqlite" or not url.database or url.database == ":memory:":
        return None
    try:
        places = [place_of(project / f"{url.database}{ending}", project) for ending in ("", *_BESIDE)]
    except RulekitError as error:
        raise StoreError(f"the store {name_of(url)}: {error.message}", help=error.help) from None
    return url.set(drivername="sqlite+pysqlite", database=str(places[0]))


def name_of(url: URL) -> str:
    """Returns how a message calls the store."""
    return Path(url.database or "").name


def exists(url: URL) -> bool:
    """Says whether there is anything at that address."""
    return Path(url.database or "").exists()


def make_engine(url: URL) -> Engine:
    """Returns an engine on the file, made when there is none."""
    _make_file(Path(url.database or ""))
    return _listened(create_engine(url, hide_parameters=True))


def make_memory_engine() -> Engine:
    """Returns an engine on a new, empty database that is forgotten when it is closed."""
    return _listened(create_engine("sqlite+pysqlite://", poolclass=StaticPool, hide_parameters=True))


def _listened(engine: Engine) -> Engine:
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def is_emptied(connection: Connection) -> bool:
    """Says whether this file, which has no tables, is not one that rulekit has just made: something was in it."""
    return bool(connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION_ID)


def _make_file(path: Path) -> None:
    """Makes the folder and a file that nobody else may read, where there is none: both hold addresses of people."""
    if path.is_dir():
        raise StoreError(
            f"the store {path.name} cannot be opened: it is a folder",
            help=f"see what became of the file, and put it back to {path}",
        )
    try:
        make_folder(path.parent)
        if not path.exists():
            create_file(path, new_file(), mode=0o600)
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        raise StoreError(
            f"the store {path.name} cannot be opened: {error.strerror}",
            help=f"check that you may read and write {path.parent}",
        ) from None


def new_file() -> bytes:
    """Returns a database without tables that says whose it is."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        return connection.serialize()


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
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def clock(connection: Connection) -> datetime:
    """Returns the machine's time: the file lies on it."""
    return precise_now()


def settings(connection: Connection) -> dict[str, str]:
    """Returns the version of SQLite and how the file is kept whole, by name."""
    journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    return {"sqlite": sqlite3.sqlite_version, "journal": str(journal)}


def place(connection: Connection) -> str | None:
    """Returns where the file lies, or None in memory: its path and its number there, which a copy has not.

    Not the number of the device, which changes when a volume is attached again, nor the machine's name.
    """
    path = connection.engine.url.database
    if path is None:
        return None
    try:
        number = os.stat(path).st_ino
    except OSError as error:
        raise StoreError(
            f"the store {Path(path).name} is not where it was opened: {error.strerror}",
            help=f"put it back to {path}, or stop what still runs on it",
        ) from None
    return f"{path} (inode {number})".encode("utf-8", "backslashreplace").decode()


def note_path(url: URL) -> Path | None:
    """Returns where the note about the latest claim lies, or None in memory."""
    return Path(f"{url.database}{_NOTE}") if url.database else None


@contextmanager
def upgrading(engine: Engine) -> Iterator[Connection]:
    """Opens the transaction that changes the schema, alone."""
    with engine.connect().execution_options(**WRITING) as connection, _unbound(connection), connection.begin():
        yield connection


@contextmanager
def _unbound(connection: Connection) -> Iterator[None]:
    """Lets a table that others refer to be made anew; SQLite takes this switch between transactions only."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def clear_leftovers(engine: Engine) -> None:
    """Writes the file anew, so that nothing deleted or written over stays in it, and empties its journal."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("VACUUM")
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            problem, help = explain(error) or (str(error), "run again; report it when it stays")
            raise StoreError(f"the store {name_of(engine.url)}: {problem}", help=help) from error
    if busy:
        raise StoreError(f"the store {name_of(engine.url)}: {_HELP['SQLITE_BUSY'][0]}", help=_HELP["SQLITE_BUSY"][1])
