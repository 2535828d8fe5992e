"""Where the checker's reports gather: one cause is reported once, and what it spoils is not reported again."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from rulekit.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import SourceText, Span
from rulekit.language.checking.patterns import Patterns
from rulekit.suggestions import suggest

QUOTE_WIDTH = 40
# names that one check compares with unknown ones; some tenths of a second
MOST_COMPARED = 200_000
T = TypeVar("T")
S = TypeVar("S")

Read = Callable[[str], SourceText | Diagnostic]


class Reported(Exception):
    """Something was reported; the part that it is about has no meaning, so nothing more is said about it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The reports so far, the sources that they quote, and the patterns met on the way."""

    read: Read
    diagnostics: list[Diagnostic] = field(default_factory=list)
    patterns: Patterns = field(default_factory=Patterns)
    _seen: set[tuple[Code, Span | None]] = field(default_factory=set)
    _compared: Counter[str] = field(default_factory=Counter)

    def report(
        self,
        code: Code,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: Iterable[Label] = (),
        help: str | None = None,
        notes: tuple[str, ...] = (),
        fixes: Iterable[Fix] = (),
    ) -> None:
        """Adds a report, unless the same code was reported at the same place."""
        self.add(Diagnostic(code, message, Label(span, label), tuple(secondary), help, notes, tuple(fixes)))

    def add(self, diagnostic: Diagnostic) -> None:
        """Adds a report, unless the same code was reported at the same place."""
        key = (diagnostic.code, diagnostic.primary.span if diagnostic.primary else None)
        if key not in self._seen:
            self._seen.add(key)
            self.diagnostics.append(diagnostic)

    def fail(
        self,
        code: Code,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: Iterable[Label] = (),
        help: str | None = None,
        notes: tuple[str, ...] = (),
        fixes: Iterable[Fix] = (),
    ) -> NoReturn:
        """Reports, and gives up the part that the report is about."""
        self.report(code, message, span, label, secondary=secondary, help=help, notes=notes, fixes=fixes)
        raise Reported

    def require_once(self, message: str) -> None:
        """Gives up a part whose report has been made elsewhere in the same words."""
        if any(diagnostic.message == message for diagnostic in self.diagnostics):
            raise Reported

    def meant(self, name: str, known: Collection[str], span: Span) -> tuple[str | None, tuple[Fix, ...]]:
        """Returns the help and fix for a misspelled name: the nearest of the known ones, if any is near.

        After so many names as MOST_COMPARED nothing is suggested any more: whoever has thousands of unknown names in a
        large project sees them soon, and finds the rest of the suggestions after mending the first.
        """
        if self._compared.total() > MOST_COMPARED:
            return None, ()
        self._compared["names"] += len(known)
        nearest = suggest(name, known)
        if nearest is None:
            return None, ()
        return f"write `{nearest}`", (replacement(span, nearest),)

    def source(self, span: Span) -> str:
        """Returns the text at a place exactly as the author wrote it."""
        source = self.read(span.path)
        return source.text[span.start : span.end] if isinstance(source, SourceText) else ""

    def quote(self, span: Span) -> str:
        """Returns the text at a place in backquotes, on one line and cut to fit a headline."""
        words = " ".join(self.source(span).split())
        return f"`{words if len(words) <= QUOTE_WIDTH else words[: QUOTE_WIDTH - 1] + '…'}`"


def each(check: Callable[[T], S], parts: Sequence[T]) -> list[S]:
    """Returns what `check` makes of every part; all parts are looked at even when one is given up.

    Raises Reported when any part was given up.
    """
    made = attempted(check, parts)
    if len(made) < len(parts):
        raise Reported
    return made


def attempted(check: Callable[[T], S], parts: Iterable[T]) -> list[S]:
    """Returns what `check` makes of the parts that are not given up."""
    made: list[S] = []
    for part in parts:
        try:
            made.append(check(part))
        except Reported:
            continue
    return made


def settled(made: Sequence[S]) -> S:
    """Returns the one thing that was attempted; raises Reported when it was given up."""
    if not made:
        raise Reported
    return made[0]


def replacement(span: Span, text: str) -> Fix:
    """Returns the fix that writes `text` at a place."""
    return Fix(f"write `{text}`", (Edit(span, text),))
