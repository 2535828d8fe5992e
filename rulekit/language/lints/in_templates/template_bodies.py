"""The bodies of templates, each once, however many templates use one file."""

from collections.abc import Iterator, Mapping

from rulekit.language.checking.templates.template_parts import BODIES
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.lints.view import View


def bodies(view: View) -> Iterator[tuple[str, ParsedText]]:
    """Yields every body of every template with its kind."""
    for texts in view.texts.values():
        yield from ((part, texts[part]) for part in BODIES if part in texts)


def shown(texts: Mapping[str, ParsedText]) -> tuple[str, ParsedText] | None:
    """Returns the body that most readers see, with its kind: HTML or Markdown before plain text."""
    return next(((part, texts[part]) for part in BODIES if part in texts), None)
