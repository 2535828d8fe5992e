"""Which type the values of a column have, and which options of reading they need: guesses, with what they rest on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rulekit.language.types import BOOL, DATE, DURATION, LIST_OF_TEXT, NUMBER, TEXT, TIME, Kind, Type
from rulekit.schema.column_facts import COMPACT_DAY, FORMATS, ColumnFacts
from rulekit.schema.naming import name_of, words_of

# what most values are, so that the others are mistakes
MOST = 0.9
_TIMELY = frozenset(
    {
        "at",
        "on",
        "date",
        "day",
        "time",
        "ts",
        "timestamp",
        "created",
        "updated",
        "modified",
        "since",
        "until",
        "expires",
    }
    | {"expiry", "start", "started", "end", "ended", "renewal", "birthday", "dob", "seen", "login", "signup", "joined"}
)
# columns whose numbers are names: nobody adds them up
_CODES = frozenset({"id", "uid", "uuid", "key", "zip", "postcode", "postal", "phone", "mobile", "tel", "fax", "code"})
# columns whose values could name a person, even where there are few
_PERSONAL = frozenset(
    {"email", "mail", "phone", "mobile", "tel", "fax", "street", "address", "zip", "postcode", "postal", "birth", "ip"}
    | {"birthday", "dob", "iban", "note", "notes", "comment", "comments", "message", "url", "token", "password"}
    | {"firstname", "lastname", "surname", "forename", "fullname", "username"}
    # the same in other languages of Europe
    | {"vorname", "nachname", "familienname", "prenom", "nom", "nombre", "apellido", "apellidos", "nome", "cognome"}
    | {"voornaam", "achternaam", "fornamn", "efternamn", "fornavn", "etternavn", "efternavn", "strasse", "telefon"}
)
_NAMES_OF_PEOPLE = frozenset(
    {"name", "first", "last", "full", "middle", "given", "family", "nick", "user", "contact", "display", "customer"}
)
_SIGNS: Mapping[str, Mapping[str, object]] = {
    "grouped": {"group": ","},
    "commas": {"decimal": ","},
    "grouped commas": {"decimal": ",", "group": "."},
}
_WORDS_OF_TRUTH = (("on", "off"), ("ja", "nein"), ("oui", "non"), ("si", "no"), ("sí", "no"))
MOST_MEMBERS = 20
_LONGEST_MEMBER = 60
# of the present values, how many a value outside of a set may be
_RARE = 0.01

Values = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """A type, the way of reading whose values are counted for it, and what the settings must say for it.

    `others` are formats that fit as well, `why` is what a person should know.
    """

    type: Type
    way: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    why: str = ""


def guess_type(facts: ColumnFacts) -> Guess | None:
    """Returns what the values of a column are; None for a type that nothing in the language has."""
    family = _family(facts.column.type)
    if family == "text":
        return _guess_text(facts)
    if family == "integer":
        return _guess_number(facts)
    return _TYPED.get(family)


_TYPED = {
    "number": Guess(NUMBER),
    "bool": Guess(BOOL),
    "time": Guess(TIME),
    "date": Guess(DATE),
    "duration": Guess(DURATION),
    "list": Guess(LIST_OF_TEXT),
}
_FAMILIES = (
    (r"VARCHAR|JSON|ENUM.*|UUID|\"NULL\"", "text"),
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", "integer"),
    (r"FLOAT|DOUBLE|DECIMAL.*", "number"),
    (r"BOOLEAN", "bool"),
    (r"TIMESTAMP.*", "time"),
    (r"DATE", "date"),
    (r"INTERVAL", "duration"),
    (r"VARCHAR\[\d*\]", "list"),
)


def _family(column_type: str) -> str:
    return next((family for pattern, family in _FAMILIES if re.fullmatch(pattern, column_type)), "")


def is_timely(name: str) -> bool:
    """Returns whether a column's name says that it holds times."""
    return not words_of(name).isdisjoint(_TIMELY)


def _guess_text(facts: ColumnFacts) -> Guess:
    for guess in (_guess_code, _guess_truth, _guess_number, _guess_time, _guess_other):
        found = guess(facts)
        if found is not None:
            return found
    return Guess(TEXT)


def _guess_code(facts: ColumnFacts) -> Guess | None:
    if not facts.present:
        return Guess(TEXT, why="decide: no row has a value, so nothing is known about it")
    if facts.share("address") >= MOST:
        return Guess(TEXT)
    if facts.share("number") >= MOST and (facts.share("padded_number") > _RARE or _is_code(facts.column.name)):
        return Guess(TEXT, why="numbers that are names, as nobody adds them up")
    return None


def _guess_truth(facts: ColumnFacts) -> Guess | None:
    return Guess(BOOL, "bool") if facts.share("bool") >= MOST else None


def _guess_number(facts: ColumnFacts) -> Guess | None:
    if is_timely(facts.column.name):
        for unit in ("s", "ms", "us"):
            if facts.share(unit) >= MOST:
                return Guess(TIME, unit, {"unit": unit}, why="decide: numbers that are times, counted from 1970")
        if facts.share(COMPACT_DAY) >= MOST:
            return Guess(DATE, COMPACT_DAY, {"format": COMPACT_DAY})
    if facts.share("bit") >= MOST and facts.distinct == 2:
        return Guess(BOOL, "bit", why="decide: 0 and 1 alone; write `number` if they are counted")
    if facts.share("number") >= MOST:
        return Guess(NUMBER, "number")
    return _guess_signs(facts)


def _guess_signs(facts: ColumnFacts) -> Guess | None:
    """Returns what a comma in numbers means: it stands before the fraction, or between thousands."""
    if facts.share("comma") > 0:
        for way, signs in _SIGNS.items():
            if facts.share(way) >= MOST:
                return Guess(NUMBER, way, signs, why="decide: numbers with commas; the settings say what a comma means")
    return None


def _guess_time(facts: ColumnFacts) -> Guess | None:
    times, dates = facts.share("time"), facts.share("date")
    if times + dates >= MOST:
        return Guess(TIME, "time") if times else Guess(DATE, "date")
    fitting = sorted((way for way in FORMATS if facts.share(way) >= MOST), key=facts.share, reverse=True)
    if not fitting:
        return None
    best = fitting[0]
    # a day of one digit or two is no other order
    others = tuple(way for way in fitting[1:] if way.replace("%-", "%") != best.replace("%-", "%"))[:3]
    why = "decide: other formats fit as well" if others else ""
    return Guess(TIME if "%H" in best or "%I" in best else DATE, best, {"format": best}, others, why)


def _guess_other(facts: ColumnFacts) -> Guess | None:
    if facts.share("duration") >= MOST:
        return Guess(DURATION, "duration")
    if facts.share("list") >= MOST:
        return Guess(LIST_OF_TEXT, "list")
    if facts.share("semicolons") > 0.5:
        return Guess(TEXT, why="decide: `list of text` takes values apart at `;`")
    return None


def guess_members(name: str, values: Values, present: int) -> Guess | None:
    """Returns the closed set, or the truth, that few values which repeat stand for; None where they are only texts."""
    members = [(value, count) for value, count in values if count > 1]
    others = present - sum(count for _, count in members)
    texts = tuple(sorted(value for value, _ in members))
    truth = _truth(texts) if not others else None
    if truth is not None or not may_be_named(name) or not _is_set(members, others, present):
        return truth
    if not all(text.isprintable() for text in texts):
        return None
    return Guess(Type(Kind.ONE_OF, texts), why=_doubts(texts, others))


def may_be_named(column: str) -> bool:
    """Returns whether values of a column may be told, going by its name: they are no codes, and name nobody."""
    return not _is_code(column) and not _is_personal(column)


def _is_code(name: str) -> bool:
    return not words_of(name).isdisjoint(_CODES)


def _is_personal(name: str) -> bool:
    """Returns whether the values of a column could name a person, going by its name."""
    *before, last = name_of(name).split("_")
    return last in _PERSONAL or (last == "name" and (not before or not _NAMES_OF_PEOPLE.isdisjoint(before)))


def _is_set(members: list[tuple[str, int]], others: int, present: int) -> bool:
    few = 2 <= len(members) <= MOST_MEMBERS and present >= 5 * len(members)
    return few and others <= _RARE * present and all(_is_plain(value) for value, _ in members)


def _is_plain(value: str) -> bool:
    return len(value) <= _LONGEST_MEMBER and "@" not in value and value.isprintable() and not re.search(r"\d{5}", value)


def _truth(texts: tuple[str, ...]) -> Guess | None:
    by_word = {text.lower(): text for text in texts}
    for yes, no in _WORDS_OF_TRUTH:
        if len(texts) == 2 and by_word.keys() == {yes, no}:
            words = {"true": [by_word[yes]], "false": [by_word[no]]}
            return Guess(BOOL, None, words, why="decide: words for true and false")
    return None


def _doubts(texts: tuple[str, ...], others: int) -> str:
    if others:
        return f"decide: {others:,} more values, each seen once, are not in the set"
    if len({text.casefold() for text in texts}) < len(texts):
        return "decide: some differ by capitals alone"
    return ""
