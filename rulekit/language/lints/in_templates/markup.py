"""What stands in the body of an email before it is rendered: its tags, links and images, each with its place.

The standard library reads the HTML; what is Jinja is blanked out first, letter for letter, so that places stay right.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

_OPENING = re.compile(r"\{[{%#]")
# what ends each piece of Jinja; a quoted text may hold the signs that would end it
_REST = {
    "{{": re.compile(r"""(?:"[^"]*"|'[^']*'|(?!\}\}).)*+\}\}""", re.DOTALL),
    "{%": re.compile(r"""(?:"[^"]*"|'[^']*'|(?!%\}).)*+%\}""", re.DOTALL),
    "{#": re.compile(r".*?#\}", re.DOTALL),
}
# nothing here is looked at twice from different beginnings: a body may be long, and is anybody's
_ATTRIBUTE = re.compile(r"""(?<![^\s"'<>/=])([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_IMAGE = re.compile(r"!\[([^\[\]\n]*)\]\(\s*<?([^)\s>]*)")
_LINK = re.compile(
    r"(?<!!)\[[^\[\]\n]*\]\(\s*<?([^)\s>]*)|<(https?:[^<>\s]*)>|^\[[^\]\n]+\]:\s*<?([^\s>]+)", re.MULTILINE
)
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
    shown, done, unclosed = [], 0, set()
    for opening in _OPENING.finditer(text):
        if opening.start() < done or opening[0] in unclosed:
            continue
        rest = _REST[opening[0]].match(text, opening.end())
        if rest is None:
            unclosed.add(opening[0])
            continue
        shown += [text[done : opening.start()], _blank(text[opening.start() : rest.end()])]
        done = rest.end()
    return "".join([*shown, text[done:]])


def _blank(piece: str) -> str:
    return re.sub(r"[^\r\n]", _VALUE if piece.startswith("{{") else _NOTHING, piece)


def tags(text: str) -> Sequence[Tag]:
    """Returns the start tags of HTML with Jinja in it, those in comments left out."""
    return _read(text).found


@lru_cache(maxsize=16)
def _read(text: str) -> "_Reader":
    reader, shown = _Reader(text), blanked(text)
    # behind the last `>` stands no tag, and the standard library looks for one from each `<` anew
    reader.feed(shown[: shown.rfind(">") + 1])
    reader.close()
    return reader


_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_SIGN = re.compile(r"[{};]")


def style_rules(text: str) -> Iterator[Stretch]:
    """Yields the selectors of the rules in `<style>`, without those inside of `@media` and its like."""
    for sheet in _read(text).sheets:
        content = _CSS_COMMENT.sub(lambda comment: " " * len(comment[0]), sheet.text)
        depth = start = 0
        for sign in _CSS_SIGN.finditer(content):
            selector = content[start : sign.start()]
            if sign[0] == "{" and depth == 0 and not selector.lstrip().startswith("@"):
                yield Stretch(selector, sheet.start + start, sheet.start + sign.start())
            depth = max(0, depth + {"{": 1, "}": -1, ";": 0}[sign[0]])
            start = sign.end()


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Tag] = []
        self.sheets: list[Stretch] = []
        self._text = text
        self._lines = [0, *(end.end() for end in re.finditer("\n", text))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._start()
        written = self.get_starttag_text() or ""
        names = {name: Stretch("", start, start) for name, value in attrs if value is None}
        placed = {name: self._stretch(start + first, start + last) for name, first, last in _attributes(written)}
        self.found.append(Tag(tag, {**names, **placed}, self._stretch(start, start + len(written))))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            start = self._start()
            self.sheets.append(Stretch(data, start, start + len(data)))

    def _start(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

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
