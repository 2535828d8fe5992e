"""What a statement is written over: people, companies and events under one connection, in full or of some people."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from rulekit.evaluation.sql.fragments import aliased, table
from rulekit.evaluation.sql.query_plan import Plan
from rulekit.evaluation.sql.values import column

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Relations(Protocol):
    """People, companies and events as `Data` gives them."""

    @property
    def connection(self) -> "DuckDBPyConnection":
        """Returns where the relations can be read."""

    @property
    def now_column(self) -> str | None:
        """Returns the column that says at which instant a row is looked at; None: all at the statement's own."""

    @property
    def zone(self) -> str:
        """Returns the name of the time zone in which dates begin."""

    @property
    def unreadable(self) -> Mapping[str, frozenset[str]]:
        """Returns the fields of which some value cannot be read, by `person`, `company`, or `event <kind>`.

        Beside the column `f.<field>` of each stands `u.<field>`: whether the value of a row is such a one.
        """

    @property
    def untimed(self) -> frozenset[str]:
        """Returns the kinds of event of which some have a time that cannot be read.

        They are among the events then, with `at` NULL, and the column `u at` says so.
        """

    def people(self) -> exp.Query:
        """Returns a query for all people."""

    def companies(self) -> exp.Query:
        """Returns a query for all companies."""

    def events(self, kind: str) -> exp.Query:
        """Returns a query for all events of a kind."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Copies of what concerns some people, and nothing else."""

    connection: "DuckDBPyConnection"
    now_column: str | None = None
    zone: str = "UTC"
    unreadable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    untimed: frozenset[str] = frozenset()

    def people(self) -> exp.Query:
        """Returns a query for the people, and their colleagues where companies' events are asked for."""
        return _all_of("excerpt people")

    def companies(self) -> exp.Query:
        """Returns a query for the companies of those people."""
        return _all_of("excerpt companies")

    def events(self, kind: str) -> exp.Query:
        """Returns a query for the events of those people; for the kinds of the plan only."""
        return _all_of(f"excerpt events {kind}")


@contextmanager
def excerpt(data: Relations, plan: Plan, people: Sequence[str]) -> Iterator[Excerpt]:
    """Copies what the plan needs to know about these people; the copies go when the block ends."""
    copies = Excerpt(data.connection, data.now_column, data.zone, data.unreadable, data.untimed)
    sources = {
        "excerpt keys": exp.Select(expressions=[_keys_parameter()]),
        "excerpt people": _concerned(data, plan),
        "excerpt companies": _where_in(data.companies(), "company", copies.people()),
    }
    for kind in plan.kinds:
        sources[f"excerpt events {kind}"] = _where_in(data.events(kind), "person", copies.people())
    try:
        for name, query in sources.items():
            parameters = {"keys": list(people)} if name == "excerpt keys" else {}
            data.connection.execute(_creation(name, query).sql(dialect="duckdb"), parameters)
        yield copies
    finally:
        for name in sources:
            dropped = exp.Drop(tables=[table(name)], kind="TABLE", exists=True)
            data.connection.execute(dropped.sql(dialect="duckdb"))


def people_named(data: Relations, people: Sequence[str]) -> tuple[exp.Select, dict[str, list[str]]]:
    """Returns a query for those of the people that the data has, and its parameters."""
    wanted = exp.Select(expressions=[_keys_parameter()])
    return _where_in(data.people(), "person", wanted), {"keys": list(people)}


def _keys_parameter() -> exp.Expr:
    keys = exp.Cast(this=exp.Placeholder(this="keys"), to=exp.DataType.build("VARCHAR[]", dialect="duckdb"))
    return exp.Alias(this=exp.Anonymous(this="unnest", expressions=[keys]), alias=exp.to_identifier("person"))


def _concerned(data: Relations, plan: Plan) -> exp.Select:
    named = _where_in(data.people(), "person", _all_of("excerpt keys"))
    if not any(m.company for m in plan.measures) and not any(chain.company for chain in plan.chains):
        return named
    companies = _where_in(data.people(), "person", _all_of("excerpt keys"))
    companies.set("expressions", [column("q", "company")])
    colleagues = exp.In(this=column("q", "company"), query=exp.Subquery(this=companies))
    where = named.args["where"]
    where.set("this", exp.Or(this=where.this, expression=colleagues))
    return named


def _where_in(query: exp.Query, name: str, keys: exp.Query) -> exp.Select:
    wanted = exp.Select(expressions=[column("k", name)], from_=exp.From(this=aliased(keys, "k")))
    inside = exp.In(this=column("q", name), query=exp.Subquery(this=wanted))
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=aliased(query, "q")), where=exp.Where(this=inside))


def _creation(name: str, query: exp.Query) -> exp.Create:
    temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
    return exp.Create(this=table(name), kind="TABLE", expression=query, replace=True, properties=temporary)


def _all_of(name: str) -> exp.Select:
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=table(name)))
