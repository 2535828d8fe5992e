"""The columns of a table of a source, each as the engine reads it and with the engine's name of its type.

What programs write in types of their own is made one of the types that values are read from: zoned times of nanoseconds
an instant, bytes the text that they are, what is nested JSON.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from rulekit.evaluation.data.normalise import NOTHING, WHOLE_NUMBERS
from rulekit.evaluation.data.sql_templates import fill
from rulekit.value_spelling import Spelling

_INSTANT = "TIMESTAMP WITH TIME ZONE"
_ZONED_NANOSECONDS = ("TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE")
# bytes that are no text stay readable to whoever looks for them
_BYTES = "COALESCE(TRY(decode(:x)), CAST(:x AS VARCHAR))"
# a type that holds others, or a list of them
_NESTED = re.compile(r"STRUCT|MAP|UNION|VARIANT|.*\]\[\d*\]$", re.DOTALL)
_NESTED_LIST = "[CASE WHEN e IS NOT NULL THEN CAST(to_json(e) AS VARCHAR) END FOR e IN :x]"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name there, the engine's name of its type, what reads it in a query, its spelling."""

    name: str
    type: str
    expression: exp.Expr
    spelling: Spelling = field(default_factory=Spelling)

    @property
    def is_whole(self) -> bool:
        """Returns whether the column holds whole numbers."""
        return self.type in WHOLE_NUMBERS


def as_column(name: str, column_type: str, expression: exp.Expr | None = None) -> Column:
    """Returns a column of the engine, below its own name where nothing else reads it."""
    plain = exp.column(name, quoted=True) if expression is None else expression
    if column_type in _ZONED_NANOSECONDS:
        return Column(name, _INSTANT, fill("CAST(:x AS TIMESTAMPTZ)", plain))
    if column_type == "BLOB":
        return Column(name, "VARCHAR", fill(_BYTES, plain))
    if column_type.endswith("]"):
        return Column(name, column_type, fill(_NESTED_LIST, plain) if _NESTED.match(column_type) else plain)
    return Column(name, column_type, fill("to_json(:x)", plain) if _NESTED.match(column_type) else plain)


def unwritten(name: str) -> Column:
    """Returns a column that no row of its table has, so that it is missing in each."""
    return Column(name, NOTHING, exp.null())


def named_columns(described: Iterable[tuple[str, str]]) -> dict[str, Column]:
    """Returns columns by their names in small letters, from their names and types."""
    return {name.casefold(): as_column(name, column_type) for name, column_type in described}
