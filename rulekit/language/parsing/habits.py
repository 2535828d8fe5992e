"""What people write who come from SQL, Python, JavaScript or a spreadsheet, and what to write instead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rulekit.diagnostics.source import Span
from rulekit.language.parsing.words import END, Word

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
# words of English for an order: what to write before a duration, and before a date or time
EARLIER = ("> {}", "< {}")
LATER = ("< {}", "> {}")
ORDERS = {
    **dict.fromkeys(("older", "more", "earlier", "longer", "over", "before"), EARLIER),
    **dict.fromkeys(("newer", "less", "later", "younger", "under", "after", "since", "fewer"), LATER),
}
SIGNS = {"equals": "=", "equal": "=", "eq": "=", "ne": "!=", "gt": ">", "lt": "<", "gte": ">=", "lte": "<="}
PATTERNS = "write `contains`, `starts with`, `ends with` or `matches`, of `lower(…)` where case does not count"
OWN_EMAILS = "declare an event if your data has one: rulekit's own emails cannot be asked for yet"
# functions and events of other tools that are about emails
EMAIL_WORDS = frozenset({"sent", "emailed", "mailed", "email_sent", "emails_sent", "received", "delivered", "opened"})
EMAIL_WORDS |= {"clicked", "email_opened", "email_clicked", "email_delivered", "unsubscribed", "bounced"}
# functions of other languages
FUNCTIONS = {
    **dict.fromkeys(
        ("exists", "has", "has_done", "done", "performed", "any"), "write `did(…)` for whether it happened"
    ),
    **dict.fromkeys(
        ("days_since", "since", "age", "datediff", "date_diff"), "compare the age, as in `last_login > 14d`"
    ),
    **dict.fromkeys(("len", "length", "size", "empty", "is_empty"), "ask for an empty list with `is empty`"),
    **dict.fromkeys(("coalesce", "ifnull", "nvl"), "write `default(x, value)`"),
    **dict.fromkeys(("isnull", "is_null", "missing", "ismissing"), "write `is missing` behind the value"),
    **dict.fromkeys(("total", "number_of", "times"), "write `count(…)` for how often, or `sum(…)` of a property"),
    **dict.fromkeys(("average", "mean"), "write `avg(…)`"),
    **dict.fromkeys(("upper", "trim", "lcase"), "write `lower(…)` to compare without case"),
    **dict.fromkeys(EMAIL_WORDS, OWN_EMAILS),
}
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


def _empty_call(words: Sequence[Word], index: int) -> Habit | None:
    before = words[index - 1]
    named = words[index - 2] if index > 1 else before
    if before.type != "LPAR" or _kind(words, index) != "RPAR":
        return None
    name = named.text.lower()
    if name in {"now", "today"}:
        return Habit(named.span.to(words[index].span), f"{named.text}()", NAMES[name])
    return Habit(named.span.to(words[index].span), f"{named.text}()", _about(name)) if named.type == "NAME" else None


def _call(words: Sequence[Word], index: int) -> Habit | None:
    before, found = words[index - 1], _kind(words, index)
    named = words[index - 2] if index > 1 else before
    if before.type == "LPAR" and found in {"PERSON", "COMPANY"}:
        help = "name an event, as in `count(purchase)`, or a property, as in `distinct(purchase.sku)`"
        return _one(words[index], f"{help}; {'people' if found == 'PERSON' else 'companies'} cannot be counted")
    if before.type == "LPAR" and found == "STAR":
        return _one(words[index], f"name the event, as in `{named.text.lower()}(purchase)`, or `any` for every one")
    if found == "LPAR" and named.type == "DOT" and before.text.lower() in METHODS:
        return _one(before, METHODS[before.text.lower()])
    return None


def _value(words: Sequence[Word], index: int) -> Habit | None:
    before, found = words[index - 1], _kind(words, index)
    if before.type == "NUMBER" and found == "DOT" and _kind(words, index + 1) != "NUMBER":
        return Habit(before.span.to(words[index].span), f"{before.text}.", f"write `{before.text}`")
    if found == "DOT" and before.type not in {"NUMBER", "NAME"} and _kind(words, index + 1) == "NUMBER":
        fraction = words[index + 1]
        return Habit(words[index].span.to(fraction.span), f".{fraction.text}", f"write `0.{fraction.text}`")
    if before.type == "NUMBER" and found == "DOT":
        return _one(words[index], "write a date as year, month and day, as in `2026-02-01`")
    if before.type == "IS" and found in {"TRUE", "FALSE", "STRING", "NUMBER"}:
        return _one(before, f"write `= {words[index].text}`")
    if found == "NAME" and words[index].text.lower() == "is":
        return _one(words[index], "write `is missing` or `is present`")
    return None


def _about(function: str) -> str:
    if function in {"random", "rand"}:
        return "compare a field that tells people apart: a condition is not left to chance"
    return FUNCTIONS.get(function, "write between the brackets what it is about, as in `count(purchase)`")


def _decimal_comma(words: Sequence[Word], index: int) -> Habit | None:
    pair = words[index - 1 : index + 2]
    if [word.type for word in pair] != ["NUMBER", "COMMA", "NUMBER"] or pair[0].span.end != pair[1].span.start:
        return None
    whole, _, fraction = (word.text for word in pair)
    return Habit(pair[0].span.to(pair[2].span), f"{whole},{fraction}", f"write `{whole.replace('.', '_')}.{fraction}`")


def _window(words: Sequence[Word], index: int) -> Habit | None:
    """Returns what is wrong about a window that stands outside of its call, or without its comma."""
    first = index + 1 if _kind(words, index) == "IN" else index
    if _kind(words, first) not in {"LAST", "PREVIOUS"} or _kind(words, first + 1) != "DURATION":
        return None
    window = f"{words[first].text} {words[first + 1].text}"
    span, before = words[index].span.to(words[first + 1].span), words[index - 1]
    called = words[index - 2] if before.type == "RPAR" and index > 1 else before
    event = called.text if called.type == "NAME" else "purchase"
    if before.type in {"RPAR", "NUMBER"}:
        return Habit(span, window, f"write it inside the brackets, as in `count({event}, {window})`")
    return Habit(span, window, f"write a comma before it, as in `count({event}, {window})`")


def _order(words: Sequence[Word], index: int) -> Habit | None:
    """Returns what to write for `older than 14d` and `before 2026-01-01`."""
    if _kind(words, index) != "NAME":
        return None
    word = words[index].text.lower()
    if word in SIGNS:
        return _one(words[index], f"write `{SIGNS[word]}`")
    if word in {"ilike", "rlike", "regexp"}:
        return _one(words[index], PATTERNS)
    if word not in ORDERS:
        return None
    end = index + 1 + (_kind(words, index + 1) == "NAME" and words[index + 1].text.lower() in {"than", "or"})
    if _kind(words, end) not in {"DURATION", "DATE", "INSTANT", "NUMBER"}:
        return None
    by_age = _kind(words, end) == "DURATION"
    sign = ORDERS[word][0 if by_age else 1]
    if _kind(words, end) == "NUMBER":
        sign = "> {}" if word in {"more", "over", "older", "longer"} else "< {}"
    span, shown = words[index].span.to(words[end].span), " ".join(word.text for word in words[index : end + 1])
    return Habit(span, shown, f"write `{sign.format(words[end].text)}`")


def _sets(words: Sequence[Word], index: int) -> Habit | None:
    """Returns what to write for `in segment Large`, `segment = Large` and `is in Large`."""
    before, found = words[index - 1], _kind(words, index)
    following = words[index + 1].text if _kind(words, index + 1) == "NAME" else "My_Segment"
    if before.type == "IN" and found in {"SEGMENT", "PERSONA"}:
        return _one(words[index], f"remove it, and write `in {following}`")
    if found in {"SEGMENT", "PERSONA"}:
        named = words[index + 2].text if _kind(words, index + 2) == "NAME" else "My_Segment"
        return _one(words[index], f"write `in {named}`")
    if found == "IS" and _kind(words, index + 1) == "IN":
        named = words[index + 2].text if _kind(words, index + 2) == "NAME" else "My_Persona"
        return _one(words[index], f"remove it, and write `in {named}`")
    return None


def _is_not(words: Sequence[Word], index: int) -> Habit | None:
    if _kind(words, index - 1) != "IS" or _kind(words, index) != "NOT":
        return None
    value, subject = _kind(words, index + 1), words[index - 2].text if index > 1 else "x"
    help = {
        "EMPTY": f"write `not {subject} is empty`",
        "MISSING": "write `is present`",
        "PRESENT": "write `is missing`",
    }
    if value in {"STRING", "NUMBER", "TRUE", "FALSE"}:
        return Habit(words[index - 1].span.to(words[index].span), "is not", f"write `!= {words[index + 1].text}`")
    return Habit(words[index - 1].span.to(words[index].span), "is not", help[value]) if value in help else None


def _did(words: Sequence[Word], index: int) -> Habit | None:
    """Returns what to write for `did login`, `has done login` and `login >= 3 times`."""
    before, found = words[index - 1], _kind(words, index)
    if found != "NAME" or before.type not in {"NAME", "NUMBER", "WHERE"}:
        return None
    name = words[index].text
    if before.text.lower() in {"did", "has", "done", "performed"}:
        event = words[index + 1].text if name.lower() in {"done", "did"} and _kind(words, index + 1) == "NAME" else name
        return Habit(before.span.to(words[index].span), f"{before.text} {name}", f"write `did({event})`")
    if before.type == "NUMBER" and name.lower() in {"times", "time", "x"}:
        return _one(words[index], "remove it, and write `count(…)` around the event")
    if before.text.lower() in {"where", "select", "filter"}:
        return _one(before, "remove it: a persona's body is the condition itself")
    if before.text.lower() == "distinct":
        return Habit(before.span.to(words[index].span), f"distinct {name}", f"write `distinct({name}.…)` by itself")
    return None


def _again(words: Sequence[Word], index: int) -> Habit | None:
    """Returns what to write for `age > 18 and < 65`."""
    if _kind(words, index - 1) not in {"AND", "OR"}:
        return None
    if _kind(words, index) not in {"LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL"}:
        return None
    return _one(words[index], "write the value again before it, as in `18 < age and age < 65`, or use `between`")


def _empty_list(words: Sequence[Word], index: int) -> Habit | None:
    if [_kind(words, at) for at in range(index - 2, index + 1)] != ["EQUAL", "LPAR", "RPAR"]:
        return None
    return Habit(words[index - 2].span.to(words[index].span), "= ()", "write `is empty`")


_LOOKS: tuple[Callable[[Sequence[Word], int], Habit | None], ...] = (
    _comment,
    _sets,
    _is_not,
    _word_before,
    _comma,
    _decimal_comma,
    _window,
    _order,
    _empty_list,
    _empty_call,
    _call,
    _did,
    _again,
    _value,
)
