"""A `let` that nothing names: what it says has no effect, and whoever changes it expects one."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each `let` that no condition and no other `let` names."""
    for let in view.declarations(tree.LetDeclaration):
        if view.is_unused("let", let.name.text):
            yield Diagnostic(
                codes.UNUSED_LET,
                f"nothing uses `let {let.name.text}`",
                Label(let.name.span, "never named"),
                help="use it in a condition, or remove it",
            )
