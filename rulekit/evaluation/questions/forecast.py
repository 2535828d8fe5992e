"""When time alone will change whether a person is in a persona.

With the same data, an answer can change only where an age reaches a limit or an event crosses the edge of a window.
Those instants are collected, and the ordinary statement is asked at each of them and one microsecond after it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from rulekit.clock import midnight
from rulekit.evaluation.questions.scalars import scalar
from rulekit.evaluation.sql.fragments import aliased
from rulekit.evaluation.sql.predicates import fixed_length
from rulekit.evaluation.sql.query_plan import PlanColumn, build_plan, measures_of, plan_columns
from rulekit.evaluation.sql.relations import Relations
from rulekit.evaluation.sql.statement import people_statement
from rulekit.evaluation.sql.values import column
from rulekit.language.expression_parts import Node, walk
from rulekit.language.program import Program
from rulekit.language.typed_expressions import Age, Aggregate, Comparison, Condition, Field, Sequence, Value, Within
from rulekit.language.types import DURATION, TIME

CANDIDATES = 200
_MICROSECOND = timedelta(microseconds=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Edge:
    """Something may change this long after the value of a column of a kind of event."""

    kind: str
    column: str
    distance: timedelta

    @property
    def margin(self) -> timedelta:
        """Returns by how much the column may lie before the instant that it stands for: a date is no instant."""
        return _NONE if self.column == "at" else timedelta(days=1)


def next_change(program: Program, persona: str, person: str, data: Relations, now: datetime) -> datetime | None:
    """Returns the first instant after `now` at which time alone changes whether the person is in the persona.

    At most 200 instants are looked at, the nearest first; None when none of them changes it, and where it is unknown
    now. An instant from which it is unknown changes nothing.
    """
    plan = build_plan(program, personas=[persona])
    nodes = [node for tested in (plan.columns[0].node, *(test for _, test in plan.segments)) for node in walk(tested)]
    instants = {*_field_instants(program, nodes, person, data, now), *_event_instants(nodes, data, now)}
    statement = people_statement(plan, data)

    def holds(instant: datetime) -> bool | None:
        found = {key: answer for key, *answer in statement.run(data.connection, instant).fetchall()}
        certainly, *unknown = found[person]
        return None if any(unknown) else bool(certainly)

    current = holds(now)
    if current is None:
        return None
    for instant in sorted(instant for instant in instants if instant > now)[:CANDIDATES]:
        for moment in (instant, instant + _MICROSECOND):
            if holds(moment) is (not current):
                return moment
    return None


def _field_instants(
    program: Program, nodes: Iterable[Node], person: str, data: Relations, now: datetime
) -> Iterator[datetime]:
    pairs = [pair for node in nodes for pair in _bases(node)]
    values = list(dict.fromkeys(value for pair in pairs for value in pair if isinstance(value, Value)))
    if not values:
        return
    plan = plan_columns(program, [PlanColumn(f"value {i}", value) for i, value in enumerate(values)])
    rows = people_statement(plan, data).run(data.connection, now).fetchall()
    row = next(row[1:] for row in rows if row[0] == person)
    known = {value: scalar(found, value.type) for value, found in zip(values, row[: len(values)], strict=True)}
    for base, distance in pairs:
        length = known[distance] if isinstance(distance, Value) else distance
        yield from _later(known[base], length, data.zone)


def _later(base: object, distance: object, zone: str) -> Iterator[datetime]:
    if isinstance(base, date) and not isinstance(base, datetime):
        base = midnight(base, ZoneInfo(zone))
    if isinstance(base, datetime) and isinstance(distance, timedelta):
        try:
            yield base + distance
        except OverflowError:
            return


def _bases(node: Node) -> Iterator[tuple[Value, Value | timedelta]]:
    match node:
        case Comparison():
            ages = [part for part in walk(node) if isinstance(part, Age)]
            yield from ((age.of, length) for age in ages for length in _lengths(node))
        case Within():
            away = -node.length if node.direction == "next" else node.length
            yield from ((node.operand, distance) for distance in (_NONE, away))


def _lengths(comparison: Comparison) -> Iterator[Value | timedelta]:
    yield _NONE
    for part in walk(comparison):
        if isinstance(part, Value) and part.type == DURATION and not any(isinstance(p, Age) for p in walk(part)):
            fixed = fixed_length(part)
            yield part if fixed is None else fixed
            if fixed is not None:
                yield -fixed


def _event_instants(nodes: Iterable[Node], data: Relations, now: datetime) -> Iterator[datetime]:
    edges = {edge for node in nodes for edge in (*_windows(node), *_aged_events(node))}
    for edge in sorted(edges, key=lambda edge: (edge.kind, edge.column, edge.distance)):
        try:
            after = (now - edge.distance - edge.margin).astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            continue
        for found in data.connection.execute(_values_after(edge, data), {"after": after}).fetchall():
            at = scalar(found[0], TIME) if isinstance(found[0], datetime) else found[0]
            yield from _later(at, edge.distance, data.zone)


def _values_after(edge: _Edge, data: Relations) -> str:
    value = column("e", edge.column)
    query = exp.Select(
        expressions=[value],
        distinct=exp.Distinct(),
        from_=exp.From(this=aliased(data.events(edge.kind), "e")),
        where=exp.Where(this=exp.GT(this=value.copy(), expression=exp.Placeholder(this="after"))),
        order=exp.Order(expressions=[exp.Ordered(this=value.copy(), nulls_first=False)]),
        limit=exp.Limit(expression=exp.Literal.number(str(CANDIDATES))),
    )
    return query.sql(dialect="duckdb", copy=False)


def _windows(node: Node) -> Iterator[_Edge]:
    asked = [(m.event, m.period, m.where) for m in measures_of(node)]
    if isinstance(node, Sequence):
        asked += [(kind, node.period, step.where) for step in node.steps for kind in step.events]
    for kind, period, where in asked:
        distances = (_NONE,) if period is None else (_NONE, period.start, period.end)
        yield from (_Edge(kind, "at", distance) for distance in distances)
        if where is not None:
            yield from _aged_properties(kind, where)


def _aged_properties(kind: str, where: Condition) -> Iterator[_Edge]:
    for part in walk(where):
        for base, distance in _bases(part):
            if isinstance(base, Field) and isinstance(distance, timedelta):
                yield _Edge(kind, f"f.{base.name}", distance)


def _aged_events(node: Node) -> Iterator[_Edge]:
    # the age of a first or last event: another event may be the last one by then
    for base, distance in _bases(node):
        for part in walk(base):
            if isinstance(part, Aggregate) and isinstance(distance, timedelta):
                yield from (_Edge(kind, "at", distance) for kind in part.events)
