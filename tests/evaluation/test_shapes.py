"""What is kept of how a value looks, and what has become of values by that alone."""

import pytest

from rulekit.evaluation.data.shapes import Alteration, Altered, Shape, Value, find_alterations, shape_of
from rulekit.language.types import Kind


def alterations(kind: Kind, *pairs: tuple[Value, Value]) -> dict[Alteration, Altered]:
    """Returns what has become of values, of those that something has."""
    before, now = ({str(n): shape_of(pair[side], kind) for n, pair in enumerate(pairs)} for side in (0, 1))
    return {alteration: found for alteration, found in find_alterations(before, now).items() if found.count}


def number(*pairs: tuple[Value, Value]) -> Altered | None:
    return alterations(Kind.NUMBER, *pairs).get(Alteration.SCALED)


@pytest.mark.parametrize(
    ("value", "kind", "form"),
    [
        ("12.50", Kind.NUMBER, "c"),
        ("12", Kind.NUMBER, "w"),
        ("1e3", Kind.NUMBER, "w"),
        ("-12.505", Kind.NUMBER, "nf"),
        ("0.00", Kind.NUMBER, "zero"),
        ("inf", Kind.NUMBER, "odd"),
        ("no number", Kind.NUMBER, "odd"),
        ("86400000000", Kind.DURATION, "w"),
        ("true", Kind.BOOL, "b"),
        ("2026-03-02 06:00:00", Kind.TIME, "t"),
        ("2026-03-02 00:00:00", Kind.TIME, "m"),
        ("1970-01-01 00:00:00", Kind.TIME, "epoch"),
        ("9999-12-31", Kind.DATE, "far"),
        ("2026-03-02", Kind.DATE, "t"),
        ("trade", Kind.TEXT, "l"),
        ("TRADE", Kind.TEXT, "u"),
        ("Trade", Kind.TEXT, "t"),
        ("McBride", Kind.TEXT, "x"),
        ("12", Kind.TEXT, "x"),
        ("trade  ", Kind.TEXT, "ls"),
        ('"trade"', Kind.TEXT, "lq"),
        (" ", Kind.TEXT, "xs"),
        ("NULL", Kind.TEXT, "word"),
        (r"\N", Kind.TEXT, "word"),
        (" n/a ", Kind.ONE_OF, "word"),
        ([], Kind.LIST, "empty"),
        (["null"], Kind.LIST, "word"),
        (["vip", "beta"], Kind.LIST, "l"),
        (["vip;beta", None], Kind.LIST, "lj"),
    ],
)
def test_a_shape_is_read_as_it_was_written(value: Value, kind: Kind, form: str) -> None:
    written = shape_of(value, kind)
    shape = Shape.read(written)
    assert shape is not None
    assert (shape.form, str(shape)) == (form, written)
    # two digits of a digest, and few letters: too little to tell what it is
    assert len(shape.digest) == 2


def test_no_value_has_no_shape() -> None:
    assert shape_of(None, Kind.TEXT) == ""
    assert Shape.read("") is None


def test_what_an_older_version_kept_is_no_shape() -> None:
    assert Shape.read("a7") is None


def test_one_number_written_in_several_ways_is_one() -> None:
    assert len({shape_of(text, Kind.NUMBER) for text in ("12.5", "12.50", "1.25e1", "12.500")}) == 1
    assert len({shape_of(text, Kind.NUMBER) for text in ("12.5", "-12.5", "1250", "12.6")}) == 4


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([("12.34", "1234"), ("99.1", "9910"), ("7", "8")], Altered(2, 3, 0.0, 2)),
        ([("12345", "12.345")], Altered(1, 1, 0.0, -3)),
        # round numbers tell less
        ([("12", "120")], Altered(1, 1, 0.5, 1)),
        ([("50", "500"), ("5", "50")], Altered(2, 2, 1.5, 1)),
        # not all by the same power: of the most frequent one
        ([("123", "1230"), ("456", "45600"), ("789", "78900")], Altered(2, 3, 0.0, 2)),
        ([("12.34", "12.34"), ("0", "0"), ("5", None), (None, "5")], None),
    ],
)
def test_numbers_at_another_magnitude(pairs: list[tuple[Value, Value]], found: Altered | None) -> None:
    assert number(*pairs) == found


@pytest.mark.parametrize(
    ("kind", "pair", "found"),
    [
        (Kind.TEXT, ("trade", "TRADE"), Altered(1, 1)),
        (Kind.TEXT, ("trade", "trade   "), Altered(1, 1)),
        (Kind.TEXT, ("trade", "'trade'"), Altered(1, 1)),
        # somebody may have mended it
        (Kind.TEXT, ("ada", "Ada"), Altered(1, 1, 0.35)),
        (Kind.TEXT, ("Ada@example.com", "ada@example.com"), Altered(1, 1, 0.35)),
        (Kind.TEXT, ("ada", "bo"), None),
        (Kind.TEXT, ("ada", "ada"), None),
        (Kind.LIST, (["vip", "beta"], ["vip,beta"]), Altered(1, 1)),
        # one of the elements is in another place
        (Kind.LIST, (["vip", "beta"], ["beta", "vip"]), None),
        (Kind.BOOL, ("true", "false"), None),
    ],
)
def test_texts_that_are_written_otherwise(kind: Kind, pair: tuple[Value, Value], found: Altered | None) -> None:
    assert alterations(kind, pair).get(Alteration.REWRITTEN) == found


@pytest.mark.parametrize(
    ("kind", "pairs", "found"),
    [
        (Kind.TEXT, [(None, "NULL"), ("Ada", "Ada"), (None, None)], Altered(1, 2)),
        (Kind.NUMBER, [(None, "0"), ("12.5", "12.5")], Altered(1, 1)),
        (Kind.TIME, [(None, "1970-01-01 00:00:00"), ("2026-03-02 06:00:00", None)], Altered(1, 1)),
        (Kind.DATE, [(None, "9999-12-31")], Altered(1, 1)),
        (Kind.LIST, [(None, ["null"]), (["vip"], ["vip"])], Altered(1, 1)),
        # an empty list is what is left where somebody takes out the last element
        (Kind.LIST, [(None, []), (["vip"], ["vip"])], None),
        # where somebody had one before it is nothing new
        (Kind.NUMBER, [(None, "0"), ("0", "0")], None),
        (Kind.TEXT, [(None, "Null"), ("None", "Bo")], None),
        (Kind.TEXT, [(None, "Ada")], None),
    ],
)
def test_what_stands_for_nothing_where_nothing_was(
    kind: Kind, pairs: list[tuple[Value, Value]], found: Altered | None
) -> None:
    assert alterations(kind, *pairs).get(Alteration.FILLED) == found


def test_values_of_another_form_and_values_that_are_gone() -> None:
    swapped = alterations(Kind.NUMBER, ("12.50", "3"), ("99.95", "7"), ("4", None))
    assert swapped == {Alteration.RESHAPED: Altered(2, 2), Alteration.EMPTIED: Altered(1, 3)}
    # a hundred times as much is another form, too, and so is a day without the time
    assert alterations(Kind.NUMBER, ("3", "470"))[Alteration.RESHAPED] == Altered(1, 1)
    assert alterations(Kind.TIME, ("2026-03-02 06:00:00", "2026-03-02 00:00:00")) == {
        Alteration.RESHAPED: Altered(1, 1)
    }


def test_who_is_new_or_gone_is_not_compared() -> None:
    ada, null = shape_of("Ada", Kind.TEXT), shape_of("NULL", Kind.TEXT)
    assert all(not one.of for one in find_alterations({"1": ada}, {"2": null}).values())
