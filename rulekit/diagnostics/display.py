"""Text as a terminal may show it: nothing invisible, tabs as spaces, wide characters two columns wide.

What is shown never contains a control or formatting character, whatever a source, or data, holds.
"""

from dataclasses import dataclass
from unicodedata import category, combining, east_asian_width

TAB = 4
# a longer line is cut around the place that the report is about
WIDTH = 100
LEAD = 40

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})


def visible(text: str) -> str:
    """Returns a text with every control, formatting and odd space character replaced by a picture or number."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def width(text: str) -> int:
    """Returns how many columns of a terminal a visible text takes."""
    return sum(map(_width, text))


def escape(text: str) -> str:
    """Returns data as `visible` does a source, but for line ends and spaces: it cannot steer a terminal."""
    return "".join(c if c == "\n" or category(c) == "Zs" else _shown(c) for c in text)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """What is shown of a line; `columns` are those of its code points from `first` on, and the one after the last."""

    text: str
    first: int
    columns: tuple[int, ...]

    def mark(self, start: int, end: int) -> tuple[int, int]:
        """Returns the column and width of a stretch of the line, cut at the border; the width is at least 1."""
        last = len(self.columns) - 1
        left = self.columns[max(0, min(start - self.first, last))]
        right = self.columns[max(0, min(end - self.first, last))]
        return left, max(1, right - left)


def excerpt(line: str, focus: int) -> ShownLine:
    """Returns the part of a line that is shown when the code point at `focus` matters most."""
    first = max(0, min(focus - LEAD, len(line) - WIDTH))
    shown = line[first : first + WIDTH]
    parts = ["…"] if first else []
    column = len(parts)
    columns = [column]
    for character in shown:
        part = " " * (TAB - column % TAB) if character == "\t" else _shown(character)
        parts.append(part)
        column += width(part)
        columns.append(column)
    if first + WIDTH < len(line):
        parts.append("…")
    return ShownLine("".join(parts), first, tuple(columns))


def _shown(character: str) -> str:
    if character == " " or category(character) not in _INVISIBLE:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


def _width(character: str) -> int:
    if combining(character) or category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Returns a count with its noun, as in `1 email` and `1,204 people`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
