"""The filters and operators of templates, and the budget that bounds what one email may cost.

Every filter and operator charges the size of what it reads and makes; a bound is checked before anything is made.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TypeAlias
from urllib.parse import quote

from jinja2 import Undefined, pass_context
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import Context

from rulekit.email.template_values import missing, show
from rulekit.language.template_names import DATE_PARTS

MAX_SIZE = 1 << 20
MAX_DECIMALS = 20
_MAX_BITS = 1024
_BUDGET = "(budget)"  # no template can spell that name
_PIECE = 4  # what a piece of syntax costs at each turn of a loop, about as long as so many characters
_DATE_PARTS = re.compile(r"%(.?)", re.DOTALL)
# a template gives whatever it has; what does not fit fails inside, and that spoils the email alone
Work: TypeAlias = Callable[..., object]
Items: TypeAlias = str | list[object] | tuple[object, ...]


@dataclass(slots=True)
class Budget:
    """How many characters one email may still read and make."""

    left: int = 8 * MAX_SIZE

    def spend(self, size: int) -> None:
        """Takes `size` and a little for the step itself; raises SecurityError when nothing is left."""
        self.left -= size + 16
        if self.left < 0:
            raise SecurityError("it takes too much work; loop over less or make it shorter")


def with_budget(names: Mapping[str, object]) -> dict[str, object]:
    """Returns the names of one email together with a fresh budget."""
    return {**names, _BUDGET: Budget()}


def budget_of(context: Context) -> Budget:
    """Returns the budget of the email that is being made."""
    budget: Budget = context[_BUDGET]
    return budget


def compute(context: Context, sign: str, left: object, right: object) -> object:
    """Returns `left sign right` for numbers, times and durations; `+` also joins texts or lists."""
    budget_of(context).spend(_size(left) + _size(right))
    left, right = _exact(left, right)
    if isinstance(left, str | list | tuple) and sign != "+":
        raise TemplateRuntimeError(f"`{sign}` cannot be used with a text or a list")
    if isinstance(right, str | list | tuple) and sign != "+":
        raise TemplateRuntimeError(f"`{sign}` cannot be used with a text or a list")
    if sign in ("/", "//", "%") and right == 0:
        return missing("the result of a division by zero")
    result = _OPERATORS[sign](left, right)
    if isinstance(result, int) and result.bit_length() > _MAX_BITS:
        raise SecurityError("a number grew too large")
    return result


@pass_context
def concatenate(context: Context, *parts: object) -> str:
    """Returns the parts as one text: what `~` does."""
    shown = [show(part) for part in parts]
    budget_of(context).spend(sum(map(len, shown)))
    return "".join(shown)


@pass_context
def compare(context: Context, left: object, signs: tuple[str, ...], *operands: object) -> bool:
    """Returns whether a chain of comparisons holds; `signs` are jinja2's names of the operators before the operands."""
    budget = budget_of(context)
    budget.spend(_size(left))
    for sign, right in zip(signs, operands, strict=True):
        budget.spend(_size(right))
        if not _COMPARISONS[sign](*_exact(left, right)):
            return False
        left = right
    return True


@pass_context
def cut(context: Context, value: object, start: int | None, stop: int | None, step: int | None) -> Items:
    """Returns the part of a text or list that `value[start:stop:step]` is."""
    if isinstance(value, Undefined):
        str(value)  # fails, and says what is missing
    if not isinstance(value, str | list | tuple):
        raise TemplateRuntimeError("`[…:…]` needs a list or a text")
    part = value[start:stop:step]
    budget_of(context).spend(len(part))
    return part


@pass_context
def counted(context: Context, items: object, weight: int) -> Iterator[object]:
    """Yields the items of a loop and charges each with what stands inside the loop: `weight` pieces of syntax."""
    budget = budget_of(context)
    if not isinstance(items, str | list | tuple | Undefined):
        raise TemplateRuntimeError("`for` needs a list")
    for item in items:
        budget.spend(_size(item) + weight * _PIECE)
        yield item


def _bounded(work: Work) -> Work:
    """Returns the filter so that it charges the budget and refuses missing values."""

    @pass_context
    def run(context: Context, value: object, *options: object, **named: object) -> object:
        budget = budget_of(context)
        for given in (value, *options, *named.values()):
            if isinstance(given, Undefined):
                str(given)  # fails, and says what is missing
            budget.spend(_size(given))
        result = work(value, *options, **named)
        budget.spend(_size(result))
        return result

    return run


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return sum(map(_size, value), len(value)) if isinstance(value, list | tuple) else 1


def _exact(left: object, right: object) -> tuple[object, object]:
    """Returns both with a literal like `0.5` made exact where it meets an exact number."""
    if isinstance(left, Decimal) and isinstance(right, float):
        return left, Decimal(repr(right))
    if isinstance(left, float) and isinstance(right, Decimal):
        return Decimal(repr(left)), right
    return left, right


def _date(value: date, form: str = "%Y-%m-%d") -> str:
    if not isinstance(value, date):
        raise TemplateRuntimeError("`date` needs a time or a date")
    clock = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return _DATE_PARTS.sub(lambda part: _date_part(clock, part[1]), form)


def _date_part(value: datetime, letter: str) -> str:
    if letter == "%":
        return "%"
    if letter == "e":
        return str(value.day)
    if letter == "" or letter not in DATE_PARTS:
        known = " ".join(f"%{part}" for part in DATE_PARTS)
        raise TemplateRuntimeError(f"`date` does not know `%{letter}`; it knows {known}")
    return value.strftime(f"%{letter}")


def _default(value: object, fallback: object = "", also_empty: bool = False) -> object:
    return fallback if isinstance(value, Undefined) or (also_empty and not value) else value


def _first(items: object) -> object:
    sequence = _sequence(items)
    return sequence[0] if sequence else missing("the first of an empty list")


def _last(items: object) -> object:
    sequence = _sequence(items)
    return sequence[-1] if sequence else missing("the last of an empty list")


def _sequence(items: object) -> Items:
    if not isinstance(items, str | list | tuple):
        raise TemplateRuntimeError("`first`, `last` and `length` need a list or a text")
    return items


def _join(items: object, between: str = ", ") -> str:
    shown, separator = [show(item) for item in _sequence(items)], show(between)
    _limit(sum(map(len, shown)) + len(separator) * len(shown))
    return separator.join(shown)


def _number(value: object, decimals: int = 0, between: str = "") -> str:
    if between not in ("", ",", ".", " ", "'", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"):
        raise TemplateRuntimeError("`number` puts a comma, point, space or apostrophe between thousands, nothing else")
    text = f"{_rounded(value, decimals):{',' if between else ''}.{decimals}f}"
    return text.replace(",", between) if between != "." else text.translate({44: ".", 46: ","})


def _rounded(value: object, decimals: int = 0) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TemplateRuntimeError("`number` and `round` need a number")
    if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= MAX_DECIMALS:
        raise TemplateRuntimeError(f"the number of decimals is a whole number from 0 to {MAX_DECIMALS}")
    with localcontext(prec=400):
        exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    # what is rounded to nothing is neither more nor less than nothing
    return rounded or rounded.copy_abs()


def _replace(value: object, old: str, new: str) -> str:
    text, old, new = show(value), show(old), show(new)
    _limit(len(text) + text.count(old) * max(0, len(new) - len(old)))
    return text.replace(old, new)


def _truncate(value: object, length: int = 255) -> str:
    text = show(value)
    if not isinstance(length, int) or length < 1:
        raise TemplateRuntimeError("`truncate` needs a length of at least 1")
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _title(value: object) -> str:
    return re.sub(r"\S+", lambda word: word[0][:1].upper() + word[0][1:].lower(), show(value))


def _limit(size: int) -> None:
    if size > MAX_SIZE:
        raise SecurityError("a text would grow beyond 1 MiB")


_COMPARISONS: Mapping[str, Work] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda item, items: item in items,
    "notin": lambda item, items: item not in items,
}
_OPERATORS: Mapping[str, Work] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}

_WORK: Mapping[str, Work] = {
    "abs": abs,
    "capitalize": lambda value: show(value).capitalize(),
    "date": _date,
    "first": _first,
    "join": _join,
    "last": _last,
    "length": lambda items: len(_sequence(items)),
    "lower": lambda value: show(value).lower(),
    "number": _number,
    "replace": _replace,
    "round": _rounded,
    "title": _title,
    "trim": lambda value: show(value).strip(),
    "truncate": _truncate,
    "upper": lambda value: show(value).upper(),
    "urlencode": lambda value: quote(show(value), safe=""),
}
FILTERS: Mapping[str, Work] = {"default": _default, **{n: _bounded(work) for n, work in _WORK.items()}}
