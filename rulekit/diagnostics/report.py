"""What a command found, as a value: every format renders one of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.source import SourceText

Sources = Mapping[str, SourceText]


@dataclass(frozen=True, slots=True)
class Case:
    """What was looked at as one thing, a file or a test, with the reports about it; `seconds` when it was timed."""

    name: str
    path: str
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A report that a comment in the rules keeps silent, and the reason that the comment gives; it may be empty."""

    diagnostic: Diagnostic
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that a command found, case by case; `sources` has the texts that the reports quote.

    `conclusion` is the last line for people. `notes` say what is not shown and why. `base` is the project's
    folder below the root of the repository, with a slash behind it, or empty: services know files from the root.
    `more` is what only this command says to programs, as JSON has it, by key.
    """

    command: str
    cases: tuple[Case, ...]
    sources: Sources
    conclusion: str
    ignored: tuple[Ignored, ...] = ()
    notes: tuple[str, ...] = ()
    base: str = ""
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Returns the reports of all cases in order."""
        return tuple(diagnostic for case in self.cases for diagnostic in case.diagnostics)
