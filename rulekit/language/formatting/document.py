"""What a layout is made of: words with their comments, the places where a line may break, and what breaks together.

A group stands on one line when it fits, and is broken at each of its own lines otherwise; the printer decides. Words
of the text are leaves, so that the comments around a word go where the word goes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum


@dataclass(frozen=True, slots=True)
class Note:
    """A comment that stood alone on its line; `apart` says whether a blank line was before it."""

    text: str
    apart: bool = False
    column: int = 1


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word of the text: its kind, its spelling, the comments above it and the one behind it on its line.

    The spelling is empty where only the comments of a word are kept. `leads` says that it begins a line with a comment
    at its end, `stays` that it stands further on in a line whose comment speaks to rulekit, which is about that line.
    """

    type: str
    text: str
    above: tuple[Note, ...] = ()
    behind: str = ""
    apart: bool = False
    leads: bool = False
    stays: bool = False


class Blank(Enum):
    """When a blank line stands before what begins a line."""

    NEVER = "never"
    NOT_FIRST = "where the author had one, but not before the first"
    KEPT = "where the author had one"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Line:
    """A place where a line may end; `flat` is what stands there when it does not, None where it must."""

    flat: str | None
    blank: Blank = Blank.NEVER


@dataclass(frozen=True, slots=True)
class Nest:
    """What is indented by one step more than the line on which it begins."""

    inner: "Doc"


@dataclass(frozen=True, slots=True)
class Group:
    """What stands on one line if it fits there; if not, all lines in it end, but for those of groups within."""

    inner: "Doc"


@dataclass(frozen=True, slots=True)
class Chain(Group):
    """A group of conditions joined by `and`, or by `or`."""


@dataclass(frozen=True, slots=True)
class Brackets(Group):
    """A group that is an author's pair of brackets with a condition in it."""

    opening: Leaf
    content: "Doc"
    closing: Leaf


@dataclass(frozen=True, slots=True)
class WhenBroken:
    """A sign that stands only where the group around it is broken."""

    text: str


Doc = str | Leaf | Note | Line | Nest | Group | WhenBroken | tuple["Doc", ...]

SPACE = Line(" ")
SOFT = Line("")
HARD = Line(None)
FIRST = Line(None, Blank.NOT_FIRST)
ITEM = Line(None, Blank.KEPT)
APART = Line(None, Blank.ALWAYS)


def spaced(docs: Iterable[Doc]) -> Doc:
    """Returns the parts with a space between each two."""
    parts: list[Doc] = []
    for doc in docs:
        parts += (" ", doc) if parts else (doc,)
    return tuple(parts)


def led(sign: Leaf, *rest: Doc) -> Doc:
    """Returns a line that begins with a sign when the group around it is broken."""
    return (SPACE, sign, " ", *rest)


def deeper(content: Doc) -> Doc:
    """Returns a chain one step further in than the line on which it begins; anything else as it is."""
    return Nest(content) if isinstance(content, Chain) else content


def comments_of(leaf: Leaf) -> Leaf:
    """Returns the comments of a word without the word."""
    return replace(leaf, text="")


def bracketed(opening: Leaf, content: Doc, closing: Leaf) -> Doc:
    """Returns what stands in brackets, on lines of its own when it is broken."""
    return Group((opening, Nest((SOFT, content)), SOFT, closing))


def brackets(opening: Leaf, content: Doc, closing: Leaf) -> Brackets:
    """Returns a condition in brackets; a pair directly around another pair is one pair."""
    if isinstance(content, Brackets):
        return brackets(_merged(opening, content.opening), content.content, _merged(content.closing, closing))
    return Brackets((opening, Nest((SOFT, content)), SOFT, closing), opening, content, closing)


def _merged(first: Leaf, second: Leaf) -> Leaf:
    """Returns one word for two equal ones, with the comments of both in order."""
    if not first.behind or not (second.above or second.behind):
        return replace(first, above=first.above + second.above, behind=first.behind or second.behind)
    return replace(first, above=(*first.above, Note(first.behind), *second.above), behind=second.behind)
