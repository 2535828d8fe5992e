"""A table that is a pattern or a folder, and folders that are named after values."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rulekit.builtin.file_source import FileSource
from rulekit.errors import SourceError
from rulekit.evaluation.data.dataset import open_data
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import Type
from rulekit.records import EventMapping, RecordMapping, SourceMapping


def write(folder: Path, files: Mapping[str, str | pa.Table]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content)
        else:
            pq.write_table(content, path)


def people(folder: Path, table: str, **fields: Type) -> list[tuple[object, ...]]:
    declared = Schema({name: FieldType(name, kind, True) for name, kind in fields.items()}, {}, {})
    mapping = SourceMapping(RecordMapping(table), None, ())
    with open_data(declared, FileSource(folder.resolve()), mapping, "UTC") as data:
        rows = data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()
    return sorted(row[:1] + row[2:] for row in rows)


def row(key: str, plan: str) -> pa.Table:
    return pa.table({"id": [key], "plan": [plan]})


CSV = {"all/p-1.csv": "id,plan\n1,pro\n", "all/p-2.csv": "plan,extra,ID\nfree,x,2\n", "all/deep/p-3.csv": "id,plan\n"}
JSON = {
    "all/p-1.json": '[{"id": 1, "plan": "pro"}]',
    "all/p-2.json": '[{"plan": "free", "id": 2}]',
    "all/p-3.json": "[]",
}
LINES = {
    "all/a.jsonl": '\ufeff{"id": 1, "plan": "pro"}\n',
    "all/b.jsonl": '{"id": 2, "plan": "free"}\n',
    "all/c.jsonl": "",
}
PARQUET: Mapping[str, pa.Table] = {
    "all/a.parquet": row("1", "pro"),
    "all/b.parquet": pa.table({"extra": [1.5], "plan": ["free"], "id": ["2"]}),
    "all/c.parquet": pa.table({"other": pa.array([], pa.null())}),
}


@pytest.mark.parametrize("files", [CSV, JSON, LINES, PARQUET])
@pytest.mark.parametrize("table", ["all", "all/", "all/**/*.*", "a*/[a-z]*"])
def test_files_are_one_table(tmp_path: Path, files: Mapping[str, str], table: str) -> None:
    write(tmp_path, files)
    assert people(tmp_path, table, plan=types.TEXT) == [("1", "pro"), ("2", "free")]


def test_what_is_written_or_hidden_is_not_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        CSV | {f"all/{name}": "broken" for name in (".p.csv", "p.csv.part", "p.csv.tmp", "p.csv~", "_SUCCESS")},
    )
    write(tmp_path, {"all/_temporary/p.csv": "broken", "all/.hidden/p.csv": "broken"})
    assert [key for (key,) in people(tmp_path, "all")] == ["1", "2"]
    assert [key for (key,) in people(tmp_path, "all/p*")] == ["1", "2"]


@pytest.mark.parametrize(
    "files",
    [
        {
            "log/year=2026/month=01/a.parquet": row("1", "pro"),
            "log/year=2026/month=02/a.parquet": row("2", "free"),
            "log/year=__HIVE_DEFAULT_PARTITION__/month=a%20b/a.parquet": row("3", "free"),
        },
        {
            "log/year=2026/month=01/a.csv": "id,plan\n1,pro\n",
            "log/year=2026/month=02/a.csv": "plan,id\nfree,2\n",
            "log/year=__HIVE_DEFAULT_PARTITION__/month=a%20b/a.csv": "id,plan\n3,free\n",
        },
        {
            "log/year=2026/month=01/a.jsonl": '{"id": 1, "plan": "pro"}\n',
            "log/year=2026/month=02/a.jsonl": '{"id": "2", "plan": "free"}\n',
            "log/year=__HIVE_DEFAULT_PARTITION__/month=a%20b/a.jsonl": '{"id": "3", "plan": "free"}\n',
        },
    ],
)
@pytest.mark.parametrize("table", ["log", "log/*/*/a.*"])
def test_folders_named_after_values_are_columns(tmp_path: Path, files: Mapping[str, str], table: str) -> None:
    write(tmp_path, files)
    assert people(tmp_path, table, month=types.TEXT, plan=types.TEXT, year=types.NUMBER) == [
        ("1", "01", "pro", 2026),
        ("2", "02", "free", 2026),
        ("3", "a b", "free", None),
    ]


def test_events_in_folders_are_read_where_they_lie(tmp_path: Path) -> None:
    at = pa.array([datetime(2026, 1, 1)], pa.timestamp("us"))
    for month in ("01", "02"):
        write(tmp_path, {f"log/month={month}/a.parquet": pa.table({"person": ["1"], "at": at, "event": ["login"]})})
    write(tmp_path, {"people.csv": "id\n1\n"})
    mapping = SourceMapping(RecordMapping("people.csv"), None, (EventMapping("log", name="event"),))
    with open_data(Schema({}, {}, {"login": {}}), FileSource(tmp_path.resolve()), mapping, "UTC") as data:
        assert data.report.events["login"].events == 2
        plan = data.connection.execute("EXPLAIN " + data.events("login").sql(dialect="duckdb")).fetchall()[0][1]
        assert "event = 'login'" in plan[plan.index("Read Parquet") :]


@pytest.mark.parametrize(
    ("files", "table", "message"),
    [
        ({}, "all/*.csv", "there are no files that `all/\\*.csv` stands for"),
        ({"all/.hidden.csv": ""}, "all", "there are no files that `all` stands for"),
        ({"all/a.csv": "id\n1\n"}, "all", "`all` has no column `plan`, wanted for the field `plan`"),
        (
            CSV | {"all/q.csv": "id\n7\n"},
            "all",
            "`all/q.csv` has no column `plan`, which other files of the table have",
        ),
        (CSV | {"all/q.csv": "id,plan\n7\n"}, "all", "`all` cannot be read: .*CSV Error on Line: 2"),
        (CSV | {"all/q.csv": ""}, "all", "`all/q.csv` is empty"),
        (CSV | {"all/q.csv": "<html>"}, "all", "`all/q.csv` looks like a web page"),
        (CSV | {"all/q.csv": "id,Plan,plan\n"}, "all", "`all/q.csv` has more than one column `plan`"),
        (JSON | {"all/q.json": '[{"id": 7}]'}, "all", "`all/q.json` has no column `plan`"),
        (JSON | {"all/q.json": '[{"id": 7},'}, "all", "`all/q.json` is cut off"),
        (LINES | {"all/q.jsonl": '{"id": 7, "plan'}, "all", "`all/q.jsonl` cannot be read: Malformed JSON"),
        (PARQUET | {"all/q.parquet": pa.table({"id": ["7"]})}, "all", "`all/q.parquet` has no column `plan`"),
        (PARQUET | {"all/q.parquet": "PAR1 cut"}, "all", "`all/q.parquet` cannot be read: "),
        (
            PARQUET | {"all/q.parquet": pa.table({"id": [7.0], "plan": ["x"]})},
            "all",
            "`id` has the type VARCHAR in `all/a.parquet` and DOUBLE in `all/q.parquet`, wanted for the key",
        ),
        (CSV | JSON, "all", "`all` stands for files of several formats, `.csv` and `.json`"),
        (CSV | {"all/readme.md": "x"}, "all", "`all` stands for `readme.md`, too, which has no format"),
        (
            {"l/a=1/p.csv": "id,plan\n1,x\n", "l/p.csv": "id,plan\n2,x\n"},
            "l",
            "the folders of `l/p.csv` name other columns than those of `l/a=1/p.csv`",
        ),
        (
            {"l/plan=1/p.csv": "id,plan\n1,x\n"},
            "l",
            "`plan` is a column of the files and of their folders, wanted for the field `plan`",
        ),
        (CSV, "../*/all/*.csv", "lies outside the folder|there are no files"),
        (CSV, "/etc/*.csv", "lies outside the folder|there are no files"),
    ],
)
def test_files_that_make_no_table_are_named(
    tmp_path: Path, files: Mapping[str, str | pa.Table], table: str, message: str
) -> None:
    write(tmp_path, files)
    with pytest.raises(SourceError, match=message) as raised:
        people(tmp_path, table, plan=types.TEXT)
    assert raised.value.help


@pytest.mark.parametrize("table", ["all", "all/*.csv"])
def test_no_link_of_a_folder_leads_out_of_the_source(tmp_path: Path, table: str) -> None:
    folder = tmp_path / "data"
    write(tmp_path, {"outside.csv": "id,plan\n9,pro\n"})
    write(folder, CSV)
    (folder / "all/q.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(SourceError, match=r"`all/q.csv` lies outside the folder"):
        people(folder, table)


def test_files_below_folders_named_after_values_are_listed_as_one_table(tmp_path: Path) -> None:
    parts = {f"logins/year={year}/month={month}/part.csv": "id\n1\n" for year in (2025, 2026) for month in (1, 2)}
    write(tmp_path, {**parts, "people.csv": "id\n1\n", "old/people.csv": "id\n1\n", "notes.txt": "", ".hidden.csv": ""})
    source = FileSource(tmp_path)
    assert source.tables() == ["logins", "old/people.csv", "people.csv"]
    assert people(tmp_path, "logins/year=2026/month=1/part.csv") == [("1",)]
