import numpy as np

from rulekit.engine.tick.changes import compare, number_people
from rulekit.engine.tick.guard import Guard, parked
from rulekit.settings.model import GuardSection

GUARD = Guard.of(GuardSection())


def bits(text: str) -> np.ndarray:
    return np.array([c == "1" for c in text], dtype=np.bool_)


def test_new_people_get_the_next_ordinals_and_known_ones_keep_theirs():
    numbered = number_people(["bo", "cy", "di"], ["ada", "bo", "di"])

    assert numbered.people == ["bo", "cy", "di", "ada"]
    assert numbered.new_people == ["ada"]
    assert numbered.present.tolist() == [True, False, True, True]
    assert numbered.spread(bits("101")).tolist() == [False, False, True, True]


def test_nobody_is_known_at_first():
    numbered = number_people([], ["ada", "bo"])

    assert numbered.new_people == ["ada", "bo"]
    assert numbered.spread(bits("01")).tolist() == [False, True]


def test_who_joined_who_left_and_who_is_gone():
    crossing = compare(before=bits("1100"), after=bits("00101"), present=bits("10111"))

    assert crossing.joined.tolist() == [2, 4]
    assert crossing.left.tolist() == [0]
    assert crossing.gone.tolist() == [1]
    assert crossing.before == 2


def test_the_guard_needs_both_a_number_and_a_share():
    everybody_left = compare(bits("1" * 60), bits("0" * 60), bits("1" * 60))
    few_of_many = compare(bits("1" * 400), bits("0" * 60 + "1" * 340), bits("1" * 400))
    small = compare(bits("1" * 50), bits("0" * 50), bits("1" * 50))
    from_nobody = compare(bits("0" * 60), bits("1" * 60), bits("1" * 60))

    crossings = {"all": everybody_left, "few": few_of_many, "small": small, "new": from_nobody}
    assert parked(crossings, GUARD) == {"all", "new"}


def test_people_who_are_gone_count_for_the_guard():
    crossing = compare(bits("1" * 60), bits("0" * 60), bits("0" * 60))

    assert GUARD.parks(crossing)
