"""Writes an export as somebody's nightly job would: CSV, JSON lines, Parquet or a DuckDB file."""

import csv
import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
from trust_world import SETTINGS, Export, Table

# what the columns of typed files are; where one value cannot be it, as damage makes it, the column is text
TYPES = {
    "seats": "BIGINT",
    "balance": "DECIMAL(12, 2)",
    "subscribed": "BOOLEAN",
    "created_at": "TIMESTAMPTZ",
    "last_login": "TIMESTAMPTZ",
    "trial_ends": "DATE",
    "arr": "BIGINT",
    "renewal": "DATE",
    "at": "TIMESTAMPTZ",
    "amount": "DECIMAL(12, 2)",
    "severity": "BIGINT",
    "urgent": "BOOLEAN",
}
ENDINGS = {"csv": ".csv", "gzip": ".csv.gz", "json": ".ndjson", "parquet": ".parquet", "duckdb": ""}


def settings(form: str) -> str:
    """Returns the settings of a project whose source has that form."""
    url = "duckdb:///data/company.duckdb" if form == "duckdb" else "files:data"
    return SETTINGS.format(url=url, **{name: name + ENDINGS[form] for name in ("people", "companies", "events")})


def files(export: Export, form: str) -> dict[str, bytes]:
    """Returns the files of an export by name, in a form that is text or text compressed."""
    render = {"csv": as_csv, "gzip": as_gzip, "json": as_json}[form]
    return {name + ENDINGS[form]: render(table) for name, table in export.items()}


def write(export: Export, form: str, folder: Path) -> None:
    """Writes an export in a typed form."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if form == "duckdb":
            (folder / "company.duckdb").unlink(missing_ok=True)
            connection.execute(f"ATTACH '{folder / 'company.duckdb'}' AS company")
        for name, table in export.items():
            select = typed(connection, table)
            if form == "duckdb":
                connection.execute(f"CREATE TABLE company.{name} AS {select}")
            else:
                connection.execute(f"COPY ({select}) TO '{folder / name}.parquet' (FORMAT parquet)")


def typed(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Loads a table of texts, and returns the statement that gives its columns their types."""
    names = unique(table.header)
    connection.execute("CREATE OR REPLACE TEMP TABLE texts (" + ", ".join(f"{n} VARCHAR" for n in names) + ")")
    lines = [[value or None for value in row] for row in table.rows]
    if lines:
        columns = zip(*lines, strict=True)
        arrays = {name: pa.array(list(values), pa.string()) for name, values in zip(names, columns, strict=True)}
        connection.register("incoming", pa.table(arrays))
        connection.execute("INSERT INTO texts SELECT * FROM incoming")
        connection.unregister("incoming")
    return "SELECT " + ", ".join(cast(connection, name) for name in names) + " FROM texts"


def unique(header: list[str]) -> list[str]:
    """Returns the names of columns in quotes; no two are the same."""
    return [f'"{name or "_"}{"_" * header[:i].count(name)}"' for i, name in enumerate(header)]


def cast(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Returns a column as its type, or as text where a value is none of that type."""
    kind = TYPES.get(name.strip('"'))
    if name == '"tags"':
        return "CASE WHEN tags = '[]' THEN [] ELSE string_split(tags, ';') END AS tags"
    if kind is None:
        return name
    asked = f"SELECT count(*) FROM texts WHERE {name} IS NOT NULL AND TRY_CAST({name} AS {kind}) IS NULL"
    found = connection.execute(asked).fetchone()
    return name if found is None or found[0] else f"CAST({name} AS {kind}) AS {name}"


def as_csv(table: Table, **form: str) -> bytes:
    """Returns a table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", **form)  # type: ignore[arg-type]
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue().encode()


def as_gzip(table: Table) -> bytes:
    """Returns a table as compressed CSV, the same bytes every time."""
    return gzip.compress(as_csv(table), compresslevel=1, mtime=0)


def as_json(table: Table) -> bytes:
    """Returns a table as JSON lines, numbers and bools as such where they are."""
    lines = [json.dumps(dict(zip(table.header, map(as_value, table.header, row), strict=False))) for row in table.rows]
    return "".join(line + "\n" for line in lines).encode()


def as_value(column: str, value: str) -> object:
    """Returns what JSON has for a value."""
    if value == "":
        return None
    if column == "tags":
        return [part for part in value.split(";") if part != "[]"]
    kind = TYPES.get(column, "")
    if kind == "BOOLEAN" and value in ("true", "false"):
        return value == "true"
    if kind in ("BIGINT", "DECIMAL(12, 2)"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def put(folder: Path, content: Mapping[str, bytes]) -> None:
    """Puts files into a folder, in place of those that were there."""
    for old in folder.iterdir():
        old.unlink()
    for name, data in content.items():
        (folder / name).write_bytes(data)
