"""Many small fixtures, each looked at in instants of its own, answered by one statement.

To plan a statement costs the engine far more than to run it over a few rows. So each fixture is written down once for
each of its instants, with keys that tell these copies apart and rows that say their instant; the evaluator is the same.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from rulekit.diagnostics.source import SourceText
from rulekit.errors import RulekitError
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.data.python_rows import Row
from rulekit.evaluation.questions.explanation import Answers, Part, Questions
from rulekit.evaluation.questions.membership import Membership, companies_in_segments
from rulekit.evaluation.questions.people import fetch_people
from rulekit.evaluation.questions.snapshot import asked_segments
from rulekit.evaluation.questions.strangers import Strangers
from rulekit.evaluation.questions.unjudged import Unjudged
from rulekit.evaluation.sql.query_plan import PlanColumn, plan_columns
from rulekit.evaluation.sql.statement import people_statement
from rulekit.language.program import FieldType, Program, Schema
from rulekit.language.typed_expressions import InSegment
from rulekit.language.types import TIME
from rulekit.records import Person, Scalar

# a field that no author can declare
_NOW = " now"
# what a statement is given as its instant where every row says its own
AT_THE_ROWS = datetime.min.replace(tzinfo=UTC)
_KEYS = ("person", "company")
_DIGITS = 9

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Fixture:
    """Rows of people, companies and events, as for `Data.from_rows`, and the instants at which they are looked at."""

    people: Sequence[Row]
    companies: Sequence[Row]
    events: Mapping[str, Sequence[Row]]
    instants: Sequence[datetime]


@dataclass(frozen=True, slots=True)
class FixtureSnapshot:
    """One fixture at `now`, with the answer to every part of every persona for everybody in it.

    `companies` has the segments of each company that is in any.
    """

    program: Program
    questions: Mapping[str, Questions]
    now: datetime
    kinds: frozenset[str] = frozenset()
    answers: Mapping[str, Answers] = field(default_factory=dict)
    persons: Mapping[str, Person] = field(default_factory=dict)
    companies: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def membership(self) -> Membership:
        """Returns who is in which persona, and in which segment that a trigger asks for."""
        asked = self.program.personas.items()
        personas = {name: [a[persona.condition] for a in self.answers.values()] for name, persona in asked}
        segments = {name: [a[InSegment(name)] for a in self.answers.values()] for name in asked_segments(self.program)}
        return Membership(
            people=list(self.answers),
            personas={name: np.array(bits, dtype=np.bool_) for name, bits in personas.items()},
            segments={name: np.array(bits, dtype=np.bool_) for name, bits in segments.items()},
        )

    def profile(self) -> None:
        """Returns nothing: the data of a test changes as its author wants."""

    def unjudged(self, membership: Membership) -> tuple[Unjudged, ...]:
        """Returns nothing: every value of a fixture can be read."""
        return ()

    def people(self, keys: Sequence[str]) -> Mapping[str, Person]:
        """Returns those of the people that the fixture has, by key."""
        return {key: self.persons[key] for key in keys if key in self.persons}

    def field(self, name: str, keys: Sequence[str]) -> Mapping[str, Scalar]:
        """Returns the value of a field for those of the people that the fixture has, by key."""
        return {key: person.fields.get(name) for key, person in self.people(keys).items()}

    def because(self, persona: str, people: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Returns for each of the people the values that the persona's condition depends on, by their text."""
        questions = self.questions[persona]
        return {key: questions.values(self.answers[key], self.now) for key in people if key in self.answers}

    def strangers(self, known: Sequence[str], accepted: Collection[str]) -> Mapping[str, Strangers]:
        """Returns the kinds of event that are mostly of nobody: none, as a test says whom its events are of."""
        return {}

    def explain(self, person: str, persona: str) -> Part:
        """Returns why the person is in the persona, or why not; raises RulekitError when there is no such person."""
        if person not in self.answers:
            raise RulekitError(f"there is no person `{person}` in the data", help="give the person's key in the source")
        return self.questions[persona].part(self.answers[person], self.now)

    def segments_of(self, company: str) -> frozenset[str]:
        """Returns the segments that a company is in."""
        return self.companies.get(company, frozenset())


def look_at_nobody(program: Program, sources: Mapping[str, SourceText], now: datetime) -> FixtureSnapshot:
    """Returns the snapshot of a fixture without anybody, which needs no statement."""
    return FixtureSnapshot(program, _questions(program, sources, "UTC"), now)


def look_at_batch(
    program: Program, sources: Mapping[str, SourceText], fixtures: Sequence[Fixture], zone: str = "UTC"
) -> list[list[FixtureSnapshot]]:
    """Returns for each fixture its snapshot at each of its instants; `sources` are the texts of the rules.

    Dates begin in `zone`.

    Raises SourceError when the fixtures cannot be evaluated.
    """
    copies = [(fixture, now) for fixture in fixtures for now in fixture.instants]
    questions = _questions(program, sources, zone)
    data = unroll(program.schema, fixtures, zone)
    with closing(data.connection):
        answers = _answer(program, questions.values(), data)
        persons = fetch_people(program.schema, data, list(answers))
        companies = companies_in_segments(program, data, AT_THE_ROWS)
    answers_of, persons_of, companies_of = _by_copy(answers), _by_copy(_with_own_keys(persons)), _by_copy(companies)
    snapshots = (
        FixtureSnapshot(
            program, questions, now, _kinds(fixture), answers_of[number], persons_of[number], companies_of[number]
        )
        for number, (fixture, now) in enumerate(copies)
    )
    return [[next(snapshots) for _ in fixture.instants] for fixture in fixtures]


def _questions(program: Program, sources: Mapping[str, SourceText], zone: str) -> dict[str, Questions]:
    return {name: Questions.about(program, name, sources, zone) for name in program.personas}


def _answer(program: Program, questions: Iterable[Questions], data: Data) -> dict[str, Answers]:
    segments = [InSegment(name) for name in asked_segments(program)]
    nodes = tuple(dict.fromkeys([*(node for each in questions for node in each.nodes), *segments]))
    plan = plan_columns(program, [PlanColumn(f"answer {number}", node) for number, node in enumerate(nodes)])
    rows = people_statement(plan, data).run(data.connection, AT_THE_ROWS).fetchall()
    # what no declared type holds, as a time of the year 1, is unknown, as in any data; the flags of that stand behind
    return {person: dict(zip(nodes, values[: len(nodes)], strict=True)) for person, *values in rows}


def _kinds(fixture: Fixture) -> frozenset[str]:
    return frozenset(kind for kind, rows in fixture.events.items() if rows)


def unroll(schema: Schema, fixtures: Sequence[Fixture], zone: str) -> Data:
    """Returns every fixture once for each of its instants, in one database that the caller closes.

    Dates begin in `zone`. Statements over it are run at AT_THE_ROWS: each row says its instant.
    """
    copies = [(fixture, now) for fixture in fixtures for now in fixture.instants]
    events: dict[str, list[Row]] = {kind: [] for kind in schema.events}
    people: list[Row] = []
    companies: list[Row] = []
    for number, (fixture, now) in enumerate(copies):
        people += _marked(fixture.people, number, now)
        companies += _marked(fixture.companies, number, now)
        for kind, rows in fixture.events.items():
            events[kind] += _marked(rows, number, now)
    return replace(Data.from_rows(_with_now(schema), people, companies, events, zone), now_column=f"f.{_NOW}")


def _marked(rows: Iterable[Row], number: int, now: datetime) -> Iterator[Row]:
    for row in rows:
        keys = {name: f"{number:0{_DIGITS}}{row[name]}" for name in _KEYS if row.get(name)}
        yield {**row, **keys, _NOW: now}


def _with_now(schema: Schema) -> Schema:
    now = {_NOW: FieldType(_NOW, TIME, optional=False)}
    return Schema(
        person={**schema.person, **now},
        company={**schema.company, **now},
        events={kind: {**fields, **now} for kind, fields in schema.events.items()},
    )


def _with_own_keys(persons: Mapping[str, Person]) -> dict[str, Person]:
    return {key: replace(person, key=person.key[_DIGITS:]) for key, person in persons.items()}


def _by_copy(found: Mapping[str, _T]) -> defaultdict[int, dict[str, _T]]:
    copies: defaultdict[int, dict[str, _T]] = defaultdict(dict)
    for key, value in found.items():
        copies[int(key[:_DIGITS])][key[_DIGITS:]] = value
    return copies
