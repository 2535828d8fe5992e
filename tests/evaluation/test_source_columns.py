"""Columns of types that other programs write, and values inside of columns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rulekit.builtin.duckdb_source import open_duckdb
from rulekit.builtin.file_source import FileSource
from rulekit.errors import SourceError
from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import Type
from rulekit.records import EventMapping, QueryTable, RecordMapping, Source, SourceMapping, SourceRequest, StreamTable

NOON = datetime(2026, 7, 1, 12)
LOCAL = datetime(2026, 7, 1, 10)


class Stream:
    """A source of one table that another program has in memory."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def table(self, name: str) -> StreamTable:
        return StreamTable(lambda: self._table)

    def query(self, sql: str) -> QueryTable:
        raise SourceError("no queries")

    def default_mapping(self) -> SourceMapping | None:
        return None


@contextmanager
def people(source: Source, fields: Mapping[str, Type], mapping: RecordMapping) -> Iterator[Data]:
    declared = Schema({name: FieldType(name, kind, True) for name, kind in fields.items()}, {}, {})
    with open_data(declared, source, SourceMapping(mapping, None, ()), "Europe/Stockholm") as data:
        yield data


def read(source: Source, fields: Mapping[str, Type], mapping: RecordMapping) -> list[tuple[Any, ...]]:
    with people(source, fields, mapping) as data:
        assert not any(report.unreadable for report in data.report.fields)
        rows = data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()
    return sorted((row[:1] + row[2:] for row in rows), key=repr)


@pytest.mark.parametrize(
    ("declared", "column", "value"),
    [
        *((types.TIME, pa.array([NOON], pa.timestamp(unit, "UTC")), NOON) for unit in ("s", "ms", "us", "ns")),
        *((types.TIME, pa.array([NOON], pa.timestamp(unit)), LOCAL) for unit in ("s", "ms", "us", "ns")),
        (types.TIME, pa.array([NOON], pa.timestamp("ns", "America/New_York")), NOON),
        (types.DATE, pa.array([NOON], pa.timestamp("ns", "UTC")), date(2026, 7, 1)),
        (types.DATE, pa.array([date(2026, 7, 1)], pa.date64()), date(2026, 7, 1)),
        (types.TIME, pa.array([date(2026, 7, 1)], pa.date32()), datetime(2026, 6, 30, 22)),
        (types.TEXT, pa.array([time(1, 2)], pa.time32("ms")), "01:02:00"),
        (types.TEXT, pa.array([time(1, 2)], pa.time64("ns")), "01:02:00"),
        (types.TEXT, pa.array(["ö"], pa.large_string()), "ö"),
        (types.TEXT, pa.array(["ö"], pa.string_view()), "ö"),
        (types.TEXT, pa.array(["ö"]).dictionary_encode(), "ö"),
        (types.NUMBER, pa.array([5]).dictionary_encode(), 5),
        (types.TEXT, pa.array(["ö".encode()], pa.binary()), "ö"),
        (types.NUMBER, pa.array([b"1.5"], pa.large_binary()), Decimal("1.5")),
        (types.TEXT, pa.array([b"\xff"], pa.binary(1)), "\\xFF"),
        (types.NUMBER, pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        (types.NUMBER, pa.array([Decimal("1.5")], pa.decimal128(38, 3)), Decimal("1.500")),
        (types.LIST_OF_TEXT, pa.array([["a", None]], pa.large_list(pa.large_string())), ["a", None]),
        (types.LIST_OF_TEXT, pa.array([["a", "b"]], pa.list_(pa.string(), 2)), ["a", "b"]),
        (types.LIST_OF_TEXT, pa.array([[1, 2]]), ["1", "2"]),
        (types.LIST_OF_TEXT, pa.array([[{"a": 1, "b": "x"}, None]]), ['{"a":1,"b":"x"}', None]),
        (types.LIST_OF_TEXT, pa.array([[["a"], ["b", "c"]]]), ['["a"]', '["b","c"]']),
        (types.TEXT, pa.array([{"a": 1, "b": ["x"]}]), '{"a":1,"b":["x"]}'),
        (types.TEXT, pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())), '{"k":"v"}'),
        (types.DURATION, pa.array([timedelta(1)], pa.duration("s")), 86_400_000_000),
        (types.DURATION, pa.array([timedelta(1)], pa.duration("ms")), 86_400_000_000),
        (types.DURATION, pa.array([timedelta(1)], pa.duration("us")), 86_400_000_000),
        (types.DURATION, pa.array([timedelta(1)], pa.duration("ns")), 86_400_000_000),
    ],
)
def test_types_that_arrow_and_pandas_write(tmp_path: Path, declared: Type, column: pa.Array, value: object) -> None:
    # another column that is no scalar, and one of durations, so that places are counted right
    table = pa.table({"deep": pa.array([{"a": {"b": 1}}]), "id": [1], "x": column, "y": column})
    pq.write_table(table, tmp_path / "people.parquet")
    for source in (FileSource(tmp_path.resolve()), Stream(table)):
        assert read(source, {"x": declared}, RecordMapping("people.parquet")) == [("1", value)]


@pytest.mark.parametrize(("width", "value"), [(30, Decimal("1.500")), (50, 1.5)])
def test_wide_decimals_in_parquet(tmp_path: Path, width: int, value: object) -> None:
    table = pa.table({"id": [1], "x": pa.array([Decimal("1.5")], pa.decimal256(width, 3))})
    pq.write_table(table, tmp_path / "people.parquet")
    assert read(FileSource(tmp_path.resolve()), {"x": types.NUMBER}, RecordMapping("people.parquet")) == [("1", value)]


@pytest.mark.parametrize(
    ("kind", "declared", "value"),
    [
        ("'x'::ENUM ('x', 'y')", types.TEXT, "x"),
        ("TIMESTAMP_NS '2026-07-01 12:00:00'", types.TIME, LOCAL),
        ("'2026-07-01 12:00:00+00'::TIMESTAMPTZ", types.TIME, NOON),
        ("170141183460469231731687303715884105727::HUGEINT", types.NUMBER, 2**127 - 1),
        ("'5b9d8c1e-0000-4000-8000-000000000000'::UUID", types.TEXT, "5b9d8c1e-0000-4000-8000-000000000000"),
        ("[['a']]", types.LIST_OF_TEXT, ['["a"]']),
        ("array_value('a', 'b')", types.LIST_OF_TEXT, ["a", "b"]),
        ("{'a': {'b': 1}}", types.TEXT, '{"a":{"b":1}}'),
        ("TIME '01:02:03'", types.TEXT, "01:02:03"),
        ("INTERVAL 1 DAY", types.DURATION, 86_400_000_000),
    ],
)
def test_types_of_a_duckdb_file(tmp_path: Path, kind: str, declared: Type, value: object) -> None:
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        connection.execute(f"CREATE TABLE people AS SELECT 1 AS id, {kind} AS x")
    source = open_duckdb(SourceRequest("duckdb:///crm.duckdb", tmp_path))
    assert read(source, {"x": declared}, RecordMapping("people")) == [("1", value)]


# --- values inside of columns -----------------------------------------------------------------------------------------

FIELDS = {"city": "address.city", "lat": "address.geo.lat"}
DECLARED = {"city": types.TEXT, "lat": types.NUMBER}
NESTED = [
    {"id": "1", "address": {"city": "Ystad", "geo": {"lat": 55.5}}},
    {"id": "2", "address": {"city": None, "geo": None}},
    {"id": "3", "address": None},
]
JSON = (
    '{"id": 1, "address": {"city": "Ystad", "geo": {"lat": 55.5}}}\n'
    '{"id": 2, "address": {"city": null}}\n{"id": 3, "address": null}\n'
)


@pytest.mark.parametrize("name", ["people.jsonl", "people.parquet", "text.parquet", "people.csv"])
def test_nested_values_are_fields(tmp_path: Path, name: str) -> None:
    (tmp_path / "people.jsonl").write_text(JSON)
    pq.write_table(pa.Table.from_pylist(NESTED), tmp_path / "people.parquet")
    texts = ['{"city": "Ystad", "geo": {"lat": 55.5}}', '{"city": null}', None]
    pq.write_table(pa.table({"id": ["1", "2", "3"], "address": texts}), tmp_path / "text.parquet")
    cells = ['"' + (text or "").replace('"', '""') + '"' for text in texts]
    (tmp_path / "people.csv").write_text("id,address\n" + "".join(f"{n + 1},{cells[n]}\n" for n in range(3)))
    lat = Decimal("55.5") if name != "people.parquet" else 55.5
    assert read(FileSource(tmp_path.resolve()), DECLARED, RecordMapping(name, fields=FIELDS)) == [
        ("1", "Ystad", lat),
        ("2", None, None),
        ("3", None, None),
    ]


def test_keys_may_be_nested(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"user": {"id": 7}, "meta": {"at": "2026-01-01T00:00Z", "type": "login"}}\n')
    (tmp_path / "people.jsonl").write_text('{"data": {"id": 7}}\n')
    events = EventMapping("log.jsonl", person="user.id", at="meta.at", name="meta.type")
    mapping = SourceMapping(RecordMapping("people.jsonl", key="data.id"), None, (events,))
    with open_data(Schema({}, {}, {"login": {}}), FileSource(tmp_path.resolve()), mapping, "UTC") as data:
        rows = data.connection.execute(data.events("login").sql(dialect="duckdb")).fetchall()
        assert rows == [("7", datetime(2026, 1, 1))]
        assert data.report.events["login"].orphans == 0


def test_a_column_whose_own_name_has_points_goes_first(tmp_path: Path) -> None:
    (tmp_path / "people.jsonl").write_text('{"id": 1, "address": {"city": "no"}, "address.city": "yes"}\n')
    mapping = RecordMapping("people.jsonl", fields={"city": "address.city"})
    assert read(FileSource(tmp_path.resolve()), {"city": types.TEXT}, mapping) == [("1", "yes")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (JSON.replace("city", "town"), "`people.jsonl` has no column `address.city`"),
        (JSON.replace("city", "City"), "`people.jsonl` has no column `address.city`"),
        (
            JSON.replace('{"city": null}', '"Lund"'),
            "`address.city` of `people.jsonl` leads into what is no JSON object, in 1 row",
        ),
        (JSON.replace('{"city": null}', "[1]"), "`address.city` of `people.jsonl` leads into what is no JSON object"),
        (JSON.replace("address", "adress"), "`people.jsonl` has no column `address.city`"),
    ],
)
def test_names_that_lead_nowhere_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "people.jsonl").write_text(content)
    with pytest.raises(SourceError, match=message) as raised:
        read(FileSource(tmp_path.resolve()), {"city": types.TEXT}, RecordMapping("people.jsonl", fields=FIELDS))
    assert raised.value.help
    assert "Lund" not in raised.value.message
