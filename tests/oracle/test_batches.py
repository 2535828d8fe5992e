"""Worlds that one statement looks at together are what each is by itself, for any rules over any data."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from rulekit.diagnostics.source import SourceText
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.batches import Fixture, look_at_batch
from rulekit.evaluation.questions.snapshot import DataSnapshot, Snapshot
from tests.oracle import naive, strategies
from tests.oracle.reading import PATH, program_from
from tests.oracle.vocabulary import LENGTHS

pytestmark = pytest.mark.proof
settings.load_profile("oracle")


@st.composite
def visits(draw: st.DrawFn) -> tuple[strategies.Rules, list[Fixture]]:
    """Returns rules, and a world beside a smaller one with the same keys, each with instants of its own."""
    rules, world, now = draw(strategies.cases())
    away = st.sampled_from([timedelta(0), *LENGTHS, *(-length for length in LENGTHS)])
    instants = st.lists(away.map(lambda length: now + length), min_size=1, max_size=3, unique=True)
    smaller = draw(st.sampled_from([world, *strategies.without_one(world)]))
    return rules, [visited(each, draw(instants)) for each in (world, smaller)]


def visited(world: naive.World, instants: list[datetime]) -> Fixture:
    return Fixture(world.people, world.companies, world.events, instants)


@settings(max_examples=settings().max_examples // 10)
@given(visits())
def test_each_of_many_worlds_is_what_it_is_by_itself(visit):
    rules, worlds = visit
    note(rules.text)
    program = program_from(rules.text)
    sources = {PATH: SourceText(PATH, rules.text)}
    for world, sights in zip(worlds, look_at_batch(program, sources, worlds), strict=True):
        data = Data.from_rows(program.schema, world.people, world.companies, world.events)
        with closing(data.connection):
            for now, sight in zip(world.instants, sights, strict=True):
                assert seen(sight) == seen(DataSnapshot(program, data, now, sources)), now


def seen(sight: Snapshot) -> object:
    found = sight.membership()
    bits = {name: column.tolist() for name, column in (found.personas | found.segments).items()}
    because = {name: sight.because(name, found.people) for name in found.personas}
    return sorted(sight.people(found.people)), found.people, bits, because
