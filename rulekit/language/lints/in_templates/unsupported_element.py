"""An element that mail programs take out, some with the whole email: scripts, frames, style sheets elsewhere."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.lints.in_templates.markup import Tag, tags
from rulekit.language.lints.in_templates.template_bodies import bodies
from rulekit.language.lints.view import View

_REMEDIES = {
    "script": "remove it; no mail program runs scripts",
    "iframe": "use a link to the page",
    "frame": "use a link to the page",
    "object": "use an image, or a link",
    "embed": "use an image, or a link",
    "applet": "use an image, or a link",
}
_STYLES = "write the styles into `<style>`, from where they are moved to the elements"


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each element of a body that no reader gets to see at work."""
    for part, body in bodies(view):
        for tag in tags(body.text.source.text) if part == "html" else ():
            remedy = _STYLES if _is_style_sheet(tag) else _REMEDIES.get(tag.name)
            if remedy is not None:
                yield Diagnostic(
                    codes.UNSUPPORTED_ELEMENT,
                    f"`<{tag.name}>` has no effect in an email",
                    Label(body.text.at(tag.place.start, tag.place.end), "taken out on the way, or by the mail program"),
                    help=remedy,
                )


def _is_style_sheet(tag: Tag) -> bool:
    relation = tag.attributes.get("rel")
    return tag.name == "link" and relation is not None and "stylesheet" in relation.text.casefold().split()
