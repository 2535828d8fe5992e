"""Triggers: what they watch and send, and their options."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn, cast

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Fix, Label
from rulekit.language import tree
from rulekit.language.checking.conditions.constants import constant
from rulekit.language.checking.conditions.spelling import spelled_as
from rulekit.language.checking.findings import Findings, attempted, replacement
from rulekit.language.checking.names.declared_names import Declared
from rulekit.language.checking.names.renames import previous_names
from rulekit.language.checking.names.scope import described
from rulekit.language.program import Trigger
from rulekit.language.typed_expressions import Constant
from rulekit.language.types import BOOL, DURATION, TEXT, Kind, Type
from rulekit.records import Edge
from rulekit.uncertainty import POLICIES


@dataclass(frozen=True, slots=True)
class OptionRule:
    """What an option takes, and the least duration."""

    type: Type
    least: timedelta = timedelta.resolution

    @property
    def expected(self) -> str:
        """Returns what an author may write."""
        if self.type.kind is Kind.ONE_OF:
            return f"one of {', '.join(self.quoted)}"
        return "a duration like `14d`" if self.type is DURATION else "`true` or `false`"

    @property
    def quoted(self) -> list[str]:
        """Returns the texts that it takes, as an author writes them."""
        return [f'"{choice}"' for choice in self.type.choices]

    def takes(self, value: Constant) -> bool:
        """Says whether a value is of that type."""
        return value.type is self.type or (value.type is TEXT and value.value in self.type.choices)


OPTIONS = {
    "auto": OptionRule(BOOL),
    "backfill": OptionRule(BOOL),
    "every": OptionRule(DURATION),
    "after": OptionRule(DURATION, timedelta(0)),
    "keep": OptionRule(BOOL),
    "expires": OptionRule(DURATION),
    "uncertain": OptionRule(Type(Kind.ONE_OF, POLICIES)),
}


def check_triggers(declared: Declared, findings: Findings) -> dict[str, Trigger]:
    """Returns the triggers without errors, by name."""
    was = previous_names(declared.triggers, "trigger", findings)

    def check(declaration: tree.TriggerDeclaration) -> Trigger:
        _check_references(declaration, declared, findings)
        name = declaration.name.text
        return Trigger(
            name=name,
            title=declaration.title.text if declaration.title else name,
            edge=Edge(declaration.edge),
            persona=declaration.persona.text,
            segment=declaration.segment.text if declaration.segment else None,
            template=declaration.template.text,
            was=was.get(name),
            span=declaration.span,
            **_options(declaration.options, findings),
        )

    triggers = attempted(check, [trigger for _, trigger in sorted(declared.triggers.items())])
    return {trigger.name: trigger for trigger in triggers}


def _check_references(trigger: tree.TriggerDeclaration, declared: Declared, findings: Findings) -> None:
    if not _tags_a_segment(trigger, declared, findings):
        _require(codes.UNKNOWN_PERSONA, "persona", trigger.persona, declared.personas, declared, findings)
    if trigger.segment is not None and not _names_a_persona(trigger, trigger.segment, declared, findings):
        _require(codes.UNKNOWN_SEGMENT, "segment", trigger.segment, declared.segments, declared, findings)
    _require(codes.UNKNOWN_TEMPLATE, "template", trigger.template, declared.templates, declared, findings)


def _tags_a_segment(trigger: tree.TriggerDeclaration, declared: Declared, findings: Findings) -> bool:
    """Returns whether a segment stands where people are tagged, and reports it."""
    persona = trigger.persona
    if persona.text not in declared.segments or persona.text in declared.personas:
        return False
    help = f"name a persona, and limit it with `in`, as in `on {trigger.edge}(My_Persona) in {persona.text}`"
    message, label = f"`{persona.text}` is a segment, not a persona", "people are tagged, companies are not"
    findings.report(codes.UNKNOWN_PERSONA, message, persona.span, label, help=help)
    return True


def _names_a_persona(
    trigger: tree.TriggerDeclaration, segment: tree.Name, declared: Declared, findings: Findings
) -> bool:
    """Returns whether a persona stands where companies are named, and reports it."""
    if segment.text not in declared.personas or segment.text in declared.segments:
        return False
    both = f"`in {trigger.persona.text} and in {segment.text}`"
    help = f"declare a persona that says {both}, and name it in `{trigger.edge}(…)`"
    message, label = f"`{segment.text}` is a persona, not a segment", "`in` names a set of companies here"
    findings.report(codes.UNKNOWN_SEGMENT, message, segment.span, label, help=help)
    return True


def _require(code: Code, kind: str, name: tree.Name, known: Any, declared: Declared, findings: Findings) -> None:
    if name.text in known or declared.is_broken(name.text, kind):
        return
    help, fixes = findings.meant(name.text, known, name.span)
    declare = f"declare it, as in `{kind} {name.text}:`"
    message = f"unknown {kind} `{name.text}`"
    findings.report(code, message, name.span, "not declared", help=help or declare, fixes=fixes)


def _options(options: tuple[tree.Option, ...], findings: Findings) -> dict[str, Any]:
    first: dict[str, tree.Option] = {}
    for option in options:
        name = option.name.text
        if first.setdefault(name, option) is not option:
            findings.report(
                codes.DUPLICATE_OPTION,
                f"option `{name}` is given twice",
                option.span,
                "given again",
                secondary=(Label(first[name].span, "given first here"),),
                help="remove one of the two",
            )
    values = attempted(lambda option: (option.name.text, _value(option, findings)), first.values())
    return dict(values)


def _value(option: tree.Option, findings: Findings) -> bool | timedelta | str:
    rule = OPTIONS.get(option.name.text)
    if rule is None:
        _fail_unknown(option.name, findings)
    value = constant(option.value)
    if not rule.takes(value):
        _fail_type(option, rule, findings)
    if isinstance(value.value, timedelta) and value.value < rule.least:
        help = "write a duration like `14d`"
        message = f"`{option.name.text}` cannot be {findings.quote(option.value.span)}"
        findings.fail(codes.INVALID_OPTION, message, option.value.span, "must be longer than nothing", help=help)
    return cast(bool | timedelta | str, value.value)


def _fail_unknown(name: tree.Name, findings: Findings) -> NoReturn:
    help, fixes = findings.meant(name.text, OPTIONS, name.span)
    all_names = f"use one of {', '.join(OPTIONS)}"
    message = f"unknown option `{name.text}`"
    findings.fail(codes.UNKNOWN_OPTION, message, name.span, "no such option", help=help or all_names, fixes=fixes)


def _fail_type(option: tree.Option, rule: OptionRule, findings: Findings) -> NoReturn:
    value, span = constant(option.value), option.value.span
    spelling = spelled_as(value, rule.type.kind)
    unit_missing = rule.type is DURATION and value.type.kind is Kind.NUMBER
    help: str = f"write {rule.expected}"
    fixes: tuple[Fix, ...] = ()
    if spelling is not None:
        help, fixes = f"write `{option.name.text}={spelling}`", (replacement(span, spelling),)
    elif value.type is TEXT and rule.quoted:
        meant, fixes = findings.meant(f'"{value.value}"', rule.quoted, span)
        help = meant or help
    findings.fail(
        codes.MISSING_UNIT if unit_missing else codes.INVALID_OPTION,
        f"option `{option.name.text}` takes {rule.expected}",
        span,
        described(value.type),
        help=help,
        fixes=fixes,
    )
