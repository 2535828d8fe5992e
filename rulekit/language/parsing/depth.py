"""How deep and how long a declaration may be, so that every reader of its tree may recurse; checked on its words.

It also finds brackets without a partner, which would otherwise show up far from the mistake.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Diagnostic, Label
from rulekit.language import tree
from rulekit.language.parsing.words import Word

NESTING = 64
CHAIN = 1000
ARITHMETIC = 64
# no tree is deeper, whatever its brackets and chains add up to
DEPTH = 200

_JOINERS = frozenset({"AND", "OR"})
_ARITHMETIC = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "OF", "THEN"})


@dataclass(slots=True)
class _Level:
    """What stands between one pair of brackets so far."""

    opening: Word | None
    joiners: int = 0
    arithmetic: int = 0
    negations: int = 0


def check_words(words: list[Word]) -> Diagnostic | None:
    """Returns the first report about the brackets and chains of a piece."""
    levels = [_Level(None)]
    for word in words:
        if word.type == "LPAR":
            levels.append(_Level(word))
        elif word.type == "RPAR":
            if len(levels) == 1:
                message, help_text = "this `)` closes nothing", "remove it, or write its `(`"
                return Diagnostic(codes.UNCLOSED_BRACKET, message, Label(word.span), help=help_text)
            levels.pop()
        report = _check_level(levels, word)
        if report is not None:
            return report
    opening = levels[-1].opening
    if opening is None:
        return None
    help_text = "write the `)` that belongs to it"
    return Diagnostic(codes.UNCLOSED_BRACKET, "this `(` is not closed", Label(opening.span), help=help_text)


def _check_level(levels: list[_Level], word: Word) -> Diagnostic | None:
    level = levels[-1]
    level.negations = level.negations + 1 if word.type in {"NOT", "MINUS"} else 0
    if word.type in _JOINERS:
        level.joiners, level.arithmetic = level.joiners + 1, 0
    elif word.type in _ARITHMETIC:
        level.arithmetic += 1
    elif word.type in {"COMMA", "COLON"}:
        level.joiners = level.arithmetic = 0
    if len(levels) - 1 > NESTING or level.negations > NESTING:
        return _report(codes.TOO_DEEP, f"nested more than {NESTING} deep", "give a part of it a name with `let`", word)
    if level.joiners >= CHAIN:
        return _report(codes.TOO_LONG, f"more than {CHAIN} conditions in one chain", "split it into personas", word)
    if level.arithmetic >= ARITHMETIC:
        return _report(codes.TOO_LONG, f"more than {ARITHMETIC} values or steps in a row", "split it up", word)
    return None


def check_depth(declaration: tree.Declaration) -> Diagnostic | None:
    """Returns a report when a tree is too deep for those who read it recursively; does not recurse itself."""
    stack: list[tuple[object, int]] = [(declaration, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > DEPTH:
            place = Label(declaration.span)
            return Diagnostic(codes.TOO_DEEP, "nested too deep", place, help="give a part of it a name with `let`")
        stack.extend((child, depth + 1) for child in _children(node))
    return None


def _children(node: Any) -> Iterator[Any]:
    for name in node.__slots__:
        value = getattr(node, name)
        for child in value if isinstance(value, tuple) else (value,):
            if type(child).__module__.startswith(tree.__name__):
                yield child


def _report(code: Code, message: str, help_text: str, word: Word) -> Diagnostic:
    return Diagnostic(code, message, Label(word.span), help=help_text)
