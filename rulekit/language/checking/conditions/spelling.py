"""How a literal of one type would be written as another, for the help of a mismatch."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from rulekit.clock import parse_duration, parse_instant
from rulekit.language.typed_expressions import Constant
from rulekit.language.types import Kind


def spelled_as(literal: Constant, kind: Kind) -> str | None:
    """Returns how an author would write the literal as a value of that kind, or None when it has no such form."""
    spell = _SPELLINGS.get(kind)
    return spell(literal) if spell else None


def _as_duration(literal: Constant) -> str | None:
    if literal.type.kind is Kind.NUMBER:
        return f"{literal.value}d" if isinstance(literal.value, int) and literal.value > 0 else None
    return _parsed(literal, parse_duration)


def _as_time(literal: Constant) -> str | None:
    if literal.type.kind is Kind.DATE:
        return f"{literal.value}T00:00Z"
    if _parsed(literal, date.fromisoformat):
        return f"{literal.value}T00:00Z"
    return _as_duration(literal) or _parsed(literal, parse_instant)


def _as_date(literal: Constant) -> str | None:
    if isinstance(literal.value, datetime):
        return literal.value.date().isoformat()
    return _as_duration(literal) or _parsed(literal, date.fromisoformat)


def _as_text(literal: Constant) -> str | None:
    if isinstance(literal.value, bool):
        return f'"{str(literal.value).lower()}"'
    if isinstance(literal.value, int | Decimal | date) and not isinstance(literal.value, datetime):
        return f'"{literal.value}"'
    return None


def _as_number(literal: Constant) -> str | None:
    return _parsed(literal, _number)


def _as_bool(literal: Constant) -> str | None:
    if literal.type.kind is Kind.NUMBER and literal.value in (0, 1):
        return "true" if literal.value else "false"
    return _parsed(literal, lambda text: {"true": "true", "false": "false"}[text.casefold()])


def _parsed(literal: Constant, parse: Callable[[str], object]) -> str | None:
    if not isinstance(literal.value, str):
        return None
    try:
        parse(literal.value)
    except (ValueError, KeyError, InvalidOperation):
        return None
    return literal.value.casefold() if literal.value.casefold() in ("true", "false") else literal.value


def _number(text: str) -> Decimal:
    if not text.replace(".", "", 1).isdecimal():
        raise ValueError(text)
    return Decimal(text)


_SPELLINGS: Mapping[Kind, Callable[[Constant], str | None]] = {
    Kind.DURATION: _as_duration,
    Kind.TIME: _as_time,
    Kind.DATE: _as_date,
    Kind.TEXT: _as_text,
    Kind.NUMBER: _as_number,
    Kind.BOOL: _as_bool,
}
