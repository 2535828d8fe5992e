"""A table of a source with its keys and its values read as declared: the step before people, companies and events.

What a source must parse is read here once and kept; what can be scanned where it lies stays there. Beside each value
that may be unreadable stands a column that says of which rows it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from rulekit.errors import SourceError
from rulekit.evaluation.data.normalise import read, shape
from rulekit.evaluation.data.source_columns import Column
from rulekit.evaluation.data.source_tables import Relation, Tables, source_errors
from rulekit.language.program import FieldType
from rulekit.language.types import Kind, Type

# what to do with a column of numbers that are times
NUMBERS_OF_TIME = '; numbers are times where the settings say their `unit`, as in `unit = "s"`'


@dataclass(frozen=True, slots=True)
class Wanted:
    """A declared field, the column it is read from (None: there is none, and it is missing), and its owner."""

    owner: str
    field: FieldType
    column: Column | None

    @property
    def purpose(self) -> str:
        """Returns what the column is for, in the author's words."""
        return purpose(self.owner, self.field.name)


@dataclass(frozen=True, slots=True)
class Staged:
    """Where a value stands in the stage, whether it is unreadable, and the shape that it has then.

    The latter two are None where every value can be read.
    """

    value: exp.Expr
    unreadable: exp.Expr | None
    shape: exp.Expr | None
    type: Type


@dataclass(frozen=True, slots=True)
class Stage:
    """A named relation with the keys, and each wanted value by its column and type."""

    name: str
    title: str
    values: Mapping[tuple[str, Type], Staged]
    keys: frozenset[str]

    def staged(self, wanted: Wanted) -> Staged | None:
        """Returns where a wanted value stands, or None when its table has no column for it."""
        return None if wanted.column is None else self.values[wanted.column.name, wanted.field.type]


def purpose(owner: str, field: str) -> str:
    """Returns the author's words for a field of a person or company, or a property of an event."""
    return f"the field `{field}` of a {owner}" if owner in ("person", "company") else f"`{field}` of `{owner}`"


def stage(
    tables: Tables, relation: Relation, keys: Mapping[str, exp.Expr], wanted: Iterable[Wanted], zone: str
) -> Stage:
    """Creates the stage of a table; raises SourceError for a column of a type that cannot be read as declared."""
    columns: list[exp.Expr] = [exp.alias_(key, name, quoted=True) for name, key in keys.items()]
    values: dict[tuple[str, Type], Staged] = {}
    raw: list[exp.Expr] = []
    for want in wanted:
        if want.column is not None and (want.column.name, want.field.type) not in values:
            values[want.column.name, want.field.type] = _add_value(columns, raw, want, want.column, relation, zone)
    rows = exp.select("*", *raw).from_(exp.table_(relation.name, quoted=True))
    query = exp.select(*columns).from_(rows.subquery("raw"))
    with source_errors(relation.title):
        name = tables.create_stage(query, keep=relation.load)
    return Stage(name, relation.title, values, frozenset(keys))


def _add_value(
    columns: list[exp.Expr], raw: list[exp.Expr], want: Wanted, column: Column, relation: Relation, zone: str
) -> Staged:
    def once(expression: exp.Expr) -> exp.Expr:
        raw.append(exp.alias_(expression, f"rulekit raw {len(raw)}", quoted=True))
        return exp.column(f"rulekit raw {len(raw) - 1}", quoted=True)

    reading = read(column.expression, column.type, want.field.type, zone, column.spelling, once)
    if reading is None:
        raise SourceError(
            f"column `{column.name}` of {relation.title} has the type {column.type}, but {want.purpose} is declared "
            f"`{want.field.type}`",
            help=f"change the declaration, or convert the column with a `query` under {relation.section}"
            + (NUMBERS_OF_TIME if want.field.type.kind is Kind.TIME else ""),
        )
    number = len(columns)

    def add(letter: str, expression: exp.Expr) -> exp.Expr:
        columns.append(exp.alias_(expression, f"{letter}{number}", quoted=True))
        return exp.column(f"{letter}{number}", quoted=True)

    value = add("v", reading.value)
    if reading.unreadable is None:
        return Staged(value, None, None, want.field.type)
    lost = add("u", reading.unreadable)
    return Staged(value, lost, add("s", shape_where(reading.unreadable, column)), want.field.type)


def shape_where(unreadable: exp.Expr, column: Column) -> exp.Expr:
    """Returns the shapes of a column's unreadable values; other values have none."""
    return exp.case().when(unreadable.copy(), shape(column.expression, column.type))
