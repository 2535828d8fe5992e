"""Literals as constants, and the places where only a constant may stand."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NoReturn

from rulekit.diagnostics import codes
from rulekit.language import tree
from rulekit.language.checking.findings import replacement
from rulekit.language.checking.names.scope import Scope
from rulekit.language.typed_expressions import Constant
from rulekit.language.types import BOOL, DATE, DURATION, NUMBER, TEXT, TIME, Type

# a bool is an int and a datetime is a date to Python, so the order matters
_TYPES: tuple[tuple[type, Type], ...] = (
    (bool, BOOL),
    (datetime, TIME),
    (date, DATE),
    (timedelta, DURATION),
    (int, NUMBER),
    (Decimal, NUMBER),
    (str, TEXT),
)


def constant(literal: tree.Literal) -> Constant:
    """Returns the value of a literal with its type."""
    type_ = next(type_ for python, type_ in _TYPES if isinstance(literal.value, python))
    return Constant(literal.value, type_, literal.span)


def fixed(node: tree.Expression, scope: Scope) -> Constant:
    """Returns the value of an expression that must not depend on data; reports any other."""
    value = scope.value(node)
    if isinstance(value, Constant):
        return value
    return scope.findings.fail(
        codes.NOT_A_LITERAL,
        f"{scope.findings.quote(node.span)} is not a fixed value",
        node.span,
        "a fixed value is needed here",
        secondary=scope.uses,
        help='write a literal like `"pro"`, `12` or `14d`, or a `let` of one',
    )


def fixed_duration(node: tree.Expression, scope: Scope) -> timedelta:
    """Returns a fixed length of time, longer than nothing; reports any other value."""
    value = fixed(node, scope)
    if not isinstance(value.value, timedelta):
        report_not_duration(value, scope)
    elif value.value > timedelta(0):
        return value.value
    return scope.findings.fail(
        codes.INVALID_WINDOW,
        f"{scope.findings.quote(node.span)} is no length of time",
        node.span,
        "must be longer than nothing",
        secondary=scope.uses,
        help="write a duration like `14d`",
    )


def report_not_duration(value: Constant, scope: Scope) -> NoReturn:
    """Reports a value that should be a duration; a bare number is given its unit."""
    quoted = scope.findings.quote(value.span)
    if isinstance(value.value, int) and not isinstance(value.value, bool):
        scope.findings.fail(
            codes.MISSING_UNIT,
            f"{quoted} has no unit",
            value.span,
            "expected a duration like `14d`",
            secondary=scope.uses,
            help=f"write `{value.value}d` for days (units: w d h m s)",
            fixes=(replacement(value.span, f"{value.value}d"),),
        )
    scope.findings.fail(
        codes.TYPE_MISMATCH,
        f"{quoted} is not a duration",
        value.span,
        "expected a duration like `14d`",
        secondary=scope.uses,
        help="write a number and a unit (w d h m s), as in `14d`",
    )
