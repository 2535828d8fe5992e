"""A store in PostgreSQL: how it is reached and flushed, and what its errors mean.

A writer sees what is committed (`READ COMMITTED`) and locks what it relies on; a reader sees one moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, inspect, select
from sqlalchemy.exc import DBAPIError

from rulekit.errors import StoreError
from rulekit.outbox.database.tables import metadata

READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}
WRITING: dict[str, Any] = {}
# what the URL may say otherwise; a server that is gone is noticed within a minute
_CONNECTING = {
    "application_name": "rulekit",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
# a commit is on the disk when it returns, whatever the server's default; `remote_apply` promises more than that
_SETTINGS = """
SET TimeZone = 'UTC';
SET lock_timeout = '30s';
SET idle_in_transaction_session_timeout = '60s';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'
"""
_TOLD = ("server_version", "fsync", "full_page_writes", "synchronous_commit")
# one number for all that bring a schema up to date: "rule" in ASCII
_UPGRADE = 0x72756C65

_CLUSTER = "SELECT system_identifier FROM pg_control_system()"
# the first eight digits of the name of a piece of the log
_TIMELINE = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"
_TABLE = "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()), 'sending'::regclass::oid"
# the role lacks a right, the server has no such function, does not support it, or is a standby
_NO_ANSWER = ("42501", "42883", "0A000", "55000")

_RUN_AGAIN = ("40001", "40P01")
_LOST = ("the connection to the server was lost", "see that the server runs and run again; nothing is half written")
_HELP = {
    "28P01": ("the server refuses the password", "correct user and password in `[store] url`"),
    "28": ("the server does not let you in", "correct the user in `[store] url`, or let it in by `pg_hba.conf`"),
    "3D000": ("there is no such database", "make it with `createdb`, or correct its name in `[store] url`"),
    "3F000": ("its schema does not exist", "make the first schema of the search path with `CREATE SCHEMA`"),
    "42501": (
        "you lack a right",
        "let the user create, read and write tables: `GRANT ALL ON SCHEMA … TO …`, or make it the database's owner",
    ),
    "53100": ("the disk of the server is full", "make room and run again; the store is as it was before"),
    "53200": ("the server is out of memory", "give it more and run again; the store is as it was before"),
    "53300": ("the server has too many connections", "run fewer workers, or raise `max_connections` of the server"),
    "22021": ("it cannot keep the NUL letter in a text", "take that letter out of your data"),
    "25006": ("it may only be read", "point `[store] url` at the primary server, not at a copy of it"),
    "25P03": ("the server ended a transaction that stood still", "run again; nothing of it is written"),
    "55P03": ("another process keeps it locked", "wait until that one has finished and run again"),
    "57P03": ("the server is not ready", "wait until it has started and run again"),
    "57P": ("the server is going down", "start it and run again; nothing is half written"),
    "08": _LOST,
    "40": ("other processes got in the way again and again", "run again; nothing of it is written"),
    "58": ("the server cannot read or write its disk", "check its disk, then run again"),
    "XX": ("the server says that it is damaged", "look into the log of the server; restore the database from a copy"),
}
# the driver gives no code for what goes wrong while it connects, so the words of the server must do
_SAID = {
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "no pg_hba.conf entry": "28",
    "is not permitted to log in": "28",
    "too many clients": "53300",
    "too many connections": "53300",
    "remaining connection slots": "53300",
    "permission denied for database": "42501",
    "is starting up": "57P03",
    "not yet accepting connections": "57P03",
    "is shutting down": "57P",
    "in recovery mode": "57P03",
    "cannot contain NUL": "22021",
}


_UNREACHED = ("connection failed", "connection is bad: ", "connection timeout", "failed to resolve host")


def explain(error: object) -> tuple[str, str] | None:
    """Returns what an error of the driver means and what to do about it, or None for one that is not known."""
    if not type(error).__module__.startswith("psycopg"):
        return None
    code = getattr(error, "sqlstate", None)
    if code is None:
        return _explain_words(str(error)) or (_LOST if _is_about_the_connection(error) else None)
    return next((meaning for start, meaning in _HELP.items() if code.startswith(start)), None)


def _is_about_the_connection(error: object) -> bool:
    from psycopg import InterfaceError, OperationalError  # where the error comes from, so it is installed

    return isinstance(error, InterfaceError | OperationalError)


def _explain_words(said: str) -> tuple[str, str] | None:
    known = next((_HELP[code] for words, code in _SAID.items() if words in said), None)
    if known is not None:
        return known
    if 'database "' in said and "does not exist" in said:
        return _HELP["3D000"]
    if 'role "' in said and "does not exist" in said:
        return _HELP["28"]
    if any(words in said for words in _UNREACHED):
        why = said.strip().partition("\n")[0].rpartition("failed: ")[2]
        return f"the server cannot be reached: {why}", "see that it runs, and check host and port in `[store] url`"
    return None


def may_run_again(error: object) -> bool:
    """Says whether a transaction that ended so only met another one, and left nothing behind."""
    return getattr(error, "sqlstate", None) in _RUN_AGAIN


def resolve(url: URL, project: Path) -> URL | None:
    """Returns the address for the driver that is used, or None when it names no database."""
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg") or not url.database:
        return None
    if "@" in (url.host or ""):
        raise StoreError(
            "`[store] url` has more than one `@`",
            help="write `%40` for an `@` and `%25` for a `%` in the password",
        )
    return url.set(drivername="postgresql+psycopg", query={**_CONNECTING, **url.query})


def name_of(url: URL) -> str:
    """Returns how a message calls the store."""
    where = f"{url.host}:{url.port}" if url.port else url.host
    return f"{url.database} on {where}" if where else str(url.database)


def exists(url: URL) -> bool:
    """Says whether there are tables at that address, in the schema that new ones would go to."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return bool(inspect(connection).get_table_names())
    finally:
        engine.dispose()


def make_engine(url: URL) -> Engine:
    """Returns an engine on the database; raises StoreError when the driver is not installed."""
    try:
        engine = create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True)
    except ImportError:
        raise StoreError(
            "a store in PostgreSQL needs psycopg, which is not installed",
            help='install it with `pip install "rulekit-engine[postgres]"`',
        ) from None
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: Any, _record: object) -> None:
    try:
        connection.autocommit = True
        connection.execute(_SETTINGS)
        connection.autocommit = False
    except BaseException:
        # the pool has not taken it over yet, so nobody else would close it
        connection.close()
        raise


def clock(connection: Connection) -> datetime:
    """Returns the time of the server, which is one for all workers."""
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def settings(connection: Connection) -> dict[str, str]:
    """Returns the version of the server and what its promises depend on, by name."""
    return {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in _TOLD}


def place(connection: Connection) -> str | None:
    """Returns where the tables lie: cluster, timeline, database and table, of which a copy differs in one at least.

    The timeline changes when a backup is restored to a point in time and when a standby takes over.
    """
    # neither changes while a session may write
    if "rulekit_server" not in connection.info:
        cluster, timeline = _ask(connection, _CLUSTER), _ask(connection, _TIMELINE)
        connection.info["rulekit_server"] = f"cluster {cluster}, timeline {timeline}"
    database, table = connection.exec_driver_sql(_TABLE).one()
    return f"{connection.info['rulekit_server']}, database {database}, table {table}"


def _ask(connection: Connection, question: str) -> str:
    """Returns the answer, or `?` where this server or role never gets one."""
    asking = connection.begin_nested()
    try:
        answer = connection.exec_driver_sql(question).scalar_one()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NO_ANSWER:
            raise
        asking.rollback()
        return "?"
    asking.commit()
    return str(answer)


def is_emptied(connection: Connection) -> bool:
    """Returns False: nothing tells a database that was emptied from a new one."""
    return False


def note_path(url: URL) -> Path | None:
    """Returns None: nothing lies beside a database of a server."""
    return None


@contextmanager
def upgrading(engine: Engine) -> Iterator[Connection]:
    """Opens the transaction that changes the schema, alone."""
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE)))
        yield connection


def clear_leftovers(engine: Engine) -> None:
    """Writes the tables anew, one after the other, so that nothing stays in their files of what was deleted."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{table.name}"')
