"""What a value looks like, without the value, and what has become of the values of those who are followed.

A value that changed is nothing strange. The same digits a hundred times as large, the same letters in capitals, or a
word like `NULL` where nothing was are: people do not do that, files do. So a few values can tell what counting cannot.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import md5

from rulekit.language.types import Kind

# by which digest and forms shapes are made: with what was kept by others they cannot be compared
VERSION = "shapes 1"
# hexadecimal digits of the digest of a value
_DIGITS = 2
# what programs write for a value that is not there
_NOTHING = frozenset(
    (
        *("null", "(null)", "\\n", "none", "(none)", "nil", "nan", "na", "n/a", "#n/a", "undefined", "unknown"),
        *("missing", "empty", "blank", "false", "0", "-", "--", "?"),
    )
)
# how instants and days begin that stand for none: where programs count from, and the end of time
_EPOCH = re.compile(r"0001-|1899-12-3|1900-01-0|1969-12-31|1970-01-01|0\d{3}-")
_FAR = re.compile(r"2[1-9]\d\d-|[3-9]\d{3}-|\d{5,}-|inf")
_SEPARATORS = re.compile(r"[,;|/\s]+")
_AT_ENDS = "\"'`[](){}<>,;|"
# decimals of an amount of money
_CENTS = 2
# a number that is so many orders of magnitude away has another form
_FAR_AWAY = 2
_WRITTEN = re.compile(r"([0-9a-f]{2})([a-z]+)(?:(\d)([+-]\d+))?")

Value = str | Sequence[str | None] | None
"""A value as text, or the texts of a list; None is no value."""


class Alteration(StrEnum):
    """What can become of values that people hardly ever do to theirs, or not all at once."""

    SCALED = "scaled"
    REWRITTEN = "rewritten"
    FILLED = "filled"
    RESHAPED = "reshaped"
    EMPTIED = "emptied"


@dataclass(frozen=True, slots=True)
class Altered:
    """So many of so many values became so, `natural` of them by what people do; of `SCALED` ones the power of ten.

    Whose evidence is weak counts as natural in part.
    """

    count: int
    of: int
    natural: float = 0.0
    power: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """A digest of what a value says however it is written, and letters for how it is written.

    Of numbers there is how many digits matter (1, 2, or 3 for more), and the order of magnitude.
    """

    digest: str
    form: str
    digits: int = 0
    power: int = 0

    def __str__(self) -> str:
        return f"{self.digest}{self.form}" + (f"{self.digits}{self.power:+d}" if self.digits else "")

    @classmethod
    def read(cls, written: str) -> "Shape | None":
        """Returns the shape that was written so, or None for no value."""
        found = _WRITTEN.fullmatch(written)
        if found is None:
            return None
        digest, form, digits, power = found.groups()
        return cls(digest, form, int(digits or 0), int(power or 0))

    @property
    def is_nothing(self) -> bool:
        """Returns whether the value may stand for none: zero, a word like `NULL`, the beginning or end of time."""
        return self.form in ("zero", "word", "epoch", "far")


def shape_of(value: Value, kind: Kind) -> str:
    """Returns what a value of a kind looks like, in a few letters; an empty text for no value."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(_of_list([one for one in value if one is not None]))
    match kind:
        case Kind.NUMBER | Kind.DURATION:
            return str(_of_number(value))
        case Kind.TIME | Kind.DATE:
            return str(_of_time(value))
        case Kind.BOOL:
            return str(Shape(_digest(value), "b"))
        case _:
            return str(_of_text(value))


def _of_number(text: str) -> Shape:
    try:
        sign, digits, exponent = Decimal(text).normalize().as_tuple()
    except InvalidOperation:
        return Shape(_digest(text), "odd")
    if not isinstance(exponent, int) or not any(digits):
        return Shape(_digest(text), "odd" if not isinstance(exponent, int) else "zero")
    decimals = "w" if exponent >= 0 else "c" if exponent >= -_CENTS else "f"
    written = "".join(map(str, digits))
    return Shape(_digest(written), "n" * sign + decimals, min(len(digits), 3), len(digits) + exponent - 1)


def _of_time(text: str) -> Shape:
    if _EPOCH.match(text):
        return Shape(_digest(text), "epoch")
    if _FAR.match(text):
        return Shape(_digest(text), "far")
    return Shape(_digest(text), "m" if text.endswith(" 00:00:00") else "t")


def _of_text(text: str) -> Shape:
    if text.strip().casefold() in _NOTHING:
        return Shape(_digest(text), "word")
    inner = text.strip()
    ends = "s" * (inner != text) + "q" * (inner.strip(_AT_ENDS) != inner)
    return Shape(_digest(_plain(text) or text), _case(text) + ends)


def _of_list(texts: Sequence[str]) -> Shape:
    if not texts:
        return Shape(_digest(""), "empty")
    if len(texts) == 1 and texts[0].strip().casefold() in _NOTHING:
        return Shape(_digest(texts[0]), "word")
    parts = sorted(_plain(part) for text in texts for part in _SEPARATORS.split(text))
    joined = any(_SEPARATORS.search(text.strip()) for text in texts)
    return Shape(_digest("\n".join(filter(None, parts))), _case("".join(texts)) + "j" * joined)


def _case(text: str) -> str:
    return "u" if text.isupper() else "l" if text.islower() else "t" if text.istitle() else "x"


def _plain(text: str) -> str:
    """Returns the letters and digits alone, without case."""
    return "".join(filter(str.isalnum, text.casefold()))


def _digest(text: str) -> str:
    return md5(text.encode(errors="replace"), usedforsecurity=False).hexdigest()[:_DIGITS]


def find_alterations(before: Mapping[str, str], now: Mapping[str, str]) -> dict[Alteration, Altered]:
    """Returns what has become of the values of those who are in both, by shapes as they were written."""
    usual = {shape.form for shape in map(Shape.read, before.values()) if shape is not None}
    there = [(Shape.read(before[key]), Shape.read(one)) for key, one in now.items() if key in before]
    pairs = [(then, one) for then, one in there if then is not None and one is not None]
    had = sum(then is not None for then, _ in there)
    filled = [one for then, one in there if then is None and one is not None]
    odd = sum(one.is_nothing and one.form not in usual for one in filled)
    return {
        Alteration.SCALED: _scaled(pairs),
        Alteration.REWRITTEN: _rewritten(pairs),
        Alteration.FILLED: Altered(odd, len(there) - had),
        Alteration.RESHAPED: Altered(sum(_has_other_form(then, one) for then, one in pairs), len(pairs)),
        Alteration.EMPTIED: Altered(had - len(pairs), had),
    }


def _scaled(pairs: Sequence[tuple[Shape, Shape]]) -> Altered:
    """Counts the numbers with the same digits at another magnitude, by the power of ten that most moved by.

    A few round numbers may be so by chance, as 5 and 50; of a number of three digits that is no chance.
    """
    numbers = [(then, now) for then, now in pairs if then.digits and now.digits]
    moved = [(now.power - then.power, then) for then, now in numbers if now.digest == then.digest]
    powers = Counter(power for power, _ in moved if power)
    if not powers:
        return Altered(0, len(numbers))
    ((power, count),) = powers.most_common(1)
    weak = sum({1: 0.75, 2: 0.5}.get(then.digits, 0.0) for by, then in moved if by == power)
    return Altered(count, len(numbers), weak, power)


def _rewritten(pairs: Sequence[tuple[Shape, Shape]]) -> Altered:
    """Counts the texts with the same letters and digits, in another case, with other signs or with blanks at the ends.

    Somebody may mend the case of a name; hardly anybody puts one into capitals, or a blank behind it.
    """
    texts = [(then, now) for then, now in pairs if not then.digits and not now.digits and not now.is_nothing]
    again = [(then, now) for then, now in texts if then.digest == now.digest and then.form != now.form]
    weak = sum(0.35 for then, now in again if now.form in ("l", "t", "x"))
    return Altered(len(again), len(texts), weak)


def _has_other_form(then: Shape, now: Shape) -> bool:
    return then.form != now.form or abs(then.power - now.power) >= _FAR_AWAY
