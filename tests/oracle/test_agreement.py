"""The evaluator and the naive one give the same people for any rules over any data, and rules mean what they say."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from pprint import pformat
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from rulekit.evaluation.data.dataset import Data, open_data
from rulekit.evaluation.questions.membership import evaluate, segment_members
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.evaluation.sql.statement import companies_statement
from rulekit.language.program import Program
from tests.oracle import naive, strategies
from tests.oracle.constructs import constructs
from tests.oracle.parquet import write_parquet
from tests.oracle.reading import program_from
from tests.oracle.vocabulary import ZONES

pytestmark = pytest.mark.proof
settings.load_profile("oracle")


@contextmanager
def loaded(program: Program, world: naive.World, zone: str = "UTC") -> Iterator[Data]:
    data = Data.from_rows(program.schema, world.people, world.companies, world.events, zone)
    with closing(data.connection):
        yield data


def members(program: Program, data: Data, now: datetime) -> dict[str, set[str]]:
    """Returns each persona's people, as the evaluator finds them in one statement."""
    found = evaluate(build_plan(program), data, now)
    return {name: keys_of(found.people, bits) for name, bits in found.personas.items()}


def keys_of(people: list[str], bits: np.ndarray[Any, np.dtype[np.bool_]]) -> set[str]:
    return {key for key, bit in zip(people, bits, strict=True) if bit}


@given(strategies.cases())
def test_text_means_what_it_says(case):
    rules, world, now = case
    note(rules.text)
    program = program_from(rules.text)
    assert program.schema == rules.meaning.schema
    assert naive.members(program, world, now) == naive.members(rules.meaning, world, now)
    for name in rules.meaning.segments:
        expected = naive.segment_members(rules.meaning, world, name, now)
        assert naive.segment_members(program, world, name, now) == expected


@given(strategies.cases(), st.sampled_from(ZONES))
def test_evaluator_agrees_with_the_naive_one(case, zone):
    rules, world, now = case
    note(rules.text)
    for construct in sorted(constructs(rules)):
        event(construct)
    program = program_from(rules.text)
    expected = naive.members(program, world, now, zone)
    companies = {name: naive.segment_members(program, world, name, now, zone) for name in program.segments}
    with loaded(program, world, zone) as data:
        found = evaluate(build_plan(program, segments=program.segments), data, now)
        assert found.people == sorted(person["person"] for person in world.people)
        by_name = {name: keys_of(found.people, bits) for name, bits in found.personas.items()}
        assert by_name == expected, difference(rules, program, world, now, zone)
        # a segment asked per person is that of their company
        per_person = {name: keys_of(found.people, bits) for name, bits in found.segments.items()}
        assert per_person == {name: employees(world, keys) for name, keys in companies.items()}
        assert {name: segment_members(program, data, name, now) for name in companies} == {
            name: sorted(keys) for name, keys in companies.items()
        }
        # one statement for all gives what one for each gives
        names = list(program.personas)[:2]
        alone = [evaluate(build_plan(program, personas=[name]), data, now).personas for name in names]
        assert all(np.array_equal(bits, found.personas[name]) for personas in alone for name, bits in personas.items())
        assert [list(personas) for personas in alone] == [[name] for name in names]


@settings(max_examples=settings().max_examples // 3)
@given(strategies.damaged_cases(), st.sampled_from(ZONES))
def test_evaluator_agrees_on_what_is_unknown(case, zone):
    rules, world, now = case
    note(rules.text)
    program = program_from(rules.text)

    def differs(world: naive.World) -> bool:
        return judged(program, world, now, zone) != judged_plainly(program, world, now, zone)

    found = judged(program, world, now, zone)
    some = any(None in answers.values() for name, answers in found.items())
    event(f"{'somebody' if some else 'nobody'} unjudged")
    if found != judged_plainly(program, world, now, zone):
        least = strategies.smallest(world, differs)
        pairs = judged(program, least, now, zone), judged_plainly(program, least, now, zone)
        told = [
            f"{name}: evaluator {pairs[0][name]}, naive {pairs[1][name]}"
            for name in found
            if pairs[0][name] != pairs[1][name]
        ]
        pytest.fail("\n".join([*told, rules.text, pformat(least, width=120), f"at {now} in {zone}"]))


Judged = dict[str, dict[str, naive.Answer]]


def judged_plainly(program: Program, world: naive.World, now: datetime, zone: str) -> Judged:
    """Returns the answer for each person, each company, and each person's company, by what was asked."""
    companies = {name: naive.judge_companies(program, world, name, now, zone) for name in program.segments}
    people = {
        name: {person["person"]: answers.get(person["company"], False) for person in world.people}
        for name, answers in companies.items()
    }
    return {
        **{f"persona {name}": found for name, found in naive.judge_people(program, world, now, zone).items()},
        **{f"company {name}": found for name, found in companies.items()},
        **{f"segment {name}": found for name, found in people.items()},
    }


def judged(program: Program, world: naive.World, now: datetime, zone: str) -> Judged:
    """Returns the same as the evaluator finds it, in files that hold what cannot be read."""
    with TemporaryDirectory() as folder:
        source, mapping = write_parquet(world, program.schema, Path(folder))
        with open_data(program.schema, source, mapping, "Europe/Stockholm", zone) as data:
            found = evaluate(build_plan(program, segments=program.segments), data, now)
            companies = {name: judge_segment(program, data, name, now) for name in program.segments}
    personas = by_answer(found.people, found.personas, found.unjudged)
    segments = by_answer(found.people, found.segments, found.unjudged_segments)
    return {
        **{f"persona {name}": answers for name, answers in personas.items()},
        **{f"company {name}": answers for name, answers in companies.items()},
        **{f"segment {name}": answers for name, answers in segments.items()},
    }


def by_answer(people: list[str], inside: Any, unjudged: Any) -> dict[str, dict[str, naive.Answer]]:
    none = np.zeros(len(people), dtype=np.bool_)
    return {
        name: {
            key: None if unknown else bool(bit)
            for key, bit, unknown in zip(people, bits, unjudged.get(name, none), strict=True)
        }
        for name, bits in inside.items()
    }


def judge_segment(program: Program, data: Data, name: str, now: datetime) -> dict[str, naive.Answer]:
    found = companies_statement(build_plan(program, personas=(), segments=[name]), data).run(data.connection, now)
    names = [column for column, *_ in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["company"]: None if row.get(f"unknown in {name}") else row[f"in {name}"] for row in rows}


def difference(rules: strategies.Rules, program: Program, world: naive.World, now: datetime, zone: str) -> str:
    """Returns the smallest world in which the two evaluators differ, and how."""

    def answers(world: naive.World) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        with loaded(program, world, zone) as data:
            return members(program, data, now), naive.members(program, world, now, zone)

    def differs(world: naive.World) -> bool:
        found, expected = answers(world)
        return found != expected

    least = strategies.smallest(world, differs)
    found, expected = answers(least)
    told = [f"{n}: evaluator {found[n]}, naive {expected[n]}" for n in expected if found[n] != expected[n]]
    return "\n".join([*told, rules.text, pformat(least, width=120), f"at {now} in {zone}"])


def employees(world: naive.World, companies: set[str]) -> set[str]:
    return {person["person"] for person in world.people if person["company"] in companies}


@settings(max_examples=settings().max_examples // 5)
@given(strategies.cases(), st.randoms(use_true_random=False))
def test_neither_repetition_nor_storage_changes_a_bit(case, random):
    rules, world, now = case
    note(rules.text)
    program = program_from(rules.text)
    with loaded(program, world) as data:
        once = members(program, data, now)
        assert members(program, data, now) == once
    with TemporaryDirectory() as folder:
        source, mapping = write_parquet(shuffled(world, random), program.schema, Path(folder))
        with open_data(program.schema, source, mapping, "Europe/Stockholm") as data:
            assert members(program, data, now) == once


def shuffled(world: naive.World, random: Random) -> naive.World:
    def mixed(rows: list[naive.Row]) -> list[naive.Row]:
        return random.sample(rows, len(rows))

    return naive.World(
        mixed(world.people), mixed(world.companies), {k: mixed(rows) for k, rows in world.events.items()}
    )
