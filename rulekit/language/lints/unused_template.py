"""A template that no trigger sends, though the project sends others: it is forgotten, or its trigger is."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each template that no trigger sends."""
    for template in view.declarations(tree.TemplateDeclaration):
        if view.is_unused("template", template.name.text) and view.sends:
            yield Diagnostic(
                codes.UNUSED_TEMPLATE,
                f"no trigger sends template `{template.name.text}`",
                Label(template.name.span, "never sent"),
                help=f"send it, as in `on tagged(…) send template {template.name.text}`, or remove it",
            )
