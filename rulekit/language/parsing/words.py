"""A file's text as words: what is between white space, each with its place and, for a literal, its value.

Every mistake that one word shows by itself is reported here; the words still come, so that the rest can be read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast

from lark import Lark
from lark.lexer import Token

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span
from rulekit.language.parsing.literals import CONVERTERS, BadLiteral, Value

END: Final = "$END"
RESERVED = frozenset(
    {"PERSON", "COMPANY", "EVENT", "LET", "SEGMENT", "PERSONA", "TEMPLATE", "TRIGGER", "TEST"}
    | {"AND", "OR", "NOT", "IN", "IS", "OF", "TRUE", "FALSE"}
)
SOFT = frozenset(
    {"AGO", "APPROVE", "AT", "BETWEEN", "BODY", "BY", "CONTAINS", "EMPTY", "ENDS", "EXPECT", "LAST", "LIST", "MATCHES"}
    | {"MISSING", "NO", "ON", "ONE", "PRESENT", "PREVIOUS", "SEND", "STARTS", "SUBJECT", "TAGGED", "THEN", "TO"}
    | {"UNAPPROVE", "UNTAGGED", "WAS", "WHERE", "WITH", "WITHIN"}
)
# Cyrillic and Greek letters, and signs of other widths, that nobody can tell from what they look like
LOOK_ALIKES = dict(
    zip(
        "асԁеһіјӏорԛѕѵԝхуАВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧοενυαικρ：，．（）＝＜＞＋－＊／＿−",
        "acdehijlopqsvwxyABCEHIJKMOPSTXYABEZHIKMNOPTYXoevuaikp:,.()=<>+-*/_-",
        strict=True,
    )
)
BEGINNINGS = ("person", "company", "event", "let", "segment", "persona", "template", "trigger", "test")

# so many words (comments count as one each) are read in well under two seconds
LIMIT = 40_000

# words that no rule accepts; each has been reported when the words are handed over
BROKEN = frozenset({"UNCLOSED_STRING", "UNCLOSED_NAME", "INVALID"})

# control characters, and those that make a line look different from what it says (U+202A…, U+2066…)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_HINTS = {
    "'": 'write texts in double quotes, as in `"pro"`',
    "“": 'write texts in straight double quotes, as in `"pro"`',
    "”": 'write texts in straight double quotes, as in `"pro"`',
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not` before the condition, or `!=` between two values",
    ";": "remove it: a declaration ends where the next one begins",
    "[": 'write lists in round brackets, as in `("a", "b")`',
    "]": 'write lists in round brackets, as in `("a", "b")`',
    "{": "remove it: a body begins after `:` and ends where the next declaration begins",
    "}": "remove it: a body begins after `:` and ends where the next declaration begins",
    "%": "write the sign right after a number, as in `50%`",
    "–": "write `-`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "@": 'write texts in double quotes, as in `"ada@example.com"`',
    "$": "write the number alone, as in `50_000`",
    "€": "write the number alone, as in `50_000`",
    "\\": "remove it; a backslash has a meaning only in a text",
}
_OPENED_BY = {"]": "[", "}": "{", "”": "“"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind (a terminal of the grammar), the text as written, and the value of a literal or name.

    `value` is None for signs, keywords, and literals that were reported.
    """

    type: str
    text: str
    span: Span
    value: Value | None = None

    @property
    def unreadable(self) -> bool:
        """Returns whether the word is a literal that was reported."""
        return self.value is None and self.type in CONVERTERS


@dataclass(slots=True)
class Words:
    """The words of a file and, apart, its comments; not `complete` when the file has more than can be read.

    `odd` are the lines and characters that have been reported as having no meaning.
    """

    words: list[Word]
    comments: list[Word]
    complete: bool = True
    odd: set[tuple[int, str]] = field(default_factory=set)


def read_words(source: SourceText, parser: Lark, reports: list[Diagnostic]) -> Words:
    """Returns the words of a text, and appends a report for each that is wrong by itself."""
    found = Words([], [])
    for count, token in enumerate(_tokens(source.text, parser)):
        start = token.start_pos or 0
        span = Span(source.path, start, start + len(token))
        if count == LIMIT:
            message, help_text = f"this file has more than {LIMIT} words", "split it into several files"
            reports.append(Diagnostic(codes.FILE_TOO_LARGE, message, Label(span), help=help_text))
            found.complete = False
            break
        if token.type == "COMMENT":
            found.comments.append(Word("COMMENT", str(token), span))
            _check_characters(str(token), span, reports)
        elif token.type == "INVALID":
            _add_invalid(str(token), span, source, found, reports)
        else:
            found.words.append(_word(token.type, str(token), span, reports))
    return found


def _tokens(text: str, parser: Lark) -> Iterator[Token]:
    interactive = parser.parse_interactive(text)
    return cast(Iterator[Token], interactive.lexer_thread.lex(interactive.parser_state))  # type: ignore[no-untyped-call]  # lark


def _word(kind: str, text: str, span: Span, reports: list[Diagnostic]) -> Word:
    if kind in BROKEN:
        reports.append(_unclosed(kind, text, span))
        return Word(kind, text, span)
    convert = CONVERTERS.get(kind)
    if convert is None:
        return Word(kind, text, span, text if kind == "NAME" else None)
    if kind == "STRING" and _check_characters(text, span, reports):
        return Word(kind, text, span)
    try:
        return Word(kind, text, span, convert(text))
    except BadLiteral as bad:
        place = Span(span.path, span.start + bad.start, span.start + bad.end) if bad.end else span
        reports.append(Diagnostic(bad.code, bad.message, Label(place), help=bad.help))
        return Word(kind, text, span)


def _check_characters(text: str, span: Span, reports: list[Diagnostic]) -> bool:
    found = _FORBIDDEN.search(text)
    if found is not None:
        place = Span(span.path, span.start + found.start(), span.start + found.end())
        reports.append(_forbidden(found[0], place, "remove it: it makes the line look different from what it says"))
    return found is not None


def _forbidden(character: str, place: Span, help_text: str) -> Diagnostic:
    message = f"the invisible character U+{ord(character):04X} is not allowed here"
    return Diagnostic(codes.FORBIDDEN_CHARACTER, message, Label(place), help=help_text)


def _add_invalid(character: str, span: Span, source: SourceText, found: Words, reports: list[Diagnostic]) -> None:
    last = found.words[-1] if found.words else None
    follows = last is not None and last.type == "INVALID" and last.span.end == span.start
    found.words.append(Word("INVALID", character, span))
    place = (source.position(span.start).line, character)
    opened = (place[0], _OPENED_BY.get(character, ""))
    if follows or place in found.odd or opened in found.odd:
        return  # the first of a run, of one character on a line, and of a pair of brackets, speaks for all
    found.odd.add(place)
    if character.isspace() or not character.isprintable():
        reports.append(_forbidden(character, span, "remove it, or write an ordinary space"))
        return
    help_text = _HINTS.get(character, "remove it")
    if source.text[span.start : span.end + 1] == "[]":
        help_text = "write `is empty` in a condition, and `()` in a test"
    if character.isalpha():
        help_text = "write names with the letters a-z, digits and `_`, and texts in double quotes"
    message = f"`{character}` has no meaning here"
    latin = LOOK_ALIKES.get(character)
    if latin is not None:
        message = f"`{character}` is {_named(character)}, which only looks like `{latin}`"
        help_text = f"write a plain `{latin}`"
    reports.append(Diagnostic(codes.UNEXPECTED_CHARACTER, message, Label(span), help=help_text))


def _named(character: str) -> str:
    from unicodedata import name  # a table of its own, for a mistake that few make

    return f"U+{ord(character):04X} {name(character, 'without a name')}"


def _unclosed(kind: str, text: str, span: Span) -> Diagnostic:
    if kind == "UNCLOSED_STRING":
        place = Span(span.path, span.start, span.start + len(text.rstrip()))
        help_text = 'close it with `"` on the same line; write `\\n` for a line break'
        return Diagnostic(codes.UNCLOSED_TEXT, "this text is not closed", Label(place), help=help_text)
    closed = len(text) > 1 and text.endswith("`")
    message = "this is no name" if closed else "this name is not closed"
    help_text = "write a name of letters, digits and `_` between two backquotes on one line"
    return Diagnostic(codes.UNCLOSED_TEXT, message, Label(span), help=help_text)
