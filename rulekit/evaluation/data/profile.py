"""What the data of a tick was like, in counts, hours and shapes: what the next tick compares its own with.

No value of anybody is in it. Of people, companies and events of each kind a few dozen are followed from tick to tick,
chosen by a hash of their keys (of events: of the person and the time), so that those who come and those who go change
next to nothing about who is followed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one

from rulekit.evaluation.data.shapes import shape_of
from rulekit.language.program import FieldType
from rulekit.language.types import Kind

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# what a person's link to a company is called among the columns of people; no field can have that name
LINK = "(company)"
HOUR = 3600
# so many hours before a tick are counted each by itself
HOURS = 100 * 24
# so many people, companies, and events of each kind are followed
FOLLOWED = 64
# so many of the newest hours are kept in which a time of a field lies
_NEWEST = 64
# hexadecimal digits of a digest of a key
_KEY = 8
_HASH_OF_EVENT = 'hash("person", "at")'

Column = tuple[str, str]
"""An owner (`person`, `company` or a kind of event) and one of its fields or properties."""


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """Of the rows of one column, how many have no value and how many one that cannot be read."""

    owner: str
    name: str
    rows: int
    missing: int
    unreadable: int

    @property
    def present(self) -> int:
        """Returns how many have a value that can be read."""
        return self.rows - self.missing - self.unreadable


@dataclass(frozen=True, slots=True)
class Recent:
    """How many rows have a new time in a field, and how many of those are of nobody with an event since then."""

    rows: int
    unwitnessed: int


@dataclass(frozen=True, slots=True)
class KindFigures:
    """Of the events of one kind: how many, how many of nobody, without a time that can be read, and when they were.

    `past` are those up to now. `hours` has how many of them lay in each of the last `HOURS` hours (since 1970, in UTC)
    that has any; the last of these is `newest`, None without any.
    """

    events: int
    orphans: int = 0
    timeless: int = 0
    past: int = 0
    newest: int | None = None
    hours: Mapping[int, int] = field(default_factory=dict)


Followed = Mapping[str, Mapping[str, str]]
"""By column and its type, shapes of the values by digests of the keys; an empty one is that of no value.

Of events there is a column "", with their hours.
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An event that is followed: the hash of its person and time, and the time, without a zone in UTC."""

    hash: int
    at: datetime

    @property
    def hour(self) -> int:
        """Returns the number of its hour since 1970 in UTC."""
        return hour_of(self.at.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Profile:
    """The figures of a tick's data. `engine` says by which hash those who are followed were chosen, and their shapes.

    `newest` has of each field of people and companies that is a time or a date, with times in two different hours, the
    newest hours up to now that have one, newest first; `recent` how many times are as new (see `count_recent`).
    """

    people: int = 0
    companies: int = 0
    columns: Mapping[Column, ColumnFigures] = field(default_factory=dict)
    kinds: Mapping[str, KindFigures] = field(default_factory=dict)
    followed: Mapping[str, Followed] = field(default_factory=dict)
    engine: str = ""
    newest: Mapping[Column, tuple[int, ...]] = field(default_factory=dict)
    recent: Mapping[Column, tuple[Recent, ...]] = field(default_factory=dict)


def hour_of(instant: datetime) -> int:
    """Returns the number of the hour since 1970 in UTC in which an instant lies."""
    return int(instant.timestamp() // HOUR)


def read_hours(connection: "DuckDBPyConnection", times: str, now: datetime) -> dict[str, dict[int | None, int]]:
    """Returns of each kind how many events lie in each of the last `HOURS` hours that has any, and after now (None).

    `times` is a relation of `kind` and `at`, a TIMESTAMP in UTC.
    """
    since, until = _reach(now)
    rows = connection.execute(
        f"""
        SELECT kind, CASE WHEN "at" <= ? THEN epoch_us("at") // {HOUR * 1_000_000} END AS hour, count(*)
        FROM "{times}" WHERE "at" > ? GROUP BY kind, hour
        """,  # noqa: S608 - only names and numbers of our own
        [until, since],
    ).fetchall()
    found: dict[str, dict[int | None, int]] = {}
    for kind, hour, count in rows:
        found.setdefault(kind, {})[hour] = count
    return found


def _reach(now: datetime) -> tuple[datetime, datetime]:
    """Returns from when to when events are looked at by their hours, without a zone in UTC."""
    until = now.astimezone(UTC).replace(tzinfo=None)
    return until.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS), until


def time_fields(fields: Mapping[str, FieldType]) -> list[str]:
    """Returns the names of the fields that are a time or a date."""
    return [name for name, field in fields.items() if field.type.kind in (Kind.TIME, Kind.DATE)]


def read_newest(
    connection: "DuckDBPyConnection", relation: str, owner: str, fields: Mapping[str, FieldType], now: datetime
) -> dict[Column, tuple[int, ...]]:
    """Returns of each field that is a time or a date the newest hours up to now that have any, newest first."""
    names = time_fields(fields)
    if not names:
        return {}
    at = exp.cast(exp.Literal.string(now.astimezone(UTC).replace(tzinfo=None).isoformat(" ")), "TIMESTAMP")
    query = exp.select(*(_newest(f"f.{name}", at) for name in names)).from_(exp.table_(relation, quoted=True))
    (found,) = connection.execute(query.sql(dialect="duckdb")).fetchall()
    # of a single one nothing can be told
    return {(owner, name): tuple(hours) for name, hours in zip(names, found, strict=True) if hours and hours[1:]}


def _newest(name: str, at: exp.Expr) -> exp.Expr:
    time = exp.cast(exp.column(name, quoted=True), "TIMESTAMP")
    hour = exp.IntDiv(
        this=exp.Anonymous(this="epoch_us", expressions=[time]), expression=exp.Literal.number(HOUR * 1_000_000)
    )
    # each hour once: the newest times of a large company may all lie in one
    newest = exp.Anonymous(this="max", expressions=[exp.Distinct(expressions=[hour]), exp.Literal.number(_NEWEST)])
    return exp.Filter(this=newest, expression=exp.Where(this=exp.LTE(this=time.copy(), expression=at.copy())))


def follow(
    connection: "DuckDBPyConnection", relation: str, key: str, fields: Mapping[str, FieldType], more: Mapping[str, str]
) -> Followed:
    """Returns shapes of the fields, and of `more` texts by a name, of those whose keys have the least hashes."""
    columns = _followed(fields)
    columns += [_Column(name, place, Kind.TEXT) for name, place in more.items()]
    if not columns:
        return {}
    column, table = exp.column(key, quoted=True), exp.table_(relation, quoted=True)
    by_hash = exp.Anonymous(this="hash", expressions=[column.copy()])
    least = exp.select(column.copy()).from_(table.copy()).order_by(by_hash, column.copy()).limit(FOLLOWED)
    # the keys as they are, not a query: so the engine reads of the other columns only where they stand
    keys = [key for (key,) in connection.execute(least.sql(dialect="duckdb")).fetchall()]
    query = exp.select(_short_key(key), *(one.read() for one in columns)).from_(table.copy()).where(column.isin(*keys))
    rows = connection.execute(query.sql(dialect="duckdb")).fetchall() if keys else []
    return _shapes(columns, {row[0]: row for row in rows})


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is followed: its name with its type, its name in the relation, and what its values are."""

    typed: str
    name: str
    kind: Kind

    def read(self) -> exp.Expr:
        """Returns the column as text, or as a list of texts."""
        column = exp.column(self.name, quoted=True)
        return column if self.kind is Kind.LIST else exp.cast(column, "VARCHAR")


def _followed(fields: Mapping[str, FieldType]) -> list[_Column]:
    return [_Column(f"{name}: {field.type}", f"f.{name}", field.type.kind) for name, field in fields.items()]


def _shapes(columns: Sequence[_Column], rows: Mapping[str, Sequence[Any]]) -> Followed:
    """Returns the shapes of rows by digests of their keys; the columns follow something else in each row."""
    return {
        column.typed: {key: shape_of(row[place], column.kind) for key, row in rows.items()}
        for place, column in enumerate(columns, start=1)
    }


def choose_events(connection: "DuckDBPyConnection", times: str, now: datetime) -> dict[str, list[Chosen]]:
    """Returns of each kind which events of the last `HOURS` hours are followed: those of the least hashes."""
    rows = connection.execute(
        f"""
        SELECT kind, min(struct_pack(hash := {_HASH_OF_EVENT}, "at" := "at"), {FOLLOWED})
        FROM "{times}" WHERE "at" > ? AND "at" <= ? GROUP BY kind
        """,  # noqa: S608 - only names and numbers of our own
        _reach(now),
    ).fetchall()
    return {kind: [Chosen(one["hash"], one["at"]) for one in chosen] for kind, chosen in rows}


def follow_events(
    connection: "DuckDBPyConnection", relation: str, properties: Mapping[str, FieldType], chosen: Sequence[Chosen]
) -> Followed:
    """Returns shapes of the properties of the events that were chosen, and by "" the hour of each.

    Of two events of one person and one time nobody can tell which is which, so they are left out.
    """
    times = Counter(one.hash for one in chosen)
    found = {"": {_short(one.hash): str(one.hour) for one in chosen if times[one.hash] == 1}}
    if not properties or not chosen:
        return found
    columns = _followed(properties)
    rows = connection.execute(_of_chosen(relation, columns, chosen).sql(dialect="duckdb")).fetchall()
    times = Counter(row[0] for row in rows)
    return {**found, **_shapes(columns, {_short(row[0]): row for row in rows if times[row[0]] == 1})}


def _of_chosen(relation: str, columns: Iterable[_Column], chosen: Sequence[Chosen]) -> exp.Select:
    """Returns a query for the hashes of the chosen events, and for these columns."""
    event, hashes = parse_one(_HASH_OF_EVENT, dialect="duckdb"), {one.hash for one in chosen}
    # the engine need not read where none of these times is
    first, last = (exp.cast(exp.Literal.string(str(end(one.at for one in chosen))), "TIMESTAMP") for end in (min, max))
    return (
        exp.select(event, *(one.read() for one in columns))
        .from_(exp.table_(relation, quoted=True))
        .where(exp.Between(this=exp.column("at", quoted=True), low=first, high=last))
        .where(event.copy().isin(*(exp.Literal.number(one) for one in hashes)))
    )


def _short(hashed: int) -> str:
    return f"{hashed:016x}"[-_KEY:]


def _short_key(key: str) -> exp.Expr:
    text = exp.cast(exp.column(key, quoted=True), "VARCHAR")
    return exp.func("LEFT", exp.func("MD5", text), exp.Literal.number(_KEY))
