"""Why a person is in a persona or not: every part of the condition with its truth and the values behind it.

The same statement as everywhere answers, with one column per part and value; nothing is evaluated a second way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from rulekit.diagnostics.source import SourceText
from rulekit.errors import RulekitError
from rulekit.evaluation.data.data_report import DataReport
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.forecast import next_change
from rulekit.evaluation.questions.outline import Outline, Outlining, Side
from rulekit.evaluation.questions.scalars import scalar, shown
from rulekit.evaluation.questions.unjudged import UnreadableColumn, columns_behind
from rulekit.evaluation.sql.query_plan import Plan, PlanColumn, plan_columns
from rulekit.evaluation.sql.relations import Relations, excerpt
from rulekit.evaluation.sql.statement import people_statement
from rulekit.evaluation.sql.truths import unknown_column
from rulekit.language.expression_parts import Node
from rulekit.language.program import Persona, Program
from rulekit.language.typed_expressions import InSegment

_ANSWERS = {True: "yes", False: "no ", None: "unknown"}


class Unanswered(Enum):
    """What stands in the place of an answer that nobody can give."""

    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition: its source text on one line, whether it holds, and the values that decide it, as text.

    `holds` is None where that is unknown, because a value that it needs cannot be read; what has no parts of its own
    then says in which columns there are such values.
    """

    text: str
    holds: bool | None
    values: tuple[tuple[str, str], ...]
    children: tuple["Part", ...]
    unreadable: tuple[UnreadableColumn, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yields this part and everything below it, one line each, what is deeper further in."""
        told = [f"{text} = {value}" for text, value in self.values]
        told += [f"unreadable in the data: {column}" for column in self.unreadable]
        yield f"{'  ' * depth}{_ANSWERS[self.holds]}  {self.text}" + (f"   ({', '.join(told)})" if told else "")
        for child in self.children:
            yield from child.lines(depth + 1)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a person is in a persona at `now`, and why; `member` is None where that is unknown.

    `changes_at` is the first later instant at which time alone, with the same data, makes that the opposite; None when
    it never does (or not within the instants that were looked at).
    """

    person: str
    persona: str
    now: datetime
    member: bool | None
    because: Part
    changes_at: datetime | None


def explain(
    program: Program,
    data: Data,
    person: str,
    persona: str,
    now: datetime,
    sources: Mapping[str, SourceText],
    *,
    look_ahead: bool = True,
) -> Explanation:
    """Returns why the person is in the persona at `now`, or why not; `look_ahead` False leaves `changes_at` out.

    The name of a segment in the place of a persona's asks about the person's company. Raises RulekitError when the data
    has no such person.
    """
    of_company = persona not in program.personas
    if of_company:
        program = replace(program, personas={persona: Persona(persona, "", InSegment(persona))})
    questions = Questions.about(program, persona, sources, data.zone)
    with excerpt(data, questions.plan, [person]) as concerned:
        answers = questions.ask(concerned, now)
        if person not in answers:
            raise RulekitError(
                f"there is no person `{person}` in the data",
                help="give the person's key in the source, or their address",
            )
        change = next_change(program, persona, person, concerned, now) if look_ahead else None
    part = questions.part(answers[person], now, data.report)
    if of_company:
        # what the segment asks for; of a person without a company it is false whatever it says
        part = replace(part.children[0], holds=part.holds)
    return Explanation(person, persona, now, part.holds, part, change)


def because(
    program: Program,
    data: Relations,
    persona: str,
    people: Sequence[str],
    now: datetime,
    sources: Mapping[str, SourceText],
) -> dict[str, dict[str, str]]:
    """Returns for each of the people the values that the persona's condition depends on, by their text.

    People who are not in the data are left out.
    """
    questions = Questions.about(program, persona, sources, data.zone)
    with excerpt(data, questions.plan, people) as concerned:
        answers = questions.ask(concerned, now)
    return {person: questions.values(answers[person], now) for person in people if person in answers}


Answers = Mapping[Node, object]
"""What came back for one person: the value of every part and side, `Unanswered` where it cannot be given."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Everything that is asked about a persona: its outline, and the plan with one column for each part and side."""

    outline: Outline
    nodes: tuple[Node, ...]
    plan: Plan
    zone: str

    @classmethod
    def about(cls, program: Program, persona: str, sources: Mapping[str, SourceText], zone: str) -> "Questions":
        """Returns the questions about a persona; dates begin in `zone`."""
        outline = Outlining(program, sources).outline(program.personas[persona].condition)
        asked = [
            node for part in outline.all_parts() for node in (part.condition, *(side.value for side in part.sides))
        ]
        nodes = tuple(dict.fromkeys(asked))
        columns = [PlanColumn(f"answer {i}", node) for i, node in enumerate(nodes)]
        return cls(outline, nodes, plan_columns(program, columns), zone)

    def ask(self, data: Relations, now: datetime) -> dict[str, Answers]:
        """Returns the answers for every person in the data."""
        found = people_statement(self.plan, data).run(data.connection, now)
        names = [name for name, *_ in found.description]
        rows = (dict(zip(names, row, strict=True)) for row in found.fetchall())
        return {row["person"]: self._answers(row) for row in rows}

    def _answers(self, row: Mapping[str, object]) -> Answers:
        named = zip(self.nodes, (column.name for column in self.plan.columns), strict=True)
        return {node: Unanswered.UNKNOWN if row.get(unknown_column(name)) else row[name] for node, name in named}

    def part(self, answers: Answers, now: datetime, report: DataReport | None = None) -> Part:
        """Returns the whole condition with what was answered for one person; `report` tells what cannot be read."""
        return self._part(self.outline, answers, now, report)

    def values(self, answers: Answers, now: datetime) -> dict[str, str]:
        """Returns the values that the condition depends on, by their text, as answered for one person."""
        sides = [side for part in self.outline.all_parts() for side in part.sides]
        return dict(_values(sides, answers, now, self.zone))

    def _part(self, outline: Outline, answers: Answers, now: datetime, report: DataReport | None) -> Part:
        unknown = answers[outline.condition] is Unanswered.UNKNOWN
        return Part(
            text=outline.text,
            holds=None if unknown else bool(answers[outline.condition]),
            values=tuple(_values(outline.sides, answers, now, self.zone)),
            children=tuple(self._part(part, answers, now, report) for part in outline.parts),
            unreadable=columns_behind([outline.condition], report) if unknown and report and not outline.parts else (),
        )


def _values(sides: Iterable[Side], answers: Answers, now: datetime, zone: str) -> Iterator[tuple[str, str]]:
    for side in sides:
        yield side.text, _shown(side, answers[side.value], now, zone)


def _shown(side: Side, answer: object, now: datetime, zone: str) -> str:
    if answer is Unanswered.UNKNOWN:
        return "unreadable"
    value = scalar(answer, side.value.type)
    return _times(value) if side.times else shown(value, now, zone)


def _times(count: object) -> str:
    if not isinstance(count, int):
        return "missing"  # there is no company that could have done it
    return {0: "never", 1: "once"}.get(count, f"{count} times")
