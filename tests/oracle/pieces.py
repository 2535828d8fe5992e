"""Pieces of rules: text, precedence and meaning in one, and literals as an author writes them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rulekit.clock import format_duration, format_instant
from rulekit.language import typed_expressions as x
from rulekit.language.types import TEXT, Kind, Type
from tests.oracle.vocabulary import KEYWORDS

OR, AND, NOT, COMPARISON, SUM, PRODUCT, UNARY, ATOM = range(8)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a rule: as text, with its precedence, and what it means."""

    text: str
    node: Any
    level: int = ATOM

    def at(self, level: int) -> str:
        """Returns the text for a place that takes pieces of this precedence or tighter."""
        return self.text if self.level >= level else f"({self.text})"


def named(name: str) -> str:
    return f"`{name}`" if name in KEYWORDS else name


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def literal(value: Any, kind: Type) -> Piece:
    """Returns a value as an author writes it."""
    node = x.Constant(value, TEXT if kind.kind in (Kind.ONE_OF, Kind.LIST) else kind)
    if isinstance(value, bool):
        return Piece(str(value).lower(), node)
    if isinstance(value, str):
        return Piece(quoted(value), node)
    if isinstance(value, timedelta):
        return Piece(format_duration(value), node)
    if isinstance(value, datetime):
        return Piece(format_instant(value), node)
    if isinstance(value, date):
        return Piece(value.isoformat(), node)
    text = f"{value:_}" if isinstance(value, int) else str(value)
    return Piece(text, node, UNARY if value < 0 else ATOM)
