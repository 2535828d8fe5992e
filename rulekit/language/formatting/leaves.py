"""From the words and comments of a file to words that carry their comments.

A comment behind a word on its line belongs to that word; one that stands alone belongs to the word after it.
"""

from dataclasses import replace

from rulekit.diagnostics.source import SourceText
from rulekit.language.formatting.document import Leaf, Note
from rulekit.language.parsing.comments import INSTRUCTION
from rulekit.language.parsing.words import RESERVED, SOFT, Word, Words

# words that a line begins with: what an author wrote behind one, at the end of a line, is about the words before it
_JOINERS = frozenset(
    {"AND", "OR", "PLUS", "STAR", "SLASH", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"}
)
# as names, these mean something else without their backquotes
_QUOTED = frozenset(word.lower() for word in RESERVED | SOFT) | {"next"}


def attach(source: SourceText, words: Words) -> tuple[list[Leaf], tuple[Note, ...]]:
    """Returns every word of a file with its comments, and the comments that no word follows."""
    leaves: list[Leaf] = []
    notes: list[Note] = []
    end = row = 0
    for word in sorted([*words.words, *words.comments], key=lambda word: word.span.start):
        between = source.text[end : word.span.start]
        end = word.span.end
        apart = between.count("\n") > 1
        if "\n" in between:
            row = len(leaves)
        if word.type != "COMMENT":
            _add(leaves, Leaf(word.type, _spelling(word), tuple(notes), "", apart))
            notes = []
        elif leaves and not notes and "\n" not in between:
            _add_behind(leaves, row, word.text.rstrip())
        else:
            notes.append(Note(word.text.rstrip(), apart, source.position(word.span.start).column))
    return leaves, tuple(notes)


def _add(leaves: list[Leaf], leaf: Leaf) -> None:
    if leaf.above and leaves and leaves[-1].type in _JOINERS and not leaves[-1].behind:
        leaves[-1] = replace(leaves[-1], above=leaves[-1].above + leaf.above)
        leaf = replace(leaf, above=())
    leaves.append(leaf)


def _add_behind(leaves: list[Leaf], row: int, comment: str) -> None:
    """Adds the comment at the end of a line whose first word has the index `row`."""
    place = len(leaves) - 1
    if leaves[-1].type in _JOINERS and not leaves[-1].above and row < place and not leaves[-2].behind:
        place -= 1
    leaves[place] = replace(leaves[place], behind=comment)
    if row and leaves[row - 1].type in _JOINERS:
        row -= 1
    leaves[row] = replace(leaves[row], leads=True)
    if speaks_to_rulekit(comment):
        leaves[row + 1 : place + 1] = [replace(leaf, stays=True) for leaf in leaves[row + 1 : place + 1]]


def speaks_to_rulekit(comment: str) -> bool:
    """Returns whether a comment is an instruction."""
    return comment[1:].lstrip().startswith(INSTRUCTION)


def _spelling(word: Word) -> str:
    """Returns a word as it is laid out: without backquotes that say nothing, and with single spaces within."""
    if word.type == "QUOTED_NAME":
        name = word.text.strip("`")
        return word.text if name in _QUOTED else name
    return " ".join(word.text.split()) if word.type in {"WITHIN_NEXT", "WITHIN_LAST"} else word.text
