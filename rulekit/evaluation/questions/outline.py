"""A condition as the tree of parts that an author sees, with the source text of each and the values it depends on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rulekit.diagnostics.source import SourceText, Span
from rulekit.language.expression_parts import children, walk
from rulekit.language.program import Program
from rulekit.language.typed_expressions import (
    Age,
    Aggregate,
    And,
    Company,
    Comparison,
    Condition,
    Constant,
    Default,
    Did,
    Field,
    Function,
    InList,
    InPersona,
    InSegment,
    IsMissing,
    Lower,
    Midnight,
    Not,
    Or,
    Sequence,
    TextTest,
    Value,
    Within,
)
from rulekit.language.types import NUMBER


@dataclass(frozen=True, slots=True)
class Side:
    """A value that a part depends on, under the text that names it; `times` for how often something was done."""

    text: str
    value: Value
    times: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """A part of a condition: its text, the sides it compares, and the parts it is made of."""

    text: str
    condition: Condition
    sides: tuple[Side, ...]
    parts: tuple["Outline", ...]

    def all_parts(self) -> Iterator["Outline"]:
        """Yields this part and everything below it, in the order of the text."""
        yield self
        for part in self.parts:
            yield from part.all_parts()


class Outlining:
    """Makes outlines of conditions of one program, whose texts are in `sources`."""

    def __init__(self, program: Program, sources: Mapping[str, SourceText]) -> None:
        self._program = program
        self._sources = sources

    def outline(self, condition: Condition) -> Outline:
        """Returns the outline; personas and segments that are only named are opened up."""
        parts = tuple(map(self.outline, self._parts(condition)))
        return Outline(self._text(condition.span), condition, tuple(self._sides(condition)), parts)

    def _parts(self, condition: Condition) -> tuple[Condition, ...]:
        match condition:
            case And() | Or():
                return condition.operands
            case Not() if _is_one_operator(condition):
                return self._parts(condition.operand)
            case Not():
                return (condition.operand,)
            case InPersona():
                return (self._program.personas[condition.name].condition,)
            case InSegment():
                return (self._program.segments[condition.name].condition,)
            case _:
                return ()

    def _sides(self, condition: Condition) -> Iterator[Side]:
        match condition:
            case Comparison() | TextTest() | InList() | IsMissing() | Within():
                values = [part for part in children(condition) if isinstance(part, Value)]
                sides = [side for value in values for side in self._values(value)]
                yield from dict.fromkeys(sides)
            case Not() if _is_one_operator(condition):
                yield from self._sides(condition.operand)
            case Did():
                count = _count(condition, condition.events, condition.where)
                yield Side(self._text(condition.span), count, times=True)
            case Sequence():
                for step in condition.steps:
                    yield Side(self._text(step.span), _count(condition, step.events, step.where), times=True)

    def _values(self, value: Value) -> Iterator[Side]:
        match value:
            case Constant() | Company():
                return
            case Field() | Aggregate():
                yield Side(self._text(value.span), value)
            case Age() | Midnight():
                yield from self._values(value.of)
            case _:
                if any(isinstance(part, Field | Aggregate) for part in walk(value)):
                    if not isinstance(value, Lower | Default):
                        yield Side(self._text(value.span), value)
                    for part in children(value):
                        yield from self._values(part)

    def _text(self, span: Span) -> str:
        source = self._sources.get(span.path)
        return "" if source is None else " ".join(source.text[span.start : span.end].split())


def _is_one_operator(negation: Not) -> bool:
    """Returns whether the opposite is written as one: `is present`, `not in`; it has no part of its own."""
    return negation.operand.span == negation.span


def _count(done: Did | Sequence, events: tuple[str, ...], where: Condition | None) -> Aggregate:
    return Aggregate(Function.COUNT, events, None, where, done.period, done.company, NUMBER, optional=done.company)
