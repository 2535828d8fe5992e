"""Names inside expressions: fields, properties and `let`s."""

from collections.abc import Collection
from dataclasses import replace
from typing import NoReturn

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code
from rulekit.diagnostics.source import Span
from rulekit.language import tree
from rulekit.language.checking.findings import Reported, replacement
from rulekit.language.checking.names.scope import Checked, Scope
from rulekit.language.parsing.habits import NAMES
from rulekit.language.program import FieldType
from rulekit.language.typed_expressions import Company, Field, InPersona, InSegment, Not

_CODES = {"person": codes.UNKNOWN_FIELD, "company": codes.UNKNOWN_FIELD, "event": codes.UNKNOWN_PROPERTY}


def check_reference(node: tree.Reference, scope: Scope) -> Checked:
    """Returns the field or property of that name, or the expression of the `let`."""
    name = node.name.text
    if name in scope.fields:
        return _field(scope.fields[name], scope.owner == "company", node.span, scope)
    if name in scope.declared.lets:
        return _fill_in(scope.declared.lets[name], node, scope)
    if scope.declared.is_broken(name, scope.event if scope.owner == "event" else scope.owner):
        raise Reported
    return _fail_unknown(node, scope)


def check_member(node: tree.Member, scope: Scope) -> Checked:
    """Returns `company.field`; reports any other name with a dot."""
    owner, name = node.owner.text, node.name.text
    if owner != "company":
        _fail_owner(node, scope)
    if scope.owner == "event":
        help = "compare the company's field outside of `where`, joined by `and`"
        _fail_out_of_scope(node.span, "`where` sees the event's own properties only", help, scope)
    if name in scope.schema.company:
        return _field(scope.schema.company[name], True, node.span, scope)
    if scope.declared.is_broken(name, "company"):
        raise Reported
    require_record("company", node.span, scope)
    message = f"unknown company field `{name}`"
    return _fail_name(codes.UNKNOWN_FIELD, message, node.name.span, scope.schema.company, scope)


def check_company(node: tree.Company, scope: Scope) -> Checked:
    """Returns the person's company, to ask whether there is one."""
    if scope.owner == "event":
        help = "ask for the company outside of `where`, joined by `and`"
        _fail_out_of_scope(node.span, "`where` sees the event's own properties only", help, scope)
    if scope.owner == "company":
        _fail_out_of_scope(node.span, "a segment's company is never missing", "ask for one of its fields", scope)
    if scope.declared.is_broken("company"):
        raise Reported
    require_record("company", node.span, scope)
    return Company(node.span)


def check_set(node: tree.InSet, scope: Scope) -> Checked:
    """Returns `in X` for a segment or persona X."""
    name = node.name.text
    if scope.owner == "event":
        help = "write `in` outside of the call, joined by `and`"
        _fail_out_of_scope(node.span, "`where` sees the event's own properties only", help, scope)
    found = _persona_or_segment(node.name, scope)(name, node.span)
    return Not(found, node.span) if node.negated else found


def _persona_or_segment(name: tree.Name, scope: Scope) -> type[InPersona] | type[InSegment]:
    personas, segments = scope.declared.personas, scope.declared.segments
    in_company = scope.owner == "company"
    if name.text in segments and (in_company or name.text not in personas):
        return InSegment
    if name.text in personas and not in_company and name.text not in segments:
        return InPersona
    if scope.declared.is_broken(name.text, "persona", "segment"):
        raise Reported
    if name.text in personas and name.text in segments:
        help = "give the persona or the segment another name"
        message = f"`{name.text}` is both a persona and a segment"
        scope.findings.fail(codes.AMBIGUOUS_NAME, message, name.span, "which of the two?", help=help)
    if name.text in personas:
        message, help = "a segment is made of companies, not of people", "move this condition into a persona"
        scope.findings.fail(codes.OUT_OF_SCOPE, message, name.span, "a persona", help=help)
    known = segments if in_company else {**segments, **personas}
    code, kind = (codes.UNKNOWN_SEGMENT, "segment") if in_company else (codes.UNKNOWN_PERSONA, "persona or segment")
    return _fail_name(code, f"unknown {kind} `{name.text}`", name.span, known, scope)


def _field(declared: FieldType, of_company: bool, span: Span, scope: Scope) -> Field:
    if of_company:
        # a person may have no company; a segment always is about one
        return Field("company", declared.name, declared.type, declared.optional or scope.owner == "person", span)
    return Field(scope.owner, declared.name, declared.type, declared.optional, span)


def _fill_in(let: tree.LetDeclaration, node: tree.Reference, scope: Scope) -> Checked:
    if let.name.text in scope.looping:
        raise Reported
    return replace(scope.filled_in(let, node.span), span=node.span)


def _fail_unknown(node: tree.Reference, scope: Scope) -> NoReturn:
    name = node.name.text
    if scope.owner != "event":
        require_record(scope.owner, node.span, scope)
    if scope.owner == "person" and name in scope.schema.company:
        help, fixes = f"write `company.{name}`", (replacement(node.span, f"company.{name}"),)
        scope.findings.fail(
            codes.OUT_OF_SCOPE,
            f"`{name}` is a field of the company",
            node.span,
            "not a field of the person",
            secondary=scope.uses,
            help=help,
            fixes=fixes,
        )
    if scope.owner != "person" and name in scope.schema.person:
        place = "outside of the call, joined by `and`" if scope.owner == "event" else "in a persona"
        _fail_out_of_scope(node.span, f"`{name}` is a field of the person", f"compare it {place}", scope)
    kind = f"property of `{scope.event}`" if scope.owner == "event" else f"{scope.owner} field"
    _fail_as_set(node, scope)
    _fail_as_event(node, scope)
    if any(name in field.type.choices for field in scope.fields.values()):
        _fail_as_meant(node, f"unknown {kind} `{name}`", "a text needs quotes", f'"{name}"', scope)
    if name.lower() in NAMES:
        help = NAMES[name.lower()]
        message = f"unknown {kind} `{name}`"
        scope.findings.fail(_CODES[scope.owner], message, node.span, "not declared", secondary=scope.uses, help=help)
    known = (*scope.fields, *scope.declared.lets)
    _fail_name(_CODES[scope.owner], f"unknown {kind} `{name}`", node.span, known, scope)


def _fail_as_event(node: tree.Reference, scope: Scope) -> None:
    """Reports an event that stands without a call."""
    name = node.name.text
    if scope.owner != "event" and name in scope.declared.events:
        help = f"write `count({name})` for how often, `did({name})` for whether, or `last({name})` for when"
        message, label = f"`{name}` is an event, not a field", "what people do"
        scope.findings.fail(_CODES[scope.owner], message, node.span, label, secondary=scope.uses, help=help)


def _fail_as_set(node: tree.Reference, scope: Scope) -> None:
    """Reports a persona or segment that stands without `in`."""
    name, declared = node.name.text, scope.declared
    if scope.owner == "person" and name in declared.personas:
        _fail_as_meant(node, f"`{name}` is a persona, not a field", "a set of people", f"in {name}", scope)
    if scope.owner != "event" and name in declared.segments:
        _fail_as_meant(node, f"`{name}` is a segment, not a field", "a set of companies", f"in {name}", scope)


def _fail_as_meant(node: tree.Reference, message: str, label: str, meaning: str, scope: Scope) -> NoReturn:
    help, fixes = f"write `{meaning}`", (replacement(node.span, meaning),)
    scope.findings.fail(_CODES[scope.owner], message, node.span, label, secondary=scope.uses, help=help, fixes=fixes)


def _fail_owner(node: tree.Member, scope: Scope) -> NoReturn:
    owner, name = node.owner.text, node.name.text
    if owner == scope.event:
        fixes = (replacement(node.span, name),)
        message = f"`{owner}.` is not needed here"
        help = f"write `{name}`"
        scope.findings.fail(codes.OUT_OF_SCOPE, message, node.span, help=help, fixes=fixes, secondary=scope.uses)
    if owner in scope.declared.events:
        message, help = (
            f"{scope.findings.quote(node.span)} has no single value",
            f"write `last({owner}.{name})` or `sum(…)`",
        )
        scope.findings.fail(codes.OUT_OF_SCOPE, message, node.span, "one for every event", help=help)
    if scope.declared.is_broken(owner):
        raise Reported
    known = ("company", "person")
    _fail_name(codes.UNKNOWN_FIELD, f"`{owner}` has no fields", node.owner.span, known, scope)


def _fail_out_of_scope(span: Span, message: str, help: str, scope: Scope) -> NoReturn:
    scope.findings.fail(codes.OUT_OF_SCOPE, message, span, secondary=scope.uses, help=help)


def require_record(record: str, span: Span, scope: Scope) -> None:
    """Reports, once in a project, that the person or company is not declared."""
    declared = scope.declared.person if record == "person" else scope.declared.company
    if declared is None:
        scope.findings.require_once(f"no `{record}:` is declared")
        help = f"declare `{record}:` and below it its fields, as in `name text`"
        scope.findings.fail(codes.MISSING_RECORD, f"no `{record}:` is declared", span, "a field of it", help=help)


def _fail_name(code: Code, message: str, span: Span, known: Collection[str], scope: Scope) -> NoReturn:
    help, fixes = scope.findings.meant(scope.findings.source(span).strip("`"), known, span)
    help = help or "declare it, or write a declared name"
    scope.findings.fail(code, message, span, "not declared", secondary=scope.uses, help=help, fixes=fixes)
