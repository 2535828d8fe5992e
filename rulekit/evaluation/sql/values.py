"""Values of the language as expressions of the statement.

A scope says what names stand for where the value is used: among people, among companies, or inside one kind of event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import reduce

from sqlglot import exp

from rulekit.evaluation.data.normalise import midnight
from rulekit.evaluation.sql.numbers import WHOLE, Exact, Term, arithmetic, cast, negative, number, rounded
from rulekit.evaluation.sql.query_plan import Measure, measures_of
from rulekit.language.typed_expressions import (
    Age,
    Aggregate,
    Arithmetic,
    Company,
    Constant,
    Default,
    Field,
    Function,
    Lower,
    Midnight,
    Negative,
    Sequence,
    Value,
)
from rulekit.language.types import Kind

_MICROSECOND = timedelta(microseconds=1)
NOW = timedelta(0)
_ALL_OF_TIME = datetime.max - datetime.min


class Cutoffs:
    """The instants that a statement needs, as distances from `now`; each is bound as one parameter.

    Where the rows say themselves at which instant they are looked at, in `column`, nothing is bound.
    """

    def __init__(self, column: str | None = None) -> None:
        self._column = column
        self._names: dict[timedelta, str] = {}

    def instant(self, distance: timedelta, row: str) -> exp.Expr:
        """Returns the instant `now + distance` for a row of the table `row`."""
        if self._column is not None:
            return _shifted(column(row, self._column), distance)
        name = self._names.setdefault(distance, "now" if distance == NOW else f"cutoff_{len(self._names)}")
        return exp.Placeholder(this=name)

    def by_name(self) -> dict[str, timedelta]:
        """Returns the distance of every parameter."""
        return {name: distance for distance, name in self._names.items()}


@dataclass(frozen=True, slots=True)
class SqlScope:
    """What names stand for: the table of each owner, how exact its numbers are, and where results of measures are.

    `zone` is the name of the time zone in which dates begin. Of an owner, `unreadable` names the fields of which some
    value cannot be read; `doubts` says of results, and `unsure_segments` of segments, which ones that reaches.
    `untimed` inside a kind of event: whether some of them have a time that cannot be read.
    """

    tables: Mapping[str, str]
    numbers: Callable[[str], Mapping[str, Exact | None]]
    cutoffs: Cutoffs
    results: Mapping[Measure | Sequence, Term] = field(default_factory=dict)
    zone: str = "UTC"
    unreadable: Callable[[str], frozenset[str]] = lambda _: frozenset()
    doubts: Mapping[Measure | Sequence, exp.Expr] = field(default_factory=dict)
    unsure_segments: frozenset[str] = frozenset()
    untimed: bool = False

    def instant(self, distance: timedelta) -> exp.Expr:
        """Returns the instant `now + distance`."""
        return self.cutoffs.instant(distance, next(iter(self.tables.values())))


def _shifted(instant: exp.Expr, distance: timedelta) -> exp.Expr:
    if distance == NOW:
        return instant
    # beyond all of time is far enough: the engine cannot hold every distance
    bounded = max(-_ALL_OF_TIME, min(distance, _ALL_OF_TIME))
    length = function("to_microseconds", exp.Literal.number(str(bounded // _MICROSECOND)))
    return exp.Paren(this=exp.Add(this=instant, expression=length))


def column(table: str, name: str) -> exp.Column:
    """Returns a column of a table, both quoted."""
    return exp.Column(this=exp.Identifier(this=name, quoted=True), table=exp.Identifier(this=table, quoted=True))


def function(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """Returns a call of one of the engine's functions."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def value_term(value: Value, scope: SqlScope) -> Term:
    """Returns a value; NULL where it is missing."""
    match value:
        case Constant():
            return constant_term(value)
        case Field():
            return _field(value, scope)
        case Company():
            return Term(_company(scope))
        case Age() | Midnight():
            return _moment(value, scope)
        case Arithmetic():
            return _arithmetic(value, scope)
        case Negative():
            return negative(value_term(value.operand, scope))
        case Lower():
            return Term(exp.Lower(this=value_term(value.operand, scope).sql))
        case Default():
            return _default(value, scope)
        case Aggregate():
            return aggregate_term(value, scope)


def constant_term(constant: Constant) -> Term:
    """Returns a literal in the engine's type for it."""
    match constant.value:
        case tuple(texts):
            return Term(cast(exp.Array(expressions=[exp.Literal.string(text) for text in texts]), "VARCHAR[]"))
        case bool(truth):
            return Term(exp.Boolean(this=truth))
        case str(text):
            return Term(exp.Literal.string(text))
        case datetime() as instant:
            naive = instant.astimezone(UTC).replace(tzinfo=None)
            return Term(cast(exp.Literal.string(naive.isoformat(sep=" ")), "TIMESTAMP"))
        case date() as day:
            return Term(cast(exp.Literal.string(day.isoformat()), "DATE"))
        case timedelta() as length:
            return number(length // _MICROSECOND)
        case amount:
            return number(amount)


def instant(value: Value, scope: SqlScope) -> exp.Expr:
    """Returns a time as it is and a date as its midnight."""
    sql = value_term(value, scope).sql
    return midnight(sql, scope.zone) if value.type.kind is Kind.DATE else sql


def aggregate_term(aggregate: Aggregate, scope: SqlScope) -> Term:
    """Returns an aggregate, with what stands for no such event; several kinds of event are taken together."""
    terms = [scope.results[measure] for measure in measures_of(aggregate)]
    match aggregate.function:
        case Function.COUNT | Function.SUM | Function.DISTINCT:
            present = [Term(exp.Coalesce(this=t.sql.copy(), expressions=[number(0).sql]), t.exact) for t in terms]
            total = reduce(lambda a, b: arithmetic("+", a, b), present)
            return _where_company(total, scope) if aggregate.company and "person" in scope.tables else total
        case Function.FIRST if len(terms) > 1:
            return Term(function("least", *(term.sql.copy() for term in terms)))
        case Function.LAST if len(terms) > 1:
            return Term(function("greatest", *(term.sql.copy() for term in terms)))
        case _:
            return Term(terms[0].sql.copy(), terms[0].exact)


def _company(scope: SqlScope) -> exp.Column:
    return column(scope.tables["company"], "company")


def _where_company(figure: Term, scope: SqlScope) -> Term:
    """Returns a figure of a person's company, which is missing without one and not 0."""
    missing = exp.Is(this=_company(scope), expression=exp.Null())
    sql = exp.Case(ifs=[exp.If(this=exp.Not(this=exp.Paren(this=missing)), true=figure.sql)])
    return Term(sql, figure.exact)


def _field(field: Field, scope: SqlScope) -> Term:
    sql = column(scope.tables[field.owner], f"f.{field.name}")
    match field.type.kind:
        case Kind.NUMBER:
            return Term(sql, scope.numbers(field.owner).get(f"f.{field.name}"))
        case Kind.DURATION:
            return Term(sql, WHOLE)
        case _:
            return Term(sql)


def _microseconds(sql: exp.Expr) -> Term:
    return Term(function("epoch_us", sql), WHOLE)


def _moment(value: Age | Midnight, scope: SqlScope) -> Term:
    begins = instant(value.of, scope)
    if isinstance(value, Midnight):
        return Term(begins)
    return arithmetic("-", _microseconds(scope.instant(NOW)), _microseconds(begins))


def _arithmetic(value: Arithmetic, scope: SqlScope) -> Term:
    left, right = value.left, value.right
    moments = (Kind.TIME, Kind.DATE)
    terms = [
        _microseconds(instant(side, scope)) if side.type.kind in moments else value_term(side, scope)
        for side in (left, right)
    ]
    result = arithmetic(value.operator, *terms)
    if value.type.kind in moments:
        micros = cast(rounded(result).sql, "BIGINT")
        return Term(exp.Try(this=function("make_timestamp", micros)))
    return rounded(result) if value.type.kind is Kind.DURATION else result


def _default(value: Default, scope: SqlScope) -> Term:
    operand, fallback = value_term(value.operand, scope), constant_term(value.fallback)
    sql = exp.Coalesce(this=operand.sql, expressions=[fallback.sql])
    if operand.exact is None or fallback.exact is None:
        return Term(sql)
    scale = max(operand.exact.scale, fallback.exact.scale)
    return Term(sql, Exact(max(operand.exact.whole, fallback.exact.whole) + scale, scale))
