"""Three answers in two expressions: what certainly holds, and what may hold where something could not be read.

A value is unknown for a row when anything that it is made of is: a field that could not be read there, or a measure
for which some event may count in another way (`measures.doubt_sql`). Connectives are those of Kleene's strong logic.
Where nothing that a condition reads is unreadable there is one expression, the one that two-valued logic has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from sqlglot import exp

from rulekit.evaluation.sql.query_plan import is_chain, measures_of
from rulekit.evaluation.sql.values import SqlScope, column
from rulekit.language.expression_parts import Node, walk
from rulekit.language.typed_expressions import Field, InSegment


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition as boolean expressions that are never NULL; `possibly` None where it is the same as `certainly`."""

    certainly: exp.Expr
    possibly: exp.Expr | None = None

    @classmethod
    def of(cls, holds: exp.Expr, unknown: exp.Expr | None) -> "Truth":
        """Returns what holds where it is not unknown."""
        if unknown is None:
            return cls(holds)
        known = exp.Not(this=exp.Paren(this=unknown))
        return cls(
            exp.Paren(this=exp.And(this=exp.Paren(this=holds), expression=known)),
            exp.Paren(this=exp.Or(this=exp.Paren(this=holds.copy()), expression=unknown.copy())),
        )

    @property
    def upper(self) -> exp.Expr:
        """Returns what may hold."""
        return self.certainly if self.possibly is None else self.possibly

    @property
    def unknown(self) -> exp.Expr | None:
        """Returns whether it may hold and does not certainly; None where that is of no row."""
        if self.possibly is None:
            return None
        uncertain = exp.Not(this=exp.Paren(this=self.certainly.copy()))
        return exp.Paren(this=exp.And(this=self.possibly.copy(), expression=uncertain))


def opposite(truth: Truth) -> Truth:
    """Returns `not`: what certainly does not hold may not, and the other way around."""
    certainly = exp.Not(this=exp.Paren(this=truth.upper))
    return Truth(certainly, None if truth.possibly is None else exp.Not(this=exp.Paren(this=truth.certainly)))


def joined(connector: type[exp.Connector], truths: Sequence[Truth]) -> Truth:
    """Returns `and` or `or` of at least one condition."""
    certainly = chained(connector, [truth.certainly for truth in truths])
    if all(truth.possibly is None for truth in truths):
        return Truth(certainly)
    return Truth(certainly, chained(connector, [truth.upper.copy() for truth in truths]))


def chained(connector: type[exp.Connector], parts: Sequence[exp.Expr]) -> exp.Expr:
    """Returns expressions joined from the left, in brackets; there must be one."""
    return exp.Paren(this=reduce(lambda left, right: connector(this=left, expression=right), parts))


def unknown_sql(node: Node, scope: SqlScope) -> exp.Expr | None:
    """Returns whether a value, or a condition without connectives, is unknown: never NULL; None where it never is."""
    flags = list(dict.fromkeys(flag for part in walk(node) for flag in _flags(part, scope)))
    return chained(exp.Or, flags) if flags else None


def may_be_unknown(node: Node, scope: SqlScope) -> bool:
    """Returns whether anything that a condition or value reads is unreadable somewhere."""
    return any(True for part in walk(node) for _ in _flags(part, scope))


def _flags(node: Node, scope: SqlScope) -> Iterator[exp.Expr]:
    match node:
        case Field(owner, name) if name in scope.unreadable(owner):
            yield _or_false(column(scope.tables[owner], f"u.{name}"))
        case InSegment(name) if name in scope.unsure_segments:
            yield _or_false(column(scope.tables["company"], unknown_column(f"in {name}")))
        case _:
            results = (node,) if is_chain(node) else measures_of(node)
            yield from (_or_false(scope.doubts[result].copy()) for result in results if result in scope.doubts)


def unknown_column(name: str) -> str:
    """Returns the name of the column that says for which rows the answer in another column is unknown."""
    return f"unknown {name}"


def _or_false(sql: exp.Expr) -> exp.Expr:
    # without a company, and without any event, nothing is there that could be unknown
    return exp.Coalesce(this=sql, expressions=[exp.Boolean(this=False)])
