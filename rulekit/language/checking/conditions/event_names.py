"""Names of events and their properties inside a call; `any` stands for every declared event."""

from dataclasses import dataclass
from typing import NoReturn

from rulekit.diagnostics import codes
from rulekit.language import tree
from rulekit.language.checking.findings import Reported
from rulekit.language.checking.names.scope import Scope
from rulekit.language.parsing.habits import EMAIL_WORDS, OWN_EMAILS
from rulekit.language.program import FieldType


@dataclass(frozen=True, slots=True)
class PropertyOf:
    """What an aggregate is about: events, and a property of one event or None."""

    events: tuple[str, ...]
    property: FieldType | None


def property_of(subject: tree.Expression, scope: Scope) -> PropertyOf:
    """Returns the events and property that `purchase` or `purchase.amount` names."""
    if not isinstance(subject, tree.Member):
        return PropertyOf(event_names(subject, scope), None)
    if subject.owner.text == "any":
        message, help = "`any` has no properties", f"name one event, as in `purchase.{subject.name.text}`"
        scope.findings.fail(codes.UNKNOWN_PROPERTY, message, subject.span, secondary=scope.uses, help=help)
    event = _event(subject.owner, scope)
    properties, name = scope.schema.events[event], subject.name
    if name.text not in properties:
        _fail_property(event, name, scope)
    return PropertyOf((event,), properties[name.text])


def event_names(subject: tree.Expression, scope: Scope) -> tuple[str, ...]:
    """Returns the event that a bare name stands for, or all of them for `any`."""
    if not isinstance(subject, tree.Reference):
        help = "write the name of an event, as in `did(purchase)`"
        return scope.findings.fail(
            codes.WRONG_ARGUMENTS,
            f"{scope.findings.quote(subject.span)} is not an event",
            subject.span,
            "expected an event",
            secondary=scope.uses,
            help=help,
        )
    if subject.name.text != "any":
        return (_event(subject.name, scope),)
    if not scope.schema.events:
        message, help = "no event is declared", "declare one, as in `event signed_up`"
        scope.findings.fail(codes.UNKNOWN_EVENT, message, subject.span, secondary=scope.uses, help=help)
    return tuple(scope.schema.events)


def _event(name: tree.Name, scope: Scope) -> str:
    if name.text in scope.schema.events:
        return name.text
    if scope.declared.is_broken(name.text, "event"):
        raise Reported
    help, fixes = scope.findings.meant(name.text, scope.schema.events, name.span)
    declare = OWN_EMAILS if name.text.lower() in EMAIL_WORDS else f"declare it, as in `event {name.text}`"
    return scope.findings.fail(
        codes.UNKNOWN_EVENT,
        f"unknown event `{name.text}`",
        name.span,
        "not declared",
        secondary=scope.uses,
        help=help or declare,
        fixes=fixes,
    )


def _fail_property(event: str, name: tree.Name, scope: Scope) -> NoReturn:
    if scope.declared.is_broken(name.text, event):
        raise Reported
    help, fixes = scope.findings.meant(name.text, scope.schema.events[event], name.span)
    if help is None and name.text in {"at", "time", "timestamp"}:
        help = "narrow the time with a window, as in `, last 14d`"
    scope.findings.fail(
        codes.UNKNOWN_PROPERTY,
        f"unknown property `{name.text}` of event `{event}`",
        name.span,
        "not declared",
        secondary=scope.uses,
        help=help or f"declare it below `event {event}:`",
        fixes=fixes,
    )
