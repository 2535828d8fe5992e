"""Where each use of a name stands in a template: Jinja2 keeps lines only, and a line may use a name several times."""

import re
from dataclasses import dataclass, field
from itertools import accumulate

from rulekit.diagnostics.source import Span
from rulekit.language.checking.templates.template_syntax import ParsedText
from rulekit.language.checking.templates.template_text import PlacedText
from rulekit.language.template_trees import environment

_CODE = frozenset({"name", "operator", "integer", "float", "whitespace"})


@dataclass(slots=True)
class TextPlaces:
    """The places in a text, handed out one after the other to those who ask for the same in the same line."""

    text: PlacedText
    lines: list[str]
    starts: list[int]
    _left: dict[tuple[int, str], list[Span]] = field(default_factory=dict)

    def next(self, line: int, pattern: str) -> Span:
        """Returns the next place in a line where a pattern matches inside of a tag; the line when there is none."""
        if (line, pattern) not in self._left:
            self._left[line, pattern] = self._all(line, pattern)
        left = self._left[line, pattern]
        return left.pop() if len(left) > 1 else left[0]

    def _all(self, line: int, pattern: str) -> list[Span]:
        """Returns the places from the last to the first."""
        if self.text.offset is None or line > len(self.lines):
            return [self.text.find(line, pattern)]
        path, start = self.text.whole.path, self.text.offset + self.starts[line - 1]
        found = [
            Span(path, start + match.start(), start + match.end())
            for match in re.finditer(pattern, self.lines[line - 1])
        ]
        return found[::-1] or [self.text.find(line, pattern)]


def places(parsed: ParsedText) -> TextPlaces:
    """Returns the places of a template's text."""
    written = parsed.text.source.text
    # a text that cannot be read as a whole cannot be cut into words either
    lines = (written if parsed.in_pieces else _code_only(written)).split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    return TextPlaces(parsed.text, lines, starts)


def _code_only(text: str) -> str:
    """Returns a text of the same length with spaces for all that stands outside of tags, in comments and in texts."""
    shown: list[str] = []
    before = ""
    for _, kind, value in environment().lex(text):
        # a text is code where it names a field, as in `person["name"]`
        is_code = kind in _CODE or (kind == "string" and before == "[")
        before = value if kind != "whitespace" else before
        for character in value:
            _skip_to(character, text, shown)
            shown.append(character if is_code or character == "\n" else " ")
    return "".join(shown)


def _skip_to(character: str, text: str, shown: list[str]) -> None:
    """Goes on to a character: Jinja2 leaves out white space before `{%-`, and half of a line end of two characters."""
    while len(shown) < len(text) and text[len(shown)] != character and text[len(shown)].isspace():
        if character == "\n" and text[len(shown)] == "\r" and text[len(shown) + 1 : len(shown) + 2] != "\n":
            return  # a line end of its own
        shown.append(text[len(shown)])
