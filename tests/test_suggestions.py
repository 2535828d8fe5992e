import pytest

from rulekit.suggestions import suggest


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
