"""The same condition twice in one chain of `and` or `or`: one of the two was meant to be another."""

import re
from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span
from rulekit.language.lints.chains import Judged, chains, sensible
from rulekit.language.lints.view import View
from rulekit.language.typed_expressions import Condition


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each part that stands in its chain before, with names of `let` filled in."""
    for judged in sensible(view):
        for chain in chains(judged.condition):
            seen: dict[Condition, Condition] = {}
            before: Condition | None = None
            for part in chain.operands:
                first = seen.setdefault(part, part)
                if first is not part:
                    yield _report(first, part, before, judged, view)
                before = part


def _report(first: Condition, part: Condition, before: Condition | None, judged: Judged, view: View) -> Diagnostic:
    place, earlier = judged.place(part.span), judged.place(first.span)
    return Diagnostic(
        codes.DUPLICATE_CONDITION,
        "a condition stands twice in one chain",
        Label(place, "stands here again" if place == part.span else "has it twice, through a `let`"),
        secondary=(Label(earlier, "stands here first"),) if earlier != place else (),
        help="remove one of the two, or write what was meant",
        fixes=_removed(part, before, judged, view),
    )


def _removed(part: Condition, before: Condition | None, judged: Judged, view: View) -> tuple[Fix, ...]:
    """Returns the fix that takes the part out with the word before it, where nothing else stands in between."""
    if before is None or judged.place(part.span) != part.span or judged.place(before.span) != before.span:
        return ()
    gap = Span(part.span.path, before.span.end, part.span.start)
    if gap.start > gap.end or not re.fullmatch(r"\s+(and|or)\s+", view.source(gap)):
        return ()
    # the same condition twice is the condition, so nobody else is mailed
    return (Fix("remove it here", (Edit(Span(gap.path, gap.start, part.span.end), ""),), safe=True),)
