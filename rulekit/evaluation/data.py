"""People, companies and events of one tick as relations of the engine, every value as its declaration says.

Nobody above this room sees a column, a time zone or a type of a source; the relations are the same for all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sqlglot import exp

from rulekit.evaluation.report import DataReport
from rulekit.evaluation.rows import Row, load_rows
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Data:
    """What the engine evaluates over; the connection is the owner's to close.

    Columns of fields are named `f.<field>`. Types: text and `one of` VARCHAR; number BIGINT, HUGEINT, DECIMAL or
    DOUBLE; bool BOOLEAN; time TIMESTAMP, naive, in UTC; date DATE; duration BIGINT microseconds; list VARCHAR[].
    """

    schema: Schema
    connection: "DuckDBPyConnection"
    report: DataReport
    _people: exp.Query
    _companies: exp.Query
    _events: Mapping[str, exp.Query]

    def people(self) -> exp.Query:
        """Returns a query for all people: `person`, `company` (NULL without one) and the fields."""
        return self._people.copy()

    def companies(self) -> exp.Query:
        """Returns a query for all companies: `company` and the fields; empty when none is declared."""
        return self._companies.copy()

    def events(self, kind: str) -> exp.Query:
        """Returns a query for all events of a declared kind: `person`, `at` and the properties, in no order."""
        return self._events[kind].copy()

    @classmethod
    def from_rows(
        cls,
        schema: Schema,
        people: Iterable[Row],
        companies: Iterable[Row] = (),
        events: Mapping[str, Iterable[Row]] | None = None,
    ) -> Self:
        """Returns data made of Python values, in a database of its own in memory.

        A person is `{"person": key, "company": key or None, field: value}`, a company `{"company": key, …}`, an event
        `{"person": key, "at": datetime, property: value}`. A number column that holds a float is DOUBLE throughout.
        """
        import duckdb

        connection = duckdb.connect(":memory:")
        text = "VARCHAR"
        load_rows(connection, "people", {"person": text, "company": text} | _types(schema.person), _prefixed(people))
        load_rows(connection, "companies", {"company": text} | _types(schema.company), _prefixed(companies))
        for kind, fields in schema.events.items():
            columns = {"person": text, "at": "TIMESTAMP"} | _types(fields)
            load_rows(connection, f"event {kind}", columns, _prefixed((events or {}).get(kind, ())))
        return cls(
            schema,
            connection,
            DataReport(people=0, companies=0),
            _from("people"),
            _from("companies"),
            {kind: _from(f"event {kind}") for kind in schema.events},
        )


_KEYS = ("person", "company", "at")
_PHYSICAL: Mapping[Kind, str] = {
    Kind.TEXT: "VARCHAR",
    Kind.ONE_OF: "VARCHAR",
    Kind.NUMBER: "BIGINT",
    Kind.BOOL: "BOOLEAN",
    Kind.TIME: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.DURATION: "BIGINT",
    Kind.LIST: "VARCHAR[]",
}


def _types(fields: Mapping[str, FieldType]) -> dict[str, str]:
    return {f"f.{name}": _PHYSICAL[field.type.kind] for name, field in fields.items()}


def _prefixed(rows: Iterable[Row]) -> list[Row]:
    return [{name if name in _KEYS else f"f.{name}": value for name, value in row.items()} for row in rows]


def _from(table: str) -> exp.Query:
    return exp.select("*").from_(exp.table_(table, quoted=True))
