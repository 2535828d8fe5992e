"""The tables of a source as they are, before anybody has declared what they mean: each is read once and kept.

A nested value (an object in JSON, a struct) is seen as columns of its own, named by the way to them: `address.city`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from rulekit.errors import SourceError
from rulekit.evaluation.data.normalise import read_text
from rulekit.evaluation.data.source_tables import Tables, source_errors
from rulekit.records import EventMapping, RecordMapping

Mapped = RecordMapping | EventMapping
# rows of which a type is guessed, before all rows are counted
SAMPLED = 2_000
# how deep nested values are looked into, and how many of one value
DEPTH, WIDTH = 2, 40


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column: its name, the engine's name of its type, and how it is written in a query."""

    name: str
    type: str
    expression: exp.Expr

    @property
    def text(self) -> str:
        """Returns the value as a text, in the engine's SQL."""
        return read_text(self.expression, self.type).sql(dialect="duckdb")


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A table: how the settings name it, where the engine has all of it and a part of it, and its columns."""

    mapping: Mapped
    relation: str
    sample: str
    rows: int
    columns: tuple[SeenColumn, ...]
    tops: Mapping[str, SeenColumn]

    def find(self, name: str) -> SeenColumn | None:
        """Returns a column, or a value nested in one, by its name as the settings have it, case ignored."""
        nested = {column.name.casefold(): column for column in self.columns}
        return self.tops.get(name.casefold()) or nested.get(name.casefold())

    @property
    def title(self) -> str:
        """Returns the user's word for it."""
        return self.mapping.table or "the query"


@dataclass(frozen=True, slots=True)
class UnreadTable:
    """A table that cannot be read, and why."""

    mapping: Mapped
    error: SourceError


class Sight:
    """All tables of a source that can be read, in one connection, and questions about them."""

    def __init__(self, tables: Tables, seen: Sequence[SeenTable], unread: Sequence[UnreadTable]) -> None:
        self._tables = tables
        self.seen = tuple(seen)
        self.unread = tuple(unread)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query in the engine's SQL."""
        with source_errors("the source"):
            return self._tables.connection.execute(sql).fetchall()

    @classmethod
    def of(cls, tables: Tables, mapped: Sequence[Mapped], say: Callable[[str], None]) -> "Sight":
        """Reads the tables that are named; those that cannot be read are kept apart."""
        seen, unread = [], []
        for one, error in zip(mapped, tables.prepare_each(mapped), strict=True):
            say(f"reading {one.table or 'a query'}")
            try:
                if error is not None:
                    raise error
                seen.append(_see(tables, one))
            except SourceError as broken:
                unread.append(UnreadTable(one, broken))
        return cls(tables, seen, unread)


def _see(tables: Tables, mapping: Mapped) -> SeenTable:
    relation = tables.open(mapping, "[source]")
    with source_errors(relation.title):
        everything = exp.select("*").from_(exp.table_(relation.name, quoted=True))
        name = _quoted(tables.create_stage(everything, keep=relation.load))
        ((rows,),) = tables.connection.execute(f"SELECT count(*) FROM {name}").fetchall()  # noqa: S608 - quoted
        sample = _sample(tables, name, rows)
        tops = {key: SeenColumn(one.name, one.type, one.expression) for key, one in relation.columns.items()}
        flat = (part for column in map(_as_stored, tops.values()) for part in _flat(tables, sample, column, DEPTH))
        return SeenTable(mapping, name, sample, rows, tuple({column.name: column for column in flat}.values()), tops)


def _quoted(name: str) -> str:
    return exp.table_(name, quoted=True).sql(dialect="duckdb")


def _sample(tables: Tables, name: str, rows: int) -> str:
    """Returns the name of a table with rows from everywhere in another, the same ones each time."""
    step = max(1, rows // SAMPLED)
    sample = _quoted(f"sample of {name}".replace('"', ""))
    numbered = f"SELECT *, row_number() OVER () AS rulekit_row FROM {name}"  # noqa: S608 - quoted
    picked = f"SELECT * EXCLUDE (rulekit_row) FROM ({numbered}) WHERE rulekit_row % {step} = 0"  # noqa: S608 - a number
    tables.connection.execute(f"CREATE TEMP TABLE {sample} AS {picked}")
    return sample


def _flat(tables: Tables, sample: str, column: SeenColumn, depth: int) -> Iterator[SeenColumn]:
    parts = _parts(tables, sample, column) if depth else []
    for part in parts[:WIDTH]:
        yield from _flat(tables, sample, part, depth - 1)
    if not parts:
        yield column


def _as_stored(column: SeenColumn) -> SeenColumn:
    """Returns a struct as it is in its table, and not as the JSON that rules would see of it."""
    is_struct = column.type.startswith("STRUCT(")
    return replace(column, expression=exp.column(column.name, quoted=True)) if is_struct else column


def _parts(tables: Tables, sample: str, column: SeenColumn) -> list[SeenColumn]:
    written = column.expression.sql(dialect="duckdb")
    if column.type.startswith("STRUCT("):
        described = tables.connection.execute(f"DESCRIBE SELECT unnest({written}) FROM {sample}").fetchall()  # noqa: S608
        return [_member(column, row[0], row[1]) for row in described]
    if column.type != "JSON":
        return []
    keys = f"SELECT unnest(json_keys({written})) AS k FROM {sample} WHERE json_type({written}) = 'OBJECT'"  # noqa: S608
    found = tables.connection.execute(f"SELECT k FROM ({keys}) GROUP BY k ORDER BY count(*) DESC, k").fetchall()  # noqa: S608
    return [_key(column, key) for (key,) in found if "." not in key]


def _member(column: SeenColumn, name: str, type_: str) -> SeenColumn:
    inside = exp.Dot(this=column.expression.copy(), expression=exp.to_identifier(name, quoted=True))
    return SeenColumn(f"{column.name}.{name}", type_, inside)


def _key(column: SeenColumn, key: str) -> SeenColumn:
    path = '$."' + key.replace('"', '\\"') + '"'
    inside = exp.func("json_extract", column.expression.copy(), exp.Literal.string(path), dialect="duckdb")
    return SeenColumn(f"{column.name}.{key}", "JSON", inside)
