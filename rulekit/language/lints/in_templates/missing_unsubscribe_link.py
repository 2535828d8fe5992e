"""An email without a way to unsubscribe: in most countries unlawful, and reported as spam instead.

rulekit writes the link into the headers and below Markdown by itself, so a template is asked for it only where it has
`html` or nothing but `text`. Every template that a trigger sends counts; what everybody must get, such as a receipt,
says so in a comment that suppresses this.
"""

import re
from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language import tree
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.lints.in_templates.missing_settings import asked_for, lacks
from rulekit.language.lints.in_templates.template_bodies import shown
from rulekit.language.lints.view import View

# the link, or one to a page of the author's own
_WAY_OUT = re.compile(r"unsubscri|opt[-_]?out|preferences", re.IGNORECASE)


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each template whose body shows no link, and one where no link can be made at all."""
    if view.settings is None:
        return
    if lacks(view, "unsubscribe_url"):
        message, example = "emails have no link to unsubscribe", "https://mail.example.com/u"
        yield asked_for(view, codes.MISSING_UNSUBSCRIBE_LINK, message, "unsubscribe_url", example)
    for template in view.declarations(tree.TemplateDeclaration):
        body = shown(view.texts.get(template.name.text, {}))
        if view.sent_by(template.name.text) and body is not None and not _has_way_out(*body):
            yield Diagnostic(
                codes.MISSING_UNSUBSCRIBE_LINK,
                f"emails from `{template.name.text}` show no link to unsubscribe",
                Label(template.head, f"its `{body[0]}` has none"),
                help=_HELP[body[0]],
            )


_HELP = {
    "html": 'add `<a href="{{ unsubscribe_url }}">Unsubscribe</a>`',
    "text": "add a line like `Unsubscribe: {{ unsubscribe_url }}`",
}


def _has_way_out(part: str, body: ParsedText) -> bool:
    return part == "markdown" or _WAY_OUT.search(body.text.source.text) is not None
