"""Keys that change form, or change altogether: seen by addresses, refused, and nobody is mailed for them."""

from typing import Any

import pytest

from rulekit.engine.tick.changed_keys import form, shape
from rulekit.errors import SourceError

DAY = "2026-01-{:02}T08:00Z"
AUTO = "trigger Greet: on tagged(Pro) send template Hello auto=true"
FORMS = {
    "a fraction": lambda key: f"{key}.0",
    "leading zeros": lambda key: key.zfill(8),
    "capitals": str.upper,
    "a blank": lambda key: f"{key} x".removesuffix("x") + "\u00a0",
}


def rows(keys: list[str], plan: str = "pro", address: str = "person{}@example.com") -> list[tuple[str, ...]]:
    return [(key, address.format(number), plan, "acme") for number, key in enumerate(keys)]


@pytest.fixture
def keyed(project: Any) -> Any:
    project.rules(AUTO)
    return project


@pytest.mark.parametrize("many", [1, 3, 60])
@pytest.mark.parametrize("how", FORMS)
@pytest.mark.parametrize("address", ["person{}@example.com", ""])
def test_keys_in_another_form_are_refused_at_any_size(keyed: Any, many: int, how: str, address: str) -> None:
    keys = [f"{number + 10}" if how in ("a fraction", "leading zeros") else f"p{number}" for number in range(many)]
    others = rows(["x1", "x2"], "free", "other{}@example.com")
    keyed.person_rows([*rows(keys, address=address), *others])
    keyed.run(DAY.format(1))
    before = keyed.dump()
    keyed.person_rows([*rows([FORMS[how](key) for key in keys], address=address), *others])
    with pytest.raises(SourceError, match="changed form") as refusal:
        keyed.run(DAY.format(2))
    assert "`--accept`" in (refusal.value.help or "")
    assert keyed.dump() == before
    # accepted, nobody is mailed for a key
    keyed.run(DAY.format(2), accept=True)
    assert (keyed.emails(), {line[3] for line in keyed.log()}) == ([], {"baseline"})
    for day in (3, 4):
        keyed.run(DAY.format(day))
    assert keyed.emails() == []


def test_the_refusal_names_shapes_and_no_keys(keyed: Any) -> None:
    keyed.person_rows(rows(["71", "82"]))
    keyed.run(DAY.format(1))
    keyed.person_rows(rows(["71.0", "82.0"]))
    with pytest.raises(SourceError) as refusal:
        keyed.run(DAY.format(2))
    assert refusal.value.message == (
        "the keys of 2 people have changed form (for example from `99` to `99.0`); nobody was tagged or untagged"
    )


@pytest.mark.parametrize("many", [2, 20])
def test_an_import_that_numbers_anew_is_refused(keyed: Any, many: int) -> None:
    stay = rows([f"s{number}" for number in range(30)], "free", "stays{}@example.com")
    keyed.person_rows([*rows([f"p{number}" for number in range(many)]), *stay])
    keyed.run(DAY.format(1))
    renumbered = [*rows([f"{number + 900}" for number in range(many)]), *stay]
    keyed.person_rows(renumbered)
    with pytest.raises(SourceError, match=f"the keys of {many} people have changed, as by an import"):
        keyed.run(DAY.format(2))
    # also when the export lacked them first
    keyed.person_rows(stay)
    keyed.run(DAY.format(3))
    keyed.person_rows(renumbered)
    with pytest.raises(SourceError, match="numbers anew"):
        keyed.run(DAY.format(4))
    keyed.run(DAY.format(4), accept=True)
    assert keyed.emails() == []


def test_who_deletes_their_account_and_signs_up_again_takes_a_baseline(keyed: Any) -> None:
    keyed.person_rows(rows(["p1", "p2"], "free"))
    keyed.run(DAY.format(1))
    keyed.person_rows(rows(["p1", "fresh"], "pro"))
    keyed.run(DAY.format(2))
    # p1 did something, and the other one has a new key
    assert keyed.emails() == [("Greet", "p1", "sent")]
    assert ("Pro", "fresh", 1, "baseline") in keyed.log()
    for day, plan in ((3, "free"), (4, "pro")):
        keyed.person_rows(rows(["p1", "fresh"], plan))
        keyed.run(DAY.format(day))
    assert ("Greet", "fresh", "sent") in keyed.emails()


def test_some_of_many_who_sign_up_again_stop_nothing(keyed: Any) -> None:
    keyed.person_rows(rows([f"p{number}" for number in range(40)], "free"))
    keyed.run(DAY.format(1))
    # ten leave, and two of them are back under new keys the day after
    staying = rows([f"p{number}" for number in range(40)], "free")[10:]
    keyed.person_rows(staying)
    keyed.run(DAY.format(2))
    again = [("n1", "PERSON0@example.com", "pro", "acme"), ("n2", "person1@EXAMPLE.com", "pro", "acme")]
    newcomers = rows([f"q{number}" for number in range(20)], "free", "newcomer{}@example.com")
    keyed.person_rows([*staying, *again, *newcomers])
    keyed.run(DAY.format(3))
    assert keyed.emails() == []


def test_a_newcomer_is_mailed_although_somebody_is_absent(keyed: Any) -> None:
    keyed.person_rows(rows(["p1", "p2"], "free"))
    keyed.run(DAY.format(1))
    keyed.person_rows([*rows(["p1"], "free"), ("p3", "new@example.com", "pro", "acme")])
    keyed.run(DAY.format(2))
    assert keyed.emails() == [("Greet", "p3", "sent")]


def test_two_who_share_a_mailbox_have_no_changed_key_while_both_are_there(keyed: Any) -> None:
    keyed.person_rows([("p1", "office@example.com", "free", "acme")])
    keyed.run(DAY.format(1))
    keyed.person_rows([("p1", "office@example.com", "free", "acme"), ("p2", "office@example.com", "pro", "acme")])
    keyed.run(DAY.format(2))
    assert keyed.emails() == [("Greet", "p2", "sent")]


def test_keys_that_differ_by_case_and_address_are_two_people(keyed: Any) -> None:
    keyed.person_rows([("aB", "one@example.com", "free", "acme"), ("x", "x@example.com", "free", "acme")])
    keyed.run(DAY.format(1))
    keyed.person_rows([("ab", "two@example.com", "pro", "acme"), ("x", "x@example.com", "free", "acme")])
    keyed.run(DAY.format(2))
    assert keyed.emails() == [("Greet", "ab", "sent")]


def test_a_mailbox_is_kept_as_a_digest_that_only_this_store_can_make(keyed: Any) -> None:
    keyed.person_rows([*rows(["p1"], "free"), ("p2", "", "free", "acme")])
    keyed.run(DAY.format(1))
    [(digest,), (none,)] = keyed.ask("SELECT mailbox FROM people ORDER BY ordinal")
    assert (len(digest), none) == (32, "")
    assert b"person0@example.com" not in (keyed.folder / "state/rulekit.db").read_bytes()


def test_people_whom_an_older_store_knows_are_known_by_address_after_one_tick(keyed: Any) -> None:
    keyed.person_rows(rows(["p1", "p2", "p3"], "free"))
    keyed.run(DAY.format(1))
    import sqlite3

    with sqlite3.connect(keyed.folder / "state/rulekit.db") as connection:
        connection.execute("UPDATE people SET mailbox = NULL")
        connection.execute("UPDATE last_tick SET anonymous = NULL")
    keyed.run(DAY.format(2))
    assert keyed.ask("SELECT count(*) FROM people WHERE length(mailbox) = 32") == [(3,)]
    keyed.person_rows(rows(["n1", "n2", "n3"], "pro"))
    with pytest.raises(SourceError, match="the keys of 3 people"):
        keyed.run(DAY.format(3))


@pytest.mark.parametrize(
    ("one", "other"), [("7", "7.0"), ("p1", "P1"), ("p1", " p1 "), ("7", "007"), ("7", "7.00"), ("a b", "AB")]
)
def test_the_same_key_in_two_forms(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(("one", "other"), [("7", "70"), ("p1", "p01"), ("7", "7.5"), ("1.0.0", "1.0"), ("0", "a")])
def test_two_keys(one: str, other: str) -> None:
    assert form(one) != form(other)


@pytest.mark.parametrize(
    ("key", "seen"), [("123", "999"), ("123.0", "999.0"), ("007", "009"), ("Ab-1", "Aa-9"), ("p1 ", "a9 "), ("0", "9")]
)
def test_a_shape_says_how_a_key_is_written(key: str, seen: str) -> None:
    assert shape(key) == seen
