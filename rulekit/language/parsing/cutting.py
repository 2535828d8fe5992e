"""Cuts the words of a file into pieces, one for each declaration, so that a broken one hides nothing but itself.

A piece begins at a word that begins a declaration, unless the word means something else where it stands
(`company.arr`, `send template T`, `person ada:` in a test). Together the pieces hold every word once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rulekit.diagnostics.source import SourceText
from rulekit.language.parsing.words import BEGINNINGS, END, RESERVED, Word

STARTS = frozenset(word.upper() for word in BEGINNINGS)
_RECORDS = frozenset({"PERSON", "COMPANY", "EVENT"})
_TYPES = frozenset({"text", "number", "bool", "time", "date", "duration", "one", "list"})
_CONDITIONS = frozenset({"PERSONA", "SEGMENT", "LET"})
_HEAD_SIGNS = frozenset({"COLON", "STRING", "WAS", "EQUAL"})


@dataclass(slots=True)
class Piece:
    """The words of one declaration; `misnamed` are reserved words that stand where a name belongs.

    A piece of unknown kind (its first word begins no declaration) has `keyword` None.
    """

    keyword: str | None
    words: list[Word]
    misnamed: list[Word] = field(default_factory=list)


# signs and words that go on in a condition about the record before them
_COMPARING = frozenset({"IN", "NOT", "IS", "EQUAL", "NOT_EQUAL"})


def cut(source: SourceText, words: Sequence[Word]) -> list[Piece]:
    """Returns the pieces of a file in order."""
    pieces: list[Piece] = []
    view = _View(source, words)
    for index, word in enumerate(words):
        piece = pieces[-1] if pieces else None
        if word.type in STARTS and piece is not None and view.is_misnamed(index, piece):
            piece.misnamed.append(word)
            piece.words.append(Word("NAME", word.text, word.span, word.text))
        elif piece is None or view.begins(index, piece):
            pieces.append(Piece(word.type if word.type in STARTS else None, [word]))
        else:
            piece.words.append(word)
    return pieces


@dataclass(frozen=True, slots=True)
class _View:
    source: SourceText
    words: Sequence[Word]

    def type(self, index: int) -> str:
        return self.words[index].type if 0 <= index < len(self.words) else END

    def is_name(self, index: int) -> bool:
        if self.type(index) == "QUOTED_NAME":
            return True
        return self.type(index) not in {END, *RESERVED} and self.words[index].text.isidentifier()

    def shares_line(self, index: int) -> bool:
        """Returns whether a word stands on one line with the word before it."""
        if index == 0:
            return False
        between = self.source.text[self.words[index - 1].span.end : self.words[index].span.start]
        return "\n" not in between

    def begins(self, index: int, piece: Piece) -> bool:
        kind = self.type(index)
        if kind not in STARTS:
            return self.looks_like_head(index)
        if self.type(index + 1) in {"COMMA", "RPAR"} or self.is_part_of_condition(index, piece):
            return False
        if kind == "TEMPLATE":
            return piece.keyword != "TRIGGER" or self.type(index + 2) in {"COLON", "STRING"}
        if kind not in _RECORDS:
            return True
        if self.type(index + 1) == "DOT" or (kind != "EVENT" and self.is_compared(index, piece)):
            return False
        return piece.keyword != "TEST" or not self.continues_test(index)

    def continues_test(self, index: int) -> bool:
        """Returns whether `person`, `company` or `event` in a test is one of its lines, or a link (`company=acme`)."""
        if self.type(index + 1) == "EQUAL":
            return True
        if not self.is_name(index + 1):
            return False
        declares_event = self.type(index) == "EVENT" and self.type(index + 2) in STARTS | {"COLON", END}
        return not declares_event

    def is_part_of_condition(self, index: int, piece: Piece) -> bool:
        """Returns whether `segment` or `persona` stands in a condition, as in `in segment Large`, `segment = Large`."""
        if self.type(index) not in {"SEGMENT", "PERSONA"} or piece.keyword not in {*_CONDITIONS, "TRIGGER"}:
            return False
        return self.type(index - 1) == "IN" or (self.type(index + 1) in _COMPARING and self.shares_line(index + 1))

    def is_compared(self, index: int, piece: Piece) -> bool:
        """Returns whether `company` or `person` stands in a condition, as in `company in Enterprise`."""
        return piece.keyword in _CONDITIONS and self.type(index + 1) in _COMPARING

    def looks_like_head(self, index: int) -> bool:
        """Returns whether a name begins a declaration of no known kind, as a misspelt `persoma X:` does.

        No valid text has two names before a colon or a text.
        """
        if self.type(index) != "NAME" or self.type(index - 1) in STARTS | {"WAS", "LIST", "OF"}:
            return False
        # behind the title of a head stands a colon, so `name LIKE "A%"` is none
        titled = self.type(index + 2) == "STRING" and self.type(index + 3) == "COLON"
        if self.type(index + 1) == "NAME" and (titled or self.type(index + 2) == "COLON"):
            return not self.shares_line(index)
        return self.type(index + 1) == "COLON" and self.source.position(self.words[index].span.start).column == 1

    def is_misnamed(self, index: int, piece: Piece) -> bool:
        """Returns whether a word that begins declarations was meant as a name here: `event test:`, `company text`."""
        if piece.keyword in _RECORDS and len(piece.words) >= 2 and self.type(index) != "EVENT":
            following = self.words[index + 1] if index + 1 < len(self.words) else None
            if following is not None and following.text in _TYPES and self.type(index + 2) not in _HEAD_SIGNS:
                return True
        names_itself = piece.keyword not in {None, "TEST", "PERSON", "COMPANY"} and len(piece.words) == 1
        return names_itself and self.shares_line(index) and self.type(index + 1) in _HEAD_SIGNS | {END}
