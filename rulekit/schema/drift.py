"""What has drifted: where the tables of a source are no longer what the declarations and the settings say.

Drift is what makes rules see something else than was declared. What is only new, and no rule can see, is told and is
no drift: columns and kinds that nobody declared, and the rows that a tick leaves out and counts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from rulekit.diagnostics.display import plural
from rulekit.engine.data_source import open_source, require_mapping
from rulekit.engine.project import Project
from rulekit.errors import SourceError
from rulekit.evaluation.data.confinement import connected
from rulekit.evaluation.data.data_report import DataReport, EventReport
from rulekit.evaluation.data.dataset import open_data
from rulekit.evaluation.data.normalise import read, read_text
from rulekit.evaluation.data.source_tables import Tables
from rulekit.language.program import FieldType, Schema
from rulekit.records import EventMapping, Source, SourceMapping
from rulekit.schema.guessed_types import may_be_named
from rulekit.schema.seen_tables import Mapped, SeenColumn, SeenTable, Sight

# members, columns and kinds that one line names
SHOWN = 10
Fields = Mapping[str, FieldType]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as declared (`is_drift`), or only new; it holds no value of a person."""

    message: str
    is_drift: bool = True


@dataclass(frozen=True, slots=True)
class _Part:
    """A table of the settings: who owns what is read from it, and which fields, by owner."""

    mapping: Mapped
    fields: Mapping[str, Fields]
    others: tuple[str | None, ...]

    def column_of(self, field: str) -> str:
        return self.mapping.fields.get(field, field)


def find_drift(project: Project, say: Callable[[str], None]) -> list[Difference]:
    """Returns how the source differs from what is declared; raises SourceError where it cannot be opened."""
    schema, section = project.program.schema, project.settings.source
    with open_source(project.folder, project.settings, project.plugins) as source:
        mapping = require_mapping(section, source)
        found, lost = _look_at_columns(source, schema, mapping, section.timezone, say)
        say("reading people and events as declared")
        sound = _without(schema, lost)
        try:
            with open_data(sound, source, mapping, section.timezone, project.settings.timezone) as data:
                found += _of_report(data.report)
        except SourceError as error:
            # a table that is not there was told already
            found += [] if any(one.message == error.message for one in found) else [Difference(error.message)]
    return found


def _look_at_columns(
    source: Source, schema: Schema, mapping: SourceMapping, zone: str, say: Callable[[str], None]
) -> tuple[list[Difference], set[tuple[str, str]]]:
    """Returns what is different about tables and columns, and the fields, by owner, that cannot be read at all."""
    parts = list(_parts(schema, mapping))
    found, lost = [], set()
    with connected() as connection:
        sight = Sight.of(Tables(connection, source), [part.mapping for part in parts], say)
        found += [Difference(unread.error.message) for unread in sight.unread]
        seen = {(table.mapping.table, table.mapping.query): table for table in sight.seen}
        for part in parts:
            table = seen.get((part.mapping.table, part.mapping.query))
            if table is None:
                continue
            for owner, field in _fields_of(part):
                column = table.find(part.column_of(field.name))
                differences = list(_of_column(sight, table, part, owner, field, column, zone))
                found += differences
                if column is None or not _may_hold(column, part, field, zone):
                    lost.add((owner, field.name))
            found += _new_columns(table, part)
    return found, lost


def _parts(schema: Schema, mapping: SourceMapping) -> Iterator[_Part]:
    yield _Part(mapping.person, {"person": schema.person}, (mapping.person.key, mapping.person.company))
    if mapping.company is not None:
        yield _Part(mapping.company, {"company": schema.company}, (mapping.company.key,))
    for events in mapping.events:
        kinds = [events.event] if events.event is not None else list(schema.events)
        fields = {kind: schema.events[kind] for kind in kinds if kind in schema.events}
        yield _Part(events, fields, (events.person, events.at, events.name))


def _fields_of(part: _Part) -> Iterator[tuple[str, FieldType]]:
    for owner, fields in part.fields.items():
        for field in fields.values():
            yield owner, field


def _of_column(
    sight: Sight, table: SeenTable, part: _Part, owner: str, field: FieldType, column: SeenColumn | None, zone: str
) -> Iterator[Difference]:
    where = f"`{field.name}` of `{owner}`"
    name = part.column_of(field.name)
    # one of several tables of events has the column, if it is not a table of one kind
    elsewhere = isinstance(part.mapping, EventMapping) and part.mapping.name is not None
    if column is None:
        if not elsewhere:
            yield Difference(f"{where}: {table.title} has no column `{name}` any more")
        return
    if not _may_hold(column, part, field, zone):
        yield Difference(
            f"{where}: column `{name}` of {table.title} has the type {column.type}, never a `{field.type}`"
        )
        return
    if field.type.choices and may_be_named(name):
        yield from _new_members(sight, table, where, field, _text(column, part))


def _may_hold(column: SeenColumn, part: _Part, field: FieldType, zone: str) -> bool:
    spelling = part.mapping.spellings.of(column.name)
    return read(column.expression, column.type, field.type, zone, spelling) is not None


def _text(column: SeenColumn, part: _Part) -> str:
    spelling = part.mapping.spellings.of(column.name)
    return read_text(column.expression, column.type, spelling).sql(dialect="duckdb")


def _new_members(sight: Sight, table: SeenTable, where: str, field: FieldType, text: str) -> Iterator[Difference]:
    choices = ", ".join("'" + choice.replace("'", "''") + "'" for choice in field.type.choices)
    rows = sight.ask(
        f"SELECT {text} AS v, count(*) AS n FROM {table.relation} "  # noqa: S608 - quoted
        f"WHERE v <> '' AND v NOT IN ({choices}) GROUP BY v HAVING n > 1 ORDER BY n DESC, v LIMIT {SHOWN + 1}"
    )
    members = [f'"{value}" {plural(count, "time")}' for value, count in rows if "@" not in value][:SHOWN]
    if members:
        yield Difference(f"{where}: the closed set lacks {', '.join(members)}")


def _new_columns(table: SeenTable, part: _Part) -> Iterator[Difference]:
    used = {part.column_of(field.name) for _, field in _fields_of(part)} | {name for name in part.others if name}
    tops = {name.partition(".")[0].casefold() for name in used} | {name.casefold() for name in used}
    new = [f"`{column.name}`" for name, column in table.tops.items() if name not in tops and name]
    if new:
        more = f" and {len(new) - SHOWN} more" if len(new) > SHOWN else ""
        yield Difference(
            f"{table.title} has columns that nothing reads: {', '.join(new[:SHOWN])}{more}", is_drift=False
        )


def _without(schema: Schema, lost: set[tuple[str, str]]) -> Schema:
    """Returns the schema without the fields that have been told, so that the others can be read."""

    def rest(owner: str, fields: Fields) -> Fields:
        return {name: field for name, field in fields.items() if (owner, name) not in lost}

    events = {kind: rest(kind, properties) for kind, properties in schema.events.items()}
    return Schema(rest("person", schema.person), rest("company", schema.company), events)


def _of_report(report: DataReport) -> Iterator[Difference]:
    """Yields what reading as declared has found, in the words of a tick."""
    drifted = replace(
        report,
        fields=tuple(replace(one, no_zone=0) for one in report.fields),
        events={
            kind: replace(one, orphans=one.orphans if _is_foreign(one) else 0) for kind, one in report.events.items()
        },
        undeclared_events=0,
        undeclared_kinds=(),
        keyless_people=0,
        keyless_companies=0,
        unknown_companies=0,
    )
    yield from map(Difference, drifted.problems())
    for kind, one in report.events.items():
        if not one.events:
            yield Difference(f"`{kind}`: the source has no such event")
    known = set(drifted.problems())
    yield from (Difference(line, is_drift=False) for line in report.problems() if line not in known)


def _is_foreign(events: EventReport) -> bool:
    """Returns whether most events of a kind belong to nobody: keys that have changed, and not a few people who left."""
    return 2 * events.orphans >= events.events > 0
