"""When two values may be compared: one type, a time's age with a duration, a text from its closed set."""

import re
from datetime import date, timedelta
from typing import NoReturn

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Fix, Label
from rulekit.language.checking.conditions.spelling import spelled_as
from rulekit.language.checking.findings import replacement
from rulekit.language.checking.names.scope import Scope, described
from rulekit.language.typed_expressions import Age, Constant, Field, Midnight, Value
from rulekit.language.types import Kind

INSTANTS = (Kind.TIME, Kind.DATE)
# a number beside one of these has lost its unit
TIMED = (Kind.TIME, Kind.DATE, Kind.DURATION)
# what is a division to the language, and a date to an author
SLASHED_DATE = re.compile(r"\d{1,4}\s*/\s*\d{1,2}\s*/\s*\d{1,4}", re.ASCII)


def agree(left: Value, right: Value, scope: Scope, *, ordered: bool) -> tuple[Value, Value]:
    """Returns two values as they are compared; reports a mismatch.

    A time beside a duration is its age. A date beside a time is its midnight where the comparison is about their
    order; that a time is a date is never so but at that one instant.
    """
    left, right = _age(left, right), _age(right, left)
    if ordered:
        left, right = _midnight(left, right), _midnight(right, left)
    elif {left.type.kind, right.type.kind} == {Kind.TIME, Kind.DATE}:
        _fail_as_same(left, right, scope)
    if left.type.kind is right.type.kind or (left.type.is_textual and right.type.is_textual):
        require_choice(left, right, scope)
        require_choice(right, left, scope)
        return left, right
    return fail_mismatch(left, right, scope)


def agree_as_is(left: Value, right: Constant, scope: Scope) -> Constant:
    """Returns the constant when it is of the other value's own type, without taking an age."""
    if left.type.kind is right.type.kind or (left.type.is_textual and right.type.is_textual):
        require_choice(left, right, scope)
        return right
    return fail_mismatch(left, right, scope)


def require_choice(closed: Value, text: Value, scope: Scope) -> None:
    """Reports a literal text that a closed set does not have."""
    if closed.type.kind is not Kind.ONE_OF or not isinstance(text, Constant) or text.value in closed.type.choices:
        return
    quoted = [f'"{choice}"' for choice in closed.type.choices]
    help, fixes = scope.findings.meant(f'"{text.value}"', quoted, text.span)
    scope.findings.fail(
        codes.NOT_IN_CLOSED_SET,
        f'{scope.findings.quote(closed.span)} is never `"{text.value}"`',
        text.span,
        f"not one of {', '.join(quoted)}",
        secondary=(*declared_at(closed, scope), *scope.uses),
        help=help or f"choose one of {', '.join(quoted)}",
        fixes=fixes,
    )


def fail_mismatch(left: Value, right: Value, scope: Scope) -> NoReturn:
    """Reports two values of different types, at the literal if one is, with what was probably meant."""
    if isinstance(left, Constant) and not isinstance(right, Constant):
        left, right = right, left
    quote = scope.findings.quote
    code, help, fixes = _remedy(left, right)
    if left.type.kind in INSTANTS and SLASHED_DATE.fullmatch(scope.findings.source(right.span)):
        help = (
            f"write year, month and day, as in `{'2026-02-01T00:00Z' if left.type.kind is Kind.TIME else '2026-02-01'}`"
        )
    scope.findings.fail(
        code,
        f"{quote(left.span)} is {described(left.type)}, {quote(right.span)} is {described(right.type)}",
        right.span,
        described(right.type),
        secondary=(Label(left.span, described(left.type)), *declared_at(left, scope), *scope.uses),
        help=help,
        fixes=fixes,
    )


def _fail_as_same(left: Value, right: Value, scope: Scope) -> NoReturn:
    """Reports a time that is to be equal to a date, with how to ask for what lies in a day."""
    moment, day = (left, right) if left.type.kind is Kind.TIME else (right, left)
    names = scope.findings.source(moment.span), scope.findings.source(day.span)
    help = f"compare their order, as in `{names[0]} >= {names[1]}`"
    if isinstance(day, Constant) and isinstance(day.value, date) and day.value < date.max:
        after = day.value + timedelta(days=1)
        help = f"write `{names[0]} >= {day.value} and {names[0]} < {after}` for all of that day"
    scope.findings.fail(
        codes.TYPE_MISMATCH,
        f"`{names[0]}` is a time, `{names[1]}` is a date",
        day.span,
        "a whole day",
        secondary=(Label(moment.span, "an instant"), *declared_at(moment, scope), *scope.uses),
        help=help,
    )


def declared_at(value: Value, scope: Scope) -> tuple[Label, ...]:
    """Returns the place where a field was declared, for a report about its value."""
    if not isinstance(value, Field) or value.owner == "event":
        return ()
    fields = scope.schema.person if value.owner == "person" else scope.schema.company
    return (Label(fields[value.name].span, f"`{value.name}` is declared here"),)


def _age(value: Value, other: Value) -> Value:
    if value.type.kind in INSTANTS and other.type.kind is Kind.DURATION:
        return Age(value, value.span)
    return value


def _midnight(value: Value, other: Value) -> Value:
    if value.type.kind is Kind.DATE and other.type.kind is Kind.TIME:
        return Midnight(value, value.span)
    return value


def _remedy(left: Value, right: Value) -> tuple[Code, str, tuple[Fix, ...]]:
    spelling = spelled_as(right, left.type.kind) if isinstance(right, Constant) else None
    unit_missing = left.type.kind in TIMED and right.type.kind is Kind.NUMBER and spelling
    code = codes.MISSING_UNIT if unit_missing else codes.TYPE_MISMATCH
    if spelling is not None:
        return code, f"write `{spelling}`", (replacement(right.span, spelling),)
    if left.type.kind is Kind.LIST and right.type.is_textual:
        return code, "use `contains` to look into a list", ()
    return code, f"compare it with {described(left.type)}", ()
