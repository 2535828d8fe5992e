"""People, companies and events of one tick as relations of the engine, every value as its declaration says.

Nobody above this room sees a column, a time zone or a type of a source; the relations are the same for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

from sqlglot import exp

from rulekit.errors import SourceError
from rulekit.evaluation.data.confinement import connect, connected
from rulekit.evaluation.data.data_report import DataReport, EventReport
from rulekit.evaluation.data.engine_errors import describe
from rulekit.evaluation.data.events import TIMES, event_relation, load_events
from rulekit.evaluation.data.loading import (
    COMPANIES,
    PEOPLE,
    load_companies,
    load_people,
    no_companies,
    unknown_companies,
    unknown_zones,
    unreadable_by,
)
from rulekit.evaluation.data.profile import (
    LINK,
    ColumnFigures,
    KindFigures,
    Profile,
    choose_events,
    follow,
    follow_events,
    read_hours,
    read_newest,
)
from rulekit.evaluation.data.python_rows import Row, RowSource
from rulekit.evaluation.data.quality import add_up, combine
from rulekit.evaluation.data.recent_times import count_recent
from rulekit.evaluation.data.shapes import VERSION as SHAPES
from rulekit.evaluation.data.source_tables import Tables
from rulekit.evaluation.data.unused_settings import find_unused
from rulekit.language.program import Schema
from rulekit.records import Reason, Source, SourceMapping

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Data:
    """What the engine evaluates over; the connection is the owner's to close.

    Columns of fields are named `f.<field>`; beside those of which some value is unreadable, and NULL, stands a boolean
    `u.<field>` (see `Relations.unreadable`). Types: text and `one of` VARCHAR; number BIGINT, HUGEINT, DECIMAL or
    DOUBLE; bool BOOLEAN; time TIMESTAMP, naive, in UTC; date DATE; duration BIGINT microseconds; list VARCHAR[].
    `now_column` and `zone` are as in `Relations`.
    """

    schema: Schema
    connection: "DuckDBPyConnection"
    report: DataReport
    now_column: str | None = None
    zone: str = "UTC"

    @property
    def unreadable(self) -> Mapping[str, frozenset[str]]:
        """Returns the fields of which some value cannot be read, as `DataReport` has them."""
        return self.report.unreadable

    @property
    def untimed(self) -> frozenset[str]:
        """Returns the kinds of event of which some have a time that cannot be read; `u at` says which."""
        return self.report.untimed

    def people(self) -> exp.Query:
        """Returns a query for all people: `person`, `company` (NULL without one) and the fields."""
        return _everything(PEOPLE)

    def companies(self) -> exp.Query:
        """Returns a query for all companies: `company` and the fields; empty when none is declared."""
        return _everything(COMPANIES)

    def events(self, kind: str) -> exp.Query:
        """Returns a query for all events of a declared kind: `person`, `at` and the properties, in no order.

        People who are not among the people are in it too; events without a time are not. Those with an unreadable one
        are, with `at` NULL and `u at` TRUE; only kinds that have any have that column.
        """
        return _everything(event_relation(kind))

    def profile(self, now: datetime) -> Profile:
        """Returns what the data is like at an instant, in figures that hold no value of anybody."""
        hours = read_hours(self.connection, TIMES, now)
        chosen = choose_events(self.connection, TIMES, now)
        return Profile(
            people=self.report.people,
            companies=self.report.companies,
            columns=self.report.columns,
            kinds={kind: _kind_figures(one, hours.get(kind, {})) for kind, one in self.report.events.items()},
            followed={
                "person": follow(self.connection, PEOPLE, "person", self.schema.person, {LINK: "company"}),
                "company": follow(self.connection, COMPANIES, "company", self.schema.company, {}),
                **{
                    kind: follow_events(self.connection, event_relation(kind), properties, chosen.get(kind, ()))
                    for kind, properties in self.schema.events.items()
                },
            },
            engine=f"{version('duckdb')}, {SHAPES}",
            newest=read_newest(self.connection, PEOPLE, "person", self.schema.person, now)
            | read_newest(self.connection, COMPANIES, "company", self.schema.company, now),
            recent=count_recent(self.connection, PEOPLE, "person", self.schema.person, now)
            | count_recent(self.connection, COMPANIES, "company", self.schema.company, now),
        )

    @classmethod
    def from_rows(
        cls,
        schema: Schema,
        people: Iterable[Row],
        companies: Iterable[Row] = (),
        events: Mapping[str, Iterable[Row]] | None = None,
        zone: str = "UTC",
    ) -> Self:
        """Returns data made of Python values, in a database of its own in memory, read as every source is.

        A person is `{"person": key, "company": key or None, field: value}`, a company `{"company": key, …}`, an event
        `{"person": key, "at": datetime, property: value}`. A number column that holds a float is DOUBLE throughout.
        Dates begin in `zone`.
        """
        source = RowSource(schema, people, companies, events or {})
        connection = connect()
        source.load(connection)
        report = _load(Tables(connection, source), schema, source.default_mapping(), "UTC")
        return cls(schema, connection, report, zone=zone)


@contextmanager
def open_data(
    schema: Schema, source: Source, mapping: SourceMapping, timezone: str, zone: str = "UTC"
) -> Iterator[Data]:
    """Opens the people, companies and events of a source for one tick; nothing can be read from it afterwards.

    `timezone` is that of times without an offset (`normalise` says what happens in the nights when clocks change),
    `zone` that in which dates begin.
    An empty table of people is no error here: `report.people` is 0 then. Raises SourceError when a table or column is
    not there or of another type than declared, or when a key appears twice; and inside the `with`, when the source
    breaks off.
    """
    import duckdb

    with connected() as connection:
        try:
            report = _load(Tables(connection, source), schema, mapping, timezone)
            yield Data(schema, connection, report, zone=zone)
        except (duckdb.IOException, duckdb.HTTPException) as error:
            reason = Reason("the data broke off", describe(error))
            raise SourceError(reason, help="look at the source and run again") from error


def _kind_figures(report: EventReport, found: Mapping[int | None, int]) -> KindFigures:
    hours = {hour: count for hour, count in found.items() if hour is not None}
    timeless = report.timeless + report.unreadable
    past = report.events - timeless - found.get(None, 0)
    return KindFigures(report.events, report.orphans, timeless, past, max(hours, default=None), hours)


def _load(tables: Tables, schema: Schema, mapping: SourceMapping, zone: str) -> DataReport:
    tables.prepare(mapping)
    people = load_people(tables, mapping.person, schema.person, zone)
    if mapping.company is not None:
        companies = load_companies(tables, mapping.company, schema.company, zone)
    elif schema.company:
        raise SourceError(
            "the rules declare fields of companies, but rulekit.toml does not say where companies are",
            help="add a section `[source.company]` with `table` and `key`, or remove the `company:` declaration",
        )
    else:
        companies = no_companies(tables, schema.company)
    events = load_events(tables, mapping.events, schema.events, people.stage, zone)
    tables.refuse_changed()
    unknown = unknown_companies(tables) if mapping.company is not None else 0
    link = ColumnFigures("person", LINK, people.rows, people.rows - people.linked, unknown)
    kinds = {f"event {kind}": [one for one in events.fields if one.owner == kind] for kind in schema.events}
    zones = [*unknown_zones(tables, "person", schema.person), *unknown_zones(tables, "company", schema.company)]
    return DataReport(
        people=people.rows,
        companies=companies.rows,
        fields=combine([*people.fields, *companies.fields, *events.fields, *zones]),
        events=events.kinds,
        undeclared_events=events.undeclared,
        undeclared_kinds=events.undeclared_kinds,
        keyless_people=people.keyless,
        keyless_companies=companies.keyless,
        unknown_companies=unknown,
        unused_names=find_unused(schema, mapping),
        unreadable=unreadable_by({"person": people.fields, "company": companies.fields, **kinds}),
        columns=add_up([*people.columns, link, *companies.columns, *events.columns]),
    )


def _everything(relation: str) -> exp.Query:
    return exp.select("*").from_(exp.table_(relation, quoted=True))
