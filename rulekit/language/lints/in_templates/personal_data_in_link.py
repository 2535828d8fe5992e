"""Personal data in a link: the servers behind it, and whoever the email is forwarded to, get to know it.

`mailto:` and `tel:` lead to no server, so they may hold what they are for.
"""

import re
from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.lints.in_templates.markup import Stretch, links
from rulekit.language.lints.in_templates.personal import identifies
from rulekit.language.lints.in_templates.template_bodies import bodies
from rulekit.language.lints.view import View

_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_MEMBER = re.compile(r"\b(person|company)\s*(?:\.\s*(\w+)|\[\s*[\"'](\w+)[\"']\s*\])")
_PRIVATE_WAYS = ("mailto:", "tel:", "sms:")


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each link or image of a body whose address holds what identifies a person."""
    for part, body in bodies(view):
        for link in links(part, body.text.source.text):
            if not link.text.strip().casefold().startswith(_PRIVATE_WAYS):
                yield from _check_link(link, body)


def _check_link(link: Stretch, body: ParsedText) -> Iterator[Diagnostic]:
    for value in _VALUE.finditer(link.text):
        for member in _MEMBER.finditer(value[0]):
            field = (member[1], member[2] or member[3])
            if identifies(field):
                start = link.start + value.start() + member.start()
                yield Diagnostic(
                    codes.PERSONAL_DATA_IN_LINK,
                    f"a link tells `{'.'.join(field)}` to whoever sees it",
                    Label(body.text.at(start, start + len(member[0])), "stands in logs and in forwarded emails"),
                    help="write a key that means nothing to others, or leave it out",
                )
