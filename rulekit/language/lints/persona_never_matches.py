"""A persona whose condition contradicts itself: nobody is ever in it, and nobody is mailed for it."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.language.lints.chains import contradictions, personas
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each persona that can be seen to hold nobody."""
    return contradictions(personas(view), codes.PERSONA_NEVER_MATCHES, "nobody")
