"""A segment whose condition contradicts itself: no company is ever in it, so a trigger `in` it mails nobody."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.language.lints.chains import contradictions, segments
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each segment that can be seen to hold no company."""
    return contradictions(segments(view), codes.SEGMENT_NEVER_MATCHES, "no company")
