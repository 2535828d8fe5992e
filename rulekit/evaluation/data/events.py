"""Events as one relation per declared kind, made from the tables that the settings map to them.

A table holds one kind, or many told apart by a column; rows of one kind in several tables are put together. Every
declared kind has a relation, if an empty one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlglot import exp, parse_one

from rulekit.errors import SourceError
from rulekit.evaluation.data.data_report import EventReport, FieldReport
from rulekit.evaluation.data.loading import field_columns, key_columns, unreadable_of
from rulekit.evaluation.data.normalise import is_readable, is_there, missing, read_instant, read_text
from rulekit.evaluation.data.profile import ColumnFigures
from rulekit.evaluation.data.quality import Counts, common_shapes, count_where, first_shapes, value_counts
from rulekit.evaluation.data.source_tables import Relation, Tables, create_relation, source_errors
from rulekit.evaluation.data.staging import NUMBERS_OF_TIME, Stage, Wanted, purpose, shape_where, stage
from rulekit.language.program import FieldType
from rulekit.language.types import TIME
from rulekit.records import EventMapping
from rulekit.suggestions import suggest

# the person, the kind and the time of every event of a declared kind
TIMES = "rulekit times"

Kinds = Mapping[str, Mapping[str, FieldType]]

_PERSON, _AT, _KIND = (exp.column(name, quoted=True) for name in ("person", "at", "kind"))
# of which events the time is there and cannot be read, and what it looks like
_UNREADABLE, _SHAPE = (exp.column(name, quoted=True) for name in ("u at", "shape of at"))

# a column with more kinds than that holds something else, and what it holds is not for a report
MOST_KINDS = 100
# what a declaration can name, as `grammar/README.md` has it for names
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_COMMONEST = f"LIST({{'kind': kind, 'events': c0}} ORDER BY c0 DESC, kind)[1:{MOST_KINDS + 1}]"


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found of one declared kind in a table, or of all others together (kind ""), which `names` counts."""

    report: EventReport
    fields: list[FieldReport]
    names: Counter[str]
    columns: list[ColumnFigures]


@dataclass(frozen=True, slots=True)
class Origin:
    """A table of events: how it is mapped, and what is wanted of each declared kind that it may hold."""

    mapping: EventMapping
    relation: Relation
    wanted: Mapping[str, list[Wanted]]

    @property
    def purpose(self) -> str:
        """Returns whose events these are, in the author's words."""
        return f"`{self.mapping.event}`" if self.mapping.event else "events"


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """What was found in all tables of events."""

    kinds: Mapping[str, EventReport]
    undeclared: int
    undeclared_kinds: tuple[tuple[str, int], ...]
    fields: tuple[FieldReport, ...]
    columns: tuple[ColumnFigures, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """What cannot be read of some events of a kind: properties, and their times."""

    properties: frozenset[str]
    times: bool

    @classmethod
    def among(cls, found: FoundEvents, kind: str) -> "Lost":
        """Returns what was found of one kind."""
        own = [report for report in found.fields if report.owner == kind]
        return cls(unreadable_of(own), found.kinds[kind].unreadable > 0)


def event_relation(kind: str) -> str:
    """Returns the name of the relation that holds the events of a kind."""
    return f"rulekit event {kind}"


def load_events(
    tables: Tables, mappings: Sequence[EventMapping], kinds: Kinds, people: Stage, zone: str
) -> FoundEvents:
    """Creates the relation of each declared kind; raises SourceError. `people` tells whose events they are."""
    origins = [_origin(tables, mapping, kinds) for mapping in mappings]
    _refuse_misspelt(mappings, kinds)
    _refuse_unmapped(origins, kinds)
    stages = [_stage(tables, origin, zone) for origin in origins]
    found = _found([_inspect(tables, s, o, people) for s, o in zip(stages, origins, strict=True)], kinds)
    for kind, properties in kinds.items():
        lost = Lost.among(found, kind)
        parts = [_part(s, o, kind, lost) for s, o in zip(stages, origins, strict=True) if kind in o.wanted]
        create_relation(tables.connection, event_relation(kind), _union(parts or [_nothing(properties)]), keep=False)
    times = [_times(s, o) for s, o in zip(stages, origins, strict=True) if o.wanted]
    create_relation(tables.connection, TIMES, _union(times or [_no_times()]), keep=False)
    return found


def _origin(tables: Tables, mapping: EventMapping, kinds: Kinds) -> Origin:
    relation = tables.open(mapping, "[[source.events]]")
    held = [mapping.event] if mapping.event is not None else list(kinds)
    wanted = {
        kind: [
            Wanted(kind, field, relation.find(mapping.fields.get(field.name, field.name), purpose(kind, field.name)))
            for field in kinds[kind].values()
        ]
        for kind in held
        if kind in kinds
    }
    return Origin(mapping, relation, wanted)


def _refuse_misspelt(mappings: Sequence[EventMapping], kinds: Kinds) -> None:
    """Raises SourceError when `kinds` of the settings almost names a declared kind: its events would be of none."""
    for kind in sorted({kind for mapping in mappings for kind in mapping.kinds.values()} - kinds.keys()):
        nearest = suggest(kind, kinds)
        if nearest:
            raise SourceError(
                f"`kinds` under [[source.events]] names `{kind}`, which is not declared; did you mean `{nearest}`?",
                help=f"write `{nearest}` in rulekit.toml, as in the schema, or declare `event {kind}`",
            )


def _refuse_unmapped(origins: Sequence[Origin], kinds: Kinds) -> None:
    """A kind's own table has a column for each property; among tables of many kinds, one of them has it."""
    for kind in kinds:
        held = [origin for origin in origins if kind in origin.wanted]
        own = [origin for origin in held if origin.mapping.event is not None]
        for origin in own or held[:1]:
            _require_columns(origin, kind, among=[origin] if own else held)


def _require_columns(origin: Origin, kind: str, *, among: Sequence[Origin]) -> None:
    for want in origin.wanted[kind]:
        if not any(_has_column(other, kind, want) for other in among):
            name = origin.mapping.fields.get(want.field.name, want.field.name)
            origin.relation.column(name, purpose(kind, want.field.name))


def _has_column(origin: Origin, kind: str, want: Wanted) -> bool:
    return any(other.field.name == want.field.name and other.column for other in origin.wanted[kind])


def _stage(tables: Tables, origin: Origin, zone: str) -> Stage:
    mapping, relation = origin.mapping, origin.relation
    person = relation.column(mapping.person, f"the person of {origin.purpose} (`person`)")
    at = relation.column(mapping.at, f"the time of {origin.purpose} (`at`)")
    instant = read_instant(at.expression, at.type, zone, at.spelling)
    if instant is None:
        raise SourceError(
            f"column `{at.name}` of {relation.title} has the type {at.type}, which holds no times",
            help=f"convert it with a `query` under {relation.section}{NUMBERS_OF_TIME}",
        )
    unreadable = is_there(at.expression, at.type, at.spelling).and_(_is_untimed(instant))
    times = {"at": instant, "u at": unreadable, "shape of at": shape_where(unreadable, at)}
    keys = key_columns(person, "person") | times | {"kind": _kind(origin)}
    return stage(tables, relation, keys, [want for wants in origin.wanted.values() for want in wants], zone)


def _is_untimed(instant: exp.Expr) -> exp.Expr:
    return exp.func("COALESCE", is_readable(instant), exp.false()).not_()


def _kind(origin: Origin) -> exp.Expr:
    if origin.mapping.name is None:
        return exp.Literal.string(origin.mapping.event)
    column = origin.relation.column(origin.mapping.name, "the kind of events (`name`)")
    written = read_text(column.expression, column.type, column.spelling)
    meant = exp.case(written)
    for name, kind in origin.mapping.kinds.items():
        meant = meant.when(exp.Literal.string(name), exp.Literal.string(kind))
    return meant.else_(written) if origin.mapping.kinds else written


def _part(staged: Stage, origin: Origin, kind: str, lost: Lost) -> exp.Query:
    rows = exp.select().from_(exp.table_(staged.name, quoted=True)).where(_KIND.eq(kind))
    fields = field_columns(staged, origin.wanted[kind], lost.properties)
    if not lost.times:
        return rows.select(_PERSON.copy(), _AT.copy(), *fields).where(is_readable(_AT.copy()))
    at = exp.case().when(is_readable(_AT.copy()), _AT.copy())
    keys = [_PERSON.copy(), exp.alias_(at, "at", quoted=True), exp.alias_(_UNREADABLE.copy(), "u at", quoted=True)]
    return rows.select(*keys, *fields).where(exp.or_(is_readable(_AT.copy()), _UNREADABLE.copy()))


def _times(staged: Stage, origin: Origin) -> exp.Query:
    return (
        exp.select(_PERSON.copy(), _KIND.copy(), _AT.copy())
        .from_(exp.table_(staged.name, quoted=True))
        .where(_KIND.isin(*origin.wanted), is_readable(_AT.copy()))
    )


def _no_times() -> exp.Query:
    texts = [exp.alias_(exp.cast(exp.null(), "VARCHAR"), name, quoted=True) for name in ("person", "kind")]
    return exp.select(*texts, exp.alias_(missing(TIME), "at", quoted=True)).where(exp.false())


def _nothing(properties: Mapping[str, FieldType]) -> exp.Query:
    keys = [
        exp.alias_(exp.cast(exp.null(), "VARCHAR"), "person", quoted=True),
        exp.alias_(missing(TIME), "at", quoted=True),
    ]
    columns = [exp.alias_(missing(field.type), f"f.{name}", quoted=True) for name, field in properties.items()]
    return exp.select(*keys, *columns).where(exp.false())


def _union(parts: Sequence[exp.Query]) -> exp.Query:
    return parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)


def _inspect(tables: Tables, staged: Stage, origin: Origin, people: Stage) -> Iterator[Inspected]:
    """Yields what was found of each declared kind in a table, and of all others together (kind "")."""
    with source_errors(origin.relation.title):
        rows = tables.rows(_counting(staged, origin))
        orphans = dict(tables.rows(_orphans(staged, origin, people)) if origin.wanted else [])
    for kind, *found, untimed, unreadable, names in rows:
        counted = Counts.of(staged, found)
        is_kind = _KIND.eq(kind)
        reports = [counted.report(tables, staged, want, is_kind) for want in origin.wanted.get(kind, ())]
        shapes = common_shapes(tables, staged, _SHAPE, is_kind) if kind and unreadable else ()
        report = EventReport(kind or "", counted.rows, orphans.get(kind, 0), untimed - unreadable, unreadable, shapes)
        columns = [counted.figures(staged, want) for want in origin.wanted.get(kind, ())]
        yield Inspected(report, reports, Counter() if kind else _named(names), columns)


def _named(kinds: list[dict[str, Any]]) -> Counter[str]:
    """Returns how many events each kind has that a declaration could name; of very many kinds none is named."""
    if len(kinds) > MOST_KINDS:
        return Counter()
    return Counter({one["kind"]: one["events"] for one in kinds if one["kind"] and _NAME.fullmatch(one["kind"])})


def _counting(staged: Stage, origin: Origin) -> exp.Query:
    """One pass over the table; kinds that are not declared are put together after it, which is much cheaper."""
    times = count_where(_is_untimed(_AT.copy())), count_where(_UNREADABLE)
    counts = [exp.Count(this=exp.Star()), *value_counts(staged), *times]
    names = [f"c{number}" for number in range(len(counts))]
    by_kind = (
        exp.select(_KIND.copy(), *(count.as_(name) for count, name in zip(counts, names, strict=True)))
        .from_(exp.table_(staged.name, quoted=True))
        .group_by(_KIND.copy())
    )
    declared = exp.case().when(_KIND.isin(*origin.wanted), _KIND.copy()) if origin.wanted else exp.null()
    sums: list[exp.Expr] = [exp.Sum(this=exp.column(name)) for name in names]
    sums.append(parse_one(_COMMONEST, dialect="duckdb"))
    return exp.select(declared.as_("declared"), *sums).from_(by_kind.subquery("kinds")).group_by("declared")


def _orphans(staged: Stage, origin: Origin, people: Stage) -> exp.Query:
    """Counts events of nobody. Whole numbers are compared as such: their texts agree, and making them costs more."""
    key = exp.column("number" if "number" in staged.keys & people.keys else "person", quoted=True)
    known = exp.select(key.as_("known", quoted=True)).from_(exp.table_(people.name, quoted=True))
    return (
        exp.select(_KIND.copy(), exp.Count(this=exp.Star()))
        .from_(exp.table_(staged.name, quoted=True))
        .join(
            known.subquery("people"),
            on=key.eq(exp.column("known", quoted=True)),
            join_type="anti",
        )
        .where(_KIND.isin(*origin.wanted))
        .group_by(_KIND.copy())
    )


def _found(inspected: Sequence[Iterator[Inspected]], kinds: Kinds) -> FoundEvents:
    reports: dict[str, list[EventReport]] = {kind: [] for kind in ("", *kinds)}
    fields: list[FieldReport] = []
    columns: list[ColumnFigures] = []
    names: Counter[str] = Counter()
    for one in chain.from_iterable(inspected):
        fields += one.fields
        columns += one.columns
        names += one.names
        reports[one.report.kind].append(one.report)
    found = {kind: _sum_events(kind, reports[kind]) for kind in sorted(kinds)}
    commonest = tuple(sorted(names.items(), key=lambda one: (-one[1], one[0])))
    return FoundEvents(found, sum(one.events for one in reports[""]), commonest, tuple(fields), tuple(columns))


def _sum_events(kind: str, reports: Sequence[EventReport]) -> EventReport:
    return EventReport(
        kind,
        sum(one.events for one in reports),
        sum(one.orphans for one in reports),
        sum(one.timeless for one in reports),
        sum(one.unreadable for one in reports),
        first_shapes(one.shapes for one in reports),
    )
