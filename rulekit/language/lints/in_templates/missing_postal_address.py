"""An email without the sender's postal address, which many countries ask for in emails that advertise.

rulekit writes the address of the settings below Markdown by itself; `html` and `text` hold it themselves. Half of its
parts are enough, in any order and over any number of lines.
"""

import re
from collections.abc import Iterator
from html import unescape

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.lints.in_templates.missing_settings import asked_for, lacks
from rulekit.language.lints.in_templates.template_bodies import shown
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields one report where no address is known, else one for each template whose body does not show it."""
    if lacks(view, "postal_address"):
        message, example = "emails have no postal address", "Example Ltd, 12 Orchard Lane, 1000 Sampleton"
        yield asked_for(view, codes.MISSING_POSTAL_ADDRESS, message, "postal_address", example)
    address = " ".join(view.settings.delivery.postal_address.split()) if view.settings else ""
    for template in view.declarations(tree.TemplateDeclaration) if address else ():
        body = shown(view.texts.get(template.name.text, {}))
        if body is None or body[0] == "markdown" or not view.sent_by(template.name.text):
            continue
        if not _shows(body[1].text.source.text, address):
            yield Diagnostic(
                codes.MISSING_POSTAL_ADDRESS,
                f"emails from `{template.name.text}` show no postal address",
                Label(template.head, f"its `{body[0]}` does not hold the address of the settings"),
                help=f"add `{address}` to it",
            )


def _shows(text: str, address: str) -> bool:
    there = _letters(unescape(re.sub(r"<[^<>]*>", " ", text)))
    parts = [part for part in map(_letters, re.split(r"[,;]", address)) if part]
    return 2 * sum(part in there for part in parts) >= len(parts)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
