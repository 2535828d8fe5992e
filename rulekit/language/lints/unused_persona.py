"""A persona that no trigger and no other persona names: nobody is mailed for being in it.

It may be for people to look at with `rulekit members`. Its title is for them, so one with a title is left alone, and
so is every persona of a project without triggers. That is why this is a hint and no warning. A test that names it is
no use of it.
"""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each persona without a title that no trigger and no condition names."""
    for persona in view.declarations(tree.PersonaDeclaration):
        if view.is_unused("persona", persona.name.text) and persona.title is None and view.sends:
            yield Diagnostic(
                codes.UNUSED_PERSONA,
                f"nothing uses persona `{persona.name.text}`",
                Label(persona.name.span, "no trigger and no persona names it"),
                help="use it, remove it, or give it a title if people look at it",
            )
