"""The declarations but tests: schema, `let`, segments, personas, templates and triggers."""

from dataclasses import dataclass
from typing import Literal as OneOf

from rulekit.diagnostics.source import Span
from rulekit.language.tree.expressions import Expression, Literal, Name, Text


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: `text`, `list of text` (name "list", element "text"), `one of (…)` (name "one", choices)."""

    name: Name
    element: Name | None
    choices: tuple[Text, ...] | None
    optional: bool
    span: Span


@dataclass(frozen=True, slots=True)
class FieldDeclaration:
    """A field of a person or company, or a property of an event."""

    name: Name
    type: TypeName
    span: Span


@dataclass(frozen=True, slots=True)
class RecordDeclaration:
    """`person:` or `company:` with its fields."""

    record: OneOf["person", "company"]
    fields: tuple[FieldDeclaration, ...]
    span: Span
    head: Span


@dataclass(frozen=True, slots=True)
class EventDeclaration:
    """`event purchase:` with its properties."""

    name: Name
    properties: tuple[FieldDeclaration, ...]
    span: Span
    head: Span


@dataclass(frozen=True, slots=True)
class LetDeclaration:
    """`let idle = 14d`."""

    name: Name
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class SegmentDeclaration:
    """`segment Enterprise "Large accounts": …`."""

    name: Name
    title: Text | None
    condition: Expression
    span: Span
    head: Span
    comment: str = ""


@dataclass(frozen=True, slots=True)
class PersonaDeclaration:
    """`persona Inactive14 was Quiet "No login for two weeks": …`."""

    name: Name
    was: Name | None
    title: Text | None
    condition: Expression
    span: Span
    head: Span
    comment: str = ""


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """`subject "…"`: the part's name and its text."""

    name: Name
    value: Text
    span: Span


@dataclass(frozen=True, slots=True)
class TemplateDeclaration:
    """`template Miss_You:` with its parts in order."""

    name: Name
    title: Text | None
    parts: tuple[TemplatePart, ...]
    span: Span
    head: Span
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """`auto=false`, `every=30d` of a trigger, or `plan="pro"` of a record in a test."""

    name: Name
    value: Literal
    span: Span


@dataclass(frozen=True, slots=True)
class TriggerDeclaration:
    """`trigger Win_Back was Old "title": on tagged(P) in S send template T auto=true`."""

    name: Name
    was: Name | None
    title: Text | None
    edge: OneOf["tagged", "untagged"]
    persona: Name
    segment: Name | None
    template: Name
    options: tuple[Option, ...]
    span: Span
    head: Span
    comment: str = ""
