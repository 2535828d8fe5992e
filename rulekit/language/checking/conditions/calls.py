"""Calls: the functions of the language, and what each takes."""

from rulekit.diagnostics import codes
from rulekit.language import tree
from rulekit.language.checking.conditions.aggregates import check_aggregate, check_did
from rulekit.language.checking.conditions.agreement import agree_as_is
from rulekit.language.checking.conditions.constants import fixed
from rulekit.language.checking.conditions.references import require_record
from rulekit.language.checking.names.scope import Checked, Scope, described
from rulekit.language.parsing.habits import FUNCTIONS, LENGTHS
from rulekit.language.typed_expressions import Default, Function, Lower, Value
from rulekit.language.types import TEXT

EVENT_FUNCTIONS = ("did", *(function.value for function in Function))
VALUE_FUNCTIONS = ("lower", "default")


def check_call(node: tree.Call, scope: Scope) -> Checked:
    """Returns what a function makes of its arguments."""
    name = node.function.text
    if name in EVENT_FUNCTIONS:
        _require_history(node, scope)
        return check_did(node, scope) if name == "did" else check_aggregate(Function(name), node, scope)
    if name not in VALUE_FUNCTIONS:
        help, fixes = scope.findings.meant(name, (*EVENT_FUNCTIONS, *VALUE_FUNCTIONS), node.function.span)
        all_names = (
            _as_length(node, scope)
            or FUNCTIONS.get(name.lower())
            or f"use one of {', '.join((*EVENT_FUNCTIONS, *VALUE_FUNCTIONS))}"
        )
        message = f"unknown function `{name}`"
        scope.findings.fail(
            codes.UNKNOWN_FUNCTION, message, node.function.span, "no such function", help=help or all_names, fixes=fixes
        )
    return _lower(node, scope) if name == "lower" else _default(node, scope)


def _as_length(node: tree.Call, scope: Scope) -> str | None:
    """Returns what to write for `days(14)`, or None when the call is nothing like it."""
    unit = LENGTHS.get(node.function.text.lower().removesuffix("s"))
    number = scope.findings.source(node.subjects[0].value.span)
    return f"write `{number}{unit}`" if unit and number.isdecimal() else None


def _lower(node: tree.Call, scope: Scope) -> Value:
    operand = scope.value(_arguments(node, 1, "`lower(x)`", scope)[0])
    if not operand.type.is_textual:
        scope.findings.fail(
            codes.WRONG_OPERAND,
            f"`lower` does not take {described(operand.type)}",
            operand.span,
            described(operand.type),
            secondary=scope.uses,
            help="use it on a text",
        )
    return Lower(operand, TEXT, node.span)


def _default(node: tree.Call, scope: Scope) -> Value:
    first, second = _arguments(node, 2, "`default(x, value)`", scope)
    operand = scope.value(first)
    return Default(operand, agree_as_is(operand, fixed(second, scope), scope), operand.type, node.span)


def _arguments(node: tree.Call, count: int, form: str, scope: Scope) -> list[tree.Expression]:
    subject = node.subjects[0] if len(node.subjects) == 1 else None
    windows = any(isinstance(argument, tree.Window) for argument in node.arguments)
    wrong = subject is None or subject.where is not None or node.within is not None or windows or node.company
    if wrong or subject is None or len(node.arguments) + 1 != count:
        scope.findings.fail(
            codes.WRONG_ARGUMENTS,
            f"`{node.function.text}` takes {'one value' if count == 1 else 'two values'}",
            node.span,
            f"expected {form}",
            secondary=scope.uses,
            help=f"write {form}",
        )
    rest = [argument for argument in node.arguments if not isinstance(argument, tree.Window)]
    return [subject.value, *rest]


def _require_history(node: tree.Call, scope: Scope) -> None:
    if scope.owner == "event":
        scope.findings.fail(
            codes.OUT_OF_SCOPE,
            f"`{node.function.text}` has no meaning inside `where`",
            node.function.span,
            "`where` sees the event's own properties only",
            secondary=scope.uses,
            help="write it outside of the call, joined by `and`",
        )
    if node.company and not scope.declared.is_broken("company"):
        require_record("company", node.function.span, scope)
