"""Personal data in a subject or preheader: locked screens show them, and servers on the way log them.

A name in a greeting is what subjects are for and is not reported.
"""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.checking.templates.variables import RECORDS
from rulekit.language.lints.in_templates.outputs import printed
from rulekit.language.lints.in_templates.personal import is_private
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each private value that a subject or preheader shows."""
    for texts in view.texts.values():
        for part in ("subject", "preheader"):
            text = texts.get(part)
            for use in printed(text.tree) if text else ():
                if text and use.field[0] in RECORDS and is_private(use.field):
                    name = ".".join(use.field)
                    yield Diagnostic(
                        codes.PERSONAL_DATA_IN_SUBJECT,
                        f"the {part} shows `{name}`",
                        Label(text.text.find_member(use.line, use.field), "seen on locked screens and in logs"),
                        help="write it in the body, or leave it out",
                    )
