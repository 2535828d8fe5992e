"""What DuckDB may still do when the tables of a source are set up."""

import stat
from pathlib import Path

import duckdb
import pytest

from rulekit.errors import SourceError
from rulekit.evaluation.data.confinement import connected, require_one_select, shut_in


def test_what_has_no_room_in_memory_goes_into_a_private_folder_that_is_gone_afterwards() -> None:
    with connected() as connection:
        place = Path(connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        connection.execute("SET memory_limit = '60MB'; SET threads = 1")
        shut_in(connection, [])
        connection.execute("CREATE TEMP TABLE t AS SELECT range AS a, hash(range)::VARCHAR AS b FROM range(3000000)")
        assert list(place.iterdir())
    assert not place.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "SET threads = 1",
        "SET enable_external_access = true",
        "RESET allowed_directories",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '{folder}/other.duckdb'",
        "COPY (SELECT 1) TO '{folder}/other.csv'",
        "EXPORT DATABASE '{folder}/all'",
        "FROM duckdb_secrets()",
        "CREATE PERSISTENT SECRET s (TYPE http)",
        "FROM read_blob('{folder}/other.csv')",
        "FROM glob('{folder}/*')",
    ],
)
def test_nothing_is_open_after_the_set_up(tmp_path: Path, statement: str) -> None:
    (tmp_path / "other.csv").write_text("x\n")
    (tmp_path / "own").mkdir()
    with connected() as connection:
        shut_in(connection, [f"{tmp_path}/own/", f"{tmp_path}/own.csv"])
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(folder=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.csv", "own"]


def test_what_is_named_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "it's own"
    folder.mkdir()
    for file in (folder / "a.csv", tmp_path / "b.csv"):
        file.write_text("x\n1\n")
    with connected() as connection:
        shut_in(connection, [f"{folder}/", str(tmp_path / "b.csv")])
        for file in (folder / "a.csv", tmp_path / "b.csv"):
            quoted = str(file).replace("'", "''")
            assert connection.execute(f"SELECT x FROM '{quoted}'").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "select 1;", "-- a\nFROM t -- b", "WITH a AS (SELECT 1) FROM a", "(VALUES (1))"]
)
def test_one_select_is_taken(sql: str) -> None:
    require_one_select(sql, "`t`")


@pytest.mark.parametrize(
    ("sql", "found"), [("", "nothing"), ("SELECT 1; SELECT 2", "SELECT and SELECT"), ("USE x", "SET")]
)
def test_anything_else_is_refused(sql: str, found: str) -> None:
    with pytest.raises(SourceError, match=f"^`t` must be exactly one SELECT, and is {found}$"):
        require_one_select(sql, "`t`")
