"""What the author wrote, as a tree: names unresolved, types unknown, every node with its place.

The parser makes it, the checker reads it. No parser type appears in it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal as OneOf

from rulekit.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written (without backquotes)."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text with its escapes resolved; the span includes the quotes."""

    text: str
    span: Span


# expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: text, number (`50%` is Decimal("0.5"), `percent` remembers the sign), bool, date, instant or duration.

    Whole numbers are int, others Decimal; instants are aware and in UTC.
    """

    value: str | int | Decimal | bool | date | datetime | timedelta
    span: Span
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A bare name: a field, a `let`, or an event property, depending on where it stands."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """`owner.name`, as in `company.arr` or `purchase.amount`."""

    owner: Name
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    operator: OneOf["not", "-"]
    operand: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; the operator is its word or sign in one spelling.

    One of `or and = != < <= > >= + - * / of contains starts ends matches` (`starts` for `starts with`).
    """

    operator: str
    left: "Expression"
    right: "Expression"
    operator_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """`x between low and high`."""

    operand: "Expression"
    low: "Expression"
    high: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class InList:
    """`x in (a, b)` or `x not in (a, b)`."""

    operand: "Expression"
    items: tuple["Expression", ...]
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class InSet:
    """`in Enterprise`, `not in Inactive14`: a segment or a persona."""

    name: Name
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Presence:
    """`x is missing` (present False) or `x is present` (True)."""

    operand: "Expression"
    present: bool
    span: Span


@dataclass(frozen=True, slots=True)
class WithinWindow:
    """`renewal_date within next 30d` or `within last 30d`."""

    operand: "Expression"
    direction: OneOf["next", "last"]
    length: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Window:
    """`last 14d`, `previous 14d` or `30d..14d ago` (start 30d, end 14d); `end` only for the last."""

    kind: OneOf["last", "previous", "ago"]
    start: "Expression"
    end: "Expression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call is about: an expression (a name, `purchase.amount`, …) with an optional `where`."""

    value: "Expression"
    where: "Expression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`count(purchase where amount > 5, last 14d)`, `company.did(a then b within 7d)`, `default(x, 0)`, `lower(x)`.

    `subjects` are the parts joined by `then` (one without it). `arguments` are what follows the first comma:
    windows or plain expressions, in order. The grammar does not know the functions; the checker does.
    """

    company: bool
    function: Name
    subjects: tuple[Subject, ...]
    within: "Expression | None"
    arguments: tuple["Window | Expression", ...]
    span: Span


Expression = Literal | Reference | Member | Unary | Binary | Between | InList | InSet | Presence | WithinWindow | Call


# declarations


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


# tests


@dataclass(frozen=True, slots=True)
class TestRecord:
    """`person ada: email="…", plan="pro"` or `company acme: name="…"`; `company=acme` links a person."""

    record: OneOf["person", "company"]
    key: Name
    company: Name | None
    values: tuple[Option, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TestEvent:
    """`event purchase by ada at 2026-01-01T00:00Z: amount=12`."""

    event: Name
    person: Name
    at: Literal
    values: tuple[Option, ...]
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


Declaration = (
    RecordDeclaration
    | EventDeclaration
    | LetDeclaration
    | SegmentDeclaration
    | PersonaDeclaration
    | TemplateDeclaration
    | TriggerDeclaration
    | TestDeclaration
)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without `#` and the space behind it; `alone` when nothing else stands on its line."""

    text: str
    span: Span
    alone: bool


@dataclass(frozen=True, slots=True)
class File:
    """One `.rules` file: the declarations that could be read, and all comments, in order.

    `broken` holds the names of declarations that could not be read (`person` and `company` for their records), so that
    nobody is told twice about one mistake.
    """

    path: str
    declarations: tuple[Declaration, ...]
    broken: frozenset[str] = frozenset()
    comments: tuple[Comment, ...] = ()
