"""Where something stands in a text: spans, and the text they point into."""

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file: `path` below the project with forward slashes, offsets in code points, end exclusive."""

    path: str
    start: int
    end: int

    def to(self, last: "Span") -> "Span":
        """Returns the stretch from the start of this span to the end of `last`."""
        return Span(self.path, self.start, last.end)


@dataclass(frozen=True, slots=True)
class Position:
    """A place for people: line and column count from 1, columns in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text as rulekit read it: decoded, without a byte order mark, line ends as they were."""

    path: str
    text: str
    _line_starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(i + 1 for i, c in enumerate(self.text) if c == "\n")
        object.__setattr__(self, "_line_starts", starts)

    def position(self, offset: int) -> Position:
        """Returns the line and column of an offset; the end of the text is a valid offset."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def start(self, number: int) -> int | None:
        """Returns the offset at which the line with that number (from 1) begins, or None when there is none."""
        return self._line_starts[number - 1] if 1 <= number <= len(self._line_starts) else None

    def line(self, number: int) -> str:
        """Returns the line with that number (from 1), without its line end."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : None if end < 0 else end].rstrip("\r")
