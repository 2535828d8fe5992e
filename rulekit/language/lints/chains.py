"""The conditions of personas and segments, and the chains of `and` and `or` in them, for the lints that read them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rulekit.diagnostics.diagnostic import Code, Diagnostic, Label
from rulekit.diagnostics.source import Span
from rulekit.language import reasoning, tree
from rulekit.language.lints.view import View
from rulekit.language.typed_expressions import And, Condition, IsMissing, Not, Or

# parts of a chain that are compared with each other; a longer chain is a list in other words
MOST_PARTS = 40


@dataclass(frozen=True, slots=True)
class Judged:
    """A persona or segment as it was written, and what its condition means."""

    declaration: tree.PersonaDeclaration | tree.SegmentDeclaration
    condition: Condition

    @property
    def what(self) -> str:
        """Returns the kind and name as an author writes them."""
        kind = "persona" if isinstance(self.declaration, tree.PersonaDeclaration) else "segment"
        return f"{kind} `{self.declaration.name.text}`"

    def place(self, span: Span) -> Span:
        """Returns a place, or the name of the declaration for what stands in a `let`."""
        whole = self.declaration.condition.span
        inside = span.path == whole.path and whole.start <= span.start and span.end <= whole.end
        return span if inside else self.declaration.name.span


def personas(view: View) -> Iterator[Judged]:
    """Yields the personas without errors."""
    for declaration in view.declarations(tree.PersonaDeclaration):
        persona = view.program.personas.get(declaration.name.text)
        if persona is not None:
            yield Judged(declaration, persona.condition)


def segments(view: View) -> Iterator[Judged]:
    """Yields the segments without errors."""
    for declaration in view.declarations(tree.SegmentDeclaration):
        segment = view.program.segments.get(declaration.name.text)
        if segment is not None:
            yield Judged(declaration, segment.condition)


def sensible(view: View) -> Iterator[Judged]:
    """Yields the personas and segments about which nothing else was said: some match, and not everybody does."""
    for judged in (*personas(view), *segments(view)):
        if not never(judged.condition) and not always(judged.condition):
            yield judged


def contradictions(judged: Iterable[Judged], code: Code, who: str) -> Iterator[Diagnostic]:
    """Yields a report for each persona or segment that can be seen to hold nobody."""
    for one in judged:
        if never(one.condition):
            yield Diagnostic(
                code,
                f"{who} can be in {one.what}",
                Label(one.declaration.condition.span, "contradicts itself"),
                help="mend what cannot hold together, or remove it",
            )


@lru_cache(maxsize=4096)
def never(condition: Condition) -> bool:
    """Returns whether a condition can be seen to hold for nobody; remembered, because several lints ask."""
    return reasoning.never(condition)


@lru_cache(maxsize=4096)
def always(condition: Condition) -> bool:
    """Returns whether a condition can be seen to hold for everybody."""
    return reasoning.always(condition)


def chains(condition: Condition) -> Iterator[And | Or]:
    """Yields every `and` and `or` in a condition that is short enough to be compared part by part."""
    match condition:
        case Not():
            yield from chains(condition.operand)
        case And() | Or():
            if len(condition.operands) <= MOST_PARTS:
                yield condition
            for part in condition.operands:
                yield from chains(part)


def is_decision(condition: Condition) -> bool:
    """Returns whether a condition is `is missing` or `is present`, which says what others leave open."""
    return isinstance(condition.operand if isinstance(condition, Not) else condition, IsMissing)
