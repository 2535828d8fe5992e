"""Rows of Python values as a table of the engine, for tests in the language and for the tests of rulekit itself.

A column takes its type from the values in it, as a source's column has a type of its own; what the schema says about
it is applied afterwards, as for every other source.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from rulekit.language.program import FieldType, Schema
from rulekit.records import EventMapping, QueryTable, RecordMapping, Scalar, SourceMapping

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
    frozenset({timedelta}): "INTERVAL",
    frozenset({list}): "VARCHAR[]",
}
_NUMBERS = frozenset({int, float, Decimal})


class RowSource:
    """A source of Python values: people, companies, and events by kind, as `Data.from_rows` describes them."""

    def __init__(
        self, schema: Schema, people: Iterable[Row], companies: Iterable[Row], events: Mapping[str, Iterable[Row]]
    ) -> None:
        self._schema = schema
        self._people = people
        self._companies = companies
        self._events = events

    def load(self, connection: "DuckDBPyConnection") -> None:
        """Creates the tables that `table` gives."""
        _load_rows(connection, "people", ["person", "company"], self._schema.person, self._people)
        _load_rows(connection, "companies", ["company"], self._schema.company, self._companies)
        for kind, properties in self._schema.events.items():
            _load_rows(connection, f"event {kind}", ["person", "at"], properties, self._events.get(kind, ()))

    def table(self, name: str) -> QueryTable:
        """Returns the table of that name."""
        return QueryTable(f"SELECT * FROM {_quoted(f'rulekit rows {name}')}")  # noqa: S608 - quoted

    def query(self, sql: str) -> QueryTable:
        """Returns the result of a query over the tables."""
        return QueryTable(sql)

    def default_mapping(self) -> SourceMapping:
        """Returns the only mapping there is."""
        schema = self._schema
        return SourceMapping(
            RecordMapping("people", key="person", company="company", fields=_columns(schema.person)),
            RecordMapping("companies", key="company", fields=_columns(schema.company)),
            tuple(EventMapping(f"event {k}", event=k, fields=_columns(f)) for k, f in schema.events.items()),
        )


def _columns(fields: Mapping[str, FieldType]) -> dict[str, str]:
    # a field may be called `person` or `at` as well
    return {name: f"f.{name}" for name in fields}


def _load_rows(
    connection: "DuckDBPyConnection",
    table: str,
    keys: Sequence[str],
    fields: Mapping[str, FieldType],
    rows: Iterable[Row],
) -> None:
    named = [{**{k: row.get(k) for k in keys}, **{f"f.{n}": row.get(n) for n in fields}} for row in rows]
    load_rows(connection, f"rulekit rows {table}", [*keys, *_columns(fields).values()], named)


def load_rows(connection: "DuckDBPyConnection", table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Creates a table with these columns and one row per mapping; a name that a mapping lacks is missing.

    Aware datetimes are stored as UTC; a datetime without an offset is taken as UTC.
    """
    kept = list(rows)
    types = {column: _column_type([row.get(column) for row in kept]) for column in columns}
    content = [{column: _plain(row.get(column)) for column in columns} for row in kept]
    structure = json.dumps([{column: _json_type(types[column]) for column in columns}])
    selected = ", ".join(_stored(column, types[column]) for column in columns)
    connection.execute(
        f"CREATE TABLE {_quoted(table)} AS SELECT {selected} FROM "  # noqa: S608 - names are quoted, values are bound
        "(SELECT unnest(from_json(?::JSON, ?)) AS r)",
        [json.dumps(content), structure],
    )


def _column_type(values: Iterable[Scalar]) -> str:
    kinds = frozenset(type(value) for value in values if value is not None)
    if kinds == {int} and any(abs(value) >= _BIGINT for value in values if isinstance(value, int)):
        return "HUGEINT"
    if kinds in _TYPES:
        return _TYPES[kinds]
    if kinds and kinds <= _NUMBERS:
        return "DOUBLE" if float in kinds else "DECIMAL(38,9)"
    return "VARCHAR"


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
