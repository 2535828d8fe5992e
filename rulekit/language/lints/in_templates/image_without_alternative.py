"""An image without words: readers whose program shows no images, or who hear the email, get nothing in its place."""

from collections.abc import Iterator

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.lints.in_templates.markup import Stretch, Tag, markdown_images, tags
from rulekit.language.lints.in_templates.template_bodies import bodies
from rulekit.language.lints.view import View


def check(view: View) -> Iterator[Diagnostic]:
    """Yields a report for each image that does not say what it shows; `alt=""` says that it is only decoration."""
    for part, body in bodies(view):
        if part == "html":
            wordless, help = _in_html(body), 'add `alt="…"`, or `alt=""` for mere decoration'
        elif part == "markdown":
            wordless, help = _in_markdown(body), "write what it shows between `![` and `]`"
        else:
            continue
        yield from (_report(body, image, help) for image in wordless)


def _in_html(body: ParsedText) -> list[Stretch]:
    return [tag.place for tag in tags(body.text.source.text) if tag.name == "img" and not _is_described(tag)]


def _in_markdown(body: ParsedText) -> list[Stretch]:
    return [place for words, place in markdown_images(body.text.source.text) if not words]


def _is_described(tag: Tag) -> bool:
    role, hidden = (tag.attributes.get(name) for name in ("role", "aria-hidden"))
    decoration = role is not None and role.text.casefold() in ("presentation", "none")
    return "alt" in tag.attributes or decoration or (hidden is not None and hidden.text.casefold() == "true")


def _report(body: ParsedText, image: Stretch, help: str) -> Diagnostic:
    return Diagnostic(
        codes.IMAGE_WITHOUT_ALTERNATIVE,
        "an image has no words in its place",
        Label(body.text.at(image.start, image.end), "nothing is shown or read out without the image"),
        help=help,
    )
