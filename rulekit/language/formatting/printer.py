"""From a layout to text: decides which groups are broken, and writes line by line. Nothing here recurses.

A comment behind a word ends its line, so a group does not fit on one line when more of it follows. Comments within a
stretch of words that cannot be broken go above its line, but the last one may end it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rulekit.language.formatting.document import Blank, Doc, Group, Leaf, Line, Nest, Note, WhenBroken

WIDTH = 100
STEP = 2

# what remains to be printed, the next at the end: its indentation, and whether its lines are not broken
Stack = list[tuple[int, bool, Doc]]


def print_document(document: Doc) -> str:
    """Returns a layout as text; every line ends with a line feed."""
    page = _Page()
    stack: Stack = [(0, False, document)]
    while stack:
        indent, flat, doc = stack.pop()
        if isinstance(doc, tuple):
            stack.extend((indent, flat, part) for part in reversed(doc))
        elif isinstance(doc, Nest):
            stack.append((indent + STEP, flat, doc.inner))
        elif isinstance(doc, Group):
            stack.append((indent, flat or _fits(doc, stack, page), doc.inner))
        elif isinstance(doc, Line) and not flat and not (doc.flat is not None and _stays(_all_parts(stack))):
            page.end_line(indent, doc.blank)
        else:
            page.write(doc, flat or (isinstance(doc, WhenBroken) and _stays(_after_line(stack))))
    return page.finish()


@dataclass(slots=True)
class _Page:
    """The lines so far, and the one being written: its comments above and behind, its pieces and blank lines."""

    lines: list[str] = field(default_factory=list)
    indent: int = 0
    column: int = 0
    blank: Blank = Blank.KEPT
    apart: bool = False
    above: list[tuple[bool, str]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    behind: str = ""

    def write(self, doc: str | Leaf | Note | Line | WhenBroken, flat: bool) -> None:
        """Writes what has no parts."""
        match doc:
            case Leaf():
                self._put(doc)
            case Note():
                self._add_note(doc)
            case Line():
                self._write(doc.flat or "")
            case WhenBroken():
                self._write("" if flat else doc.text)
            case _:
                self._write(doc)

    def end_line(self, indent: int, blank: Blank) -> None:
        """Ends the line and begins another."""
        margin = " " * self.indent
        # a comment before a closing bracket stands with what is in the brackets
        deeper = " " * STEP if self.pieces and self.pieces[0] == ")" else ""
        for apart, text in self.above:
            self._add(apart, f"{margin}{deeper}{text}")
        if self.pieces:
            behind = f"  {self.behind}" if self.behind else ""
            self._add(self.apart, f"{margin}{''.join(self.pieces)}{behind}")
        self.indent = self.column = indent
        self.blank, self.apart, self.behind = blank, False, ""
        self.above, self.pieces = [], []

    def finish(self) -> str:
        """Returns the text."""
        self.end_line(0, Blank.NEVER)
        return "".join(f"{line}\n" for line in self.lines)

    def _write(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self.column += len(text)

    def _put(self, leaf: Leaf) -> None:
        for note in leaf.above:
            self._add_note(note)
        if leaf.text:
            if not self.pieces:
                self.apart = self._takes_blank(leaf.apart)
            self._write(leaf.text)
        if leaf.behind:
            self._move_up()
            self.behind = leaf.behind

    def _add_note(self, note: Note) -> None:
        if self.pieces:
            self._move_up()
            self._raise(note.text)
        else:
            self.above.append((self._takes_blank(note.apart), note.text))

    def _move_up(self) -> None:
        """Puts the comment behind the line above it, for another that follows."""
        if self.behind:
            self._raise(self.behind)
            self.behind = ""

    def _raise(self, text: str) -> None:
        self.above.append((self.apart, text))
        self.apart = False

    def _takes_blank(self, apart: bool) -> bool:
        """Returns whether a blank line stands before what is written next at the line's beginning."""
        blank = self.blank
        if blank is not Blank.NEVER:
            self.blank = Blank.KEPT
        return blank is Blank.ALWAYS or (blank is Blank.KEPT and apart)

    def _add(self, apart: bool, line: str) -> None:
        if apart and self.lines:
            self.lines.append("")
        self.lines.append(line)


def _fits(group: Group, rest: Stack, page: _Page) -> bool:
    """Returns whether a group, and what follows it up to where a line may end, fits on the line being written."""
    seen = _Seen(WIDTH - page.column, commented=bool(page.behind))
    for doc in _parts(group.inner):
        if isinstance(doc, Line) and (seen.commented or doc.flat is None):
            return False
        if isinstance(doc, Leaf) and doc.above and seen.begins:
            return False
        seen.add(doc)
        if seen.room < 0:
            return False
    for doc in _all_parts(rest):
        if isinstance(doc, Line):
            break
        seen.add(doc)
        if seen.room < 0:
            return False
    return not seen.leading


@dataclass(slots=True)
class _Seen:
    """What is known of a line while it is measured.

    Its comment is `leading` when it stood on a line that began within the group: there it is to stay.
    """

    room: int
    begins: bool = False
    led: bool = False
    commented: bool = False
    leading: bool = False

    def add(self, doc: Doc) -> None:
        """Adds what has no parts."""
        if isinstance(doc, Line):
            self.room -= len(doc.flat or "")
            self.begins = True
        elif isinstance(doc, Leaf):
            self._add_leaf(doc)
        elif isinstance(doc, str):
            self.room -= len(doc)
            self.begins = False

    def _add_leaf(self, leaf: Leaf) -> None:
        self.room -= len(leaf.text)
        self.led = self.led or (self.begins and leaf.leads)
        if leaf.above:
            # it goes above the line, with the comment behind the word before
            self.commented = self.leading = False
        if leaf.behind:
            self.commented, self.leading = True, self.led
        self.begins = self.begins and not leaf.text


def _stays(parts: Iterator[Doc]) -> bool:
    """Returns whether the next word may not leave its line, since the comment at its end speaks of the whole line."""
    found = False
    for doc in parts:
        if isinstance(doc, Line) and (found or doc.flat is None):
            break
        if isinstance(doc, Leaf):
            if doc.above or (doc.behind if found else not doc.stays):
                return False
            found = found or bool(doc.behind)
    return found


def _after_line(rest: Stack) -> Iterator[Doc]:
    """Yields what remains to be printed after the next line's end."""
    parts = _all_parts(rest)
    return (doc for part in parts if isinstance(part, Line) for doc in parts)


def _all_parts(rest: Stack) -> Iterator[Doc]:
    """Yields what remains to be printed, in order."""
    for _, _, following in reversed(rest):
        yield from _parts(following)


def _parts(doc: Doc) -> Iterator[Doc]:
    """Yields what a layout consists of, in order."""
    stack: list[Doc] = [doc]
    while stack:
        part = stack.pop()
        if isinstance(part, tuple):
            stack.extend(reversed(part))
        elif isinstance(part, Nest | Group):
            stack.append(part.inner)
        else:
            yield part
