"""Events that happened in order, as windows over the union of their kinds; no join per step.

Going through the events of a person in order of time, every event that is a step k carries the latest start of a chain
that reached step k - 1 strictly before it. The latest start is the best one: it makes the span the shortest.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlglot import exp

from rulekit.evaluation.sql.fragments import aliased, named
from rulekit.evaluation.sql.measures import Bounds, bounds_sql, conjunction
from rulekit.evaluation.sql.predicates import condition_sql
from rulekit.evaluation.sql.values import SqlScope, column, function
from rulekit.language.typed_expressions import Sequence, Step

_MICROSECOND = timedelta(microseconds=1)
_ROWS = "s"
HAPPENED = "happened"


def chain_query(
    chain: Sequence,
    rows_of: Callable[[str], tuple[exp.Select, exp.Column, SqlScope]],
) -> exp.Select:
    """Returns one row per person or company that the chain happened to.

    `rows_of` gives for a kind of event a SELECT without columns, the column to group by, and its scope.
    """
    kinds = sorted({kind for step in chain.steps for kind in step.events})
    steps = len(chain.steps)
    query: exp.Query = _marked_rows(chain, kinds[0], *rows_of(kinds[0]))
    for kind in kinds[1:]:
        query = exp.Union(this=query, expression=_marked_rows(chain, kind, *rows_of(kind)), distinct=False)
    query = _level(query, 1, exp.Case(ifs=[_when(1, column(_ROWS, "micros"))]))
    for step in range(2, steps + 1):
        query = _level(query, step, exp.Case(ifs=[_when(step, _latest_start_before(step))]))
    return _finished(chain, query)


def _marked_rows(chain: Sequence, kind: str, rows: exp.Select, key: exp.Column, scope: SqlScope) -> exp.Select:
    for test in bounds_sql(Bounds.around([chain.period]), scope):
        rows = rows.where(test, copy=False)
    marks = [_mark(kind, step, scope) for step in chain.steps]
    if not any(mark == exp.true() for mark in marks):
        rows = rows.where(exp.or_(*(mark.copy() for mark in marks if mark != exp.false()), copy=False), copy=False)
    columns = [named(key, "key"), named(function("epoch_us", column(scope.tables["event"], "at")), "micros")]
    columns += [named(mark, f"is_{number}") for number, mark in enumerate(marks, 1)]
    rows.set("expressions", columns)
    return rows


def _mark(kind: str, step: Step, scope: SqlScope) -> exp.Expr:
    if kind not in step.events:
        return exp.false()
    return exp.true() if step.where is None else condition_sql(step.where, scope).certainly


def _when(step: int, start: exp.Expr) -> exp.If:
    return exp.If(this=column(_ROWS, f"is_{step}"), true=start)


def _latest_start_before(step: int) -> exp.Window:
    return exp.Window(
        this=exp.Max(this=column(_ROWS, f"start_{step - 1}")),
        partition_by=[column(_ROWS, "key")],
        order=exp.Order(expressions=[exp.Ordered(this=column(_ROWS, "micros"), nulls_first=False)]),
        spec=exp.WindowSpec(
            kind="RANGE",
            start="UNBOUNDED",
            start_side="PRECEDING",
            end=exp.Literal.number("1"),
            end_side="PRECEDING",
        ),
    )


def _level(query: exp.Query, step: int, start: exp.Expr) -> exp.Select:
    return exp.Select(expressions=[exp.Star(), named(start, f"start_{step}")], from_=_from(query))


def _from(query: exp.Query) -> exp.From:
    return exp.From(this=aliased(query, _ROWS))


def _finished(chain: Sequence, query: exp.Query) -> exp.Select:
    start = column(_ROWS, f"start_{len(chain.steps)}")
    tests: list[exp.Expr] = [exp.Not(this=exp.Is(this=start, expression=exp.Null()))]
    if chain.within is not None:
        span = exp.Sub(this=column(_ROWS, "micros"), expression=start.copy())
        longest = exp.Literal.number(str(chain.within // _MICROSECOND))
        tests.append(exp.LTE(this=span, expression=longest))
    return exp.Select(
        expressions=[column(_ROWS, "key"), named(exp.true(), HAPPENED)],
        from_=_from(query),
        where=exp.Where(this=conjunction(tests)),
        group=exp.Group(expressions=[column(_ROWS, "key")]),
    )
