"""What has to be computed for some personas and segments, as values that compare by meaning.

Every aggregate is broken down into measures over one kind of event each; equal measures are one, however many personas
ask for them. A plan is hashable, knows nothing of the data, and is the same at every instant.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeGuard

from rulekit.language.expression_parts import Node, walk
from rulekit.language.program import Program
from rulekit.language.typed_expressions import (
    Aggregate,
    And,
    Company,
    Condition,
    Did,
    Field,
    Function,
    InPersona,
    InSegment,
    Not,
    Or,
    Period,
    Sequence,
)
from rulekit.language.types import NUMBER, TIME, Type


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate over one kind of event, per person or per company; fields as in `program.Aggregate`."""

    function: Function
    event: str
    property: str | None
    where: Condition | None
    period: Period | None
    company: bool
    type: Type


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """One result per person, under a name."""

    name: str
    node: Node


@dataclass(frozen=True)
class Plan:
    """Columns to compute for every person, with personas inlined, and the segments they need, by name.

    `personas` and `asked_segments` are the names whose columns (see `column_name`) were asked for.
    """

    columns: tuple[PlanColumn, ...]
    segments: tuple[tuple[str, Condition], ...]
    personas: tuple[str, ...] = ()
    asked_segments: tuple[str, ...] = ()

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(part for column in self.columns for part in walk(column.node))

    @cached_property
    def _segment_nodes(self) -> tuple[Node, ...]:
        return tuple(part for _, condition in self.segments for part in walk(condition))

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Returns every measure once, in the order of first use."""
        return tuple(dict.fromkeys(m for node in self._nodes + self._segment_nodes for m in measures_of(node)))

    @cached_property
    def chains(self) -> tuple[Sequence, ...]:
        """Returns every sequence that is not a comparison of two measures once, in the order of first use."""
        return tuple(dict.fromkeys(node for node in self._nodes + self._segment_nodes if is_chain(node)))

    @cached_property
    def asked_by_people(self) -> frozenset[Measure | Sequence]:
        """Returns the measures and chains that columns use directly."""
        return _asked(self._nodes)

    @cached_property
    def asked_by_segments(self) -> frozenset[Measure | Sequence]:
        """Returns the measures and chains that segments use."""
        return _asked(self._segment_nodes)

    @cached_property
    def uses_companies(self) -> bool:
        """Returns whether a column asks for the person's company, one of its fields or one of its figures."""
        return any(map(_is_of_company, self._nodes))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Returns the kinds of event that have to be read, in the order of names."""
        stepped = {kind for chain in self.chains for step in chain.steps for kind in step.events}
        return tuple(sorted(stepped | {measure.event for measure in self.measures}))


def build_plan(program: Program, personas: Iterable[str] | None = None, segments: Iterable[str] = ()) -> Plan:
    """Returns the plan for these personas (None: all) and segments; its columns are named by `column_name`."""
    names = tuple(program.personas) if personas is None else tuple(personas)
    columns = [PlanColumn(column_name("persona", name), program.personas[name].condition) for name in names]
    asked = tuple(segments)
    columns += [PlanColumn(column_name("segment", name), InSegment(name)) for name in asked]
    return replace(plan_columns(program, columns), personas=names, asked_segments=asked)


def plan_columns(program: Program, columns: Iterable[PlanColumn]) -> Plan:
    """Returns the plan for any conditions and values of the program."""
    inlining = _Inlining(program)
    inlined = tuple(PlanColumn(column.name, inlining.node(column.node)) for column in columns)
    return Plan(inlined, tuple(inlining.segments.items()))


def column_name(sort: str, name: str) -> str:
    """Returns the name of the column for a persona or segment (`sort`)."""
    return f"{sort} {name}"


def measures_of(node: Node) -> tuple[Measure, ...]:
    """Returns the measures that a node itself stands for, one per kind of event; none for most nodes."""
    match node:
        case Aggregate():
            return tuple(
                Measure(node.function, kind, node.property, node.where, node.period, node.company, node.type)
                for kind in node.events
            )
        case Did():
            return tuple(
                Measure(Function.COUNT, kind, None, node.where, node.period, node.company, NUMBER)
                for kind in node.events
            )
        case Sequence() if not is_chain(node):
            earliest, latest = edges(node)
            return measures_of(earliest) + measures_of(latest)
        case _:
            return ()


def is_chain(node: Node) -> TypeGuard[Sequence]:
    """Returns whether the node is a sequence that needs its events in order of time."""
    return isinstance(node, Sequence) and (len(node.steps) != 2 or node.within is not None)


def edges(sequence: Sequence) -> tuple[Aggregate, Aggregate]:
    """Returns the first instant of step one and the last of step two; in order means the one is before the other."""
    functions = (Function.FIRST, Function.LAST)
    first, last = (
        Aggregate(function, step.events, None, step.where, sequence.period, sequence.company, TIME, optional=True)
        for function, step in zip(functions, sequence.steps, strict=True)
    )
    return first, last


def _asked(nodes: Iterable[Node]) -> frozenset[Measure | Sequence]:
    found: set[Measure | Sequence] = set()
    for node in nodes:
        found.update(measures_of(node))
        if is_chain(node):
            found.add(node)
    return frozenset(found)


def _is_of_company(node: Node) -> bool:
    match node:
        case Field():
            return node.owner == "company"
        case Aggregate() | Did() | Sequence():
            return node.company
        case _:
            return isinstance(node, Company)


class _Inlining:
    """Puts the conditions of personas in the place of their names, and notes the segments that are met."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._personas: dict[str, Condition] = {}
        self._inside: dict[str, Condition] = {}
        self.segments: dict[str, Condition] = {}

    def node(self, node: Node) -> Node:
        match node:
            case And() | Or() | Not() | InPersona() | InSegment():
                return self.condition(node)
            case _:
                return node

    def condition(self, condition: Condition) -> Condition:
        match condition:
            case And() | Or():
                return replace(condition, operands=tuple(map(self.condition, condition.operands)))
            case Not():
                return replace(condition, operand=self.condition(condition.operand))
            case InPersona():
                return self._persona(condition.name)
            case InSegment():
                self.segments[condition.name] = self._segment(condition.name)
                return condition
            case _:
                return condition

    def _persona(self, name: str) -> Condition:
        if name not in self._personas:
            self._personas[name] = self.condition(self._program.personas[name].condition)
        return self._personas[name]

    def _segment(self, name: str) -> Condition:
        if name not in self._inside:
            self._inside[name] = self._in_company(self._program.segments[name].condition)
        return self._inside[name]

    def _in_company(self, condition: Condition) -> Condition:
        match condition:
            case And() | Or():
                return replace(condition, operands=tuple(map(self._in_company, condition.operands)))
            case Not():
                return replace(condition, operand=self._in_company(condition.operand))
            case InSegment():
                return self._segment(condition.name)
            case _:
                return condition
