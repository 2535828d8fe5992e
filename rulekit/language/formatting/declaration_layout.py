"""How declarations are laid out: a head on one line, and a body below it, one step further in.

Fields of a record and parts of a template stand in two columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rulekit.language.formatting.condition_layout import ConditionLayout, Parts, find, listed
from rulekit.language.formatting.document import (
    FIRST,
    HARD,
    ITEM,
    SPACE,
    Doc,
    Group,
    Leaf,
    Nest,
    spaced,
)

# spaces between the longest name of a block and its second column
FIELD_GAP, PART_GAP = 2, 1


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of two columns."""

    name: Leaf
    value: Doc


class DeclarationLayout(ConditionLayout):
    """The rules of declarations and types."""

    def record(self, parts: Parts) -> Doc:
        """`person:`, `company:` or `event purchase:` with one field on each line."""
        rows = [part for part in parts if isinstance(part, _Row)]
        words = parts[: len(parts) - len(rows)]
        return (head(words), body(_aligned(rows, FIELD_GAP))) if rows else spaced(words)

    event = record

    def field(self, parts: Parts) -> _Row:
        """`amount number`."""
        return _Row(parts[0], parts[1])

    def type(self, parts: Parts) -> Doc:
        """`text?`, `list of text`, `one of ("a", "b")`."""
        end = find("QUESTION", parts)
        start = min(find("LPAR", parts), end)
        choices = [listed(parts[start:end])] if start < end else []
        return (spaced((*parts[:start], *choices)), *parts[end:])

    def let(self, parts: Parts) -> Doc:
        """`let idle = 14d`."""
        return Group((spaced(parts[:3]), Nest((SPACE, parts[3]))))

    def segment(self, parts: Parts) -> Doc:
        """`segment Enterprise: …`, `persona Inactive14: …`: the condition stands below."""
        return (head(parts[:-1]), Nest((HARD, parts[-1])))

    persona = segment

    def was(self, parts: Parts) -> Doc:
        """`was Old_Name`."""
        return spaced(parts)

    def template(self, parts: Parts) -> Doc:
        """`template Miss_You:` with one part on each line."""
        rows = [part for part in parts if isinstance(part, _Row)]
        return (head(parts[: -len(rows)]), body(_aligned(rows, PART_GAP)))

    part = field

    def trigger(self, parts: Parts) -> Doc:
        """`on tagged(P) send template T`; with a segment, what is sent stands on a second line."""
        on, send = find("ON", parts), find("SEND", parts)
        keyword, edge, *persona = parts[on : on + 5]
        segment = parts[on + 5 : send]
        event = spaced((keyword, (edge, *persona), *segment))
        options = tuple((SPACE, option) for option in parts[send + 3 :])
        email = Group((spaced(parts[send : send + 3]), Nest(options)))
        return (head(parts[:on]), Nest((HARD, Group((event, HARD if segment else SPACE, email)))))

    def option(self, parts: Parts) -> Doc:
        """`auto=false`."""
        return tuple(parts)


def head(words: Parts) -> Doc:
    """Returns the words up to a colon, and the colon."""
    *front, colon = words
    return (spaced(front), colon)


def body(lines: Sequence[Doc]) -> Doc:
    """Returns what stands below a head, line by line; blank lines between them are the author's."""
    first, *others = lines
    return Nest((FIRST, first, *((ITEM, line) for line in others)))


def _aligned(rows: Sequence[_Row], gap: int) -> list[Doc]:
    column = max(len(row.name.text) for row in rows) + gap
    return [(row.name, " " * (column - len(row.name.text)), row.value) for row in rows]
