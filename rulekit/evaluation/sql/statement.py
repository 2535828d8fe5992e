"""The one SQL statement that answers a plan: people, their companies, and one group of results per kind of event.

The statement depends on the plan and on the types of the data, never on the instant: that is bound when it is run, or
stands in the rows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

from sqlglot import exp

from rulekit.errors import SourceError
from rulekit.evaluation.data.engine_errors import describe
from rulekit.evaluation.sql.fragments import aliased, named
from rulekit.evaluation.sql.grouping import EventGroup, EventGroups
from rulekit.evaluation.sql.numbers import Exact, Term, number_type
from rulekit.evaluation.sql.predicates import condition_sql, segment_column
from rulekit.evaluation.sql.query_plan import Measure, Plan, PlanColumn
from rulekit.evaluation.sql.relations import Relations
from rulekit.evaluation.sql.truths import may_be_unknown, unknown_column, unknown_sql
from rulekit.evaluation.sql.values import Cutoffs, SqlScope, column, value_term
from rulekit.language.expression_parts import Node
from rulekit.language.typed_expressions import Sequence, Value
from rulekit.records import Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PEOPLE = "p"
_COMPANIES = "c"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and, for each of its parameters, how far from `now` the instant lies."""

    sql: str
    cutoffs: Mapping[str, timedelta]

    def run(self, connection: "DuckDBPyConnection", now: datetime) -> "DuckDBPyConnection":
        """Runs the statement at an instant; raises SourceError when the data does not allow it."""
        import duckdb

        parameters = {name: _shifted(now, distance) for name, distance in self.cutoffs.items()}
        try:
            return connection.execute(self.sql, parameters)
        except duckdb.OutOfRangeException as error:
            raise SourceError(
                "a sum over the events is too large to be computed exactly",
                help="look for amounts with more than 25 digits in the source",
            ) from error
        except duckdb.Error as error:
            reason = Reason("the data cannot be evaluated", describe(error))
            raise SourceError(reason, help="look at the source's tables") from error


def people_statement(plan: Plan, data: Relations) -> Statement:
    """Returns the statement with one row per person, by key: `person` and the columns of the plan.

    Conditions are TRUE where they certainly hold. Behind all of them stands a column `unknown …` (see `unknown_column`)
    for each that reads something of which the data has unreadable values: whether the answer is unknown.
    """
    return _Writing(plan, data).people()


def companies_statement(plan: Plan, data: Relations) -> Statement:
    """Returns the statement with one row per company, by key: `company` and a column `in …` for every segment.

    Behind them are columns `unknown in …`, as in `people_statement`.
    """
    return _Writing(plan, data).companies()


def column_types(data: Relations, query: exp.Query) -> dict[str, Exact | None]:
    """Returns how exact the columns of a relation are, without reading it."""
    empty = exp.Select(expressions=[exp.Star()], from_=exp.From(this=aliased(query, "q")), limit=_NO_ROWS.copy())
    described = data.connection.execute(empty.sql(dialect="duckdb", copy=False)).description
    return {name: number_type(str(engine_type)) for name, engine_type, *_ in described or ()}


_NO_ROWS = exp.Limit(expression=exp.Literal.number("0"))


def _shifted(now: datetime, distance: timedelta) -> datetime:
    naive = now.astimezone(UTC).replace(tzinfo=None)
    try:
        return naive + distance
    except OverflowError:
        return datetime.min if distance < timedelta(0) else datetime.max


class _Writing:
    """One statement while it is put together."""

    def __init__(self, plan: Plan, data: Relations) -> None:
        self._plan = plan
        self._data = data
        self._cutoffs = Cutoffs(data.now_column)
        self._groups = EventGroups(plan, data, self._cutoffs, cache(lambda kind: column_types(data, data.events(kind))))
        self._numbers: Callable[[str], Mapping[str, Exact | None]] = cache(self._read_numbers)

    def people(self) -> Statement:
        groups = self._groups.asked(self._plan.asked_by_people)
        scope = self._scope({"person": _PEOPLE, "company": _COMPANIES}, groups)
        columns: list[exp.Expr] = [column(_PEOPLE, "person"), *_answers(self._plan.columns, scope)]
        joins = self._company_join() + [self._join(group) for group in groups]
        return self._finished(
            exp.Select(
                expressions=columns,
                from_=exp.From(this=aliased(self._data.people(), _PEOPLE)),
                joins=joins,
                order=_by(column(_PEOPLE, "person")),
            )
        )

    def companies(self) -> Statement:
        query = self._with_segments([column(_COMPANIES, "company")])
        query.set("order", _by(column(_COMPANIES, "company")))
        return self._finished(query)

    def _read_numbers(self, owner: str) -> Mapping[str, Exact | None]:
        return column_types(self._data, self._data.people() if owner == "person" else self._data.companies())

    def _scope(self, tables: Mapping[str, str], groups: list[EventGroup]) -> SqlScope:
        results: dict[Measure | Sequence, Term] = {}
        doubts: dict[Measure | Sequence, exp.Expr] = {}
        for group in groups:
            results.update(group.results)
            doubts.update(group.doubts)
        return SqlScope(
            tables,
            self._numbers,
            self._cutoffs,
            results,
            self._data.zone,
            unreadable=lambda owner: self._data.unreadable.get(owner, frozenset()),
            doubts=doubts,
            unsure_segments=self._unsure_segments if "person" in tables else frozenset(),
        )

    @cached_property
    def _unsure_segments(self) -> frozenset[str]:
        scope = self._company_scope()
        return frozenset(name for name, test in self._plan.segments if may_be_unknown(test, scope))

    def _company_scope(self) -> SqlScope:
        return self._scope({"company": _COMPANIES}, self._groups.asked(self._plan.asked_by_segments))

    def _company_join(self) -> list[exp.Join]:
        if self._plan.segments:
            companies: exp.Query = self._with_segments([exp.Column(this=exp.Star(), table=exp.to_identifier("c"))])
        elif self._plan.uses_companies:
            companies = self._data.companies()
        else:
            return []
        same = exp.EQ(this=column(_COMPANIES, "company"), expression=column(_PEOPLE, "company"))
        return [exp.Join(this=aliased(companies, _COMPANIES), side="LEFT", on=same)]

    def _with_segments(self, columns: list[exp.Column]) -> exp.Select:
        groups = self._groups.asked(self._plan.asked_by_segments)
        asked = [PlanColumn(segment_column(name), test) for name, test in self._plan.segments]
        segments = _answers(asked, self._company_scope())
        return exp.Select(
            expressions=[*columns, *segments],
            from_=exp.From(this=aliased(self._data.companies(), _COMPANIES)),
            joins=[self._join(group) for group in groups],
        )

    def _join(self, group: EventGroup) -> exp.Join:
        # by the company's own row: a person whose company has none is without a company
        key = column(_COMPANIES, "company") if group.company else column(_PEOPLE, "person")
        same = exp.EQ(this=column(group.alias, "key"), expression=key)
        return exp.Join(this=self._groups.source(group), side="LEFT", on=same)

    def _finished(self, query: exp.Select) -> Statement:
        if shared := self._groups.shared():
            query.set("with_", exp.With(expressions=shared))
        return Statement(query.sql(dialect="duckdb", copy=False), self._cutoffs.by_name())


def _answers(asked: Iterable[PlanColumn], scope: SqlScope) -> list[exp.Expr]:
    answers = {each.name: _answer(each.node, scope) for each in asked}
    found: list[exp.Expr] = [named(answer, name) for name, (answer, _) in answers.items()]
    unsure = [(name, unknown) for name, (_, unknown) in answers.items() if unknown is not None]
    return found + [named(unknown, unknown_column(name)) for name, unknown in unsure]


def _answer(node: Node, scope: SqlScope) -> tuple[exp.Expr, exp.Expr | None]:
    if isinstance(node, Value):
        return value_term(node, scope).sql, unknown_sql(node, scope)
    truth = condition_sql(node, scope)
    return truth.certainly, truth.unknown


def _by(key: exp.Column) -> exp.Order:
    return exp.Order(expressions=[exp.Ordered(this=key, nulls_first=False)])
