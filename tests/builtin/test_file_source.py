import gzip
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rulekit.builtin.file_source import open_files
from rulekit.errors import SourceError
from rulekit.evaluation.data.dataset import open_data
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.records import (
    EventMapping,
    QueryTable,
    RecordMapping,
    Source,
    SourceMapping,
    SourceRequest,
    StreamTable,
    Table,
)


def source(folder: Path, url: str = "files:.") -> Source:
    return open_files(SourceRequest(url, folder))


def parquet(columns: Mapping[str, pa.DataType]) -> bytes:
    """Returns a Parquet file with these columns and no rows."""
    file = BytesIO()
    pq.write_table(pa.table({name: pa.array([], kind) for name, kind in columns.items()}), file)
    return file.getvalue()


def keys(folder: Path, table: str, url: str = "files:.") -> list[str]:
    mapping = SourceMapping(RecordMapping(table), None, ())
    with open_data(Schema({}, {}, {}), source(folder, url), mapping, "UTC") as data:
        return [row[0] for row in data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"id,x\n007,\n8 ,y\n"),
        ("bom.csv", b'\xef\xbb\xbfid,x\r\n007,"a\r\nb"\r\n8 ,"say ""hi"", now"\r\n'),
        ("blank.csv", b"id,x\n007,1\n\n8 ,2\n\n"),
        ("one column.CSV", b"id\n007\n8 \n"),
        ("quote's.csv", b"id\n007\n8 \n"),
        ("a.tsv", b"id\tx\n007\t,\n8 \t\n"),
        ("a.csv.gz", gzip.compress(b"id,x\n007,\n8 ,y\n", mtime=0)),
        ("a.jsonl", b'{"id": "007"}\n{"id": "8 "}\n'),
        ("a.ndjson.gz", gzip.compress(b'{"id": "007"}\n{"id": "8 "}\n', mtime=0)),
        ("a.json", b'[{"id": "007"}, {"id": "8 ", "x": [1]}]'),
        ("bom.json", b'\xef\xbb\xbf[{"id": "007"}, {"id": "8 "}]'),
        ("bom.jsonl", b'\xef\xbb\xbf{"id": "007"}\n{"id": "8 "}\n'),
    ],
)
def test_formats(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert keys(tmp_path, name) == ["007", "8 "]


EMPTY = {
    "a.csv": b"id,plan,at,event\n",
    "bom.csv": b"\xef\xbb\xbfid,plan,at,event\n",
    "a.tsv.gz": gzip.compress(b"id\tplan\tat\tevent\n", mtime=0),
    "a.jsonl": b"",
    "blank.jsonl": b"\n \r\n",
    "null.ndjson": b"null\n",
    "bom.jsonl": b"\xef\xbb\xbf",
    "a.jsonl.gz": gzip.compress(b"", mtime=0),
    "a.json": b"[]",
    "blank.json": b" [ \n ]\n",
    "a.parquet": parquet({"id": pa.string(), "plan": pa.string(), "at": pa.timestamp("us"), "event": pa.string()}),
    "untyped.parquet": parquet(dict.fromkeys(("id", "plan", "at", "event"), pa.null())),
    "otherwise.parquet": parquet(dict.fromkeys(("id", "plan", "at", "event"), pa.float64())),
    "nothing.parquet": parquet({}),
}


@pytest.mark.parametrize("name", EMPTY)
def test_a_file_without_rows_is_an_empty_table(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(EMPTY[name])
    (tmp_path / "people.csv").write_text("id,plan\nada,pro\n")
    plan = FieldType("plan", types.TEXT, False)
    schema = Schema({"plan": plan}, {"plan": plan}, {"login": {"plan": plan}, "buy": {}})
    for people, events in ((name, name), ("people.csv", name)):
        tables = (EventMapping(events, person="id", event="login"), EventMapping(events, person="id", name="event"))
        mapping = SourceMapping(RecordMapping(people), RecordMapping(name), tables)
        with open_data(schema, source(tmp_path), mapping, "Europe/Stockholm") as data:
            queries = (data.people(), data.companies(), data.events("login"), data.events("buy"))
            counts = [len(data.connection.execute(query.sql(dialect="duckdb")).fetchall()) for query in queries]
        assert counts == [people == "people.csv", 0, 0, 0]


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", b'null\n{"id": 1}\n'), ("a.json", b'[null, {"id": 1}]')])
def test_what_is_null_is_a_row_without_a_key(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert keys(tmp_path, name) == ["1"]


def test_an_absolute_folder_and_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "a.csv").write_text("id\n1\n")
    assert keys(tmp_path, "deep/a.csv", "files:data") == ["1"]
    assert keys(Path("/nowhere"), "a.csv", f"files:{tmp_path}/data/deep") == ["1"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "`a.csv` is empty"),
        ("a.csv", b"\n\n", "`a.csv` has no names of columns"),
        ("a.csv", b"id,ID\n1,2\n", "`a.csv` has more than one column `id`"),
        ("a.csv", b"id,x\n1,2\n3\n", "`a.csv` cannot be read: CSV Error on Line: 3; Expected Number of Columns: 2"),
        ("a.csv", b'id,x\n1,"2\n3,4\n', "`a.csv` cannot be read: CSV Error on Line: 2"),
        (
            "a.csv",
            b"id\n" + b"1\n" * 99_999 + b"\xe5\n",
            "`a.csv` cannot be read: CSV Error on Line: 100001; Invalid unic",
        ),
        ("a.csv", b"id,\xe5\n", "`a.csv` is not in UTF-8"),
        ("a.csv.gz", b"id,x\n1,2\n", "`a.csv.gz` cannot be read: Not a gzipped file"),
        ("a.csv.gz", gzip.compress(b"id\n" + b"1\n" * 9, mtime=0)[:-9], "`a.csv.gz` cannot be read: "),
        ("a.jsonl", b'{"id": 1}\n{"id": \n', "`a.jsonl` cannot be read: Malformed JSON; at byte 9 in line 3"),
        ("a.parquet", b"PAR1 no PAR1", "`a.parquet` cannot be read: Footer length error"),
        ("a.parquet", b"", "`a.parquet` is empty"),
        ("a.json", b"", "`a.json` is empty"),
        ("a.jsonl.gz", b"{}", "`a.jsonl.gz` cannot be read: Not a gzipped file"),
        ("a.json", b"null", "`a.json` cannot be read: Expected top-level JSON array"),
        ("a.json", b'[{"id": 1}, {"id": 2},', "`a.json` is cut off: its array has no end"),
        ("a.json", b'[{"id": 1}, {"id": 2}', "`a.json` is cut off: its array has no end"),
        ("a.json", b'[{"id": 1}, {"id": ]', "`a.json` cannot be read: Malformed JSON"),
        ("a.json.gz", gzip.compress(b'[{"id": 1},' + b"\n" * 200_000, mtime=0), "`a.json.gz` is cut off"),
        ("a.json", b"[1, 2]", "`a.json` holds what is no JSON object"),
        ("a.json", b'[{"id": 1}, "id"]', "`a.json` holds what is no JSON object"),
        ("a.jsonl", b'{"id": 1}\n{"id": 2', "`a.jsonl` cannot be read: Malformed JSON; at byte"),
        ("a.jsonl", b'{"id": 1}\n\0\0\0', "`a.jsonl` cannot be read: Malformed JSON"),
        ("a.jsonl.gz", gzip.compress(b'{"id": 1}\n' * 9, mtime=0)[:-9], "`a.jsonl.gz` cannot be read"),
        (
            "a.csv",
            b"id,x\n1,2\n3,4,5\n",
            "`a.csv` cannot be read: CSV Error on Line: 3; Expected Number of Columns: 2 Found: 3",
        ),
        ("a.csv", b"id,x\n1,2\n\0\0,\0\n", "`a.csv` holds zero bytes"),
        ("a.csv", b"\xff\xfei\0d\0\n\0", "`a.csv` looks like text in UTF-16"),
        ("a.csv", b"<!DOCTYPE html><title>Log in</title>", "`a.csv` looks like a web page"),
        ("a.csv.gz", gzip.compress(b"\n <html>", mtime=0), "`a.csv.gz` looks like a web page"),
        ("a.csv", b'<?xml version="1.0"?><Error><Code>AccessDenied', "`a.csv` looks like XML"),
        ("a.csv", b'{"error": "log in", "id": 3}', "`a.csv` looks like JSON"),
        ("a.csv", gzip.compress(b"id\n1\n", mtime=0), "`a.csv` looks like a file compressed with gzip"),
        ("a.csv", b"PK\x03\x04 and so on", "`a.csv` looks like a ZIP archive, as spreadsheets are"),
        ("a.tsv", parquet({"id": pa.string()}), "`a.tsv` looks like a Parquet file"),
        ("a.json", b"<html>", "`a.json` looks like a web page"),
        ("a.jsonl", b"<html>", "`a.jsonl` looks like a web page"),
        ("a.parquet", b"<!doctype html>", "`a.parquet` looks like a web page"),
        ("a.parquet", b'{"error": 401}', "`a.parquet` looks like JSON"),
        ("a.parquet", parquet({"id": pa.string()})[:-9], "`a.parquet` cannot be read: No magic bytes found at end"),
        ("a.json", b'{"error": "log in", "id": 3}', "`a.json` cannot be read: Expected top-level JSON array"),
        ("a.xlsx", b"x", "`a.xlsx` has no format that can be read"),
        ("b.csv", b"id\n", "there is no file `a.csv` in the folder of the data source; did you mean `b.csv`?"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as raised:
        keys(tmp_path, "a.csv" if name == "b.csv" else name)
    raised.match(message.replace("(", r"\(").replace("?", r"\?"))
    assert "log in" not in raised.value.message
    assert "\n" not in raised.value.message
    assert raised.value.help


def with_names(*names: str) -> bytes:
    """Returns a Parquet file with a row of the numbers from 1, below names that may be the same."""
    file = BytesIO()
    pq.write_table(pa.table([pa.array([str(place)]) for place in range(1, len(names) + 1)], names=names), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"id,Plan,,plan,x_1,\n1,2,3,4,5,\n"),
        ("a.tsv", b"id\tPlan\tplan\tx_1\tx\tX\n1\t2\t3\t5\t6\t7\n"),
        ("a.json", b'[{"id": 1, "Plan": 2, "plan": 4, "x_1": 5}]'),
        ("a.jsonl", b'{"id": 1, "Plan": 2, "x_1": 5}\n{"plan": 4, "": 3}\n'),
        ("a.parquet", with_names("id", "Plan", "plan", "", "x_1")),
        ("a.parquet", with_names("id", "PLAN", "plan", "Plan", "x_1")),
    ],
)
def test_columns_that_nobody_wants_refuse_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    fields = {field: FieldType(field, types.TEXT, True) for field in ("x_1", "plan", "plan_1", "column2")}
    mapping = SourceMapping(RecordMapping(name), None, ())
    with open_data(Schema({"x_1": fields["x_1"]}, {}, {}), source(tmp_path), mapping, "UTC") as data:
        rows = data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()
        assert rows == [("1", None, rows[0][2])]
        assert rows[0][2] in ("5", "4")
    for field, message in (
        ("plan", "more than one column `plan`; case does not count, wanted for the field `plan`"),
        ("plan_1", "has no column `plan_1`"),
        ("column2", "has no column"),
    ):
        with (
            pytest.raises(SourceError, match=f"`{name}` has {message}" if field == "plan" else message),
            open_data(Schema({field: fields[field]}, {}, {}), source(tmp_path), mapping, "UTC"),
        ):
            pass


class Rewriting:
    """The files of a folder, of which one is written anew while the events are read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = source(folder)

    def table(self, name: str) -> QueryTable | StreamTable:
        return StreamTable(self._rewrite) if name == "events" else self._files.table(name)

    def query(self, sql: str) -> Table:
        return self._files.query(sql)

    def default_mapping(self) -> SourceMapping | None:
        return None

    def _rewrite(self) -> pa.Table:
        (self._folder / "a.csv").write_text("id\n2\n")
        return pa.table({"person": ["1"], "at": [None], "event": ["x"]})


@pytest.mark.parametrize(
    "people",
    [
        RecordMapping("a.csv"),
        RecordMapping(query="FROM 'a.csv'"),
        RecordMapping(query="FROM read_csv('a.csv', skip = 0)"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, people: RecordMapping) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n1234\n")
    mapping = SourceMapping(people, None, (EventMapping("events", name="event"),))
    with (
        pytest.raises(SourceError, match=r"`a\.csv` changed while it was read"),
        open_data(Schema({}, {}, {}), Rewriting(tmp_path), mapping, "UTC"),
    ):
        pass


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/passwd", "link.csv"])
def test_tables_outside_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "outside.csv").write_text("id\n1\n")
    (tmp_path / "data" / "link.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(SourceError, match="lies outside the folder"):
        keys(tmp_path, name, "files:data")


@pytest.mark.parametrize("url", ["files:", "files:nowhere"])
def test_the_folder_has_to_be_there(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceError, match=r"names no folder|there is no folder `nowhere` in the project"):
        source(tmp_path, url)
