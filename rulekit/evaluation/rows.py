"""Rows of Python values as a table of the engine, for tests in the language and for the tests of rulekit itself.

A column takes its type from the values in it, as a source's column has a type of its own; what the schema says about
it is applied afterwards, as for every other source.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from rulekit.records import Scalar

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = Mapping[str, Scalar]

_MICROSECOND = timedelta(microseconds=1)
_BIGINT = 2**63
_TYPES: Mapping[frozenset[type], str] = {
    frozenset({bool}): "BOOLEAN",
    frozenset({int}): "BIGINT",
    frozenset({datetime}): "TIMESTAMP",
    frozenset({date}): "DATE",
    frozenset({timedelta}): "BIGINT",
    frozenset({list}): "VARCHAR[]",
}
_NUMBERS = frozenset({int, float, Decimal})


def load_rows(connection: "DuckDBPyConnection", table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
    """Creates a table with one row per mapping; a name that a mapping lacks is missing.

    `columns` gives each column's type where no row has a value for it.
    Aware datetimes are stored as UTC; a datetime without an offset is taken as UTC.
    """
    kept = list(rows)
    types = {column: _column_type([row.get(column) for row in kept]) or unseen for column, unseen in columns.items()}
    content = [{column: _plain(row.get(column)) for column in columns} for row in kept]
    structure = json.dumps([{column: _json_type(types[column]) for column in columns}])
    selected = ", ".join(_stored(column, types[column]) for column in columns)
    connection.execute(
        f"CREATE TABLE {_quoted(table)} AS SELECT {selected} FROM "  # noqa: S608 - names are quoted, values are bound
        "(SELECT unnest(from_json(?::JSON, ?)) AS r)",
        [json.dumps(content), structure],
    )


def _column_type(values: Iterable[Scalar]) -> str | None:
    kinds = frozenset(type(value) for value in values if value is not None)
    if kinds == {int} and any(abs(value) >= _BIGINT for value in values if isinstance(value, int)):
        return "HUGEINT"
    if kinds in _TYPES:
        return _TYPES[kinds]
    if kinds and kinds <= _NUMBERS:
        return "DOUBLE" if float in kinds else "DECIMAL(38,9)"
    return "VARCHAR" if kinds else None


def _plain(value: Scalar) -> object:
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    if value is None or isinstance(value, bool | list):
        return value
    return repr(value) if isinstance(value, float) else str(value)


def _json_type(column_type: str) -> object:
    return {"VARCHAR[]": ["VARCHAR"], "INTERVAL": "BIGINT"}.get(column_type, column_type)


def _stored(column: str, column_type: str) -> str:
    value = f"r.{_quoted(column)}"
    return (f"to_microseconds({value})" if column_type == "INTERVAL" else value) + f" AS {_quoted(column)}"


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")
