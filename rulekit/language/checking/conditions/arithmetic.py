"""Arithmetic: which types an operator takes and what it makes of them."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal as OneOf
from typing import NoReturn, cast

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.checking.findings import each
from rulekit.language.checking.names.scope import Scope, described
from rulekit.language.typed_expressions import Arithmetic, Constant, Negative, Value
from rulekit.language.types import DURATION, NUMBER, TIME, Kind, Type

Sign = OneOf["+", "-", "*", "/"]
LONGEST = timedelta(days=36525)
LARGEST_FACTOR = 10_000

_RESULTS: dict[tuple[str, Kind, Kind], Type] = {
    **{(sign, Kind.NUMBER, Kind.NUMBER): NUMBER for sign in "+-*/"},
    **{(sign, Kind.DURATION, Kind.DURATION): DURATION for sign in "+-"},
    **{(sign, Kind.DURATION, Kind.NUMBER): DURATION for sign in "*/"},
    **{(sign, Kind.TIME, Kind.DURATION): TIME for sign in "+-"},
    ("-", Kind.TIME, Kind.TIME): DURATION,
}
# `2 * 7d` and `3d + created_at` are read from right to left
_SWAPPED = {("*", Kind.NUMBER, Kind.DURATION), ("+", Kind.DURATION, Kind.TIME)}


def check_arithmetic(node: tree.Binary, scope: Scope) -> Value:
    """Returns `left operator right`; durations that are both fixed become one."""
    left, right = each(scope.value, (node.left, node.right))
    return _combined(cast(Sign, node.operator), left, right, node, scope)


def check_share(node: tree.Binary, scope: Scope) -> Value:
    """Returns `x% of y` as `x/100 * y`."""
    left, right = each(scope.value, (node.left, node.right))
    plain = isinstance(node.left, tree.Literal) and not node.left.percent
    if plain or left.type.kind is not Kind.NUMBER:
        scope.findings.fail(
            codes.WRONG_OPERAND,
            f"{scope.findings.quote(node.left.span)} is not a percentage",
            node.left.span,
            "expected a percentage like `50%`",
            secondary=scope.uses,
            help="write a percentage like `50%`, or `*` to multiply",
        )
    return _combined("*", left, right, node, scope)


def check_negative(node: tree.Unary, scope: Scope) -> Value:
    """Returns `-x` for a number or duration; a fixed one stays fixed."""
    operand = scope.value(node.operand)
    if operand.type.kind not in (Kind.NUMBER, Kind.DURATION):
        scope.findings.fail(
            codes.WRONG_OPERAND,
            f"`-` does not take {described(operand.type)}",
            operand.span,
            described(operand.type),
            secondary=scope.uses,
            help="use `-` on a number or a duration",
        )
    if isinstance(operand, Constant) and isinstance(operand.value, int | Decimal | timedelta):
        return Constant(-operand.value, operand.type, node.span)
    return Negative(operand, operand.type, node.span)


def _combined(sign: Sign, left: Value, right: Value, node: tree.Binary, scope: Scope) -> Value:
    if (sign, left.type.kind, right.type.kind) in _SWAPPED:
        left, right = right, left
    result = _RESULTS.get((sign, left.type.kind, right.type.kind))
    if result is None:
        _fail_operands(left, right, node, scope)
    fixed = _fixed_duration(sign, left, right, node.span)
    return fixed or Arithmetic(sign, left, right, result, node.span)


def _fixed_duration(sign: Sign, left: Value, right: Value, span: Span) -> Constant | None:
    if not (isinstance(left, Constant) and isinstance(right, Constant) and isinstance(left.value, timedelta)):
        return None
    if isinstance(right.value, timedelta):
        length = left.value + right.value if sign == "+" else left.value - right.value
    elif isinstance(right.value, int) and sign == "*" and abs(right.value) <= LARGEST_FACTOR:
        length = left.value * right.value
    else:
        return None
    return Constant(length, DURATION, span) if abs(length) <= LONGEST else None


def _fail_operands(left: Value, right: Value, node: tree.Binary, scope: Scope) -> NoReturn:
    scope.findings.fail(
        codes.WRONG_OPERAND,
        f"`{node.operator}` does not take {described(left.type)} and {described(right.type)}",
        node.operator_span,
        "has no meaning here",
        secondary=(
            Label(left.span, described(left.type)),
            Label(right.span, described(right.type)),
            *scope.uses,
        ),
        help=_HELP.get((left.type.kind, right.type.kind), "use numbers, durations, or a time and a duration"),
    )


_HELP = {
    (Kind.TIME, Kind.NUMBER): "give the number a unit, as in `14d`",
    (Kind.DURATION, Kind.NUMBER): "give the number a unit, as in `14d`",
    (Kind.NUMBER, Kind.DURATION): "give the number a unit, as in `14d`",
    (Kind.TEXT, Kind.TEXT): "compare the two texts each by itself",
}
