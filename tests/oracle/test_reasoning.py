"""What is said about conditions without data is so in any data."""

from itertools import pairwise

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from rulekit.language import reasoning
from rulekit.language.lints.chains import always, never
from rulekit.language.program import Persona, Program
from rulekit.language.typed_expressions import And, Comparison, Condition, Constant, Not, Operator, Or
from tests.oracle import naive, strategies

pytestmark = pytest.mark.proof
settings.load_profile("oracle")


def members(program: Program, condition: Condition, world: naive.World, now: object) -> set[str]:
    """Returns who a condition holds for, beside the personas that it may name."""
    personas = {**program.personas, "Judged": Persona("Judged", "Judged", condition)}
    judged = Program(program.schema, program.segments, personas, {}, {}, "")
    return naive.members(judged, world, now)["Judged"]


def leaf_pairs(conditions: list[Condition]) -> list[tuple[Condition, Condition]]:
    """Returns conditions that are about one value, beside their neighbours and their own opposites and variants."""
    flat = [part for one in conditions for part in (one.operands if isinstance(one, And | Or) else (one,))]
    pairs = list(pairwise(flat))
    for one in flat:
        pairs.append((one, Not(one)))
        if isinstance(one, Comparison) and isinstance(one.right, Constant):
            signs = [Operator.EQ, Operator.NE]
            signs += [Operator.LT, Operator.GE, Operator.LE, Operator.GT] if one.left.type.is_ordered else []
            pairs += [(one, Comparison(sign, one.left, one.right)) for sign in signs]
    return pairs


@given(strategies.cases())
def test_never_and_always_are_so(case):
    rules, world, now = case
    note(rules.text)
    everybody = {person["person"] for person in world.people}
    found = naive.members(rules.meaning, world, now)
    for name, persona in rules.meaning.personas.items():
        if never(persona.condition):
            event("never")
            assert found[name] == set()
        if always(persona.condition):
            event("always")
            assert found[name] == everybody
    for name, segment in rules.meaning.segments.items():
        if never(segment.condition):
            assert naive.segment_members(rules.meaning, world, name, now) == set()


@settings(max_examples=max(10, settings().max_examples // 5))
@given(strategies.cases(), st.randoms(use_true_random=False))
def test_what_follows_from_another_does(case, random):
    rules, world, now = case
    note(rules.text)
    conditions = [persona.condition for persona in rules.meaning.personas.values()]
    pairs = leaf_pairs(conditions)
    for one, other in random.sample(pairs, min(30, len(pairs))):
        claims = reasoning.implies(one, other), never(And((one, other))), always(Or((one, other)))
        if not any(claims):
            continue
        event("claimed")
        left, right = members(rules.meaning, one, world, now), members(rules.meaning, other, world, now)
        note(f"{one}\n{other}")
        if claims[0]:
            assert left <= right
        if claims[1]:
            assert left & right == set()
        if claims[2]:
            assert left | right == {person["person"] for person in world.people}
