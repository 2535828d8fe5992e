import time

import pytest

from rulekit.suggestions import did_you_mean, suggest


@pytest.mark.parametrize(
    ("name", "known", "nearest"),
    [
        ("Inactiv14", ["Inactive14", "Stalled"], "Inactive14"),
        ("INACTIVE14", ["Inactive14"], "Inactive14"),
        ("plna", ["plan", "place"], "plan"),
        ("quiet", ["Inactive14", "Stalled"], None),
        ("anything", [], None),
    ],
)
def test_the_nearest_name_or_none(name, known, nearest):
    assert suggest(name, known) == nearest


def test_a_message_ends_with_the_question_or_with_nothing() -> None:
    assert did_you_mean("colour", ["color", "size"]) == "; did you mean `color`?"
    assert did_you_mean("colour", ["size"]) == ""


def test_many_names_are_not_all_compared() -> None:
    known = [f"Persona_{number}_of_many" for number in range(8000)] + ["Inactive14"]
    start = time.process_time()
    assert suggest("Inactiv14", known) == "Inactive14"
    assert suggest("Persona_77_of_mani", known) == "Persona_77_of_many"
    # a slip may be in the first letter
    assert suggest("unactive14", known) == "Inactive14"
    assert time.process_time() - start < 0.3
