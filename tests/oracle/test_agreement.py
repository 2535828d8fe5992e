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
