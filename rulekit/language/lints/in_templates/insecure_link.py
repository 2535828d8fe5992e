"""A link or image over `http:`: whoever is on the way can read and change it, and many mail programs block it."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.language.lints.in_templates.markup import links
from rulekit.language.lints.in_templates.template_bodies import bodies
from rulekit.language.lints.view import View

_SCHEME = "http://"
# these lead to the reader's own machine, where nobody is on the way
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each link and image of a body that is not encrypted."""
    for part, body in bodies(view):
        for link in links(part, body.text.source.text):
            if link.text[: len(_SCHEME)].casefold() == _SCHEME and not link.text[len(_SCHEME) :].startswith(_LOCAL):
                place = body.text.at(link.start, link.end)
                scheme = body.text.at(link.start, link.start + len(_SCHEME))
                known = body.text.offset is not None
                fix = Fix("write `https://`", (Edit(scheme, "https://"),))
                yield Diagnostic(
                    codes.INSECURE_LINK,
                    "a link in an email is not encrypted",
                    Label(place, "begins with `http:`"),
                    help="write `https://`, if the page can be reached that way",
                    fixes=(fix,) if known else (),
                )
