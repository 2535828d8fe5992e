"""Tests: their records and events, and what is done or expected at each moment."""

from dataclasses import dataclass
from typing import Literal as OneOf

from rulekit.diagnostics.source import Span
from rulekit.language.tree.declarations import Option
from rulekit.language.tree.expressions import Literal, Name, Text


@dataclass(frozen=True, slots=True)
class GivenList:
    """`tags=("a", "b")` of a record or event in a test; `()` is an empty list."""

    name: Name
    items: tuple[Literal, ...]
    span: Span


Given = Option | GivenList


@dataclass(frozen=True, slots=True)
class TestRecord:
    """`person ada: email="…", plan="pro"` or `company acme: name="…"`; `company=acme` links a person."""

    record: OneOf["person", "company"]
    key: Name
    company: Name | None
    values: tuple[Given, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TestEvent:
    """`event purchase by ada at 2026-01-01T00:00Z: amount=12`."""

    event: Name
    person: Name
    at: Literal
    values: tuple[Given, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectMember:
    """`expect ada in Inactive14`, `expect ada not in Enterprise`, `expect acme in Enterprise`.

    `who` is a person or a company of the test, `group` a persona or a segment.
    """

    who: Name
    group: Name
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectEmail:
    """`expect Miss_You to ada unapproved`; `expect no Miss_You to ada` has state None."""

    template: Name
    person: Name
    state: Name | None
    span: Span


TestOfText = OneOf["=", "contains", "starts with", "ends with"]


@dataclass(frozen=True, slots=True)
class ExpectText:
    """`expect Miss_You to ada subject contains "We miss you"`: what the latest such email says."""

    template: Name
    person: Name
    part: OneOf["subject", "body"]
    how: TestOfText
    negated: bool
    text: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Act:
    """`approve Miss_You to ada` or `unapprove Miss_You to ada`."""

    action: OneOf["approve", "unapprove"]
    template: Name
    person: Name
    span: Span


TestStep = ExpectMember | ExpectEmail | ExpectText | Act


@dataclass(frozen=True, slots=True)
class Moment:
    """`at 2026-01-15T00:00Z: …`: an instant and what is done or expected then, in order."""

    at: Literal
    steps: tuple[TestStep, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TestDeclaration:
    """`test "…":` with its records, events and moments in the order they were written."""

    title: Text
    statements: tuple[TestRecord | TestEvent | Moment, ...]
    span: Span
    head: Span
