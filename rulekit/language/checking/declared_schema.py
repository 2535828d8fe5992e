"""The declared schema: fields of people and companies, and properties of events, with their types."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Label
from rulekit.language import tree
from rulekit.language.checking.findings import Findings, attempted
from rulekit.language.checking.names.declared_names import Declared, unique
from rulekit.language.program import FieldType, Schema
from rulekit.language.types import LIST_OF_TEXT, SIMPLE_TYPES, Kind, Type

TYPE_NAMES = (*SIMPLE_TYPES, "one", "list")


def check_schema(declared: Declared, findings: Findings) -> tuple[Declared, Schema]:
    """Returns the schema without the fields that have errors; those are broken names from now on."""
    person = declared.person.fields if declared.person else ()
    company = declared.company.fields if declared.company else ()
    events = {name: event.properties for name, event in sorted(declared.events.items())}
    schema = Schema(
        _fields(person, "field", findings),
        _fields(company, "field", findings),
        {name: _fields(properties, "property", findings) for name, properties in events.items()},
    )
    written = {field.name.text for fields in (person, company, *events.values()) for field in fields}
    usable = {name for fields in (schema.person, schema.company, *schema.events.values()) for name in fields}
    broken = declared.broken | {name.casefold() for name in written - usable}
    return replace(declared, broken=broken), schema


def _fields(declarations: Sequence[tree.FieldDeclaration], kind: str, findings: Findings) -> dict[str, FieldType]:
    def check(declaration: tree.FieldDeclaration) -> FieldType:
        name, type_ = declaration.name.text, declaration.type
        return FieldType(name, check_type(type_, findings), type_.optional, declaration.span)

    fields = attempted(check, unique(declarations, kind, findings).values())
    return {field.name: field for field in fields}


def check_type(written: tree.TypeName, findings: Findings) -> Type:
    """Returns the type that a name stands for; raises Reported when there is none."""
    if written.name.text == "one":
        return Type(Kind.ONE_OF, _choices(written, findings))
    if written.name.text == "list":
        return _list(written, findings)
    if written.name.text not in SIMPLE_TYPES:
        _fail_unknown(written.name, TYPE_NAMES, findings)
    return SIMPLE_TYPES[written.name.text]


def _list(written: tree.TypeName, findings: Findings) -> Type:
    if written.element is not None and written.element.text != "text":
        _fail_unknown(written.element, ("text",), findings)
    return LIST_OF_TEXT


def _fail_unknown(name: tree.Name, known: Sequence[str], findings: Findings) -> NoReturn:
    help, fixes = findings.meant(name.text, known, name.span)
    all_types = "use one of text, number, bool, time, date, duration, one of (…), list of text"
    message = "a list can only hold texts" if known == ("text",) else f"unknown type `{name.text}`"
    findings.fail(codes.UNKNOWN_TYPE, message, name.span, "no such type", help=help or all_types, fixes=fixes)


def _choices(written: tree.TypeName, findings: Findings) -> tuple[str, ...]:
    choices = written.choices or ()
    if not choices:
        help = 'list the texts that it can have, as in `one of ("free", "pro")`'
        findings.fail(codes.INVALID_CHOICES, "a closed set has no values", written.span, help=help)
    first: dict[str, tree.Text] = {}
    for choice in choices:
        if first.setdefault(choice.text, choice) is not choice:
            findings.report(
                codes.INVALID_CHOICES,
                f'`"{choice.text}"` is twice in a closed set',
                choice.span,
                "named again",
                secondary=(Label(first[choice.text].span, "named first here"),),
                help="remove one of the two",
            )
    return tuple(first)
