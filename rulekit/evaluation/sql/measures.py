"""Measures as filtered aggregates: one grouped subquery per kind of event, for people and for companies.

Within a subquery the rows of all its measures are read once; what only some of them want is in their filters.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlglot import exp

from rulekit.evaluation.sql.fragments import named
from rulekit.evaluation.sql.numbers import DIGITS, SUMMED_DOUBLES, WHOLE, Exact, cast
from rulekit.evaluation.sql.predicates import condition_sql
from rulekit.evaluation.sql.query_plan import Measure
from rulekit.evaluation.sql.values import NOW, SqlScope, column, function
from rulekit.language.typed_expressions import Function, Period
from rulekit.language.types import Kind

EVENT = "e"
_DIGITS_OF_A_COUNT = 12


@dataclass(frozen=True, slots=True)
class Bounds:
    """The stretch of history `(now - start, now - end]` that some measures need; `start` None for all before."""

    start: timedelta | None
    end: timedelta

    @classmethod
    def around(cls, periods: Iterable[Period | None]) -> "Bounds":
        """Returns the narrowest bounds that hold all periods."""
        wanted = list(periods)
        starts = [period.start for period in wanted if period is not None]
        end = min((period.end if period is not None else NOW for period in wanted), default=NOW)
        return cls(max(starts) if len(starts) == len(wanted) and starts else None, end)


def bounds_sql(bounds: Bounds, scope: SqlScope, inside: Bounds | None = None) -> list[exp.Expr]:
    """Returns the tests that keep events within bounds, without those that `inside` already makes."""
    at = scope.tables["event"]
    tests: list[exp.Expr] = []
    if bounds.start is not None and (inside is None or inside.start != bounds.start):
        tests.append(exp.GT(this=column(at, "at"), expression=scope.instant(-bounds.start)))
    if inside is None or inside.end != bounds.end:
        tests.append(exp.LTE(this=column(at, "at"), expression=scope.instant(-bounds.end)))
    return tests


def grouped(
    measures: Sequence[Measure], rows: exp.Select, key: exp.Column, bounds: Bounds, scope: SqlScope
) -> exp.Select:
    """Returns one row per `key` with the measures as m0, m1, …; `rows` is a SELECT without columns within `bounds`."""
    columns = [named(key.copy(), "key")]
    columns += [named(_aggregate(measure, bounds, scope), f"m{i}") for i, measure in enumerate(measures)]
    rows.set("expressions", columns)
    rows.set("group", exp.Group(expressions=[key.copy()]))
    return rows


def result_number(measure: Measure, numbers: Callable[[], Mapping[str, Exact | None]]) -> Exact | None:
    """Returns how exact the result of a measure is; `numbers` gives the columns of its kind of event."""
    own = _property_number(measure, numbers)
    match measure.function:
        case Function.COUNT | Function.DISTINCT:
            return Exact(_DIGITS_OF_A_COUNT, 0)
        case Function.AVG:
            return WHOLE if measure.type.kind is Kind.DURATION else None
        case Function.SUM:
            return SUMMED_DOUBLES if own is None else Exact(min(DIGITS, own.digits + _DIGITS_OF_A_COUNT), own.scale)
        case _:
            return own


def _property_number(measure: Measure, numbers: Callable[[], Mapping[str, Exact | None]]) -> Exact | None:
    if measure.type.kind is Kind.DURATION:
        return WHOLE
    wanted = measure.type.kind is Kind.NUMBER and measure.property is not None
    return numbers().get(f"f.{measure.property}") if wanted else None


def _aggregate(measure: Measure, bounds: Bounds, scope: SqlScope) -> exp.Expr:
    # events without a readable time are among the rows where there are any, and in no measure
    tests = bounds_sql(Bounds.around([measure.period]), scope, inside=None if scope.untimed else bounds)
    if measure.where is not None:
        tests.append(condition_sql(measure.where, scope).certainly)
    match measure.function:
        case Function.COUNT:
            return filtered(exp.Count(this=exp.Star(), big_int=True), tests)
        case Function.SUM:
            return filtered(_sum(measure, scope), tests)
        case Function.AVG:
            average = _average(measure, tests, scope)
            return cast(average, "BIGINT") if measure.type.kind is Kind.DURATION else average
        case Function.DISTINCT:
            return filtered(exp.Count(this=exp.Distinct(expressions=[_property(measure)]), big_int=True), tests)
        case Function.MIN:
            return filtered(exp.Min(this=_property(measure)), tests)
        case Function.MAX:
            return filtered(exp.Max(this=_property(measure)), tests)
        case Function.FIRST | Function.LAST:
            return _edge(measure, tests)


def filtered(aggregate: exp.Expr, tests: list[exp.Expr]) -> exp.Expr:
    """Returns an aggregate over those of the rows that all tests hold for."""
    if not tests:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=conjunction([test.copy() for test in tests])))


def conjunction(tests: Sequence[exp.Expr]) -> exp.Expr:
    """Returns all tests joined by AND; there must be one."""
    joined, *others = tests
    for test in others:
        joined = exp.And(this=joined, expression=test)
    return joined


def _property(measure: Measure) -> exp.Column:
    return column(EVENT, f"f.{measure.property}")


def _average(measure: Measure, tests: list[exp.Expr], scope: SqlScope) -> exp.Expr:
    """Returns the double nearest to sum / count: both are scaled to whole numbers, which doubles hold exactly.

    So three times 0.1 is 0.1 on average. Sums of more than 15 digits may miss the nearest double by one.
    """
    total: exp.Expr = cast(filtered(_sum(measure, scope), tests), "DOUBLE")
    counted: exp.Expr = filtered(exp.Count(this=_property(measure), big_int=True), tests)
    own = _property_number(measure, lambda: scope.numbers("event"))
    if scale := (own or SUMMED_DOUBLES).scale:
        factor = exp.Literal.number(f"1e{scale}")
        total = exp.Round(this=exp.Mul(this=total, expression=factor))
        counted = exp.Paren(this=exp.Mul(this=counted, expression=factor.copy()))
    return exp.Div(this=total, expression=counted)


def _sum(measure: Measure, scope: SqlScope) -> exp.Expr:
    operand: exp.Expr = _property(measure)
    if measure.type.kind is Kind.NUMBER and scope.numbers("event").get(f"f.{measure.property}") is None:
        # doubles add up to other bits in another order; decimals do not
        operand = exp.TryCast(this=operand, to=exp.DataType.build(f"DECIMAL(38, {SUMMED_DOUBLES.scale})"))
    return exp.Sum(this=operand)


def _edge(measure: Measure, tests: list[exp.Expr]) -> exp.Expr:
    latest = measure.function is Function.LAST
    if measure.property is None:
        at = column(EVENT, "at")
        return filtered(exp.Max(this=at) if latest else exp.Min(this=at), tests)
    micros = function("epoch_us", column(EVENT, "at"))
    entries = {
        "order": micros if latest else exp.Neg(this=micros),
        "present": exp.Paren(this=exp.Not(this=exp.Is(this=_property(measure), expression=exp.Null()))),
        "value": _property(measure),
    }
    packed = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.Identifier(this=name, quoted=False), expression=entry)
            for name, entry in entries.items()
        ]
    )
    return function("struct_extract", filtered(exp.Max(this=packed), tests), exp.Literal.string("value"))
