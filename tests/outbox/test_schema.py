"""The schema: a new store is made with the newest one, and an older store is brought to the very same."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from rulekit.outbox.database.migrations import HEAD
from rulekit.outbox.database.migrations.upgrade import configuration, upgrade
from rulekit.outbox.database.opening import find_version, kind_of, resolve_url
from rulekit.outbox.database.tables import metadata
from rulekit.outbox.store import Store
from tests.outbox.disk import older


@pytest.fixture
def new_url(store_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where no store is yet."""
    if store_url.startswith("sqlite"):
        yield "sqlite:///new.db"
        return
    postgres = request.getfixturevalue("postgres")
    name = postgres.make_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def migrated(new_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database that every revision was run on, from the first one."""
    url = resolve_url(new_url, tmp_path)
    engine = kind_of(url).make_engine(url)
    with kind_of(url).upgrading(engine) as connection:
        upgrade(connection, None, "migrated")
    yield engine
    engine.dispose()


@pytest.fixture
def made(open_store: Callable[[], Store]) -> Engine:
    return open_store().engine


def shape_of(engine: Engine) -> dict[str, dict[str, list[str]]]:
    """What a database says of its tables, as text; the order of columns is nobody's concern."""
    with engine.connect() as connection:
        found = inspect(connection)
        parts = {
            "columns": found.get_columns,
            "primary key": lambda table: [found.get_pk_constraint(table)],
            "foreign keys": found.get_foreign_keys,
            "unique": found.get_unique_constraints,
            "checks": found.get_check_constraints,
            "indexes": found.get_indexes,
        }
        return {
            table: {part: sorted(map(said, look(table))) for part, look in parts.items()}
            for table in found.get_table_names()
        }


def said(thing: Any) -> str:
    """A part of a schema as text, whichever classes say it: a type, the condition of a partial index."""
    if isinstance(thing, dict):
        return str(sorted((name, said(value)) for name, value in thing.items()))
    return str([said(one) for one in thing]) if isinstance(thing, list | tuple) else str(thing)


def test_a_new_store_has_the_schema_that_every_revision_together_makes(made: Engine, migrated: Engine) -> None:
    assert shape_of(made) == shape_of(migrated)


def test_what_is_compared_tells_schemas_apart(made: Engine, migrated: Engine) -> None:
    changes = [
        "CREATE INDEX ix_more ON outbox (state) WHERE state = 'sent'",
        "ALTER TABLE ledger ADD COLUMN more INTEGER DEFAULT 1",
        "CREATE TABLE more (id INTEGER CHECK (id = 1))",
    ]
    shapes = [shape_of(made)]
    for change in changes:
        with migrated.begin() as connection:
            connection.exec_driver_sql(change)
        shapes.append(shape_of(migrated))
    assert all(shape not in shapes[:place] for place, shape in enumerate(shapes))


def test_the_database_keeps_both_schemas_as_the_same_text(made: Engine, migrated: Engine) -> None:
    with made.connect() as new, migrated.connect() as brought_up:
        assert kept_text(new) == kept_text(brought_up)


def kept_text(connection: Connection) -> dict[str, list[str]]:
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql <> ''").all()
        # a table that was made anew has its name in quotes
        plain = {name: sql.replace(f'"{name}"', name, 1) for name, sql in rows}
        # a column that was added stands on the line of the one before it
        return {
            name: sorted(part.strip(" \t,") for part in re.split(r"\n|, (?=\w+ (?:VARCHAR|TEXT|BLOB|JSON)\b)", sql))
            for name, sql in plain.items()
        }
    constraints = "SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
    indexes = "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    texts: dict[str, list[str]] = {}
    for query in (f"{constraints} WHERE connamespace = 'public'::regnamespace", indexes):
        for table, text in connection.exec_driver_sql(query):
            texts[table] = sorted([*texts.get(table, []), text])
    assert sum(map(len, texts.values())) > 50
    return texts


def test_metadata_and_migrations_make_the_same_schema(migrated: Engine) -> None:
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


def test_alembic_finds_its_own_table_in_a_new_store(made: Engine) -> None:
    with made.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == HEAD


OPENING = (
    "import sys; from pathlib import Path; from rulekit.outbox.store import Store\n"
    "Store.open(sys.argv[1], Path(sys.argv[2])).close(); print('alembic' in sys.modules)"
)


@pytest.fixture
def opening(tmp_path: Path, environment: dict[str, str]) -> Callable[[str], str]:
    """Opens a store in a process of its own, and says whether that imported Alembic."""

    def open_it(url: str) -> str:
        command = [sys.executable, "-c", OPENING, url, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.strip()

    return open_it


@pytest.mark.starts_programs
def test_a_new_and_a_current_store_are_opened_without_alembic(opening: Callable[[str], str], new_url: str) -> None:
    assert [opening(new_url), opening(new_url)] == ["False", "False"]


@pytest.mark.starts_programs
def test_an_upgrade_takes_alembic(opening: Callable[[str], str], tmp_path: Path) -> None:
    older.make(tmp_path / "older.db", older.FOURTH)
    assert [opening("sqlite:///older.db"), opening("sqlite:///older.db")] == ["True", "False"]


KILLED = """
import os, sys
from pathlib import Path
from sqlalchemy import Engine, event
from rulekit.outbox.store import Store

def die(connection, cursor, statement, *more):
    if statement.startswith(sys.argv[3]):
        os._exit(9)

event.listen(Engine, "before_cursor_execute", die)
event.listen(Engine, "commit", lambda connection: die(connection, None, "COMMIT"))
Store.open(sys.argv[1], Path(sys.argv[2]))
"""


@pytest.mark.starts_programs
@pytest.mark.parametrize("point", ["INSERT INTO alembic_version", "COMMIT"])
def test_who_is_killed_while_making_a_store_leaves_an_empty_one(
    new_url: str, tmp_path: Path, environment: dict[str, str], point: str
) -> None:
    command = [sys.executable, "-c", KILLED, new_url, str(tmp_path), point]
    assert subprocess.run(command, check=False, env=environment).returncode == 9
    assert find_version(resolve_url(new_url, tmp_path)) is None
    with Store.open(new_url, tmp_path) as store:
        assert store.store_id()
