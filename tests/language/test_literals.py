"""How values are spelled; how spellings are read is tested with the parser."""

from decimal import Decimal

import pytest

from rulekit.language.parsing.literals import spell_number


@pytest.mark.parametrize(
    ("number", "spelling"),
    [("12.50", "12.5"), ("1E+3", "1000"), ("100", "100"), ("0.000000001", "0.000000001"), ("-0.0", "0"), ("-2", "-2")],
)
def test_a_number_is_spelled_as_an_author_writes_it(number: str, spelling: str) -> None:
    assert spell_number(Decimal(number)) == spelling
