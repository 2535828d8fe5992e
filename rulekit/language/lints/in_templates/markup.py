"""What stands in the body of an email before it is rendered: its tags, links and images, each with its place.

The standard library reads the HTML; what is Jinja is blanked out first, letter for letter, so that places stay right.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

# a quoted text may hold the signs that would end the piece
_JINJA = re.compile(
    r"""\{\{(?:"[^"]*"|'[^']*'|(?!\}\}).)*\}\}|\{%(?:"[^"]*"|'[^']*'|(?!%\}).)*%\}|\{#.*?#\}""", re.DOTALL
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\(\s*<?([^)\s>]*)")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(\s*<?([^)\s>]*)|<(https?:[^>\s]*)>|^\[[^\]\n]+\]:\s*<?([^\s>]+)", re.MULTILINE)
# a value stands for some text, anything else for none
_VALUE, _NOTHING = "x", " "


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a text, as written, and where it begins and ends."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag with its attributes, names in small letters; an attribute without `=` has no text."""

    name: str
    attributes: Mapping[str, Stretch]
    place: Stretch


def blanked(text: str) -> str:
    """Returns a template's text with each piece of Jinja replaced by as many characters; line ends stay."""
    return _JINJA.sub(_blank, text)


def _blank(piece: re.Match[str]) -> str:
    filler = _VALUE if piece[0].startswith("{{") else _NOTHING
    return re.sub(r"[^\r\n]", filler, piece[0])


@lru_cache(maxsize=16)
def tags(text: str) -> tuple[Tag, ...]:
    """Returns the start tags of HTML with Jinja in it, those in comments left out."""
    reader = _Reader(text)
    reader.feed(blanked(text))
    reader.close()
    return tuple(reader.found)


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Tag] = []
        self._text = text
        self._lines = [0, *(end.end() for end in re.finditer("\n", text))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        written = self.get_starttag_text() or ""
        names = {name: Stretch("", start, start) for name, value in attrs if value is None}
        placed = {name: self._stretch(start + first, start + last) for name, first, last in _attributes(written)}
        self.found.append(Tag(tag, {**names, **placed}, self._stretch(start, start + len(written))))

    def _stretch(self, start: int, end: int) -> Stretch:
        return Stretch(self._text[start:end], start, end)


def _attributes(written: str) -> Iterator[tuple[str, int, int]]:
    for match in _ATTRIBUTE.finditer(written):
        yield match[1].casefold(), *match.span(match.lastindex or 0)


def markdown_images(text: str) -> Iterator[tuple[str, Stretch]]:
    """Yields the images of Markdown, each with the words that stand for it."""
    for match in _IMAGE.finditer(blanked(text)):
        yield match[1].strip(), Stretch(text[match.start() : match.end()], *match.span())


def links(part: str, text: str) -> Iterator[Stretch]:
    """Yields what links and images of a body lead to, as written; `part` is the body's kind."""
    if part == "html":
        for tag in tags(text):
            yield from (tag.attributes[name] for name in _LEADING if name in tag.attributes)
        return
    for pattern in (_LINK, _IMAGE) if part == "markdown" else (_BARE,):
        for match in pattern.finditer(blanked(text)):
            start, end = match.span(match.lastindex or 0)
            yield Stretch(text[start:end], start, end)


_BARE = re.compile(r"\bhttps?://[^\s<>\"')\]]+")
_LEADING = ("href", "src", "action", "background", "formaction", "poster")
