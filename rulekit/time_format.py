"""Formats of times and dates as `strptime` has them, held to what they say.

A format is read strictly: `%d` is two digits, and nothing stands before, behind or between what it names. One that
leaves the day open, or could be read in two ways, is none.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

LONGEST = 100

OFFSET = r"(?:[Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"


def _words(*words: str) -> str:
    return f"(?i:{'|'.join(words)})"


_MONTHS = ["January", "February", "March", "April", "May", "June"]
_MONTHS += ["July", "August", "September", "October", "November", "December"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# by directive: the part of a time that it names, and what it looks like
_DIRECTIVES: Mapping[str, tuple[str, str]] = {
    "%Y": ("year", r"\d{4}"),
    "%m": ("month", r"(?:0[1-9]|1[0-2])"),
    "%-m": ("month", r"(?:[1-9]|1[0-2])"),
    "%b": ("month", _words(*(name[:3] for name in _MONTHS))),
    "%B": ("month", _words(*_MONTHS)),
    "%d": ("day", r"(?:0[1-9]|[12]\d|3[01])"),
    "%-d": ("day", r"(?:[1-9]|[12]\d|3[01])"),
    "%a": ("weekday", _words(*(name[:3] for name in _DAYS))),
    "%A": ("weekday", _words(*_DAYS)),
    "%H": ("hour", r"(?:[01]\d|2[0-3])"),
    "%-H": ("hour", r"(?:\d|1\d|2[0-3])"),
    "%I": ("hour", r"(?:0[1-9]|1[0-2])"),
    "%-I": ("hour", r"(?:[1-9]|1[0-2])"),
    "%p": ("half", _words("AM", "PM")),
    "%M": ("minute", r"[0-5]\d"),
    "%S": ("second", r"[0-5]\d"),
    "%f": ("fraction", r"\d{1,6}"),
    "%z": ("offset", OFFSET),
}
_PIECE = re.compile(r"%-?[A-Za-z]|%%|[^%]+|%", re.DOTALL)
_UTC = re.compile(r" *(?:Z|UTC|GMT)\b")
_CLOCK = {"hour", "half", "minute", "second", "fraction"}
_SHORT = {"%-m", "%-d", "%-H", "%-I", "%f"}
# what a part is of no use without
_NEEDS = {"half": "hour", "minute": "hour", "second": "minute", "fraction": "second", "offset": "hour"}
_ADVICE = {
    "%y": "`%y` leaves the century open; years have four digits, `%Y`",
    "%Z": "`%Z` would take names of zones, which are not certain; `%z` is an offset like `+02:00` or `Z`",
}


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A format: a regular expression that texts of it match as a whole, and the format without `%z` for `strptime`.

    With an offset, the expression has three groups: what stands before it, the offset, what stands behind it. A format
    `is_utc` that says so itself, as `%H:%M UTC` and `%H:%M:%SZ` do.
    """

    pattern: str
    plain: str
    has_offset: bool
    is_utc: bool


@lru_cache(maxsize=256)
def parse_format(text: str) -> TimeFormat:
    """Returns the format that a text writes down.

    Raises ValueError that says what is wrong: a directive that there is not, a part that is missing or named twice, or
    digits that run together.
    """
    pieces = _PIECE.findall(text)
    for mistake in _mistakes(text, pieces):
        raise ValueError(mistake)
    patterns = [_pattern(piece) for piece in pieces]
    if "%z" not in pieces:
        return TimeFormat("".join(patterns), text, has_offset=False, is_utc=_says_utc(pieces))
    at = pieces.index("%z")
    before, behind = "".join(patterns[:at]), "".join(patterns[at + 1 :])
    plain = "".join(pieces[:at] + pieces[at + 1 :])
    return TimeFormat(f"({before})({OFFSET})({behind})", plain, has_offset=True, is_utc=False)


def _pattern(piece: str) -> str:
    found = _DIRECTIVES.get(piece)
    return re.escape("%" if piece == "%%" else piece) if found is None else found[1]


def _says_utc(pieces: list[str]) -> bool:
    """Returns whether behind the clock stands `Z`, `UTC` or `GMT`: read as local, it would be wrong by hours."""
    pairs = pairwise(pieces)
    return any(_part(first) in _CLOCK and _UTC.match(second) for first, second in pairs)


def _part(piece: str) -> str:
    return _DIRECTIVES[piece][0] if piece in _DIRECTIVES else ""


def _mistakes(text: str, pieces: list[str]) -> Iterator[str]:
    if len(text) > LONGEST or not text.isprintable():
        yield f"a format has at most {LONGEST} characters, none of control"
    for piece in pieces:
        if piece.startswith("%") and piece != "%%" and piece not in _DIRECTIVES:
            yield _ADVICE.get(piece, f"there is no `{piece}`; there are {' '.join(_DIRECTIVES)}")
    yield from _wrong_parts(Counter(filter(None, map(_part, pieces))))
    if ("%p" in pieces) == {"%I", "%-I"}.isdisjoint(pieces):
        yield "`%I` and `%p` come together, as in `%I:%M %p`; an hour from 0 to 23 is `%H`"
    for first, second in pairwise(pieces):
        if first in _SHORT and _is_digits(second):
            yield f"the digits of `{first}` and of what follows run together; put something between them"


def _is_digits(piece: str) -> bool:
    return piece[0].isdigit() or (_part(piece) != "offset" and r"\d" in _pattern(piece))


def _wrong_parts(parts: Mapping[str, int]) -> Iterator[str]:
    for part, count in parts.items():
        if count > 1:
            yield f"it names the {part} twice"
    for part, example in (("year", "%Y"), ("month", "%m"), ("day", "%d")):
        if part not in parts:
            yield f"it has no {part} (`{example}`), as in `%d/%m/%Y %H:%M`"
    for part, needed in _NEEDS.items():
        if part in parts and needed not in parts:
            yield f"it has a {part} without the {needed}"
