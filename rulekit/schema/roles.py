"""Which table holds people, which companies and which events: guesses from names, keys and what refers to them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from rulekit.language.types import BOOL, NUMBER, Kind
from rulekit.records import EventMapping, SourceMapping
from rulekit.schema.column_facts import ColumnFacts, look_at
from rulekit.schema.guessed_types import Guess, guess_type, is_timely
from rulekit.schema.naming import one_of_many, words_of
from rulekit.schema.seen_tables import SeenTable, Sight

_PEOPLE = frozenset({"user", "users", "people", "person", "contact", "contacts", "customer", "customers", "member"}) | {
    *("members", "subscriber", "subscribers", "lead", "leads", "client", "clients", "profile", "profiles", "applicants")
}
_COMPANIES = frozenset(
    {"company", "companies", "account", "accounts", "org", "orgs", "organization", "organizations"}
) | {*("organisation", "organisations", "team", "teams", "workspace", "workspaces", "tenant", "tenants", "business")}
_EVENTS = frozenset(
    {"event", "events", "log", "logs", "activity", "activities", "track", "tracks", "history", "actions"}
)
_KINDS = ("event", "event_name", "event_type", "action", "activity", "kind", "name", "type")
# of these, only where the table's name says that it holds events of many kinds
_DOUBTFUL_KINDS = ("activity", "kind", "name", "type")
_IDENTIFIERS = frozenset(
    {"id", "uid", "uuid", "guid", "key", "email", "mail", "user", "person", "customer", "member"}
) | {
    *("contact", "account", "company", "org", "organization", "team", "workspace", "tenant", "owner", "ref", "distinct")
}
_TIMES = ("occurred", "timestamp", "time", "at", "created", "sent", "date")
_ENDING = re.compile(r"(\.(csv|tsv|jsonl?|ndjson|parquet))?(\.gz)?$", re.IGNORECASE)
# distinct values that are looked for in a key
_TRIED = 1_000
# the share of them that must be there
REFERS = 0.5
MOST_KINDS = 100


@dataclass(frozen=True, slots=True)
class Examined:
    """A table, the facts of its columns, what type each seems to have, and the columns that tell all rows apart."""

    table: SeenTable
    facts: Mapping[str, ColumnFacts]
    guesses: Mapping[str, Guess | None]
    keys: tuple[str, ...]

    @property
    def stem(self) -> str:
        """Returns the name of the table without folders and endings."""
        name = PurePosixPath(self.table.title).name
        return _ENDING.sub("", name).rpartition(".")[2]

    def is_called(self, words: Iterable[str]) -> bool:
        """Returns whether the table's name has one of these words."""
        return not words_of(self.stem).isdisjoint(words)

    def times(self) -> list[str]:
        """Returns the columns that hold times, the likeliest time of an event first."""
        found = [name for name, guess in self.guesses.items() if guess and guess.type.kind in (Kind.TIME, Kind.DATE)]
        return sorted(found, key=self._rank_of_time)

    def _rank_of_time(self, name: str) -> tuple[bool, int, bool]:
        guess, words = self.guesses[name], words_of(name)
        is_date = guess is not None and guess.type.kind is Kind.DATE
        return is_date, next((i for i, word in enumerate(_TIMES) if word in words), len(_TIMES)), is_timely(name)

    @property
    def addresses(self) -> list[str]:
        """Returns the columns that hold addresses of emails, the fullest first."""
        found = [name for name, facts in self.facts.items() if facts.share("address") >= 0.5]
        return sorted(found, key=lambda name: -self.facts[name].present)


@dataclass(frozen=True, slots=True)
class EventsRole:
    """A table of events: whose, when, and the column of the kind, or the one kind."""

    examined: Examined
    person: str
    at: str
    name: str | None
    event: str | None
    kinds: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """What each table holds; `notes` say why, and `left_out` why a table holds nothing of these."""

    person: Examined | None
    key: str | None
    company: Examined | None
    company_key: str | None
    link: str | None
    events: tuple[EventsRole, ...]
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()


def examine_table(sight: Sight, table: SeenTable) -> Examined:
    """Returns what is known of a table before its rows are counted."""
    facts = {one.column.name: one for one in look_at(sight, table)}
    guesses = {name: guess_type(one) for name, one in facts.items()}
    return Examined(table, facts, guesses, tuple(_keys(sight, table, facts, guesses)))


def _keys(
    sight: Sight, table: SeenTable, facts: Mapping[str, ColumnFacts], guesses: Mapping[str, Guess | None]
) -> Iterator[str]:
    for number, (name, one) in enumerate(facts.items()):
        guess = guesses[name]
        could_be = guess is not None and (guess.type.is_textual or guess.type in (NUMBER, BOOL)) and "." not in name
        named = not words_of(name).isdisjoint(_IDENTIFIERS) or number == 0
        if could_be and named and one.present == one.rows and one.distinct >= 0.85 * one.rows:
            counts = f"SELECT count(DISTINCT {one.column.text}), count({one.column.text}) FROM {table.relation}"  # noqa: S608
            if sight.ask(counts) == [(table.rows, table.rows)] and table.rows:
                yield name


def refers(sight: Sight, from_: Examined, column: str, to: Examined, key: str) -> float:
    """Returns the share of the values of a column that are keys of another table, from 0 to 1."""
    value, known = from_.facts[column].column.text, to.facts[key].column.text
    some = f"SELECT DISTINCT {value} AS v FROM {from_.table.sample} WHERE {value} <> ''"  # noqa: S608 - quoted
    tried = f"{some} ORDER BY hash(v) LIMIT {_TRIED}"
    is_known = f"v IN (SELECT {known} FROM {to.table.relation})"  # noqa: S608 - quoted
    ((total, found),) = sight.ask(f"SELECT count(*), count(*) FILTER (WHERE {is_known}) FROM ({tried})")  # noqa: S608
    return float(found / total) if total else 0.0


def take_roles(sight: Sight, examined: Sequence[Examined], mapping: SourceMapping) -> Roles | None:
    """Returns what each table holds by the settings, or None where the table of people cannot be read."""
    by_origin = {(one.table.mapping.table, one.table.mapping.query): one for one in examined}
    person = by_origin.get((mapping.person.table, mapping.person.query))
    company = by_origin.get((mapping.company.table, mapping.company.query)) if mapping.company else None
    events = [(events, by_origin.get((events.table, events.query))) for events in mapping.events]
    if person is None:
        return None
    return Roles(
        person,
        mapping.person.key,
        company,
        mapping.company.key if mapping.company else None,
        mapping.person.company,
        tuple(_given_events(sight, one, table) for one, table in events if table is not None),
    )


def _given_events(sight: Sight, mapping: EventMapping, one: Examined) -> EventsRole:
    name = next((name for name in one.facts if mapping.name and name.casefold() == mapping.name.casefold()), None)
    kinds = _kinds_in(sight, one, name) if name else ()
    return EventsRole(one, mapping.person, mapping.at, name, None if name else mapping.event, kinds or ())


def find_roles(sight: Sight, examined: Sequence[Examined]) -> Roles:
    """Returns what each table probably holds."""
    person = _find_people(examined)
    if person is None:
        return Roles(None, None, None, None, None, (), left_out=tuple((e.table.title, "") for e in examined))
    others = [one for one in examined if one is not person]
    key, notes = _find_key(sight, person, others)
    events, company, left_out = [], None, []
    link = company_key = None
    for one in others:
        role = _as_events(sight, one, person, key)
        if role is not None:
            events.append(role)
    for one in [one for one in others if not any(role.examined is one for role in events)]:
        found = _as_company(sight, one, person, key) if company is None else None
        if found is not None:
            company, (company_key, link) = one, found
        else:
            left_out.append((one.table.title, _why_left_out(one, person)))
    notes |= {person.table.title: (*_why_people(person, key), *notes.get(person.table.title, ()))}
    return Roles(person, key, company, company_key, link, tuple(events), notes, tuple(left_out))


def _find_people(examined: Sequence[Examined]) -> Examined | None:
    def rank(one: Examined) -> int:
        mail_unique = any(name in one.keys for name in one.addresses)
        return (
            3 * bool(one.addresses)
            + 2 * bool(one.keys)
            + 2 * one.is_called(_PEOPLE)
            + mail_unique
            - 3 * one.is_called(_EVENTS)
            - one.is_called(_COMPANIES)
        )

    best = max(examined, key=lambda one: (rank(one), one.table.rows), default=None)
    return best if best is not None and rank(best) >= 3 else None


def _find_key(
    sight: Sight, person: Examined, others: Sequence[Examined]
) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """Returns the key that most of the other tables refer to; without keys, the column that is called like one."""
    if not person.keys:
        named = [name for name in person.facts if not words_of(name).isdisjoint(_IDENTIFIERS)]
        if not named:
            return None, {}
        return named[0], {person.table.title: (f"decide: `{named[0]}` does not tell all rows apart, and a key must",)}

    def referring(key: str) -> int:
        return sum(
            any(refers(sight, one, name, person, key) >= REFERS for name in _pointers(one, key)) for one in others
        )

    counted = {key: referring(key) for key in person.keys}
    return max(person.keys, key=lambda key: (counted[key], _rank_of_key(key))), {}


def _rank_of_key(name: str) -> int:
    words = words_of(name)
    return 2 * ("id" in words or "uuid" in words) + (name.lower() == "id") - ("email" in words)


def _pointers(one: Examined, key: str | None = None) -> list[str]:
    """Returns the columns whose values may be keys of another table; those called so, or as its `key`, first."""
    found = []
    for name, guess in one.guesses.items():
        named = name == key or not words_of(name).isdisjoint(_IDENTIFIERS)
        textual = guess is not None and guess.type.is_textual
        numbers = guess is not None and guess.type in (NUMBER, BOOL)
        if name.lower() != "id" and (textual or (numbers and named)):
            found.append((not named, name))
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]


def _as_events(sight: Sight, one: Examined, person: Examined, key: str | None) -> EventsRole | None:
    times = one.times()
    if key is None or not times:
        return None
    pointer = _best_pointer(sight, one, person, key)
    if pointer is None or (one.is_called(_PEOPLE) and pointer in one.keys):
        return None
    kind = _kind_column(sight, one)
    others = [f"decide: other times are {_listed(times[1:4])}"] if len(times) > 1 else []
    notes = (f"`{pointer}` refers to `{key}` of {person.table.title}", *others)
    if kind is None:
        return EventsRole(one, pointer, times[0], None, one_of_many(one.stem), notes=notes)
    return EventsRole(one, pointer, times[0], kind[0], None, kind[1], notes)


def _best_pointer(sight: Sight, one: Examined, to: Examined, key: str) -> str | None:
    hint = words_of(to.stem) | {one_of_many(to.stem)} | words_of(key)
    ranked = [
        (refers(sight, one, name, to, key), not hint.isdisjoint(words_of(name)), -number, name)
        for number, name in enumerate(_pointers(one, key))
    ]
    best = max(ranked, default=None)
    return best[3] if best is not None and best[0] >= REFERS else None


def _kind_column(sight: Sight, one: Examined) -> tuple[str, tuple[tuple[str, int], ...]] | None:
    by_name = {name.casefold().replace(" ", "_"): name for name in one.facts}
    many = one.is_called(_EVENTS)
    for wanted in _KINDS:
        name = by_name.get(wanted)
        guess = one.guesses.get(name) if name else None
        if name is None or guess is None or not guess.type.is_textual or (wanted in _DOUBTFUL_KINDS and not many):
            continue
        kinds = _kinds_in(sight, one, name)
        if kinds is not None:
            return name, kinds
    return None


def _kinds_in(sight: Sight, one: Examined, name: str) -> tuple[tuple[str, int], ...] | None:
    """Returns the kinds of events in a column, with how many there are of each; None where it holds something else."""
    text = one.facts[name].column.text
    rows = sight.ask(
        f"SELECT {text} AS k, count(*) AS n FROM {one.table.relation} WHERE {text} <> '' "  # noqa: S608 - quoted
        f"GROUP BY k ORDER BY n DESC, k LIMIT {MOST_KINDS + 1}"
    )
    repeat = sum(count for _, count in rows) >= 3 * len(rows) > 0
    return tuple(rows) if repeat and len(rows) <= MOST_KINDS and not any("@" in kind for kind, _ in rows) else None


def _as_company(sight: Sight, one: Examined, person: Examined, key: str | None) -> tuple[str, str | None] | None:
    """Returns the key of a table of companies and the column of people that refers to it, or None where it is none."""
    pointers = [name for name in _pointers(person) if name != key]
    for candidate in sorted(one.keys, key=_rank_of_key, reverse=True):
        hint = words_of(one.stem) | {one_of_many(one.stem)} | (words_of(candidate) - {"id", "name", "key"})
        shares = [
            (refers(sight, person, name, one, candidate), not hint.isdisjoint(words_of(name)), name)
            for name in pointers
        ]
        best = max(shares, default=None)
        if best is not None and best[0] >= REFERS:
            return candidate, best[2]
    return (one.keys[0], None) if one.keys and one.is_called(_COMPANIES) else None


def _why_people(person: Examined, key: str | None) -> Iterator[str]:
    if person.addresses:
        yield f"people: `{person.addresses[0]}` holds addresses of emails"
    else:
        yield "decide: people, going by the name; no column holds addresses, which emails need in a field `email`"
    if key in person.keys:
        yield f"`{key}` tells all rows apart"
    elif key is None:
        yield "decide: no column tells people apart, and `key` must name one"


def _why_left_out(one: Examined, person: Examined) -> str:
    if one.addresses and one.keys:
        return f"it may hold people, as {person.table.title} does; a `query` can put both together"
    if not one.table.rows:
        return "it has no rows"
    floats = [name for name in _pointers(one) if one.facts[name].share("float_of_whole") >= REFERS]
    if floats:
        return (
            f"`{floats[0]}` has numbers like 7.0, which are the keys of nobody; write whole numbers, or use a `query`"
        )
    return f"nothing in it refers to {person.table.title}" if one.times() else "no column of it holds times"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
