"""A rule of `<style>` that is about a state or a part of an element, which cannot be moved to the element itself."""

import re
from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.lints.in_templates.markup import Stretch, style_rules
from rulekit.language.lints.in_templates.template_bodies import bodies
from rulekit.language.lints.view import View

_STATES = "hover|focus|focus-within|focus-visible|active|visited|target|checked"
_PARTS = "before|after|first-line|first-letter|selection|marker|placeholder"
_UNMOVABLE = re.compile(rf"::?(?:{_STATES}|{_PARTS})(?![\w-])", re.IGNORECASE)


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each rule outside of `@media` that is lost when styles are moved to the elements."""
    for part, body in bodies(view):
        for selector in style_rules(body.text.source.text) if part == "html" else ():
            found = _UNMOVABLE.search(selector.text)
            if found is not None:
                place = _within(selector, found)
                yield Diagnostic(
                    codes.DROPPED_STYLE,
                    f"a style for `{found[0]}` is lost",
                    Label(body.text.at(place.start, place.end), "cannot be moved to the elements"),
                    help="write the rule inside `@media screen { … }`, which stays as it is",
                )


def _within(selector: Stretch, found: re.Match[str]) -> Stretch:
    return Stretch(found[0], selector.start + found.start(), selector.start + found.end())
