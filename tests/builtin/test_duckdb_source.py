from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from rulekit.builtin.duckdb_source import open_duckdb
from rulekit.errors import SourceError
from rulekit.evaluation.data.dataset import open_data
from rulekit.language.program import Schema
from rulekit.records import EventMapping, RecordMapping, SourceMapping, SourceRequest

SCHEMA = Schema({}, {}, {"view": {}, "buy": {}})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / "c'rm.duckdb")) as connection:
        connection.execute("CREATE TABLE people AS SELECT unnest(['a', 'b']) AS id")
        connection.execute("CREATE SCHEMA log; CREATE TABLE log.views AS SELECT 'a' AS id, DATE '2026-01-02' AS day")
        connection.execute("CREATE VIEW orders AS SELECT id, day, 'buy' AS kind FROM log.views")
    return tmp_path


def read(
    project: Path, people: RecordMapping, *events: EventMapping, url: str = "duckdb:///c'rm.duckdb"
) -> list[object]:
    source = open_duckdb(SourceRequest(url, project))
    with open_data(SCHEMA, source, SourceMapping(people, None, events), "UTC") as data:
        queries = (data.people(), data.events("view"), data.events("buy"))
        return [sorted(data.connection.execute(q.sql(dialect="duckdb")).fetchall()) for q in queries]


def test_tables_views_schemas_and_queries_of_one_file(project: Path) -> None:
    views = EventMapping("log.views", person="id", at="day", event="view")
    orders = EventMapping(query="SELECT * FROM orders;", person="id", at="day", name="kind")
    seen = ("a", datetime(2026, 1, 2))
    assert read(project, RecordMapping("people"), views, orders) == [[("a", None), ("b", None)], [seen], [seen]]
    by_query = RecordMapping(query="WITH x AS (FROM people) SELECT id FROM x -- all")
    absolute = f"duckdb:///{project}/c'rm.duckdb"
    assert read(project, by_query, url=absolute)[0] == [("a", None), ("b", None)]


def test_the_file_cannot_be_written(project: Path) -> None:
    before = (project / "c'rm.duckdb").read_bytes()
    with pytest.raises(SourceError, match="must be exactly one SELECT, and is SELECT and DELETE"):
        read(project, RecordMapping(query="SELECT 1 AS id; DELETE FROM people"))
    assert (project / "c'rm.duckdb").read_bytes() == before


@pytest.mark.parametrize(
    ("url", "table", "message"),
    [
        ("duckdb:///c'rm.duckdb", "poeple", "`poeple` cannot be read: Table with name poeple does not exist"),
        ("duckdb:///nothing.duckdb", "people", "there is no DuckDB file `nothing.duckdb`"),
        ("duckdb:///bad.duckdb", "people", "`people` cannot be read: .*not a valid DuckDB database file"),
        ("duckdb:crm.duckdb", "people", "names no DuckDB file"),
        ("duckdb://host/crm.duckdb", "people", "names no DuckDB file"),
    ],
)
def test_errors(project: Path, url: str, table: str, message: str) -> None:
    (project / "bad.duckdb").write_bytes(b"x" * 9000)
    with pytest.raises(SourceError, match=message) as raised:
        read(project, RecordMapping(table), url=url)
    assert "\n" not in raised.value.message
    assert raised.value.help
