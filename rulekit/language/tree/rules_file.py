"""A file: its declarations and comments."""

from dataclasses import dataclass

from rulekit.diagnostics.source import Span
from rulekit.language.tree.declarations import (
    EventDeclaration,
    LetDeclaration,
    PersonaDeclaration,
    RecordDeclaration,
    SegmentDeclaration,
    TemplateDeclaration,
    TriggerDeclaration,
)
from rulekit.language.tree.scenarios import TestDeclaration

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
    no mistake is reported twice.
    """

    path: str
    declarations: tuple[Declaration, ...]
    broken: frozenset[str] = frozenset()
    comments: tuple[Comment, ...] = ()
