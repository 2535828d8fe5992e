"""What `explain` says of a person is what membership says, now and at the instant it forecasts."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from rulekit.diagnostics.source import SourceText
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.explanation import explain
from rulekit.language.program import Program
from tests.oracle import naive, strategies
from tests.oracle.reading import PATH, program_from
from tests.oracle.vocabulary import LENGTHS

pytestmark = pytest.mark.proof
settings.load_profile("oracle")

TICK = timedelta(microseconds=1)


@st.composite
def questions(draw: st.DrawFn) -> tuple[strategies.Case, str, str]:
    """Returns a case with somebody in its world, a person and a persona."""
    rules, world, now = draw(strategies.cases().filter(lambda case: bool(case[1].people)))
    person = draw(st.sampled_from([person["person"] for person in world.people]))
    return (rules, world, now), person, draw(st.sampled_from(list(rules.meaning.personas)))


@settings(max_examples=settings().max_examples // 5)
@given(questions())
def test_explanation_is_what_membership_says(question):
    (rules, world, now), person, persona = question
    note(rules.text)
    program = program_from(rules.text)
    data = Data.from_rows(program.schema, world.people, world.companies, world.events)
    with closing(data.connection):
        found = explain(program, data, person, persona, now, {PATH: SourceText(PATH, rules.text)})
    assert found.member == found.because.holds == is_member(program, world, person, persona, now)
    for part in parts(found.because):
        assert " ".join(part.text.split()) == part.text
    if found.changes_at is None:
        return
    assert found.changes_at > now
    assert is_member(program, world, person, persona, found.changes_at - TICK) == found.member
    assert is_member(program, world, person, persona, found.changes_at) != found.member
    for instant in instants(world, now, found.changes_at):
        assert is_member(program, world, person, persona, instant) == found.member, instant


def is_member(program: Program, world: naive.World, person: str, persona: str, at: datetime) -> bool:
    row = next(row for row in world.people if row["person"] == person)
    return naive.Judge(program, world, at).in_persona(persona, naive.Who(row, row["company"]))


def parts(part: Any) -> Iterator[Any]:
    yield part
    for child in part.children:
        yield from parts(child)


def instants(world: naive.World, now: datetime, end: datetime) -> list[datetime]:
    """Returns instants before the forecast at which somebody's answer may change: what the data holds, plus lengths."""
    rows = [*world.people, *world.companies, *(row for rows in world.events.values() for row in rows)]
    dates = {v for row in rows for v in row.values() if isinstance(v, date)}
    held = {v if isinstance(v, datetime) else naive.midnight(v, ZoneInfo("UTC")) for v in dates}
    lengths = [timedelta(0), *LENGTHS, *(2 * length for length in LENGTHS)]
    return sorted({at + length for at in held for length in lengths if now < at + length < end})
