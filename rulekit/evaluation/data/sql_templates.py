"""Expressions of the engine written as SQL, with placeholders for what differs."""

from functools import cache

import sqlglot
from sqlglot import exp

# an instant of any type as the naive UTC that the relations hold
INSTANT = "make_timestamp(epoch_us(:x))"


def fill(template: str, column: exp.Expr, **others: exp.Expr | str | float) -> exp.Expr:
    """Returns what a template says, `:x` replaced by a column, and other names by expressions or constants."""
    values = {name: exp.convert(value) for name, value in others.items()}
    return exp.replace_placeholders(_parsed(template), x=column, **values)


@cache
def _parsed(template: str) -> exp.Expr:
    return sqlglot.parse_one(template, dialect="duckdb")
