"""A world as Parquet files, as a warehouse would export it, and the source that reads it."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from rulekit.builtin.file_source import open_files
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import Kind
from rulekit.records import EventMapping, RecordMapping, Source, SourceMapping, SourceRequest
from tests.oracle.naive import Row, World

INSTANT = pa.timestamp("us", tz="UTC")
COLUMNS = {
    Kind.TEXT: pa.string(),
    Kind.ONE_OF: pa.string(),
    Kind.BOOL: pa.bool_(),
    Kind.TIME: INSTANT,
    Kind.DATE: pa.date32(),
    Kind.DURATION: pa.int64(),  # Parquet has no lengths of time; whole numbers are read as seconds
    Kind.LIST: pa.list_(pa.string()),
}


def write_parquet(world: World, schema: Schema, folder: Path) -> tuple[Source, SourceMapping]:
    """Writes people, companies and each kind of event to a file of its own, in row groups of two."""
    write(world.people, {"person": pa.string(), "company": pa.string()}, schema.person, folder / "people.parquet")
    write(world.companies, {"company": pa.string()}, schema.company, folder / "companies.parquet")
    keys = {"person": pa.string(), "at": INSTANT}
    for kind, declared in schema.events.items():
        write(world.events[kind], keys, declared, folder / f"{kind}.parquet")
    mapping = SourceMapping(
        RecordMapping("people.parquet", key="person", company="company"),
        RecordMapping("companies.parquet", key="company"),
        tuple(EventMapping(f"{kind}.parquet", event=kind) for kind in schema.events),
    )
    return open_files(SourceRequest(f"files:{folder}", folder)), mapping


def write(rows: list[Row], keys: Mapping[str, pa.DataType], declared: Mapping[str, FieldType], path: Path) -> None:
    columns = {name: [stored(row[name]) for row in rows] for name in (*keys, *declared)}
    types = {**keys, **{f.name: COLUMNS.get(f.type.kind) or number_column(columns[f.name]) for f in declared.values()}}
    parquet.write_table(pa.table({n: pa.array(columns[n], types[n]) for n in types}), path, row_group_size=2)


def stored(value: Any) -> Any:
    return value // timedelta(seconds=1) if isinstance(value, timedelta) else value


def number_column(values: list[Any]) -> pa.DataType:
    """Returns the type that a warehouse would give a column of such numbers."""
    if any(isinstance(value, float) for value in values):
        return pa.float64()
    return pa.decimal128(18, 4) if any(isinstance(value, Decimal) for value in values) else pa.int64()
