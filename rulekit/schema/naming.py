"""Names of the language made from what an export calls its columns, files and kinds of events."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable

from rulekit.diagnostics.display import plural

_NO_NAME = "unnamed"
_LONGEST = 64
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# letters that come apart into nothing else
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ł": "l", "Ł": "L", "đ": "d", "œ": "oe"})


def name_of(text: str) -> str:
    """Returns a name in small letters and `_`: `Sign-up date` and `signUpDate` become `sign_up_date`."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", _CAMEL.sub("_", plain).lower())
    name = "_".join(words)[:_LONGEST].rstrip("_") or _NO_NAME
    return f"n_{name}"[:_LONGEST] if name[0].isdigit() else name


def names_of(columns: Iterable[str]) -> dict[str, str]:
    """Returns a name for each column, no two the same: the second of two that would be gets a number.

    What is nested goes by its own name alone (`address.city` is `city`) where nothing else is called so.
    """
    columns = list(columns)
    short = {column: name_of(column.rpartition(".")[2]) for column in columns}
    often = Counter(short.values())
    names: dict[str, str] = {}
    for column in columns:
        name = short[column] if often[short[column]] == 1 else name_of(column)
        names[column] = _unlike(name, set(names.values()))
    return names


def _unlike(name: str, taken: Collection[str]) -> str:
    number = 2
    unlike = name
    while unlike in taken:
        ending = f"_{number}"
        unlike, number = name[: _LONGEST - len(ending)] + ending, number + 1
    return unlike


def words_of(text: str) -> frozenset[str]:
    """Returns the words that a name is made of."""
    return frozenset(name_of(text).split("_"))


def one_of_many(text: str) -> str:
    """Returns the singular of a name, as far as its ending tells: `order_items` becomes `order_item`."""
    name = name_of(text)
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if re.search(r"(ss|x|ch|sh)es$", name):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is")) else name


def share(part: int, whole: int, noun: str = "row") -> str:
    """Returns how much of a whole something is: `12 % of 2,349 rows`."""
    if not part or not whole:
        return f"0 % of {plural(whole, noun)}"
    percent = 100 * part / whole
    shown = "less than 1" if percent < 1 else "more than 99" if 99 < percent < 100 else f"{percent:.0f}"
    return f"{shown} % of {plural(whole, noun)}"
