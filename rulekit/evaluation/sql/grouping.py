"""Which subqueries a plan needs over events, and where each finds its rows: every kind of event is scanned once.

A kind that one subquery reads is filtered in place; for several readers its rows are filtered once and kept.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from rulekit.evaluation.sql.doubts import (
    UNKNOWN,
    UNTIMED,
    chain_doubts,
    chain_may_be_doubtful,
    kept,
    may_be_doubtful,
    unknown_measure,
)
from rulekit.evaluation.sql.fragments import aliased, named, shared_rows, table
from rulekit.evaluation.sql.measures import EVENT, Bounds, conjunction, grouped, result_number
from rulekit.evaluation.sql.numbers import Exact, Term
from rulekit.evaluation.sql.query_plan import Measure, Plan
from rulekit.evaluation.sql.relations import Relations
from rulekit.evaluation.sql.sequences import HAPPENED, chain_query
from rulekit.evaluation.sql.values import Cutoffs, SqlScope, column
from rulekit.language.expression_parts import walk
from rulekit.language.typed_expressions import Condition, Field, Sequence

_BY = "by"


@dataclass(frozen=True, slots=True)
class EventGroup:
    """A subquery with one row per person or company (`key`), and the results it has.

    `doubts` says of those that may be unknown whether they are; of a chain a subquery of its own does.
    """

    alias: str
    company: bool
    results: Mapping[Measure | Sequence, Term] = field(default_factory=dict)
    doubts: Mapping[Measure | Sequence, exp.Expr] = field(default_factory=dict)

    @property
    def answers(self) -> set[Measure | Sequence]:
        """Returns what the group tells anything about."""
        return {*self.results, *self.doubts}


class EventGroups:
    """The subqueries over events of one statement; `numbers` tells how exact the columns of a kind of event are."""

    def __init__(
        self, plan: Plan, data: Relations, cutoffs: Cutoffs, numbers: Callable[[str], Mapping[str, Exact | None]]
    ) -> None:
        self._plan = plan
        self._data = data
        self._cutoffs = cutoffs
        self._numbers = numbers
        self._groups = dict(self._all())
        self._readers = Counter(kind for group in self._groups.values() for kind in _kinds_of(group))
        self._shared: dict[str, exp.CTE] = {}

    def asked(self, wanted: Collection[Measure | Sequence]) -> list[EventGroup]:
        """Returns the groups that have any of the wanted results."""
        return [group for group in self._groups.values() if not group.answers.isdisjoint(wanted)]

    def source(self, group: EventGroup) -> exp.Expr:
        """Returns the group as a table under its alias."""
        wanted = group.answers
        if wanted.isdisjoint(self._plan.asked_by_people) or wanted.isdisjoint(self._plan.asked_by_segments):
            return aliased(self._query(group), group.alias)
        name = f"results {group.alias}"
        if name not in self._shared:
            self._shared[name] = shared_rows(name, self._query(group))
        return table(name, group.alias)

    def shared(self) -> list[exp.CTE]:
        """Returns what several parts of the statement read, in the order of dependence; ask last."""
        return list(self._shared.values())

    def _all(self) -> Iterator[tuple[str, EventGroup]]:
        for company in (False, True):
            for kind in self._plan.kinds:
                own = [m for m in self._plan.measures if m.event == kind and m.company is company]
                if own:
                    alias = f"{'company' if company else 'person'} {kind}"
                    unsure = [m for m in own if may_be_doubtful(m, self._scope(kind))]
                    yield (
                        alias,
                        EventGroup(
                            alias,
                            company,
                            {m: self._result(alias, i, m) for i, m in enumerate(own)},
                            {m: column(alias, f"u{i}") for i, m in enumerate(unsure)},
                        ),
                    )
        for i, chain in enumerate(self._plan.chains):
            alias, doubts = f"chain {i}", f"chain {i} doubts"
            yield alias, EventGroup(alias, chain.company, {chain: Term(column(alias, HAPPENED))})
            if self._doubtful_kinds(chain):
                yield doubts, EventGroup(doubts, chain.company, doubts={chain: column(doubts, UNKNOWN)})

    def _result(self, alias: str, index: int, measure: Measure) -> Term:
        return Term(column(alias, f"m{index}"), result_number(measure, lambda: self._numbers(measure.event)))

    def _query(self, group: EventGroup) -> exp.Select:
        first = next(iter(group.answers))
        if isinstance(first, Sequence):
            return self._chain_query(group, first)
        measures = [result for result in group.results if isinstance(result, Measure)]
        rows, key, scope = self._rows(first.event, group.company)
        bounds = Bounds.around(measure.period for measure in measures)
        for test in kept(bounds, scope):
            rows.where(test, copy=False)
        query = grouped(measures, rows, key, bounds, scope)
        unsure = [measure for measure in measures if measure in group.doubts]
        doubts = [named(unknown_measure(measure, scope), f"u{i}") for i, measure in enumerate(unsure)]
        return query.select(*doubts, copy=False) if doubts else query

    def _chain_query(self, group: EventGroup, chain: Sequence) -> exp.Select:
        def rows(kind: str) -> tuple[exp.Select, exp.Column, SqlScope]:
            return self._rows(kind, group.company)

        return chain_query(chain, rows) if group.results else chain_doubts(chain, self._doubtful_kinds(chain), rows)

    def _doubtful_kinds(self, chain: Sequence) -> list[str]:
        kinds = sorted({kind for step in chain.steps for kind in step.events})
        return [kind for kind in kinds if chain_may_be_doubtful(chain, kind, self._scope(kind))]

    def _rows(self, kind: str, company: bool) -> tuple[exp.Select, exp.Column, SqlScope]:
        rows = exp.Select(from_=exp.From(this=self._events(kind)))
        scope = self._scope(kind)
        if not company:
            return rows, column(EVENT, "person"), scope
        same = exp.EQ(this=column(_BY, "person"), expression=column(EVENT, "person"))
        rows.set("joins", [exp.Join(this=aliased(self._data.people(), _BY), on=same)])
        key = column(_BY, "company")
        rows.set("where", exp.Where(this=exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null()))))
        return rows, key, scope

    def _scope(self, kind: str) -> SqlScope:
        return SqlScope(
            {"event": EVENT},
            lambda _: self._numbers(kind),
            self._cutoffs,
            zone=self._data.zone,
            unreadable=lambda _: self._data.unreadable.get(f"event {kind}", frozenset()),
            untimed=kind in self._data.untimed,
        )

    def _events(self, kind: str) -> exp.Expr:
        if self._readers[kind] == 1:
            return aliased(self._data.events(kind), EVENT)
        name = f"events {kind}"
        if name not in self._shared:
            self._shared[name] = shared_rows(name, self._kept_rows(kind))
        return table(name, EVENT)

    def _kept_rows(self, kind: str) -> exp.Select:
        chains = [c for c in self._plan.chains if any(kind in step.events for step in c.steps)]
        periods = [m.period for m in self._plan.measures if m.event == kind] + [c.period for c in chains]
        tests = kept(Bounds.around(periods), self._scope(kind))
        properties = self._properties(kind)
        names = ["person", "at", *(f"f.{name}" for name in properties)]
        names += [f"u.{name}" for name in properties if name in self._data.unreadable.get(f"event {kind}", ())]
        names += [UNTIMED] if kind in self._data.untimed else []
        names += [self._data.now_column] if self._data.now_column else []
        return exp.Select(
            expressions=[column(EVENT, name) for name in names],
            from_=exp.From(this=aliased(self._data.events(kind), EVENT)),
            where=exp.Where(this=conjunction(tests)),
        )

    def _properties(self, kind: str) -> list[str]:
        own = [measure for measure in self._plan.measures if measure.event == kind]
        names = {measure.property for measure in own if measure.property is not None}
        clauses = [measure.where for measure in own]
        clauses += [step.where for c in self._plan.chains for step in c.steps if kind in step.events]
        return sorted(names.union(*(_fields(clause) for clause in clauses if clause is not None)))


def _fields(where: Condition) -> set[str]:
    return {node.name for node in walk(where) if isinstance(node, Field)}


def _kinds_of(group: EventGroup) -> set[str]:
    kinds: set[str] = set()
    for result in group.answers:
        if isinstance(result, Measure):
            kinds.add(result.event)
        else:
            kinds.update(kind for step in result.steps for kind in step.events)
    return kinds
