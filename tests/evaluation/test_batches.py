"""Many worlds by one statement are what each is by itself, with the instant bound to the statement."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from rulekit.diagnostics.source import SourceText
from rulekit.errors import RulekitError
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.batches import Fixture, FixtureSnapshot, look_at_batch, look_at_nobody
from rulekit.evaluation.questions.explanation import explain
from rulekit.evaluation.questions.membership import segment_members
from rulekit.evaluation.questions.snapshot import DataSnapshot, Snapshot
from tests.evaluation.conftest import read

RULES = """
person:
  email   text?
  seats   number?
  joined  time
company:
  size  number
event bought:
  price  number
event quit

segment Paying:
  size > 5
segment Busy:
  count(bought, last 7d) >= 2

persona New:
  joined < 2d
persona Recent:
  joined within last 10d
persona Soon:
  joined within next 3d
persona Buyer:
  sum(bought.price, last 7d) >= 10.5
persona Together:
  company.count(bought, last 7d) >= 2
persona Went:
  did(bought then quit within 2d)
persona Quiet:
  not did(bought, last 3d)
persona Paid:
  in Paying and seats > 2

template T:
  subject "Hi"
  markdown "Hi"

trigger Greet:
  on tagged(Buyer) in Paying send template T
"""
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
INSTANTS = [START + timedelta(days=days) for days in (0, 1, 2, 7, 30)]


def worlds() -> Iterator[Fixture]:
    """Yields worlds whose people have the same keys, and one without anybody."""
    for shift in (0, 1, 5):
        day = START + timedelta(days=shift)
        yield Fixture(
            people=[
                {"person": "ada", "company": "acme", "joined": day, "seats": shift},
                {"person": "bo", "company": "acme", "joined": day - timedelta(days=9)},
                {"person": "cyd", "company": None, "joined": day + timedelta(days=2)},
            ],
            companies=[{"company": "acme", "size": 9 if shift else 1}],
            events={
                "bought": [
                    {"person": "ada", "at": day, "price": 10.5},
                    {"person": "bo", "at": day + timedelta(hours=1), "price": shift + 0.5},
                ],
                "quit": [{"person": "ada", "at": day + timedelta(days=1)}],
            },
            instants=INSTANTS[shift % 3 :],
        )
    yield Fixture([], [], {}, INSTANTS[:1])


@pytest.fixture(scope="module")
def sources() -> dict[str, SourceText]:
    return {"test.rules": SourceText("test.rules", RULES)}


def seen(sight: Snapshot) -> object:
    found = sight.membership()
    people = sight.people(found.people)
    because = {name: sight.because(name, found.people) for name in found.personas}
    bits = {name: column.tolist() for name, column in (found.personas | found.segments).items()}
    return sight.now, sight.kinds, found.people, bits, people, because


def test_each_world_is_seen_as_it_is_by_itself(sources: dict[str, SourceText]) -> None:
    program = read(RULES)
    given = list(worlds())
    everything = look_at_batch(program, sources, given)
    assert [len(sights) for sights in everything] == [len(world.instants) for world in given]
    for world, sights in zip(given, everything, strict=True):
        data = Data.from_rows(program.schema, world.people, world.companies, world.events)
        with closing(data.connection):
            for now, sight in zip(world.instants, sights, strict=True):
                assert seen(sight) == seen(DataSnapshot(program, data, now, sources))
                for segment in program.segments:
                    inside = [name for name in ("acme",) if segment in sight.segments_of(name)]
                    assert inside == segment_members(program, data, segment, now)
                for persona in program.personas if world.people else ():
                    alone = explain(program, data, "ada", persona, now, sources, look_ahead=False)
                    assert sight.explain("ada", persona) == alone.because


def test_the_worlds_above_tell_the_instants_apart(sources: dict[str, SourceText]) -> None:
    program = read(RULES)
    everything = [sight for sights in look_at_batch(program, sources, list(worlds())) for sight in sights]
    for persona in program.personas:
        truths = {bit for sight in everything for bit in sight.membership().personas[persona].tolist()}
        assert truths == {True, False}, persona


def test_nobody_is_seen_without_a_statement_as_by_one(sources: dict[str, SourceText]) -> None:
    program = read(RULES)
    data = Data.from_rows(program.schema, [])
    with closing(data.connection):
        assert seen(look_at_nobody(program, sources, START)) == seen(DataSnapshot(program, data, START, sources))


def test_somebody_unknown_is_not_explained(sources: dict[str, SourceText]) -> None:
    sight: FixtureSnapshot = look_at_batch(read(RULES), sources, list(worlds()))[0][0]
    with pytest.raises(RulekitError, match="there is no person `zed`"):
        sight.explain("zed", "New")


def test_an_instant_that_no_data_may_have_is_known_to_be_in_nothing(sources: dict[str, SourceText]) -> None:
    never = datetime(1, 1, 1, tzinfo=UTC)
    people = [{"person": "ada", "joined": never, "seats": 3}, {"person": "bob", "joined": START, "seats": 3}]
    events = {"quit": [{"person": "ada", "at": never}]}
    [[snapshot]] = look_at_batch(read(RULES), sources, [Fixture(people, [], events, [START])])
    found = snapshot.membership()
    assert found.people == ["ada", "bob"]
    assert {name: bits.tolist() for name, bits in found.personas.items() if name in ("New", "Went", "Quiet")} == {
        "New": [False, True],
        "Went": [False, False],
        "Quiet": [True, True],
    }
