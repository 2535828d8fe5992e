"""The generators meet every construct of the language, and their personas are not all empty or full."""

from collections import Counter

from hypothesis import given, settings

from tests.oracle import naive, strategies
from tests.oracle.constructs import ALL, constructs


def test_every_construct_comes_up():
    seen: Counter[str] = Counter()

    @settings(settings.get_profile("oracle"), max_examples=300)
    @given(strategies.rules())
    def generate(rules):
        seen.update(constructs(rules))

    generate()
    missing = ALL - set(seen)
    assert not missing, sorted(missing)


def test_many_personas_hold_for_some_but_not_all():
    sorts: Counter[str] = Counter()

    @settings(settings.get_profile("oracle"), max_examples=60)
    @given(strategies.cases())
    def generate(case):
        rules, world, now = case
        for people in naive.members(rules.meaning, world, now).values():
            sorts["none" if not people else "all" if len(people) == len(world.people) else "some"] += 1

    generate()
    assert sorts["some"] > sorts.total() / 12
    assert sorts["none"] < sorts.total() * 3 / 4
