"""The age of a date in whole days, compared by `<=`, `=` or `!=`: on the last of them that holds only at midnight.

A date counts from its midnight, so at eight in the morning what was added three days ago is older than `3d`. Whoever
writes `added <= 3d` or `added = 3d` means the whole of that day.
"""

from collections.abc import Iterator
from datetime import timedelta

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language.expression_parts import leaves, operands
from rulekit.language.lints.chains import personas, segments
from rulekit.language.lints.view import View
from rulekit.language.typed_expressions import Age, Aggregate, Comparison, Condition, Constant, Did, Operator, Sequence
from rulekit.language.types import Kind

_DAY = timedelta(days=1)
_MIRRORED = {Operator.GE: Operator.LE, Operator.EQ: Operator.EQ, Operator.NE: Operator.NE}
_MEANT = {
    Operator.LE: "{date} < {next}",
    Operator.EQ: "({date} >= {last} and {date} < {next})",
    Operator.NE: "({date} < {last} or {date} >= {next})",
}


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each age of a date that is compared with the end of a day and means all of it."""
    for judged in (*segments(view), *personas(view)):
        for test in _comparisons(judged.condition):
            yield from _judge(test, view)


def _comparisons(condition: Condition) -> Iterator[Comparison]:
    for leaf, _ in leaves(condition):
        if isinstance(leaf, Comparison):
            yield leaf
        for where in _clauses(leaf):
            yield from _comparisons(where)


def _clauses(leaf: Condition) -> Iterator[Condition]:
    calls = [value for value in operands(leaf) if isinstance(value, Aggregate)]
    asked = [leaf] if isinstance(leaf, Did) else leaf.steps if isinstance(leaf, Sequence) else calls
    yield from (each.where for each in asked if each.where is not None)


def _judge(test: Comparison, view: View) -> Iterator[Diagnostic]:
    operator, age, length = test.operator, test.left, test.right
    if not isinstance(age, Age):
        operator, age, length = _MIRRORED.get(operator, Operator.LT), length, age
    if operator not in _MEANT or not isinstance(age, Age) or age.of.type.kind is not Kind.DATE:
        return
    if isinstance(length, Constant) and isinstance(length.value, timedelta) and _is_whole(length.value):
        yield _report(test, operator, age, length.value // _DAY, view)


def _is_whole(length: timedelta) -> bool:
    return length >= timedelta(0) and not length % _DAY


def _report(test: Comparison, operator: Operator, age: Age, days: int, view: View) -> Diagnostic:
    date = view.source(age.span)
    meant = _MEANT[operator].format(date=date, last=f"{days}d", next=f"{days + 1}d")
    alone = _is_alone(test, view)
    return Diagnostic(
        codes.MIDNIGHT_ONLY,
        f"on day {days} this is {'false' if operator is Operator.NE else 'true'} only at midnight",
        Label(test.span, f"the age of `{date}` counts from its midnight"),
        help=f"write `{meant}`{'' if alone else ' for the upper end'}, which counts the whole day",
        fixes=(Fix(f"write `{meant}`", (Edit(test.span, meant),)),) if alone else (),
    )


def _is_alone(test: Comparison, view: View) -> bool:
    """Returns whether the words are those of the comparison alone; `between` is two of them in one."""
    first, second = sorted((test.left.span, test.right.span))
    return view.source(Span(first.path, first.end, second.start)).strip() in {"<=", ">=", "=", "!="}
