"""What a literal says: texts, numbers, percentages, durations, dates and instants, from their spelling to a value.

Numbers are spelled here as well; `rulekit.clock` spells durations and instants.

Nothing is rounded and nothing is guessed: a spelling that names no value in range is a `BadLiteral`.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from rulekit.clock import UNITS, parse_duration, parse_instant
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code

Value = str | int | Decimal | bool | date | datetime | timedelta

# what the engine's exact numbers hold: DECIMAL(38, 9)
WHOLE_DIGITS = 29
FRACTION_DIGITS = 9

ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_GROUPED = re.compile(r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?", re.ASCII)
_DURATION = re.compile(r"([0-9_.]+)([A-Za-z].*)", re.ASCII)
_UNIT_WORDS = {"week": "w", "day": "d", "hour": "h", "hr": "h", "minute": "m", "min": "m", "second": "s", "sec": "s"}


class BadLiteral(Exception):
    """A literal that names no value; `start` and `end` narrow the place down within it, `end` 0 for all of it."""

    def __init__(self, message: str, help: str, code: Code = codes.INVALID_VALUE, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message, self.help, self.code, self.start, self.end = message, help, code, start, end


def read_text(spelling: str) -> str:
    r"""Returns what a quoted text says; the escapes are `\"`, `\\`, `\n` and `\t`."""

    def resolve(match: re.Match[str]) -> str:
        if match[1] not in ESCAPES:
            raise BadLiteral(
                f"`\\{match[1]}` has no meaning in a text",
                'write `\\\\` for a backslash; the others are `\\"`, `\\n` and `\\t`',
                codes.INVALID_ESCAPE,
                match.start() + 1,
                match.end() + 1,
            )
        return ESCAPES[match[1]]

    body = spelling[1:-1]
    return _ESCAPE.sub(resolve, body) if "\\" in body else body


def read_number(spelling: str) -> int | Decimal:
    """Returns a number, whole ones as int; `_` may stand between digits."""
    if _GROUPED.fullmatch(spelling) is None:
        raise BadLiteral("`_` stands between two digits of a number", "write it like `50_000`")
    digits = spelling.replace("_", "")
    whole, _, fraction = digits.partition(".")
    if len(whole.lstrip("0")) > WHOLE_DIGITS or len(fraction.rstrip("0")) > FRACTION_DIGITS:
        raise BadLiteral(
            "this number is out of range",
            f"write at most {WHOLE_DIGITS} digits before the point and {FRACTION_DIGITS} after it",
        )
    return Decimal(digits) if fraction else int(digits.lstrip("0") or "0")


def spell_number(number: Decimal) -> str:
    """Returns a number as an author writes it, without needless zeros and never `-0`."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def read_percent(spelling: str) -> Decimal:
    """Returns a hundredth of the number before the sign."""
    value = Decimal(read_number(spelling[:-1])).scaleb(-2)
    if -int(value.normalize().as_tuple().exponent) > FRACTION_DIGITS:
        raise BadLiteral("this number is out of range", f"write at most {FRACTION_DIGITS - 2} digits after the point")
    return value


def read_duration(spelling: str) -> timedelta:
    """Returns the length that a spelling like `14d` names."""
    match = _DURATION.fullmatch(spelling)
    number, unit = (match[1], match[2]) if match else (spelling, "")
    near = unit if unit in UNITS else _UNIT_WORDS.get(unit.lower().removesuffix("s"))
    if unit not in UNITS or "." in number or _GROUPED.fullmatch(number) is None:
        whole = number if number.isdigit() and near else "14"
        if "." in number and near:
            raise BadLiteral(f"`{_shortened(spelling)}` is not a whole duration", "write a smaller unit, as in `90m`")
        help_text = f"write it like `{whole}{near or 'd'}`; the units are w, d, h, m and s, and the number is whole"
        raise BadLiteral(f"`{_shortened(spelling)}` is not a duration", help_text)
    try:
        return parse_duration(number.replace("_", "") + unit)
    except ValueError:
        raise BadLiteral("this duration is out of range", "write a duration of at most a hundred years") from None


def read_date(spelling: str) -> date:
    """Returns the day that `2026-01-31` names."""
    try:
        return date.fromisoformat(spelling)
    except ValueError:
        raise BadLiteral(f"there is no date `{spelling}`", "write year, month and day, as in `2026-01-31`") from None


def read_instant(spelling: str) -> datetime:
    """Returns the instant in UTC that `2026-01-31T09:00Z` or `2026-01-31T10:00+01:00` names."""
    if not re.search(r"(Z|[+-]\d\d:\d\d)$", spelling, re.ASCII):
        raise BadLiteral(
            "this time has no offset from UTC",
            f"write `{_shortened(spelling)}Z`, or an offset like `+01:00` at its end",
        )
    fraction = re.search(r"\.(\d+)", spelling, re.ASCII)
    if fraction and len(fraction[1]) > 6:
        raise BadLiteral("this time is finer than a microsecond", "write at most six digits after the point")
    try:
        return parse_instant(spelling)
    except (ValueError, OverflowError):
        help_text = "write an existing date and time, as in `2026-01-31T09:00Z`"
        raise BadLiteral(f"there is no time `{spelling}`", help_text) from None


def _shortened(spelling: str) -> str:
    return spelling if len(spelling) <= 40 else f"{spelling[:39]}…"


CONVERTERS: dict[str, Callable[[str], Value]] = {
    "STRING": read_text,
    "NUMBER": read_number,
    "PERCENT": read_percent,
    "DURATION": read_duration,
    "DATE": read_date,
    "INSTANT": read_instant,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "QUOTED_NAME": lambda spelling: spelling[1:-1],
}
