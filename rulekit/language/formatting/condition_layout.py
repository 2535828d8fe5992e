"""How conditions and values are laid out, rule by rule, as the parser recognises them.

Each method is named for a rule or alias of `grammar/rules.lark` and gets what the rule matched: words and layouts.
Words that join stand at the beginning of a line, commas at its end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rulekit.language.formatting.document import (
    SPACE,
    Chain,
    Doc,
    Group,
    Leaf,
    Nest,
    WhenBroken,
    bracketed,
    brackets,
    comments_of,
    deeper,
    led,
    spaced,
)

Part = Any  # a word, or whatever the methods below make: the grammar guarantees which stands where
Parts = list[Part]


def find(kind: str, parts: Sequence[Part]) -> int:
    """Returns where the first word of a kind stands; their number when there is none."""
    return next((i for i, part in enumerate(parts) if isinstance(part, Leaf) and part.type == kind), len(parts))


def separated(parts: Sequence[Part]) -> Doc:
    """Returns parts and the commas between them; the line may end after a comma."""
    return tuple(
        doc for part in parts for doc in ((part, SPACE) if isinstance(part, Leaf) and part.type == "COMMA" else (part,))
    )


def _pairs(parts: Parts) -> Iterable[tuple[Leaf, Doc]]:
    """Returns each sign of a row with what follows it."""
    return zip(parts[1::2], parts[2::2], strict=True)


def listed(parts: Parts) -> Doc:
    """Returns a list in brackets; a comma stands after its last value only when each has a line of its own."""
    opening, *content, closing = parts
    if not content:
        return (opening, closing)
    last = content[-1]
    if isinstance(last, Leaf) and last.type == "COMMA":
        content[-1:] = [WhenBroken(","), comments_of(replace(last, type=""))]
    else:
        content.append(WhenBroken(","))
    return bracketed(opening, separated(content), closing)


class ConditionLayout:
    """The rules of conditions, values and calls."""

    def condition(self, parts: Parts) -> Doc:
        """`a and b`, `a or b`: each on a line of its own, a chain within it further in."""
        return Chain((deeper(parts[0]), *(led(sign, deeper(operand)) for sign, operand in _pairs(parts))))

    conjunction = condition

    def sum(self, parts: Parts) -> Doc:
        """`a + b`, `a * b`, `50% of a`."""
        return Group((parts[0], Nest(tuple(led(sign, operand) for sign, operand in _pairs(parts)))))

    product = sum

    def negation(self, parts: Parts) -> Doc:
        """`not x`."""
        return spaced(parts)

    presence = emptiness = within_window = in_set = window = negation

    def negative(self, parts: Parts) -> Doc:
        """`-x`, `-5`, `company.arr`: words that stand together."""
        return tuple(parts)

    negative_literal = member = company = negative

    def compared(self, parts: Parts) -> Doc:
        """`x < y`, `x starts with y`, `x between y and z`: broken before the sign."""
        left, sign, *right = parts
        return (left, Group(Nest(led(sign, spaced(right)))))

    edge_compared = between = compared

    def in_list(self, parts: Parts) -> Doc:
        """`x not in (a, b)`."""
        start = find("LPAR", parts)
        return spaced((*parts[:start], listed(parts[start:])))

    def group(self, parts: Parts) -> Doc:
        """`(x)`."""
        return brackets(*parts)

    def literal(self, parts: Parts) -> Leaf:
        """A value, as it was written."""
        word: Leaf = parts[0]
        return word

    reference = literal

    def name(self, parts: Parts) -> Leaf:
        """A name; a soft word is a name here and nothing else."""
        word: Leaf = parts[0]
        return replace(word, type="NAME")

    plain = state = name

    def call(self, parts: Parts) -> Doc:
        """`company.count(purchase where amount > 5, last 14d)`."""
        start = find("LPAR", parts)
        content = parts[start + 1 : -1]
        end = find("COMMA", content)
        steps = (led(part) if isinstance(part, Leaf) and part.type == "THEN" else part for part in content[:end])
        inner = (Group(tuple(steps)), separated(content[end:]))
        return (*parts[:start], bracketed(parts[start], inner, parts[-1]))

    def subject(self, parts: Parts) -> Doc:
        """`purchase where amount > 5`."""
        if len(parts) == 1:
            return parts[0]  # type: ignore[no-any-return]  # a layout
        return (parts[0], Group(Nest(led(parts[1], deeper(parts[2])))))

    def bound(self, parts: Parts) -> Doc:
        """`within 7d`, after the last step."""
        return led(parts[0], parts[1])

    def window_ago(self, parts: Parts) -> Doc:
        """`30d..14d ago`."""
        return (*parts[:3], " ", parts[3])
