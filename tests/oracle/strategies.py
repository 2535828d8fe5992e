"""What the tests of the oracle draw: projects, worlds and instants, each from a seed of its own.

Hypothesis gives the seeds; the choices below them are plain chance, because its own are too much alike for things of
this size (half of its programs have one persona). `smallest` makes a world that shows a difference small.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from hypothesis import strategies as st

from tests.oracle.naive import World
from tests.oracle.projects import Rules, make_rules
from tests.oracle.vocabulary import NOWS
from tests.oracle.worlds import damage, make_world

Case = tuple[Rules, World, datetime]
SEEDS = st.randoms(use_true_random=True)


def rules() -> st.SearchStrategy[Rules]:
    """Returns projects."""
    return SEEDS.map(make_rules)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Returns rules, a world and an instant."""
    random = draw(SEEDS)
    made, now = make_rules(random), random.choice(NOWS)
    return made, make_world(random, made.meaning.schema, now), now


@st.composite
def damaged_cases(draw: st.DrawFn) -> Case:
    """Returns rules, a world in which some values cannot be read, and an instant."""
    random = draw(SEEDS)
    made, now = make_rules(random), random.choice(NOWS)
    schema = made.meaning.schema
    return made, damage(random, schema, make_world(random, schema, now)), now


def smallest(world: World, differs: Callable[[World], bool]) -> World:
    """Returns the world without all that the difference does not need."""
    for smaller in without_one(world):
        if differs(smaller):
            return smallest(smaller, differs)
    return world


def without_one(world: World) -> Iterator[World]:
    """Returns the world without one of its rows, for each of them."""
    for kind, rows in world.events.items():
        for i in range(len(rows)):
            yield replace(world, events={**world.events, kind: rows[:i] + rows[i + 1 :]})
    for i in range(len(world.people)):
        yield replace(world, people=world.people[:i] + world.people[i + 1 :])
    for i in range(len(world.companies)):
        yield replace(world, companies=world.companies[:i] + world.companies[i + 1 :])
