import numpy as np

from rulekit.engine.tick.changes import compare, number_people


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
