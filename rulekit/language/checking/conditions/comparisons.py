"""Comparisons: what is left of them is true or false, of values that may be compared."""

from typing import NoReturn

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.checking.conditions.agreement import INSTANTS, agree, agree_as_is
from rulekit.language.checking.conditions.constants import fixed, fixed_duration
from rulekit.language.checking.conditions.junctions import joined
from rulekit.language.checking.findings import Reported, each
from rulekit.language.checking.names.scope import VALUES, Checked, Scope, described
from rulekit.language.checking.patterns import LONGEST, MOST_TIME
from rulekit.language.typed_expressions import (
    And,
    Comparison,
    Condition,
    Constant,
    InList,
    IsMissing,
    Not,
    Operator,
    TextOperator,
    TextTest,
    Value,
    Within,
)
from rulekit.language.types import LIST_OF_TEXT, Kind

SIGNS = {operator.value: operator for operator in Operator}
TEXT_TESTS = {
    "contains": TextOperator.CONTAINS,
    "starts": TextOperator.STARTS,
    "ends": TextOperator.ENDS,
    "matches": TextOperator.MATCHES,
}
_COMPARING = (tree.Between, tree.InList, tree.InSet, tree.Presence, tree.Emptiness, tree.WithinWindow)


def check_comparison(node: tree.Binary, scope: Scope) -> Condition:
    """Returns `left operator right`; a condition beside `true` or `false` is the condition or its opposite."""
    _refuse_chain(node, scope)
    left, right = each(scope.expression, (node.left, node.right))
    if not isinstance(left, VALUES):
        return _settled(left, right, node, scope)
    if not isinstance(right, VALUES):
        return _settled(right, left, node, scope)
    return _compared(SIGNS[node.operator], left, right, node.span, scope)


def check_between(node: tree.Between, scope: Scope) -> Condition:
    """Returns `x >= low and x <= high`."""
    operand, low, high = each(scope.value, (node.operand, node.low, node.high))
    above = _compared(Operator.GE, operand, low, node.span, scope)
    below = _compared(Operator.LE, operand, high, node.span, scope)
    return joined(And, (above, below), node.span)


def check_list(node: tree.InList, scope: Scope) -> Condition:
    """Returns `x in (a, b)`; every item is a fixed value of the operand's type."""
    operand = scope.value(node.operand)
    if operand.type.kind is Kind.LIST:
        _fail_operand("in", operand, "use `contains` to look into a list", scope)
    items = each(lambda item: agree_as_is(operand, fixed(item, scope), scope), node.items)
    found = InList(operand, tuple(items), node.span)
    return Not(found, node.span) if node.negated else found


def check_text_test(node: tree.Binary, scope: Scope) -> Condition:
    """Returns `contains`, `starts with`, `ends with` or `matches`."""
    operator = TEXT_TESTS[node.operator]
    operand, argument = each(scope.value, (node.left, node.right))
    allowed_list = operator is TextOperator.CONTAINS and operand.type.kind is Kind.LIST
    if not operand.type.is_textual and not allowed_list:
        _fail_operand(operator.value, operand, "use it on a text", scope)
    if not argument.type.is_textual:
        _fail_operand(operator.value, argument, 'write a text in quotes, as in `"pro"`', scope)
    if operator is TextOperator.MATCHES:
        _require_pattern(node.right, scope)
    return TextTest(operator, operand, argument, node.span)


def check_presence(node: tree.Presence, scope: Scope) -> Condition:
    """Returns `x is missing`, or its opposite for `x is present`."""
    missing = IsMissing(scope.value(node.operand), node.span)
    return Not(missing, node.span) if node.present else missing


def check_emptiness(node: tree.Emptiness, scope: Scope) -> Condition:
    """Returns `x is empty`: the list x is equal to one with nothing in it."""
    operand = scope.value(node.operand)
    if operand.type.kind is not Kind.LIST:
        help = 'write `= ""`' if operand.type.is_textual else "write `is missing`"
        _fail_operand("is empty", operand, help, scope)
    return Comparison(Operator.EQ, operand, Constant((), LIST_OF_TEXT, node.span), node.span)


def check_within(node: tree.WithinWindow, scope: Scope) -> Condition:
    """Returns `x within last D` or `x within next D` for a time or date x."""
    operand, length = scope.value(node.operand), fixed_duration(node.length, scope)
    if operand.type.kind not in INSTANTS:
        _fail_operand("within", operand, "use it on a time or a date", scope)
    return Within(operand, node.direction, length, node.span)


def _compared(operator: Operator, left: Value, right: Value, span: Span, scope: Scope) -> Comparison:
    ordered = operator not in (Operator.EQ, Operator.NE)
    left, right = agree(left, right, scope, ordered=ordered)
    if left.type.kind is Kind.LIST:
        _fail_operand(operator.value, left, "use `contains` to look into a list", scope)
    if ordered and not left.type.is_ordered:
        scope.findings.fail(
            codes.UNORDERED_COMPARISON,
            f"{scope.findings.quote(left.span)} is {described(left.type)}, which has no order",
            span,
            f"`{operator.value}` needs an order",
            secondary=scope.uses,
            help="use `=` or `!=`",
        )
    return Comparison(operator, left, right, span)


def _settled(condition: Condition, other: Checked, node: tree.Binary, scope: Scope) -> Condition:
    if not isinstance(other, Constant) or other.type.kind is not Kind.BOOL or node.operator not in ("=", "!="):
        scope.findings.fail(
            codes.CONDITION_AS_VALUE,
            f"{scope.findings.quote(condition.span)} is a condition, not a value",
            condition.span,
            "already true or false",
            secondary=scope.uses,
            help="write the condition by itself, or `not` in front of it",
        )
    return condition if other.value is (node.operator == "=") else Not(condition, node.span)


def _refuse_chain(node: tree.Binary, scope: Scope) -> None:
    for side in (node.left, node.right):
        if isinstance(side, _COMPARING) or (isinstance(side, tree.Binary) and side.operator in (*SIGNS, *TEXT_TESTS)):
            scope.findings.fail(
                codes.CHAINED_COMPARISON,
                "comparisons do not chain",
                node.operator_span,
                "compares a comparison",
                secondary=(Label(side.span, "true or false already"), *scope.uses),
                help="write two comparisons joined by `and`, or `x between a and b`",
            )


def _require_pattern(node: tree.Expression, scope: Scope) -> None:
    pattern, patterns = str(fixed(node, scope).value), scope.findings.patterns
    if patterns.exhausted:
        raise Reported
    reason = patterns.refuse(pattern, node.span)
    if reason is not None:
        scope.findings.fail(
            codes.INVALID_PATTERN,
            f"the pattern {scope.findings.quote(node.span)} cannot be used",
            node.span,
            reason,
            secondary=scope.uses,
            help="write a shorter pattern, or several joined by `or`"
            if len(pattern) > LONGEST
            else "write a pattern without back references and look-around (RE2 syntax)",
        )
    if patterns.exhausted:
        scope.findings.fail(
            codes.INVALID_PATTERN,
            f"the patterns of this project take more than {MOST_TIME:g} seconds to read",
            patterns.culprit or node.span,
            f"this one alone takes {patterns.longest:.2g} seconds",
            help="write smaller counts, fewer classes such as `\\pL`, or fewer patterns",
        )


def _fail_operand(operator: str, operand: Value, help: str, scope: Scope) -> NoReturn:
    scope.findings.fail(
        codes.WRONG_OPERAND,
        f"`{operator}` does not take {described(operand.type)}",
        operand.span,
        described(operand.type),
        secondary=scope.uses,
        help=help,
    )
