"""What the files below a query give: texts, read by the declaration, whatever a sample would look like."""

import gzip
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rulekit.builtin.file_source import FileSource
from rulekit.errors import SourceError
from rulekit.records import TextLayout
from tests.conftest import Playground

NOW = "2026-03-02T08:00Z"
SCHEMA = "person:\n  email  text\n  seen   date?\npersona Recent:\n  seen >= 2026-01-01\n"
DAY_FIRST = "id,email,seen\nada,a@example.com,01/02/2026\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text("id,plan,n\n007,pro,1\n8,free,\n")
    (tmp_path / "people.tsv").write_text("id\tplan\tn\n007\tpro\t1\n8\tfree\t\n")
    (tmp_path / "zipped.csv.gz").write_bytes(gzip.compress(b"id,plan,n\n007,pro,1\n8,free,\n"))
    (tmp_path / "people.jsonl").write_text('{"id": "007", "plan": "pro", "n": 1}\n{"id": 8, "plan": "free"}\n')
    (tmp_path / "people.json").write_text(
        '[{"id": "007", "plan": "pro", "n": 1}, {"id": 8, "plan": "free", "n": null}]'
    )
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "events-1.csv").write_text("id,plan,n\n007,pro,1\n")
    (tmp_path / "more" / "events-2.csv").write_text("n,id,plan\n,8,free\n")
    (tmp_path / "odd.txt").write_text("id;plan;n\n007;pro;1\n8;free;\n")
    pq.write_table(
        pa.table({"id": ["007", "8"], "plan": ["pro", "free"], "n": ["1", None]}), tmp_path / "people.parquet"
    )
    (tmp_path / "log/y=a b/m=01").mkdir(parents=True)
    for name in ("people.csv", "people.jsonl"):
        (tmp_path / "log/y=a b/m=01" / name.replace("people", "p")).write_text((tmp_path / name).read_text())
    return tmp_path.resolve()


def result(folder: Path, sql: str, layout: TextLayout | None = None) -> list[tuple[object, ...]]:
    table = FileSource(folder, layout or TextLayout()).query(sql)
    with duckdb.connect() as connection:
        return sorted(connection.execute(table.sql).fetchall(), key=repr)


@pytest.mark.parametrize(
    "source",
    [
        "'people.csv'",
        '"people.csv"',
        "'people.csv' AS p(id, plan, n)",
        "'people.csv' TABLESAMPLE 100%",
        "'{folder}/people.csv'",
        "'people.tsv'",
        "'zipped.csv.gz'",
        "'people.jsonl'",
        "'people.json'",
        "'people.parquet'",
        "'more/events-*.csv'",
        "(FROM 'people.csv')",
        "read_csv('people.csv')",
        "READ_CSV_AUTO('people.csv') x",
        "read_csv('more/*.csv')",
        "read_csv(['people.csv'])",
        "read_csv(['people.csv'], union_by_name = true)",
        "read_csv('people.csv', union_by_name := true) AS x",
        "read_csv('people.csv' /* ) */, header = true, names = ['id', 'plan', 'n']) -- )",
        "read_csv('odd.txt', sep = ';')",
        "read_json('people.json')",
        "'log/y=a b/m=01/p.jsonl'",
        "'log/**/*.jsonl' WHERE m = '01' AND y = 'a b'",
        "read_csv('log/y=a b/m=01/p.csv', union_by_name = true)",
        "read_json('log/y=a b/m=01/p.jsonl', format = 'auto')",
        "read_json_auto('people.json', format = 'array') x",
        "read_json('people.jsonl')",
        "read_ndjson('people.jsonl')",
        "read_parquet('people.parquet')",
    ],
)
def test_every_value_is_the_text_that_stands_there(folder: Path, source: str) -> None:
    sql = f"SELECT id, plan, n FROM {source.format(folder=folder)}"
    assert result(folder, sql) == [("007", "pro", "1"), ("8", "free", None)]


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (FROM 'people.csv') SELECT 'ü' AS u, a.id FROM a JOIN read_csv('people.csv') b ON b.id = a.id",
        "SELECT 'ü', people.id FROM 'people.csv' WHERE EXISTS (FROM 'people.tsv' t WHERE t.id = people.id)",
        "SELECT 'ü', read_csv.id FROM read_csv('people.csv') WHERE id IN (SELECT id FROM 'people.json')",
        "SELECT 'ü', id FROM 'people.csv' INTERSECT SELECT 'ü', id FROM 'people.jsonl'",
        "SELECT 'ü', id FROM (SELECT id, (SELECT max(plan) FROM 'people.json') FROM \"people.csv\" AS \"people.csv\")",
    ],
)
def test_files_anywhere_in_a_query(folder: Path, sql: str) -> None:
    assert result(folder, sql) == [("ü", "007"), ("ü", "8")]


def test_what_the_author_says_stays(folder: Path) -> None:
    (folder / "people.csv").write_text("id;seen;n\n7;31/01/2026;1,5\n")
    said = "sep = ';', types = {'seen': 'DATE', 'n': 'DOUBLE'}, dateformat = '%d/%m/%Y', decimal_separator = ','"
    sql = f"SELECT id, seen::VARCHAR, n + 1 FROM read_csv('people.csv', {said})"
    assert result(folder, sql) == [("7", "2026-01-31", 2.5)]
    assert result(
        folder,
        "SELECT a + 1 FROM read_csv('people.csv', columns = {'a': 'INT', 'b': 'VARCHAR', 'c': 'VARCHAR'}, delim = ';')",
    ) == [(8,)]
    assert result(folder, "SELECT n + 1 FROM read_json('people.json', columns = {'n': 'INT'})") == [(2,), (None,)]


def test_a_declared_layout_holds_below_a_query(folder: Path) -> None:
    for source in ("'odd.csv'", "read_csv('odd.csv')", "read_csv('odd.csv', union_by_name = true)"):
        (folder / "odd.csv").write_text("id;plan\n007;a,b\n")
        assert result(folder, f"SELECT id, plan FROM {source}", TextLayout(";")) == [("007", "a,b")]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("FROM 'nothing.csv'", "there is no file `nothing.csv`"),
        ("FROM 'peopel.csv'", "did you mean `people.csv`"),
        ("FROM 'nothing-*.csv'", "there are no files that `nothing-\\*.csv` stands for"),
        ("FROM 'people.csv.zst'", "`people.csv.zst` has no format that can be read"),
        ("FROM '../people.csv'", "lies outside the folder"),
        ("FROM (SUMMARIZE 'people.csv')", "the file `people.csv` stands where it is not read as text"),
        ("FROM query('FROM ''people.csv''')", "may not read through `query"),
        ("FROM query_table('people.csv')", "may not read through `query_table"),
    ],
)
def test_what_cannot_be_read_as_text_is_refused(folder: Path, sql: str, message: str) -> None:
    (folder / "people.csv.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(SourceError, match=message) as raised:
        result(folder, sql)
    assert raised.value.help


@pytest.mark.parametrize("rows", ["", "bob,b@example.com,13/02/2026\n", "bob,b@example.com,02/13/2026\n"])
def test_a_row_more_changes_no_other(project: Playground, rows: str) -> None:
    """A sniffer takes 01/02 for the first of February or the second of January, as the other rows let it."""
    project.rules(schema=SCHEMA)
    project.write("rulekit.toml", "edition = 1\n[source.person]\nquery = 'select * from \"people.csv\"'\n")
    project.write("data/people.csv", DAY_FIRST + rows)
    result = project.cli("members", "Recent", "--now", NOW)
    assert (result.exit_code, "ada" in result.output.split()) == (0, False), result.output


@pytest.mark.parametrize("source", ["'p.parquet'", "read_parquet('p.parquet')", "'p.jsonl'", "read_ndjson('p.jsonl')"])
def test_a_name_that_is_there_twice_is_none(folder: Path, source: str) -> None:
    pq.write_table(pa.table({"id": ["1"], "plan": ["a"], "Plan": ["b"]}), folder / "p.parquet")
    (folder / "p.jsonl").write_text('{"id": 1, "plan": "a"}\n{"id": 2, "Plan": "b"}\n')
    assert result(folder, f"SELECT id FROM {source}")[0] == ("1",)
    with pytest.raises(duckdb.BinderException, match="plan"):
        result(folder, f"SELECT plan FROM {source}")
