"""From the text of a file to its tree, and a report for each mistake; no text makes it raise.

The text is cut into words once, the words into declarations, and each declaration is parsed by itself.
"""

from collections.abc import Sequence
from functools import cache
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedToken
from lark.lexer import Token
from lark.parsers.lalr_interactive_parser import InteractiveParser

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.source import SourceText, Span
from rulekit.language import tree
from rulekit.language.parsing.build import Builder
from rulekit.language.parsing.comments import documentation, read_comments
from rulekit.language.parsing.cutting import Piece, cut
from rulekit.language.parsing.depth import check_depth, check_words
from rulekit.language.parsing.grammar import load_parser
from rulekit.language.parsing.mistakes import Mistake, explain, reserved_name, unknown_declaration
from rulekit.language.parsing.words import BROKEN, END, Word, read_words

# a file with more mistakes than this is something else than rules
MISTAKES = 100


def parse(source: SourceText) -> tuple[tree.File, list[Diagnostic]]:
    """Returns the declarations that could be read, and a report for each mistake in the order of the text.

    A declaration is left out when any of its words is wrong; `File.broken` names it.
    """
    parser = _parser()
    reports: list[Diagnostic] = []
    words = read_words(source, parser, reports)
    declarations: list[tree.Declaration] = []
    broken: set[str] = set()
    comments = tuple(read_comments(source, words.comments))
    documented = documentation(source, comments)
    pieces = cut(source, words.words)
    for piece in pieces if words.complete else pieces[:-1]:
        if len(reports) > MISTAKES:
            break
        declaration = _read_piece(parser, piece, reports)
        if declaration is None:
            broken.add(_name(piece))
        else:
            declarations.append(documented.attach(declaration))
    return tree.File(source.path, tuple(declarations), frozenset(broken), comments), _ordered(reports)


@cache
def _parser() -> Lark:
    return load_parser(Builder())


def _read_piece(parser: Lark, piece: Piece, reports: list[Diagnostic]) -> tree.Declaration | None:
    """Returns the declaration of a piece, or None after its one report; words that were reported stay silent."""
    reports.extend(reserved_name(word) for word in piece.misnamed)
    if any(word.type in BROKEN for word in piece.words):
        return None
    if piece.keyword is None:
        reports.append(unknown_declaration(piece.words[0]))
        return None
    report = check_words(piece.words)
    if report is None:
        declaration, report = _parse_words(parser, piece.words)
    if report is not None:
        reports.append(report)
        return None
    return None if any(word.unreadable for word in piece.words) else declaration


def _parse_words(parser: Lark, words: Sequence[Word]) -> tuple[tree.Declaration | None, Diagnostic | None]:
    interactive = parser.parse_interactive()
    fed = 0
    try:
        for word in words:
            _feed(interactive, word)
            fed += 1
        declaration = _feed(interactive, Word(END, "", words[-1].span))
    except UnexpectedToken:
        return None, explain(Mistake(words, fed, _accepted(parser, words[:fed])))
    return declaration, check_depth(declaration)


def _feed(interactive: InteractiveParser, word: Word) -> tree.Declaration:
    # the parser looks at nothing of a token but its type, and hands the word itself to the builder
    return cast(tree.Declaration, interactive.feed_token(cast(Token, word)))


def _accepted(parser: Lark, words: Sequence[Word]) -> set[str]:
    """Returns the kinds of words that could follow; a failed parser has forgotten some, so this one starts again."""
    interactive = parser.parse_interactive()
    for word in words:
        _feed(interactive, word)
    return set(interactive.accepts())  # type: ignore[no-untyped-call]  # lark


def _name(piece: Piece) -> str:
    """Returns the name that a piece would have declared; `person` and `company` stand for their records."""
    named = len(piece.words) > 1 and piece.words[1].text.strip("`").isidentifier()
    return piece.words[1].text.strip("`") if named else piece.words[0].text


def _ordered(reports: list[Diagnostic]) -> list[Diagnostic]:
    placed = sorted(reports, key=lambda report: report.primary.span if report.primary else Span("", 0, 0))
    if len(placed) <= MISTAKES:
        return placed
    place = placed[MISTAKES].primary
    message = f"this file has more than {MISTAKES} mistakes; the rest is not reported"
    last = Diagnostic(codes.TOO_MANY_MISTAKES, message, place, help="correct these first")
    return [*placed[:MISTAKES], last]
