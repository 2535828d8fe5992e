"""How a whole file is laid out: its declarations in the author's order, with the comments between them.

One blank line stands between two declarations. Events may follow each other without, and so may `let`s, as the author
had it. A comment that is indented belongs to the declaration before it, any other to what comes after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice, takewhile
from typing import cast

from lark import Lark
from lark.lexer import Token

from rulekit.diagnostics.source import SourceText
from rulekit.language.formatting.document import APART, ITEM, Doc, Leaf, Nest, Note
from rulekit.language.formatting.leaves import attach, speaks_to_rulekit
from rulekit.language.formatting.scenario_layout import Layout
from rulekit.language.parsing.cutting import cut
from rulekit.language.parsing.grammar import load_parser
from rulekit.language.parsing.words import END, Words, read_words

_TOGETHER = frozenset({"EVENT", "LET"})


def lay_out(source: SourceText) -> Doc:
    """Returns the layout of a file in which every declaration can be read."""
    words = read_words(source, _parser(), [])
    leaves, ends = attach(source, words)
    parts: list[Doc] = []
    kind = ""
    for (first, *others), column in _declarations(source, words, leaves):
        inner = _inner(_before(first), column) if parts else ()
        first = replace(first, above=first.above[len(inner) :])
        declaration = _declaration((first, *others))
        parts += (_below(inner), _between(kind, first.type), declaration) if parts else (declaration,)
        kind = first.type
    inner = _inner(ends, 1) if parts else ()
    outer = ends[len(inner) :]
    between = (_between(kind, kind),) if parts and outer else ()
    return (*parts, _below(inner), *between, _lines(outer))


def _declarations(source: SourceText, words: Words, leaves: Sequence[Leaf]) -> Iterator[tuple[list[Leaf], int]]:
    """Yields the words of each declaration, and the column in which it begins."""
    remaining = iter(leaves)
    for piece in cut(source, words.words):
        yield list(islice(remaining, len(piece.words))), source.position(piece.words[0].span.start).column


def _declaration(leaves: Sequence[Leaf]) -> Doc:
    interactive = _parser().parse_interactive()
    for leaf in (*leaves, Leaf(END, "")):
        # the parser looks at nothing of a token but its type, and hands the word itself to the layout
        document = interactive.feed_token(cast(Token, leaf))
    return cast(Doc, document)


@cache
def _parser() -> Lark:
    return load_parser(Layout())


def _before(first: Leaf) -> tuple[Note, ...]:
    """Returns the comments above a declaration without those that are about it, however they are indented.

    These stand directly above it, and away from what is before them or speaking to rulekit.
    """
    notes = first.above
    if first.apart:
        return notes
    apart = [i for i, note in enumerate(notes) if note.apart]
    speaking = [i for i, note in enumerate(notes) if speaks_to_rulekit(note.text)]
    return notes[: next(iter(apart[-1:] or speaking), len(notes))]


def _inner(notes: Sequence[Note], column: int) -> tuple[Note, ...]:
    """Returns the first comments, as long as they are indented more than the declaration that follows them."""
    return tuple(takewhile(lambda note: note.column > column, notes))


def _below(notes: Sequence[Note]) -> Doc:
    return Nest(tuple(doc for note in notes for doc in (ITEM, note)))


def _lines(notes: Sequence[Note]) -> Doc:
    return tuple(doc for i, note in enumerate(notes) for doc in ((ITEM, note) if i else (note,)))


def _between(kind: str, following: str) -> Doc:
    return ITEM if kind == following and kind in _TOGETHER else APART
