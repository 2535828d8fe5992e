"""A world as Parquet files, as a warehouse would export it, and the source that reads it."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from math import nan
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from rulekit.builtin.file_source import open_files
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import Kind
from rulekit.records import EventMapping, RecordMapping, Source, SourceMapping, SourceRequest
from tests.oracle.naive import UNREADABLE, Row, World

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
    kinds = {name: declared[name].type.kind if name in declared else Kind.TIME for name in types}
    for name in (name for name, values in columns.items() if UNREADABLE in values):
        columns[name], types[name] = spoilt(columns[name], kinds[name])
    parquet.write_table(pa.table({n: pa.array(columns[n], types[n]) for n in types}), path, row_group_size=2)


def spoilt(values: list[Any], kind: Kind) -> tuple[list[Any], pa.DataType]:
    """Returns a column in which something cannot be read: texts, and NaN among doubles."""
    if kind is Kind.DURATION or any(isinstance(value, float) for value in values):
        return [
            nan if value is UNREADABLE else None if value is None else float(value) for value in values
        ], pa.float64()
    spelt, senseless = SPELT.get(kind, (str, "?"))
    return [senseless if v is UNREADABLE else None if v is None else spelt(v) for v in values], pa.string()


SPELT: Mapping[Kind, tuple[Callable[[Any], str], str]] = {
    Kind.BOOL: (lambda value: str(value).lower(), "perhaps"),
    Kind.TIME: (datetime.isoformat, "2026-02-30T00:00:00Z"),
    Kind.LIST: (json.dumps, "[1"),
}


def stored(value: Any) -> Any:
    return value // timedelta(seconds=1) if isinstance(value, timedelta) else value


def number_column(values: list[Any]) -> pa.DataType:
    """Returns the type that a warehouse would give a column of such numbers."""
    if any(isinstance(value, float) for value in values):
        return pa.float64()
    return pa.decimal128(18, 4) if any(isinstance(value, Decimal) for value in values) else pa.int64()
