"""What the rules mean: the schema and every declaration, without errors. The checker makes it, everything reads it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rulekit.diagnostics.source import Span
from rulekit.language.tree import TestStep
from rulekit.language.typed_expressions import NOWHERE, Condition
from rulekit.language.types import Type
from rulekit.records import Edge, Scalar
from rulekit.uncertainty import Policy

if TYPE_CHECKING:
    from jinja2 import nodes

# declarations


@dataclass(frozen=True, slots=True)
class FieldType:
    """A declared field or property; `optional` when it may be missing (`?`)."""

    name: str
    type: Type
    optional: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known about people, companies and events; `company` is empty when none is declared."""

    person: Mapping[str, FieldType]
    company: Mapping[str, FieldType]
    events: Mapping[str, Mapping[str, FieldType]]


@dataclass(frozen=True, slots=True)
class Segment:
    """A set of companies."""

    name: str
    title: str
    condition: Condition
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Persona:
    """A set of people; `was` is the name it had before."""

    name: str
    title: str
    condition: Condition
    was: str | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template's source: written in place, or the text of a file (`path` below the project)."""

    text: str
    path: str | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Template:
    """An email: a subject and one or more of html, markdown and text (at least one; not both html and markdown).

    `trees` is how Jinja2 reads its texts, by the keyword of each; those of a program without errors are all there.
    """

    name: str
    title: str
    subject: TemplateText
    html: TemplateText | None
    markdown: TemplateText | None
    text: TemplateText | None
    sender: TemplateText | None
    reply_to: TemplateText | None
    preheader: TemplateText | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    trees: "Mapping[str, nodes.Template]" = field(default_factory=dict, compare=False, repr=False)

    def texts(self) -> Mapping[str, TemplateText]:
        """Returns the texts that it has, by the keyword that stands before each in the rules."""
        parts = {
            "subject": self.subject,
            "html": self.html,
            "markdown": self.markdown,
            "text": self.text,
            "from": self.sender,
            "reply_to": self.reply_to,
            "preheader": self.preheader,
        }
        return {keyword: text for keyword, text in parts.items() if text is not None}


@dataclass(frozen=True, slots=True)
class Trigger:
    """What is sent when people join (`tagged`) or leave (`untagged`) a persona. Defaults are the language's."""

    name: str
    title: str
    edge: Edge
    persona: str
    segment: str | None
    template: str
    auto: bool = False
    backfill: bool = False
    every: timedelta | None = None
    after: timedelta = timedelta(0)
    keep: bool = False
    expires: timedelta = timedelta(days=7)
    uncertain: Policy | None = None
    was: str | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


def by_template(triggers: Iterable[Trigger]) -> Mapping[str, Sequence[Trigger]]:
    """Returns the triggers that send each template, in their order; none for a template that nobody sends."""
    found: dict[str, list[Trigger]] = defaultdict(list)
    for trigger in triggers:
        found[trigger.template].append(trigger)
    return found


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of a test, and what is done or expected then, in order."""

    at: datetime
    steps: tuple[TestStep, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """A `test` block: rows of people, companies and events (by kind) as a source would have them, then moments.

    A row of people has `person` (the key), `company` and the fields that the test gives; a row of companies has
    `company`; a row of events has `person`, `at` and the properties.
    """

    title: str
    people: tuple[Mapping[str, Scalar], ...]
    companies: tuple[Mapping[str, Scalar], ...]
    events: Mapping[str, tuple[Mapping[str, Scalar], ...]]
    moments: tuple[Moment, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Program:
    """All rules of a project, each kind by name in the order of names; `digest` identifies their meaning and texts."""

    schema: Schema
    segments: Mapping[str, Segment]
    personas: Mapping[str, Persona]
    templates: Mapping[str, Template]
    triggers: Mapping[str, Trigger]
    digest: str
    tests: tuple[Test, ...] = ()
