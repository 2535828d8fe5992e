"""A segment that no trigger, persona or segment names: whoever changes it expects something to change, too.

As with personas, a title says that people look at it, and a project without triggers is left alone.
"""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each segment without a title that nothing names."""
    for segment in view.declarations(tree.SegmentDeclaration):
        if view.is_unused("segment", segment.name.text) and segment.title is None and view.sends:
            yield Diagnostic(
                codes.UNUSED_SEGMENT,
                f"nothing uses segment `{segment.name.text}`",
                Label(segment.name.span, "no trigger and no condition names it"),
                help="use it, remove it, or give it a title if people look at it",
            )
