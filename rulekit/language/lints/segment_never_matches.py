"""A segment whose condition contradicts itself: no company is ever in it, so a trigger `in` it mails nobody."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.lints.junctions import never, segments
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each segment that can be seen to hold no company."""
    for judged in segments(view):
        if never(judged.condition):
            yield Diagnostic(
                codes.SEGMENT_NEVER_MATCHES,
                f"no company can be in {judged.what}",
                Label(judged.declaration.condition.span, "contradicts itself"),
                help="mend what cannot hold together, or remove it",
            )
