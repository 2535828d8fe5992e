"""Which events leave a measure or a sequence unknown: those of which nobody can tell whether they count, or with what.

An event that may count has a time that cannot be read, or lies in the period; and its `where` may hold. It leaves the
answer unknown unless its time and all that is asked of it can be read. Events without a time never count.
"""

from collections.abc import Callable, Iterable

from sqlglot import exp

from rulekit.evaluation.sql.fragments import aliased, named
from rulekit.evaluation.sql.measures import EVENT, Bounds, bounds_sql, conjunction, filtered
from rulekit.evaluation.sql.predicates import condition_sql
from rulekit.evaluation.sql.query_plan import Measure
from rulekit.evaluation.sql.truths import Truth, chained, may_be_unknown, unknown_sql
from rulekit.evaluation.sql.values import SqlScope, column
from rulekit.language.typed_expressions import Condition, Field, Period, Sequence

UNTIMED = "u at"
UNKNOWN = "unknown"
_ROWS = "d"


def may_be_doubtful(measure: Measure, scope: SqlScope) -> bool:
    """Returns whether any event of a measure's kind is unreadable in what the measure asks for."""
    asked = [part for part in (measure.where, _read_by(measure)) if part is not None]
    return scope.untimed or any(may_be_unknown(part, scope) for part in asked)


def chain_may_be_doubtful(chain: Sequence, kind: str, scope: SqlScope) -> bool:
    """Returns whether any event of a kind is unreadable in what the steps of a chain ask for."""
    wheres = [step.where for step in chain.steps if kind in step.events and step.where is not None]
    return scope.untimed or any(may_be_unknown(where, scope) for where in wheres)


def kept(bounds: Bounds, scope: SqlScope) -> list[exp.Expr]:
    """Returns the tests that keep events within bounds and, where there are any, those whose time cannot be read."""
    tests = bounds_sql(bounds, scope)
    if not scope.untimed:
        return tests
    return [exp.Paren(this=exp.Or(this=exp.Paren(this=conjunction(tests)), expression=_untimed()))]


def unknown_measure(measure: Measure, scope: SqlScope) -> exp.Expr:
    """Returns the aggregate that says whether a measure is unknown."""
    doubtful = _doubtful(measure.period, measure.where, _read_by(measure), scope)
    found = filtered(exp.Count(this=exp.Star(), big_int=True), [doubtful])
    return exp.GT(this=found, expression=exp.Literal.number("0"))


def chain_doubts(
    chain: Sequence, kinds: Iterable[str], rows_of: Callable[[str], tuple[exp.Select, exp.Column, SqlScope]]
) -> exp.Select:
    """Returns one row per person or company for whom the chain is unknown; `rows_of` is as for `chain_query`.

    `kinds` are those of which some event may be doubtful.
    """
    first, *others = (_doubtful_rows(chain, kind, *rows_of(kind)) for kind in kinds)
    query: exp.Query = first
    for other in others:
        query = exp.Union(this=query, expression=other, distinct=False)
    return exp.Select(
        expressions=[column(_ROWS, "key"), named(exp.true(), UNKNOWN)],
        from_=exp.From(this=aliased(query, _ROWS)),
        group=exp.Group(expressions=[column(_ROWS, "key")]),
    )


def _doubtful_rows(chain: Sequence, kind: str, rows: exp.Select, key: exp.Column, scope: SqlScope) -> exp.Select:
    steps = [step for step in chain.steps if kind in step.events]
    if not scope.untimed:
        steps = [step for step in steps if step.where is not None and may_be_unknown(step.where, scope)]
    reasons = [_doubtful(chain.period, step.where, None, scope) for step in steps]
    rows.set("expressions", [named(key, "key")])
    return rows.where(chained(exp.Or, reasons), copy=False)


def _doubtful(period: Period | None, where: Condition | None, read: Field | None, scope: SqlScope) -> exp.Expr:
    clause = Truth(exp.true()) if where is None else condition_sql(where, scope)
    cases = [_both(_untimed(), clause.upper)] if scope.untimed else []
    unreadable = None if read is None else unknown_sql(read, scope)
    reasons = [clause.unknown, None if unreadable is None else _both(unreadable, clause.upper)]
    for reason in reasons:
        if reason is not None:
            inside = bounds_sql(Bounds.around([period]), scope)
            cases.append(exp.Paren(this=conjunction([*inside, reason])))
    return chained(exp.Or, cases)


def _both(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.And(this=left, expression=exp.Paren(this=right.copy())))


def _read_by(measure: Measure) -> Field | None:
    if measure.property is None:
        return None
    return Field("event", measure.property, measure.type, optional=True)


def _untimed() -> exp.Column:
    return column(EVENT, UNTIMED)
