"""Lists of addresses and of happenings as providers export them: JSON, JSON lines, CSV.

Each line becomes a `ListedAddress`, notices about one email, or nothing where it speaks for the address: an export of
all activity tells of emails that arrived, too.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rulekit.email.notices.foreign_values import shorten
from rulekit.email.notices.providers import read_happening
from rulekit.email.notices.vocabulary import Meaning, find_meaning
from rulekit.errors import SourceError
from rulekit.records import Notice

_ADDRESS = ("email", "address", "emailaddress", "recipient", "recipientemail", "mail", "contact", "contactemail")
_STATED = ("reason", "suppressionreason", "bouncereason", "rejectreason", "unsubscribereason")
_KIND = (
    *("type", "event", "eventtype", "eventname", "kind", "state", "status", "substatus", "metric", "severity"),
    *("bouncetype", "bouncesubtype", "subtype", "classification", "emailstatus", "subscriptionstatus"),
)
# what says more of the reason, in words that only a mail server or a person knows
_NOTES = ("error", "description", "details", "comment")
_CODES = ("code", "errorcode", "smtpcode", "statuscode")
# columns that say yes or no, and what a yes and a no mean
_ANSWERS = {
    "hardbounce": ("hard bounce", "soft bounce"),
    "bounced": ("bounced", "active"),
    "complained": ("complained", "active"),
    "unsubscribed": ("unsubscribed", "subscribed"),
    "optedout": ("unsubscribed", "subscribed"),
    "optout": ("unsubscribed", "subscribed"),
    "hasoptedoutofemail": ("unsubscribed", "subscribed"),
    "donotemail": ("unsubscribed", "subscribed"),
    "subscribed": ("subscribed", "unsubscribed"),
}
_YES, _NO = frozenset({"true", "yes", "y", "t", "1"}), frozenset({"false", "no", "n", "f", "0"})
# a first line this short, as in `{` or `{"items": [`, opens a document that takes many lines
_OPENING = 40
_ONE_ADDRESS = re.compile(r"[^\s@<>,;\"\x00-\x1f\x7f\ufffd]{1,250}@[^\s@<>,;\"\x00-\x1f\x7f\ufffd]{1,250}")
_NAMES_SOMEBODY = re.compile(r"\S*@\S*")
# how much of a word that nobody knows is looked at, and shown
_LOOKED_AT, _SHOWN = 300, 60
_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """An address that stands on a list, why if the list says so, and for which trigger's emails; None is all mail."""

    address: str
    reason: str = ""
    trigger: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line or a message that nobody can read, and why."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Harmless:
    """A line that says nothing against an address."""


@dataclass(frozen=True, slots=True)
class UnknownWords:
    """A line whose words are known to nobody here; `word` is the first, without addresses."""

    entry: ListedAddress
    word: str


Item = ListedAddress | Notice | Unreadable | Harmless | UnknownWords


def read_json(lines: Iterable[str]) -> Iterator[Item]:
    """Yields what stands in lines of JSON documents, or in one document that takes many lines."""
    source = enumerate(lines, 1)
    number, first = next(((number, line) for number, line in source if line.strip()), (1, ""))
    if not first.strip():
        return
    if _parsed(first) is None and len(first.strip()) < _OPENING:
        yield from _read_document(first + "".join(line for _, line in source), "the file")
        return
    yield from _read_document(first, f"line {number}")
    for number, line in source:
        if line.strip():
            yield from _read_document(line, f"line {number}")


def _parsed(text: str) -> Any:
    """Returns the value that a JSON document holds, or None when it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _read_document(text: str, place: str) -> Iterator[Item]:
    value = _parsed(text)
    if value is None:
        yield Unreadable(place, "it is no JSON")
        return
    yield from _read_value(value, place)


def _read_value(value: Any, place: str, depth: int = 0) -> Iterator[Item]:
    """Yields what a JSON value holds: an address, a line of a list, a happening, or a list of these at some key."""
    if isinstance(value, str):
        yield _entry(value, "", place)
    elif isinstance(value, list) and depth < 4:
        for number, one in enumerate(value, 1):
            yield from _read_value(one, f"{place}, number {number}", depth + 1)
    elif isinstance(value, dict):
        yield from _read_object(value, place, depth)
    else:
        yield Unreadable(place, "it holds no address")


def _read_object(value: Mapping[str, Any], place: str, depth: int) -> Iterator[Item]:
    ours = value.get("suppressions")
    if "schema_version" in value and isinstance(ours, list):
        yield from (_read_ours(line, f"{place}, number {number}") for number, line in enumerate(ours, 1))
        return
    try:
        happening = read_happening(value)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        # never a line of a list: what it says of the address is not known
        yield Unreadable(place, "it only looks like what a provider says of an email")
        return
    if happening is not None:
        yield from happening or (Harmless(),)
    else:
        yield from _read_line(value, place, depth)


def _read_line(value: Mapping[str, Any], place: str, depth: int) -> Iterator[Item]:
    """Yields the line of a list that an object is, or what the lists in it hold where it has no address itself."""
    fields = {_plain(key): text for key, text in value.items() if isinstance(text, str | int | float)}
    lists = [inside for inside in value.values() if isinstance(inside, list)]
    if _column(fields, _ADDRESS) is None and depth < 4 and lists:
        for inside in lists:
            yield from _read_value(inside, place, depth + 1)
    else:
        yield _read_fields({name: str(text) for name, text in fields.items()}, place)


def _read_ours(line: Any, place: str) -> Item:
    """Returns what a line of `rulekit suppress list --output json` says; its reason is a person's, and not judged."""
    if not isinstance(line, dict) or not isinstance(line.get("address"), str):
        return Unreadable(place, "it holds no address")
    entry = _entry(line["address"], str(line.get("reason") or ""), place)
    trigger = line.get("trigger")
    return replace(entry, trigger=trigger) if isinstance(entry, ListedAddress) and isinstance(trigger, str) else entry


def read_csv(text: str) -> Iterator[Item]:
    """Yields what stands in a CSV, whose delimiter and columns are found from its first line; a header may lack."""
    csv.field_size_limit(100_000)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    header: list[str] | None = None
    number = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unreadable(f"line {rows.line_num}", str(error))
            continue
        number = rows.line_num
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header, is_data = _header(row)
            if not is_data:
                continue
        yield _read_fields(dict(zip(header, row, strict=False)), f"line {number}")


def _header(row: Sequence[str]) -> tuple[list[str], bool]:
    """Returns the columns' plain names, and whether this first line is no header but holds an address already."""
    names = [_plain(cell) for cell in row]
    if any(name in _ADDRESS for name in names):
        return names, False
    for at, cell in enumerate(row):
        if _ONE_ADDRESS.fullmatch(cell.strip()):
            return ["email" if at == other else f"column {other}" for other in range(len(row))], True
    raise SourceError(
        "no column of the list holds addresses", help="name the column `email` in the first line of the file"
    )


def _read_fields(fields: Mapping[str, str], place: str) -> Item:
    address = _column(fields, _ADDRESS)
    if address is None:
        return Unreadable(place, "it holds no address")
    said = [*_texts(fields, _STATED), *_texts(fields, _KIND)]
    notes = _texts(fields, _NOTES)
    meaning, word = find_meaning([*said, *notes, *_texts(fields, _CODES), *_answers(fields)])
    entry = _entry(address, next(iter((*_texts(fields, _STATED), *notes, word, *said)), ""), place)
    if isinstance(entry, Unreadable):
        return entry
    if meaning in (Meaning.PASSING, Meaning.WELL):
        return Harmless()
    return UnknownWords(entry, _without_addresses(said[0])) if meaning is None and said else entry


def _answers(fields: Mapping[str, str]) -> Iterator[str]:
    """Yields what columns that say yes or no mean."""
    for name, (yes, no) in _ANSWERS.items():
        answer = fields.get(name, "").strip().casefold()
        if answer in _YES:
            yield yes
        elif answer in _NO:
            yield no


def _without_addresses(text: str) -> str:
    """Returns a word as it can be shown and counted: short, and naming nobody."""
    return shorten(_NAMES_SOMEBODY.sub("…", text[:_LOOKED_AT]))[:_SHOWN]


def _entry(text: str, reason: str, place: str) -> ListedAddress | Unreadable:
    bracketed = _IN_BRACKETS.search(text)
    address = (bracketed[1] if bracketed else text).strip()
    if not _ONE_ADDRESS.fullmatch(address):
        return Unreadable(place, "it holds no address")
    return ListedAddress(address, shorten(reason))


def _column(fields: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((str(fields[name]) for name in names if fields.get(name)), None)


def _texts(fields: Mapping[str, str], names: Sequence[str]) -> list[str]:
    return [fields[name] for name in names if fields.get(name, "").strip()]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
