"""What a check has found so far: the value that goes from step to step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.report import Ignored, Sources


@dataclass(frozen=True, slots=True)
class Found:
    """Reports in the order of files and places, the texts that they quote, and what is said besides.

    `notes` say what is not shown and why.
    """

    diagnostics: Sequence[Diagnostic]
    sources: Sources
    ignored: tuple[Ignored, ...] = ()
    notes: tuple[str, ...] = ()

    def only(self, wanted: Callable[[Diagnostic], bool]) -> "Found":
        """Returns the same with those reports alone that are wanted."""
        return replace(self, diagnostics=[one for one in self.diagnostics if wanted(one)])

    def noting(self, note: str) -> "Found":
        """Returns the same with one more note."""
        return replace(self, notes=(*self.notes, note))


# a step of the check after the rules have been looked at
Step = Callable[[Found], Found]
