"""Aggregates over events: `did`, sequences, `count` and its kin."""

from datetime import timedelta
from typing import NoReturn

from rulekit.diagnostics import codes
from rulekit.language import tree
from rulekit.language.checking.conditions.constants import fixed_duration
from rulekit.language.checking.conditions.event_names import PropertyOf, event_names, property_of
from rulekit.language.checking.conditions.windows import check_window
from rulekit.language.checking.findings import attempted, each, settled
from rulekit.language.checking.names.scope import Scope, described
from rulekit.language.typed_expressions import Aggregate, Condition, Did, Function, Period, Sequence, Step
from rulekit.language.types import NUMBER, TIME, Kind, Type

OF_NUMBERS = (Function.SUM, Function.AVG, Function.MIN, Function.MAX)
OF_PROPERTIES = (*OF_NUMBERS, Function.DISTINCT)
NEVER_MISSING = (Function.COUNT, Function.SUM, Function.DISTINCT)


def check_did(node: tree.Call, scope: Scope) -> Condition:
    """Returns `did(E …)`, or `did(A then B …)` as a sequence."""
    periods = attempted(lambda call: _period(call, scope), [node])
    steps = each(lambda subject: _step(subject, node, scope), node.subjects)
    period = settled(periods)
    everyone = node.company or scope.owner == "company"
    if len(steps) > 1:
        within = fixed_duration(node.within, scope) if node.within is not None else None
        return Sequence(tuple(steps), within, period, everyone, node.span)
    if node.within is not None:
        _fail_arguments(node, "`within` needs a sequence", "write `did(a then b within 7d)`, or `last 7d`", scope)
    return Did(steps[0].events, steps[0].where, period, everyone, node.span)


def check_aggregate(function: Function, node: tree.Call, scope: Scope) -> Aggregate:
    """Returns `count(E …)`, `sum(E.prop …)` and their kin."""
    if len(node.subjects) > 1 or node.within is not None:
        _fail_arguments(node, "only `did` takes a sequence", "write `did(a then b)`", scope)
    periods = attempted(lambda call: _period(call, scope), [node])
    subject = node.subjects[0]
    of = property_of(subject.value, scope)
    _require_form(function, of, node, scope)
    everyone = node.company or scope.owner == "company"
    return Aggregate(
        function,
        of.events,
        of.property.name if of.property else None,
        _where(subject, of.events, scope),
        settled(periods),
        everyone,
        _type(function, of),
        # a person may have no company
        function not in NEVER_MISSING or (everyone and scope.owner == "person"),
        node.span,
    )


def _step(subject: tree.Subject, node: tree.Call, scope: Scope) -> Step:
    if isinstance(subject.value, tree.Member):
        of = property_of(subject.value, scope)
        _require_form(Function.COUNT, of, node, scope)
    events = event_names(subject.value, scope)
    return Step(events, _where(subject, events, scope), subject.span)


def _where(subject: tree.Subject, events: tuple[str, ...], scope: Scope) -> Condition | None:
    if subject.where is None:
        return None
    if isinstance(subject.value, tree.Reference) and subject.value.name.text == "any":
        scope.findings.fail(
            codes.WRONG_ARGUMENTS,
            "`any` allows no `where`",
            subject.where.span,
            "kinds of events differ in their properties",
            secondary=scope.uses,
            help="name one event, or join several calls by `or`",
        )
    return scope.where(events[0]).condition(subject.where)


def _period(node: tree.Call, scope: Scope) -> Period | None:
    if not node.arguments:
        return None
    window, *more = node.arguments
    if more or not isinstance(window, tree.Window):
        help = "write one window, as in `last 14d`, `previous 14d` or `30d..14d ago`"
        if not more and isinstance(window, tree.Literal) and isinstance(window.value, timedelta):
            help = f"write `last {scope.findings.source(window.span)}`"
        _fail_arguments(node, f"`{node.function.text}` takes at most one window here", help, scope)
    return check_window(window, scope)


def _require_form(function: Function, of: PropertyOf, node: tree.Call, scope: Scope) -> None:
    word, event = node.function.text, "any" if len(of.events) != 1 else of.events[0]
    if of.property is None and function in OF_PROPERTIES:
        examples = [name for name, field in _properties(of, scope) if function not in OF_NUMBERS or field is NUMBER]
        form = f"{word}({event}.{examples[0] if examples else 'property'})"
        _fail_arguments(node, f"`{word}` needs a property of the event", f"write it like `{form}`", scope)
    if of.property is not None and function is Function.COUNT:
        _fail_arguments(node, f"`{word}` takes an event, not a property", f"write `{word}({event})`", scope)
    if of.property is not None and function in OF_NUMBERS and of.property.type.kind is not Kind.NUMBER:
        scope.findings.fail(
            codes.WRONG_OPERAND,
            f"`{word}` does not take {described(of.property.type)}",
            node.subjects[0].value.span,
            described(of.property.type),
            secondary=scope.uses,
            help="use it on a number, or `first`, `last` or `distinct` on other properties",
        )


def _properties(of: PropertyOf, scope: Scope) -> list[tuple[str, Type]]:
    if len(of.events) != 1:
        return []
    return [(name, field.type) for name, field in scope.schema.events[of.events[0]].items()]


def _type(function: Function, of: PropertyOf) -> Type:
    if function in (Function.FIRST, Function.LAST):
        return of.property.type if of.property else TIME
    return NUMBER


def _fail_arguments(node: tree.Call, message: str, help: str, scope: Scope) -> NoReturn:
    scope.findings.fail(codes.WRONG_ARGUMENTS, message, node.span, secondary=scope.uses, help=help)
