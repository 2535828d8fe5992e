"""A persona whose condition contradicts itself: nobody is ever in it, and nobody is mailed for it."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.lints.junctions import never, personas
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each persona that can be seen to hold nobody."""
    for judged in personas(view):
        if never(judged.condition):
            yield Diagnostic(
                codes.PERSONA_NEVER_MATCHES,
                f"nobody can be in {judged.what}",
                Label(judged.declaration.condition.span, "contradicts itself"),
                help="mend what cannot hold together, or remove it",
            )
