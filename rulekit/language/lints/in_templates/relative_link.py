"""A link or image that begins nowhere: a mail program knows no page that `/pricing` or `logo.png` could belong to."""

import re
from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.lints.in_templates.markup import links
from rulekit.language.lints.in_templates.template_bodies import bodies
from rulekit.language.lints.view import View

# a scheme, a place in the same email, or a value or branch of the template that may hold either
_WHOLE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|#|\{[{%])", re.IGNORECASE)


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each link and image of a body that has no scheme, such as `https:`, at its beginning."""
    for part, body in bodies(view):
        for link in links(part, body.text.source.text):
            if not _WHOLE.match(link.text):
                yield Diagnostic(
                    codes.RELATIVE_LINK,
                    "a link in an email leads nowhere",
                    Label(body.text.at(link.start, link.end), "has no `https://…` at its beginning"),
                    help="write the whole address, as in `https://www.example.com/pricing`",
                )
