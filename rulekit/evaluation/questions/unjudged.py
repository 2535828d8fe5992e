"""How many people cannot be judged, in which persona, and because of which columns: values, not words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from rulekit.diagnostics.display import plural
from rulekit.evaluation.data.data_report import DataReport, Shapes
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.membership import Membership, evaluate
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.language.expression_parts import Node, walk
from rulekit.language.program import Program
from rulekit.language.typed_expressions import Aggregate, Did, Field, Sequence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class UnreadableColumn:
    """A field of an owner, or the times of a kind of event (`field` None), of which some values cannot be read.

    `owner` and `shapes` are as in `FieldReport`.
    """

    owner: str
    field: str | None
    values: int
    shapes: Shapes

    @property
    def name(self) -> str:
        """Returns the owner and the field, as `person.plan`; of the time of a kind of event the kind alone."""
        return self.owner if self.field is None else f"{self.owner}.{self.field}"

    @property
    def title(self) -> str:
        """Returns what an author calls it."""
        return f"the time of `{self.owner}`" if self.field is None else f"`{self.field}` of `{self.owner}`"

    def __str__(self) -> str:
        """Returns the title and what its unreadable values look like."""
        looks = ", ".join(f"{count:,} like `{shape}`" for shape, count in self.shapes)
        return f"{self.title} ({looks})" if looks else self.title


@dataclass(frozen=True, slots=True)
class Unjudged:
    """How many people cannot be judged in a persona, or in a segment by their company, because of which columns."""

    what: Literal["persona", "segment"]
    name: str
    people: int
    columns: tuple[UnreadableColumn, ...]

    def __str__(self) -> str:
        """Returns a sentence for people."""
        who = plural(self.people, "person", "people")
        return f"{self.name}: {who} cannot be judged, because of {' and '.join(map(str, self.columns))}"


def find_unjudged(program: Program, data: Data, now: datetime) -> tuple[Unjudged, ...]:
    """Returns of each persona of the program in which anybody cannot be judged at `now` how many people that is.

    Raises SourceError when the data cannot be evaluated.
    """
    return describe_unjudged(program, evaluate(build_plan(program), data, now), data.report)


def describe_unjudged(program: Program, membership: Membership, report: DataReport) -> tuple[Unjudged, ...]:
    """Returns the same of people who are judged already, and of the segments that they were asked for."""
    return (
        *_described("persona", membership.unjudged, program, report),
        *_described("segment", membership.unjudged_segments, program, report),
    )


def columns_behind(conditions: Iterable[Node], report: DataReport) -> tuple[UnreadableColumn, ...]:
    """Returns what conditions read, outside of personas and segments, of which the data has unreadable values."""
    read = {column for condition in conditions for node in walk(condition) for column in _read_by(node)}
    return tuple(column for column in _unreadable_columns(report) if (column.owner, column.field) in read)


def _unreadable_columns(report: DataReport) -> Iterator[UnreadableColumn]:
    for found in report.fields:
        if found.unreadable:
            yield UnreadableColumn(found.owner, found.field, found.unreadable, found.shapes)
    for kind, events in report.events.items():
        if events.unreadable:
            yield UnreadableColumn(kind, None, events.unreadable, events.shapes)


def _described(
    what: Literal["persona", "segment"],
    bits: Mapping[str, "NDArray[np.bool_]"],
    program: Program,
    report: DataReport,
) -> Iterator[Unjudged]:
    for name, unjudged in sorted(bits.items()):
        plan = build_plan(program, [name], []) if what == "persona" else build_plan(program, [], [name])
        asked = [*(column.node for column in plan.columns), *(test for _, test in plan.segments)]
        yield Unjudged(what, name, int(unjudged.sum()), columns_behind(asked, report))


def _read_by(node: Node) -> Iterator[tuple[str, str | None]]:
    match node:
        case Field() if node.owner != "event":
            yield node.owner, node.name
        case Aggregate():
            yield from _read_of(node.events, [node.where])
            yield from ((kind, node.property) for kind in node.events if node.property is not None)
        case Did():
            yield from _read_of(node.events, [node.where])
        case Sequence():
            for step in node.steps:
                yield from _read_of(step.events, [step.where])


def _read_of(kinds: tuple[str, ...], asked: Iterable[Node | None]) -> Iterator[tuple[str, str | None]]:
    names = [part.name for node in asked if node is not None for part in walk(node) if isinstance(part, Field)]
    for kind in kinds:
        yield kind, None
        yield from ((kind, name) for name in names)
