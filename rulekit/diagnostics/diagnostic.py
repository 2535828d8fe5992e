"""A report as a value: nothing here prints."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from rulekit.diagnostics.source import Span


class Severity(Enum):
    """How much a report weighs: an error stops `run`, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Code:
    """What a report is about: a number that is never reused and a slug named for the bad thing."""

    number: str
    slug: str
    severity: Severity
    summary: str


@dataclass(frozen=True, slots=True)
class Label:
    """A place with the few words that say why it matters; `text` may be empty."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement of source text."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that would settle a report; `safe` only when it cannot change who is mailed."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One report: a headline of at most a dozen words, where, because of what, and what to do.

    `message` is lower case without a full stop, the author's own words in backquotes. `help` begins with a verb.
    `primary` is None only for a report about a whole project.
    """

    code: Code
    message: str
    primary: Label | None
    secondary: tuple[Label, ...] = ()
    help: str | None = None
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()

    @property
    def severity(self) -> Severity:
        """Returns the severity of the report's code."""
        return self.code.severity


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Returns whether any report is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order(reports: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Returns reports in the order of files and places."""
    return sorted(reports, key=_place)


def _place(diagnostic: Diagnostic) -> tuple[Span, str]:
    span = diagnostic.primary.span if diagnostic.primary else Span("", 0, 0)
    return span, diagnostic.code.number
