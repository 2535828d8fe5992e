"""Opening the database of a store: which kind it is, and its schema brought up to date.

Everything that a database can say is raised as a `StoreError` in the user's terms (`as_store_errors`).
"""

import secrets
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    func,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from rulekit.errors import StoreError
from rulekit.outbox.database import postgres, sqlite
from rulekit.outbox.database.migrations import HEAD
from rulekit.outbox.database.tables import last_tick, meta, metadata, outbox, sending
from rulekit.records import Reason
from rulekit.urls import check_store_url, refusing

# one line: the newest revision that the tables have. It is Alembic's table, so it is not one of `metadata`
schema_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


class DatabaseKind(Protocol):
    """What a module says of its kind of database."""

    @property
    def READING(self) -> dict[str, Any]: ...  # noqa: D102, N802 - a constant of the module

    @property
    def WRITING(self) -> dict[str, Any]: ...  # noqa: D102, N802 - a constant of the module

    def explain(self, error: object) -> tuple[str, str] | None: ...  # noqa: D102 - the modules say it
    def clock(self, connection: Connection) -> datetime: ...  # noqa: D102
    def settings(self, connection: Connection) -> dict[str, str]: ...  # noqa: D102
    def place(self, connection: Connection) -> str | None: ...  # noqa: D102
    def note_path(self, url: URL) -> Path | None: ...  # noqa: D102
    def is_emptied(self, connection: Connection) -> bool: ...  # noqa: D102
    def may_run_again(self, error: object) -> bool: ...  # noqa: D102
    def resolve(self, url: URL, project: Path) -> URL | None: ...  # noqa: D102
    def name_of(self, url: URL) -> str: ...  # noqa: D102
    def exists(self, url: URL) -> bool: ...  # noqa: D102
    def make_engine(self, url: URL) -> Engine: ...  # noqa: D102
    def upgrading(self, engine: Engine) -> AbstractContextManager[Connection]: ...  # noqa: D102
    def clear_leftovers(self, engine: Engine) -> None: ...  # noqa: D102


_KINDS: tuple[DatabaseKind, ...] = (sqlite, postgres)
# `sending.place` of a store that was made anew in a place where something had been; no database lies there
EMPTIED = "emptied"
_AGAIN = "run again; report it when it stays"


def kind_of(url: URL) -> DatabaseKind:
    """Returns the module that knows the database at a resolved address."""
    return sqlite if url.get_backend_name() == "sqlite" else postgres


def name_of(engine: Engine) -> str:
    """Returns how a message calls the store."""
    return kind_of(engine.url).name_of(engine.url)


@contextmanager
def as_store_errors(name: str) -> Iterator[None]:
    """Turns what a database raises inside into a StoreError that names the store and says what to do."""
    try:
        yield
    except DBAPIError as error:
        if (known := _explain(error)) is not None:
            raise StoreError(f"the store {name}: {known[0]}", help=known[1]) from error
        # what follows the first line may be the row that it is about
        said = str(error.orig).partition("\n")[0]
        raise StoreError(Reason(f"the store {name}: the database says", said), help=_AGAIN) from error
    except SQLAlchemyError as error:
        raise StoreError(Reason(f"the store {name}", str(error)), help=_AGAIN) from error


def _explain(error: BaseException | None) -> tuple[str, str] | None:
    # what is tidied up after a full disk may fail in its turn, and that would hide it
    while error is not None:
        said = error.orig if isinstance(error, DBAPIError) else None
        if meaning := next(filter(None, (kind.explain(said) for kind in _KINDS)), None):
            return meaning
        error = error.__context__
    return None


def resolve_url(url: str, project: Path) -> URL:
    """Returns the database's address with a relative file taken from the project's folder; raises StoreError."""
    with refusing(StoreError, "store.url"):
        check_store_url(url)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # a port that is no number
        raise _unknown_store() from None
    for kind in _KINDS:
        if resolved := kind.resolve(parsed, project):
            return resolved
    raise _unknown_store()


def _unknown_store() -> StoreError:
    return StoreError(
        "`[store] url` does not name a store that this version can keep",
        help="write a file like `sqlite:///state/rulekit.db` or a database like `postgresql://user@host/name`",
    )


def clock_of(connection: Connection) -> datetime:
    """Returns the time by which the database decides, not cut: a rate per second needs less than a second."""
    return kind_of(connection.engine.url).clock(connection)


def exists(url: URL) -> bool:
    """Says whether there is a store at that address; raises StoreError when that cannot be known."""
    with as_store_errors(kind_of(url).name_of(url)):
        return kind_of(url).exists(url)


def open_engine(url: URL) -> Engine:
    """Returns an engine on the database, made and brought to the newest schema; raises StoreError."""
    with as_store_errors(kind_of(url).name_of(url)):
        return _prepare(kind_of(url).make_engine(url))


def find_version(url: URL) -> str | None:
    """Returns the version of the schema at that address, None where there are no tables; changes nothing.

    Raises StoreError.
    """
    with as_store_errors(kind_of(url).name_of(url)):
        engine = kind_of(url).make_engine(url)
        try:
            with engine.connect() as connection:
                return _version(connection, name_of(engine))
        finally:
            engine.dispose()


def open_memory_engine() -> Engine:
    """Returns an engine on a new database that is forgotten when it is closed."""
    engine = sqlite.make_memory_engine()
    with engine.connect().execution_options(**sqlite.WRITING) as connection, connection.begin():
        _make(connection)
    return engine


def _prepare(engine: Engine) -> Engine:
    try:
        _bring_up_to_date(engine, name_of(engine))
    except BaseException:
        engine.dispose()
        raise
    return engine


def _bring_up_to_date(engine: Engine, name: str) -> None:
    with engine.connect() as connection:
        if _version(connection, name) == HEAD:
            return
    with kind_of(engine.url).upgrading(engine) as connection:
        # another process may have done it in the meantime
        version = _version(connection, name)
        if version is None:
            _make(connection, EMPTIED if kind_of(engine.url).is_emptied(connection) else None)
        elif version != HEAD:
            from rulekit.outbox.database.migrations.upgrade import upgrade

            upgrade(connection, version, name)
            _seed(connection)


def _make(connection: Connection, place: str | None = None) -> None:
    """Makes the newest schema at once: there is nothing to bring up to date."""
    metadata.create_all(connection, checkfirst=False)
    schema_version.create(connection, checkfirst=False)
    connection.execute(insert(schema_version).values(version_num=HEAD))
    _seed(connection, place)


def _version(connection: Connection, name: str) -> str | None:
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if schema_version.name not in tables:
        raise StoreError(
            f"{name} is a database of something else",
            help="point `[store] url` at a file, a database or a schema of its own",
        )
    return str(connection.execute(select(schema_version.c.version_num)).scalar())


def _seed(connection: Connection, place: str | None = None) -> None:
    if connection.execute(select(meta.c.name)).first() is None:
        values = {"store_id": str(uuid.uuid4()), "secret": secrets.token_hex(32)}
        connection.execute(insert(meta), [{"name": name, "value": value} for name, value in values.items()])
        connection.execute(insert(last_tick).values(id=1, sequence=0, rules_digest="", present=b"", kinds=[]))
    if connection.execute(select(sending.c.id)).first() is None:
        latest = select(func.coalesce(func.max(outbox.c.token), 0)).scalar_subquery()
        connection.execute(insert(sending).values(id=1, claims=latest, faults=0, trips=0, place=place))
