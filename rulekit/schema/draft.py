"""A draft of what a source holds, as values: fields of people and companies, kinds of events, and their tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rulekit.diagnostics.display import plural
from rulekit.email.addresses import ADDRESS_FIELD
from rulekit.language.types import TEXT, Type
from rulekit.records import EventMapping, RecordMapping
from rulekit.schema.column_facts import (
    DOUBTFUL_WORDS,
    FEW,
    NOTHING_WORDS,
    ColumnFacts,
    count_all,
    find_nothings,
    find_values,
)
from rulekit.schema.guessed_types import Guess, guess_members
from rulekit.schema.naming import name_of, names_of, share
from rulekit.schema.roles import EventsRole, Examined, Roles
from rulekit.schema.seen_tables import Mapped, Sight

_OF_LAYOUT = "decide: a guess from its first lines, see whether letters and columns come out right"


@dataclass(frozen=True, slots=True)
class DraftField:
    """A field or property: its column, its type, whether it may be missing, what the settings must say, and why.

    It is open when something else would fit as well.
    """

    name: str
    column: str
    type: Type
    optional: bool
    options: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class DraftKind:
    """A kind of event: its name in the rules and in the data, how many there are, and its properties."""

    name: str
    written: str
    events: int
    properties: tuple[DraftField, ...]


@dataclass(frozen=True, slots=True)
class DraftTable:
    """A section of the settings: where a table of people, companies or events is, and how its columns are read.

    `columns` are those of fields, `at` that of the time of events.
    """

    heading: str
    mapping: RecordMapping | EventMapping
    columns: tuple[DraftField, ...]
    kinds: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    at: tuple[DraftField, ...] = ()

    @property
    def comments(self) -> tuple[str, ...]:
        """Returns what stands above the section: why it was taken for that, and what was guessed of the files."""
        return self.notes if self.mapping.layout is None else (*self.notes, _OF_LAYOUT)


@dataclass(frozen=True, slots=True)
class Draft:
    """All that is drafted; `remarks` are about tables that are in no section, and what else a person must know."""

    person: tuple[DraftField, ...]
    company: tuple[DraftField, ...]
    kinds: tuple[DraftKind, ...]
    tables: tuple[DraftTable, ...]
    remarks: tuple[str, ...]

    @property
    def decisions(self) -> int:
        """Returns how many notes ask for a decision."""
        fields = (*self.person, *self.company, *(one for kind in self.kinds for one in kind.properties))
        notes = [*(note for one in fields for note in one.notes)]
        notes += [note for one in self.tables for note in one.comments]
        return sum("decide:" in note for note in (*notes, *self.remarks))

    def summary(self) -> str:
        """Returns what was drafted, in one line."""
        kinds = plural(len(self.kinds), "kind") + " of event"
        return f"{plural(len(self.person), 'field')} of people, {len(self.company)} of companies, {kinds}"


def make_draft(sight: Sight, roles: Roles) -> Draft:
    """Returns the draft of a source whose tables hold what the roles say."""
    tables, person, company = [], [], []
    if roles.person is not None:
        # a key that is an address is one, too
        key = None if roles.key in roles.person.addresses else roles.key
        person = draft_fields(sight, roles.person, [key, roles.link])
        mapping = replace(_origin(roles.person.table.mapping), key=roles.key or "id", company=roles.link)
        notes = roles.notes.get(roles.person.table.title, ())
        tables.append(DraftTable("[source.person]", mapping, tuple(person), notes=notes))
    if roles.company is not None:
        company = draft_fields(sight, roles.company, [roles.company_key])
        mapping = replace(_origin(roles.company.table.mapping), key=roles.company_key or "id")
        tables.append(DraftTable("[source.company]", mapping, tuple(company), notes=_why_company(roles)))
    drafted = [_draft_events(sight, role) for role in roles.events]
    kinds = _one_of_each(kind for found, _ in drafted for kind in found)
    return Draft(
        tuple(person), tuple(company), kinds, (*tables, *(table for _, table in drafted)), tuple(_remarks(sight, roles))
    )


def _origin(mapping: Mapped) -> RecordMapping:
    return RecordMapping(mapping.table, mapping.query, layout=mapping.layout)


def _why_company(roles: Roles) -> tuple[str, ...]:
    if roles.link is None:
        return ("decide: companies, going by the name; no column of people refers to them, so `company` is not set",)
    return (f"companies: `{roles.link}` of people refers to `{roles.company_key}`",)


def _remarks(sight: Sight, roles: Roles) -> Iterable[str]:
    if roles.person is None:
        yield "decide: no table looks like people, with addresses of emails and a column that tells them apart"
        yield "where events name people themselves, a `query` makes them, as `select distinct customer as id from …`"
    for title, why in roles.left_out:
        yield f"{title} is left out" + (f": {why}" if why else "")
    for unread in sight.unread:
        help = f" ({unread.error.help})" if unread.error.help else ""
        yield f"decide: {unread.mapping.table or 'the query'} cannot be read: {unread.error.message}{help}"


def draft_fields(sight: Sight, examined: Examined, without: Sequence[str | None]) -> list[DraftField]:
    """Returns a field for each column that may be one, with what its values are over all rows."""
    taken = {name.casefold() for name in without if name}
    wanted = {name: guess for name, guess in examined.guesses.items() if name.casefold() not in taken}
    ways = {name: [guess.way, *guess.others] for name, guess in wanted.items() if guess and guess.way}
    counted = count_all(sight, examined.table, ways)
    names = _names(examined, wanted)
    return [
        _draft_field(sight, examined, names[name], counted[name], guess)
        for name, guess in wanted.items()
        if guess is not None and name.strip()
    ]


def _names(examined: Examined, columns: Iterable[str]) -> dict[str, str]:
    """Returns the name of each column: as the settings have it, `email` for the address, else one made of its own."""
    given = {column: name for name, column in examined.table.mapping.fields.items()}
    names = names_of(columns) | given
    if examined.addresses and ADDRESS_FIELD not in names.values():
        names[examined.addresses[0]] = ADDRESS_FIELD
    return names


def _draft_field(sight: Sight, examined: Examined, name: str, facts: ColumnFacts, guess: Guess) -> DraftField:
    guess = _refined(sight, examined, facts, guess)
    options, notes = dict(guess.options), []
    if facts.missing:
        notes.append(f"missing: {share(facts.missing, facts.rows)}")
    if guess.way and facts.read.get(guess.way, 0) < facts.present:
        lost = facts.present - facts.read.get(guess.way, 0)
        notes.append(f"decide: {share(lost, facts.present, 'value')} cannot be read as `{guess.type.kind.value}`")
    if facts.words:
        options["null"] = _nothings(sight, examined, facts, guess)
    if facts.padded and guess.type.is_textual:
        options["trim"] = True
        notes.append(f"{share(facts.padded, facts.present, 'value')} have blanks around them")
    if guess.why:
        notes.append(guess.why)
    fitting = [
        f'`"{way}"` reads {share(facts.read[way], facts.present, "value")}' for way in (guess.way, *guess.others) if way
    ]
    if guess.others:
        notes += fitting
    clean = {key: value for key, value in options.items() if value != []}
    return DraftField(name, facts.column.name, guess.type, facts.missing > 0, clean, tuple(notes), bool(guess.others))


def _refined(sight: Sight, examined: Examined, facts: ColumnFacts, guess: Guess) -> Guess:
    """Returns the closed set that a column of texts is, if it is one."""
    if guess != Guess(TEXT) or not facts.present or facts.distinct > 2 * FEW or facts.share("address"):
        return guess
    values = find_values(sight, examined.table, facts.column)
    kept = tuple((value, count) for value, count in values or () if value.lower() not in NOTHING_WORDS)
    return guess_members(facts.column.name, kept, facts.present) or guess


def _nothings(sight: Sight, examined: Examined, facts: ColumnFacts, guess: Guess) -> list[str]:
    """Returns the words to take for nothing; among texts some may be values, which is for a person to say."""
    words = [word for word in NOTHING_WORDS if not guess.type.is_textual or word not in DOUBTFUL_WORDS]
    found = list(find_nothings(sight, examined.table, facts.column, words))
    return ["", *found] if found else []


def _draft_events(sight: Sight, role: EventsRole) -> tuple[list[DraftKind], DraftTable]:
    at, fields = _columns_of_events(sight, role)
    table = role.examined.table
    origin = table.mapping
    mapping = EventMapping(
        origin.table, origin.query, role.person, role.at, role.name, role.event, layout=origin.layout
    )
    notes = (*role.notes, *(f"`{one.column}`: {note}" for one in at for note in one.notes))
    if role.name is None:
        kinds = [DraftKind(role.event or "", "", table.rows, tuple(fields))]
        return kinds, DraftTable("[[source.events]]", mapping, tuple(fields), notes=notes, at=at)
    kinds = _kinds(sight, role, fields)
    renamed = {kind.written: kind.name for kind in kinds if kind.written != kind.name}
    used = {one.column for kind in kinds for one in kind.properties}
    kept = tuple(one for one in fields if one.column in used)
    return kinds, DraftTable("[[source.events]]", mapping, kept, renamed, notes, at)


def _columns_of_events(sight: Sight, role: EventsRole) -> tuple[tuple[DraftField, ...], list[DraftField]]:
    """Returns the column of the time, and those of properties: what tells rows apart says nothing about an event."""
    others = [role.person, role.name, *role.examined.keys]
    drafted = draft_fields(sight, role.examined, [one for one in others if one != role.at])
    at = tuple(one for one in drafted if one.column.casefold() == role.at.casefold())
    return at, [one for one in drafted if one not in at]


def _kinds(sight: Sight, role: EventsRole, fields: Sequence[DraftField]) -> list[DraftKind]:
    """Returns each kind with those of the columns that its rows have values in."""
    facts = role.examined.facts
    kind = facts[role.name or ""].column.text
    counts = "".join(f", count(nullif(trim({facts[one.column].column.text}), ''))" for one in fields)
    rows = sight.ask(f"SELECT {kind}, count(*){counts} FROM {role.examined.table.relation} GROUP BY ALL")  # noqa: S608
    found = {written: (total, present) for written, total, *present in rows}
    kinds = []
    for written, _ in role.kinds:
        total, present = found[written]
        having = [(one, count) for one, count in zip(fields, present, strict=True) if count]
        properties = tuple(_property(one, count, total) for one, count in having)
        kinds.append(DraftKind(name_of(written), written, total, properties))
    return kinds


def _property(one: DraftField, present: int, total: int) -> DraftField:
    notes = [note for note in one.notes if not note.startswith("missing")]
    if present < total:
        notes.insert(0, f"missing: {share(total - present, total, 'event')}")
    return replace(one, optional=present < total, notes=tuple(notes))


def _one_of_each(kinds: Iterable[DraftKind]) -> tuple[DraftKind, ...]:
    """Returns the kinds, those of one name put together: the same kind in two tables, or in two spellings."""
    found: dict[str, DraftKind] = {}
    for kind in kinds:
        known = found.get(kind.name)
        if known is not None:
            properties = {one.name: one for one in (*kind.properties, *known.properties)}
            kind = DraftKind(kind.name, known.written, known.events + kind.events, tuple(properties.values()))
        found[kind.name] = kind
    return tuple(sorted(found.values(), key=lambda kind: kind.name))
