"""Who cannot be judged stays on the side where they were, or takes a baseline once they can be; nobody guesses."""

from typing import Any

import pytest

DAY = "2026-01-{:02}T08:00Z"
SCHEMA = """\
person:
  email  text
  plan   text
  seats  number
company:
  size   number
event login
event export
segment Large:
  size >= 100
persona Many:
  seats >= 10
template Hello:
  subject "Hello"
  text "Dear {{ person.email }}, hello.{% if unsubscribe_url %} {{ unsubscribe_url }}{% endif %}"
"""
BOTH = (
    "trigger Greet: on tagged(Many) send template Hello auto=true",
    "trigger Bye: on untagged(Many) send template Hello auto=true",
)


class Seats:
    """A project whose people have seats, some of which nobody can read."""

    def __init__(self, project: Any) -> None:
        self.project = project
        project.events(*(("bob", kind, "2026-01-01T00:00Z") for kind in ("login", "export")))
        self.rules(*BOTH)

    def rules(self, *rules: str) -> None:
        self.project.rules(*rules, schema=SCHEMA)

    def run(self, day: int, /, **seats: str) -> Any:
        rows = ([key, f"{key}@example.com", "free", "acme", value] for key, value in seats.items())
        self.project._csv("people.csv", ("id", "email", "plan", "account", "seats"), rows)
        return self.project.run(DAY.format(day))


@pytest.fixture
def seats(project: Any) -> Seats:
    return Seats(project)


def test_who_was_judged_before_stays_on_their_side(seats: Seats) -> None:
    seats.run(1, ada="20", bob="2")
    for day in (2, 3):
        seats.run(day, ada="n/a", bob="n/a")
    seats.run(4, ada="30", bob="3")
    assert (seats.project.log(), seats.project.emails()) == ([], [])
    # what they did meanwhile is a crossing when it can be read
    seats.run(5, ada="n/a", bob="n/a")
    seats.run(6, ada="3", bob="30")
    assert sorted(seats.project.emails()) == [("Bye", "ada", "sent"), ("Greet", "bob", "sent")]


@pytest.mark.parametrize(("value", "log"), [("20", [("Many", "ada", 1, "baseline")]), ("2", [])])
@pytest.mark.parametrize("first", [1, 2])
def test_who_was_never_judged_takes_a_baseline(seats: Seats, value: str, log: list[Any], first: int) -> None:
    if first == 2:
        seats.run(1, bob="2")
    for day in (first, 3):
        seats.run(day, ada="n/a", bob="2")
        assert unjudged(seats) == 1
    seats.run(4, ada=value, bob="2")
    assert (seats.project.log(), seats.project.emails(), unjudged(seats)) == (log, [], 0)
    # and crosses from then on like everybody
    seats.run(5, ada="2", bob="2")
    seats.run(6, ada="20", bob="2")
    assert seats.project.emails()[-1] == ("Greet", "ada", "sent")
    assert seats.project.cli("reconcile", "--project", str(seats.project.folder), "--now", DAY.format(6)).exit_code == 0


def unjudged(seats: Seats) -> int:
    """How many people the store has who were never judged in the persona."""
    [(bits,)] = seats.project.ask("SELECT unjudged FROM personas WHERE name = 'Many'")
    return int.from_bytes(bits or b"").bit_count()


def test_a_newcomer_who_can_be_judged_joins(seats: Seats) -> None:
    seats.run(1, bob="n/a")
    seats.run(2, bob="n/a", ada="20")
    assert seats.project.emails() == [("Greet", "ada", "sent")]


def test_who_is_unjudged_and_gone_is_new_when_they_are_back(seats: Seats) -> None:
    seats.project.settings("people = 50", 'people = 50\nabsent = "2d"')
    seats.run(1, ada="n/a", bob="2")
    seats.run(2, bob="2")
    # absent, and still to take a baseline
    seats.run(3, ada="n/a", bob="2")
    assert unjudged(seats) == 1
    for day in (4, 5, 6):
        seats.run(day, bob="2")
    assert unjudged(seats) == 0


def test_a_persona_that_is_new_takes_its_baseline_of_those_who_can_be_judged(seats: Seats) -> None:
    seats.run(1, ada="20", bob="2")
    persona = "persona Few:\n  seats < 10\ntrigger Hey: on tagged(Few) send template Hello auto=true"
    seats.rules(*BOTH, persona)
    seats.run(2, ada="n/a", bob="2")
    seats.run(3, ada="5", bob="2")
    # ada left Many, and was never judged in Few
    assert seats.project.emails() == [("Bye", "ada", "sent")]
    assert ("Few", "ada", 1, "baseline") in seats.project.log()


def test_who_was_never_judged_is_not_mailed_when_their_persona_has_another_name(seats: Seats) -> None:
    seats.run(1, ada="n/a", bob="2")
    renamed = (text.replace("(Many)", "(Lots)") for text in BOTH)
    seats.project.rules(*renamed, schema=SCHEMA.replace("persona Many:", "persona Lots was Many:"))
    seats.run(2, ada="n/a", bob="2")
    seats.run(3, ada="20", bob="2")
    assert seats.project.emails() == []
    assert ("Lots", "ada", 1, "baseline") in seats.project.log()


def test_backfill_mails_only_who_is_known_to_be_in(seats: Seats) -> None:
    seats.run(1, ada="20", bob="20")
    seats.rules(*BOTH, "trigger Fill: on tagged(Many) send template Hello backfill=true")
    seats.run(2, ada="n/a", bob="20")
    assert seats.project.emails() == [("Fill", "bob", "unapproved")]


def test_a_wait_goes_on_while_nobody_can_tell(seats: Seats) -> None:
    seats.rules("trigger Greet: on tagged(Many) send template Hello after=2d")
    seats.run(1, ada="2", bob="2")
    seats.run(2, ada="20", bob="20")
    seats.run(5, ada="n/a", bob="n/a")
    assert len(seats.project.waiting()) == 2
    seats.run(6, ada="20", bob="2")
    assert seats.project.emails() == [("Greet", "ada", "unapproved")]
    assert seats.project.reasons() == [("Greet", "bob", "left Many before 2d were over")]


def test_a_segment_that_nobody_can_tell_makes_a_reason(seats: Seats) -> None:
    seats.rules("trigger Greet: on tagged(Many) in Large send template Hello")
    seats.run(1, ada="2", bob="2")
    seats.project._csv("accounts.csv", ("id", "size"), [("acme", "about 500")])
    seats.run(2, ada="20", bob="2")
    reason = "nobody can tell whether its company is in Large: a value cannot be read"
    assert (seats.project.emails(), seats.project.reasons()) == ([], [("Greet", "ada", reason)])


def test_a_parked_persona_settles_nobody(seats: Seats) -> None:
    crowd = {f"p{number}": "2" for number in range(100)}
    seats.project.events(*(("p1", kind, "2026-01-01T00:00Z") for kind in ("login", "export")))
    seats.run(1, ada="n/a", **crowd)
    seats.run(2, ada="20", **dict.fromkeys(crowd, "20"))
    assert (seats.project.log(), unjudged(seats)) == ([], 1)
    seats.run(3, ada="20", **crowd)
    assert (seats.project.log(), unjudged(seats)) == ([("Many", "ada", 1, "baseline")], 0)
