"""A condition that holds for everybody: everybody would be mailed, or the part does not narrow what it should."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.lints.chains import always, chains, never, personas, segments
from rulekit.language.lints.view import View
from rulekit.language.typed_expressions import And


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each persona and segment that holds all, and for each part of an `and` that does."""
    for judged in (*personas(view), *segments(view)):
        if never(judged.condition):
            continue
        if always(judged.condition):
            place = judged.declaration.condition.span
            yield Diagnostic(
                codes.CONSTANT_CONDITION,
                f"the condition of {judged.what} always holds",
                Label(place, "true for everybody"),
                help="write what tells those apart who are meant",
            )
            continue
        chained = (chain for chain in chains(judged.condition) if isinstance(chain, And))
        for part in (part for chain in chained for part in chain.operands if always(part)):
            place = judged.place(part.span)
            yield Diagnostic(
                codes.CONSTANT_CONDITION,
                f"{_quoted(view.source(part.span))} always holds",
                Label(place, "true for everybody"),
                help="remove it, or write what was meant",
            )


def _quoted(written: str) -> str:
    words = " ".join(written.split())
    return f"`{words}`" if len(words) <= 40 else "a part of a condition"
