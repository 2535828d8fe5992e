"""People, companies and events as relations of their own, made from the tables that the settings map to them.

Keys are texts, equal when every character is. A key that two rows share fails the source; a row without a key is left
out and counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from rulekit.diagnostics.display import plural
from rulekit.errors import SourceError
from rulekit.evaluation.data.data_report import FieldReport
from rulekit.evaluation.data.normalise import missing, read_text
from rulekit.evaluation.data.profile import ColumnFigures
from rulekit.evaluation.data.quality import Counts, count_where, value_counts
from rulekit.evaluation.data.source_columns import Column
from rulekit.evaluation.data.source_tables import Relation, Tables, create_relation, source_errors
from rulekit.evaluation.data.staging import Stage, Staged, Wanted, stage
from rulekit.language.program import FieldType
from rulekit.language.types import Kind
from rulekit.records import RecordMapping
from rulekit.suggestions import suggest
from rulekit.zones import ZONE_FIELDS, read_zone

PEOPLE = "rulekit people"
COMPANIES = "rulekit companies"
_PLURAL = {"person": "people", "company": "companies"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was found in a table of people or companies; `linked` counts people who have a company."""

    rows: int
    keyless: int
    fields: tuple[FieldReport, ...]
    stage: Stage
    columns: tuple[ColumnFigures, ...] = ()
    linked: int = 0


def load_people(tables: Tables, mapping: RecordMapping, fields: Mapping[str, FieldType], zone: str) -> Loaded:
    """Creates the relation of people; raises SourceError."""
    relation = tables.open(mapping, "[source.person]")
    link = relation.column(mapping.company, "the company of a person (`company`)") if mapping.company else None
    company = exp.cast(exp.null(), "VARCHAR") if link is None else _present(link)
    return _load(tables, relation, mapping, fields, zone, "person", {"company": company})


def load_companies(tables: Tables, mapping: RecordMapping, fields: Mapping[str, FieldType], zone: str) -> Loaded:
    """Creates the relation of companies; raises SourceError."""
    return _load(tables, tables.open(mapping, "[source.company]"), mapping, fields, zone, "company", {})


def no_companies(tables: Tables, fields: Mapping[str, FieldType]) -> Loaded:
    """Creates a relation of companies that holds none."""
    columns = [exp.alias_(missing(f.type), f"f.{f.name}", quoted=True) for f in fields.values()]
    key = exp.alias_(exp.cast(exp.null(), "VARCHAR"), "company", quoted=True)
    create_relation(tables.connection, COMPANIES, exp.select(key, *columns).where(exp.false()), keep=False)
    return Loaded(0, 0, (), Stage(COMPANIES, "", {}, frozenset({"company"})))


def unknown_zones(tables: Tables, owner: str, fields: Mapping[str, FieldType]) -> Iterator[FieldReport]:
    """Yields how many values of the field that names a time zone name none."""
    for field in (fields[name] for name in ZONE_FIELDS if name in fields and fields[name].type.kind is Kind.TEXT):
        value = exp.column(f"f.{field.name}", quoted=True)
        query = (
            exp.select(value, exp.Count(this=exp.Star()))
            .from_(exp.table_(f"rulekit {_PLURAL[owner]}", quoted=True))
            .where(value.is_(exp.null()).not_())
            .group_by(value)
        )
        unknown = sum(count for text, count in tables.rows(query) if text.strip() and read_zone(text) is None)
        yield FieldReport(owner, field.name, no_zone=unknown)


def unknown_companies(tables: Tables) -> int:
    """Returns how many people have a company that is not among the companies."""
    company = exp.column("company", quoted=True)
    known = exp.select(company).from_(exp.table_(COMPANIES, quoted=True))
    query = (
        exp.select(exp.Count(this=exp.Star()))
        .from_(exp.table_(PEOPLE, quoted=True))
        .where(company.is_(exp.null()).not_(), company.isin(query=known).not_())
    )
    return int(tables.rows(query)[0][0])


def _load(
    tables: Tables,
    relation: Relation,
    mapping: RecordMapping,
    fields: Mapping[str, FieldType],
    zone: str,
    owner: str,
    links: Mapping[str, exp.Expr],
) -> Loaded:
    key = relation.column(mapping.key, f"the key of a {owner} (`key`)")
    _refuse_misspelt(relation, mapping, fields)
    wanted = [_want(relation, mapping, owner, field) for field in fields.values()]
    staged = stage(tables, relation, key_columns(key, owner) | dict(links), wanted, zone)
    with source_errors(relation.title):
        loaded = _inspect(tables, staged, wanted, owner)
        _refuse_duplicates(tables, staged, owner, mapping.key)
    view = _view(staged, wanted, [owner, *links], unreadable_of(loaded.fields))
    create_relation(tables.connection, f"rulekit {_PLURAL[owner]}", view, keep=False)
    return loaded


def _refuse_misspelt(relation: Relation, mapping: RecordMapping, fields: Mapping[str, FieldType]) -> None:
    """Raises SourceError when `fields` of the settings almost names a declared field that has no column otherwise."""
    unmapped = [name for name in fields if name not in mapping.fields]
    lacking = [name for name in unmapped if relation.find(name, f"the field `{name}`") is None]
    for name in sorted(mapping.fields.keys() - fields.keys()):
        nearest = suggest(name, lacking)
        if nearest:
            raise SourceError(
                f"`fields` under {relation.section} names `{name}`, which is not declared; did you mean `{nearest}`?",
                help=f"write `{nearest}` in rulekit.toml, as in the schema",
            )


def _want(relation: Relation, mapping: RecordMapping, owner: str, field: FieldType) -> Wanted:
    name = mapping.fields.get(field.name, field.name)
    return Wanted(owner, field, relation.column(name, f"the field `{field.name}` of a {owner}"))


def key_columns(column: Column, name: str) -> dict[str, exp.Expr]:
    """Returns a key as a text, and beside it as the whole `number` that it is in the source, where it is one."""
    return {name: _present(column)} | ({"number": column.expression} if column.is_whole else {})


def _present(column: Column) -> exp.Expr:
    return exp.func("NULLIF", read_text(column.expression, column.type, column.spelling), exp.Literal.string(""))


def _inspect(tables: Tables, staged: Stage, wanted: list[Wanted], owner: str) -> Loaded:
    has_key = exp.column(owner, quoted=True).is_(exp.null()).not_()
    keyless = count_where(exp.column(owner, quoted=True).is_(exp.null()))
    linked = exp.func("COUNT", exp.column("company", quoted=True)) if owner == "person" else exp.Literal.number(0)
    counted = [exp.Count(this=exp.Star()), linked, *value_counts(staged)]
    everything = exp.select(*counted).from_(_table(staged)).where(has_key)
    rows, linked, *values = tables.rows(everything)[0]
    counts = Counts.of(staged, [rows, *values])
    without_key = tables.rows(exp.select(keyless).from_(_table(staged)))[0][0]
    reports = tuple(counts.report(tables, staged, want, has_key) for want in wanted)
    return Loaded(rows, without_key, reports, staged, tuple(counts.figures(staged, want) for want in wanted), linked)


def _refuse_duplicates(tables: Tables, staged: Stage, owner: str, column: str) -> None:
    key = exp.column(owner, quoted=True)
    count = exp.Count(this=exp.Star())
    twice = exp.select(key).from_(_table(staged)).where(key.is_(exp.null()).not_()).group_by(key).having(count > 1)
    keys = tables.rows(exp.select(count.copy()).from_(twice.subquery("twice")))[0][0]
    if keys:
        raise SourceError(
            f"{staged.title} has more than one row for the same {owner}, {plural(keys, 'key')} in all",
            help=f"make the key of a {owner} unique, for example with a `query` that keeps the newest row of each; "
            f"to see them, count the rows of each `{column}`",
        )


def unreadable_of(reports: Iterable[FieldReport]) -> frozenset[str]:
    """Returns the names of the fields of one owner of which some value cannot be read."""
    return frozenset(report.field for report in reports if report.unreadable)


def unreadable_by(relations: Mapping[str, Iterable[FieldReport]]) -> dict[str, frozenset[str]]:
    """Returns the same of several relations, without those of which everything can be read."""
    found = {relation: unreadable_of(reports) for relation, reports in relations.items()}
    return {relation: names for relation, names in found.items() if names}


def _view(staged: Stage, wanted: list[Wanted], keys: list[str], unreadable: frozenset[str]) -> exp.Query:
    columns = [exp.column(key, quoted=True) for key in keys]
    return (
        exp.select(*columns, *field_columns(staged, wanted, unreadable))
        .from_(_table(staged))
        .where(exp.column(keys[0], quoted=True).is_(exp.null()).not_())
    )


def field_columns(staged: Stage, wanted: list[Wanted], unreadable: frozenset[str]) -> list[exp.Expr]:
    """Returns the wanted values of a stage as the columns that the evaluator knows, `f.<field>`.

    Behind them stand flags, `u.<field>`, for the fields of which some value is `unreadable`.
    """
    found = [(want, staged.staged(want)) for want in wanted]
    values = [
        exp.alias_(value.value.copy() if value else missing(want.field.type), f"f.{want.field.name}", quoted=True)
        for want, value in found
    ]
    return values + [
        exp.alias_(_flag(value), f"u.{want.field.name}", quoted=True)
        for want, value in found
        if want.field.name in unreadable
    ]


def _flag(staged: Staged | None) -> exp.Expr:
    return exp.false() if staged is None or staged.unreadable is None else staged.unreadable.copy()


def _table(staged: Stage) -> exp.Table:
    return exp.table_(staged.name, quoted=True)
