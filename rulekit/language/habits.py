"""What people write who come from SQL, Python, JavaScript or a spreadsheet, and what to write instead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rulekit.diagnostics.source import Span
from rulekit.language.words import END, Word

# names in the place of a value
NAMES = {
    "now": "compare the time with a duration, as in `last_login > 14d`",
    "today": "compare the time with a duration, as in `last_login > 14d`",
    "null": "write `is missing` or `is present`",
    "none": "write `is missing` or `is present`",
    "nil": "write `is missing` or `is present`",
    "undefined": "write `is missing` or `is present`",
    "true": "write `true`, in lower case",
    "false": "write `false`, in lower case",
}
# functions that make a duration elsewhere
LENGTHS = {"week": "w", "day": "d", "hour": "h", "minute": "m", "second": "s"}
METHODS = {
    "startswith": 'write `starts with`, as in `name starts with "A"`',
    "endswith": 'write `ends with`, as in `name ends with "A"`',
    "includes": 'write `contains`, as in `name contains "A"`',
    "contains": 'write `contains`, as in `name contains "A"`',
    "lower": "write `lower(…)` around the field",
    "tolowercase": "write `lower(…)` around the field",
}
# two signs without a space between them that begin a comment elsewhere
COMMENTS = {("SLASH", "SLASH"), ("SLASH", "STAR"), ("MINUS", "MINUS")}
# how far the words behind `--` are read as values before they make no sense
FAR = 4


@dataclass(frozen=True, slots=True)
class Habit:
    """The words that another language has here, and what to do."""

    span: Span
    shown: str
    help: str


def find_habit(words: Sequence[Word], index: int) -> Habit | None:
    """Returns the habit that shows where the words of a piece stop making sense, if any does."""
    return next((habit for look in _LOOKS if (habit := look(words, index))), None)


def _kind(words: Sequence[Word], index: int) -> str:
    return words[index].type if 0 <= index < len(words) else END


def _one(word: Word, help: str) -> Habit:
    return Habit(word.span, word.text, help)


def _comment(words: Sequence[Word], index: int) -> Habit | None:
    for at in range(min(index, len(words) - 1), max(index - FAR, 0), -1):
        first, second = words[at - 1], words[at]
        if (first.type, second.type) in COMMENTS and first.span.end == second.span.start:
            return Habit(first.span.to(second.span), first.text + second.text, "begin a comment with `#`")
    return None


def _word_before(words: Sequence[Word], index: int) -> Habit | None:
    before, found = words[index - 1], _kind(words, index)
    if before.type == "NAME" and before.text.lower() == "not" and found != "COLON":
        return _one(before, "write `not`, in lower case")
    if before.type == "NAME" and before.text.lower() == "if" and found != "COLON":
        return _one(before, "remove it: a persona's body is the condition itself")
    if before.type in {"COMPANY", "PERSON"} and found == "IN":
        name = words[index + 1].text if _kind(words, index + 1) == "NAME" else "My_Segment"
        return _one(before, f"write `in {name}`")
    if before.type in {"COMPANY", "PERSON"} and found in {"EQUAL", "NOT_EQUAL", "IS", "NOT"}:
        return _one(before, f"write a field of it, as in `{'company.name' if before.type == 'COMPANY' else 'name'}`")
    return None


def _comma(words: Sequence[Word], index: int) -> Habit | None:
    if _kind(words, index - 1) == "COMMA" and _kind(words, index) == "RPAR":
        return _one(words[index - 1], "remove it")
    if _kind(words, index) == "COMMA" and index == len(words) - 1:
        return _one(words[index], "remove it: a declaration ends where the next one begins")
    return None


def _call(words: Sequence[Word], index: int) -> Habit | None:
    before, found = words[index - 1], _kind(words, index)
    named = words[index - 2] if index > 1 else before
    if before.type == "LPAR" and found == "RPAR" and named.text.lower() in {"now", "today"}:
        return Habit(named.span.to(words[index].span), f"{named.text}()", NAMES[named.text.lower()])
    if before.type == "LPAR" and found == "STAR":
        return _one(words[index], f"name the event, as in `{named.text.lower()}(purchase)`, or `any` for every one")
    if found == "LPAR" and named.type == "DOT" and before.text.lower() in METHODS:
        return _one(before, METHODS[before.text.lower()])
    return None


def _value(words: Sequence[Word], index: int) -> Habit | None:
    before, found = words[index - 1], _kind(words, index)
    if before.type == "NUMBER" and found == "DOT":
        return _one(words[index], "write a date as year, month and day, as in `2026-02-01`")
    if before.type == "IS" and found in {"TRUE", "FALSE", "STRING", "NUMBER"}:
        return _one(before, f"write `= {words[index].text}`")
    if found == "NAME" and words[index].text.lower() == "is":
        return _one(words[index], "write `is missing` or `is present`")
    return None


_LOOKS: tuple[Callable[[Sequence[Word], int], Habit | None], ...] = (_comment, _word_before, _comma, _call, _value)
