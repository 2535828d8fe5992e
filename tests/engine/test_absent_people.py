"""Gone and back is not joining: people whom an export lacks keep their sides, and their emails and waits are held."""

from typing import Any

import pytest

DAY = "2026-01-{:02}T08:00Z"


def greet(options: str = "", on: str = "tagged(Pro)", name: str = "Greet") -> str:
    return f"trigger {name}: on {on} send template Hello {options}"


def without(project: Any, key: str, **plans: str) -> None:
    project.people(**{person: plan for person, plan in plans.items() if person != key})


@pytest.mark.parametrize("days", [1, 20])
def test_who_is_back_has_not_joined(project: Any, days: int) -> None:
    project.rules(greet("auto=true"), greet("auto=true", on="untagged(Pro)", name="Bye"))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    without(project, "ada", ada="pro", bob="free")
    for day in range(2, 2 + days):
        project.run(DAY.format(day))
    assert project.ask("SELECT key, absent_since FROM people WHERE absent_since IS NOT NULL") == [
        ("ada", "2026-01-02T08:00:00.000000Z")
    ]
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2 + days))
    assert ([line for line in project.log() if line[0] == "Pro"], project.emails()) == ([], [])
    assert project.ask("SELECT key FROM people WHERE absent_since IS NOT NULL") == []


def test_who_did_something_while_they_were_away_has_crossed(project: Any) -> None:
    project.rules(greet(), greet(on="untagged(Pro)", name="Bye"))
    project.people(ada="pro", bob="free", cleo="free")
    project.run(DAY.format(1))
    project.people(bob="free")
    project.run(DAY.format(2))
    project.people(ada="free", bob="free", cleo="pro")
    project.run(DAY.format(3))
    assert project.log() == [("Pro", "cleo", 1, "joined"), ("Pro", "ada", 1, "left")]
    assert sorted(project.emails()) == [("Bye", "ada", "unapproved"), ("Greet", "cleo", "unapproved")]


@pytest.mark.parametrize("state", ["unapproved", "approved"])
@pytest.mark.parametrize("edge", ["tagged", "untagged"])
def test_emails_are_held_until_their_person_is_back(project: Any, state: str, edge: str) -> None:
    before, after = ("free", "pro") if edge == "tagged" else ("pro", "free")
    project.rules(greet(on=f"{edge}(Pro)"))
    project.people(ada=before, bob="free")
    project.run(DAY.format(1))
    project.people(ada=after, bob="free")
    project.run(DAY.format(2))
    without(project, "ada", ada=after, bob="free")
    project.run(DAY.format(3))
    if state == "approved":
        approved = project.cli(
            "outbox", "approve", "--project", str(project.folder), "--now", DAY.format(3), "--yes", "1"
        )
        assert approved.exit_code == 0, approved.output
    project.run(DAY.format(4))
    assert (project.emails(), project.sent()) == ([("Greet", "ada", state)], [])
    shown = project.cli("outbox", "show", "--project", str(project.folder), "1").output
    assert "held:       its person is not in the source since 2026-01-03" in shown
    assert "not in the source" in project.cli("outbox", "list", "--project", str(project.folder)).output
    project.people(ada=after, bob="free")
    project.run(DAY.format(5))
    assert project.emails() == [("Greet", "ada", "sent" if state == "approved" else state)]
    assert "held:" not in project.cli("outbox", "show", "--project", str(project.folder), "1").output
    assert project.cli("reconcile", "--project", str(project.folder), "--now", DAY.format(5)).exit_code == 0


@pytest.mark.parametrize("approve", [False, True])
def test_what_is_of_no_use_any_more_expires_while_it_is_held(project: Any, approve: bool) -> None:
    project.rules(greet("expires=3d"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    without(project, "ada", ada="pro", bob="free")
    project.run(DAY.format(3))
    if approve:
        project.cli("outbox", "approve", "--project", str(project.folder), "--now", DAY.format(3), "--yes", "1")
    project.people(ada="pro", bob="free")
    # even if they are back at this very moment
    project.run(DAY.format(6))
    assert (project.emails(), project.sent()) == ([("Greet", "ada", "expired")], [])


@pytest.mark.parametrize("option", ["after=2d", "every=3d"])
def test_waits_go_on_and_end_when_their_person_is_back(project: Any, option: str) -> None:
    project.rules(greet(f"{option} keep=true expires=30d"))
    project.run(DAY.format(1))
    days = [(2, "pro")] if "after" in option else [(2, "pro"), (3, "free"), (4, "pro")]
    for day, plan in days:
        project.people(ada=plan, bob="free")
        project.run(DAY.format(day))
    made = len(project.emails())
    without(project, "ada", ada="pro", bob="free")
    for day in (5, 10):
        project.run(DAY.format(day))
        assert (len(project.emails()), project.waiting()) == (made, [("Greet", "ada")])
    project.people(ada="pro", bob="free")
    project.run(DAY.format(11))
    assert (len(project.emails()), project.waiting(), project.reasons()) == (made + 1, [], [])


def test_a_wait_ends_for_who_did_something_meanwhile(project: Any) -> None:
    project.rules(greet("after=2d"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    without(project, "ada", ada="pro", bob="free")
    project.run(DAY.format(5))
    project.people(ada="free", bob="free")
    project.run(DAY.format(6))
    assert project.reasons() == [("Greet", "ada", "left Pro before 2d were over")]


def test_a_removed_trigger_withdraws_also_what_is_held(project: Any) -> None:
    project.rules(greet(), greet("after=9d", name="Slow"))
    project.run(DAY.format(1))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(2))
    without(project, "ada", ada="pro", bob="free")
    project.rules()
    project.run(DAY.format(3))
    assert (project.emails(), project.waiting()) == ([("Greet", "ada", "withdrawn")], [])


def test_a_persona_that_is_new_meanwhile_takes_its_baseline_of_them_when_they_are_back(project: Any) -> None:
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    without(project, "ada", ada="pro", bob="free")
    vip = 'persona Vip: plan = "pro"'
    project.rules(vip, greet(on="tagged(Vip)"), greet(on="untagged(Vip)", name="Bye"))
    project.run(DAY.format(2))
    project.people(ada="pro", bob="pro")
    project.run(DAY.format(3))
    assert project.log() == [("Pro", "bob", 1, "joined"), ("Vip", "bob", 1, "joined"), ("Vip", "ada", 1, "baseline")]
    assert project.emails() == [("Greet", "bob", "unapproved")]
    # from then on they cross like everybody
    for day, plan in ((4, "free"), (5, "pro")):
        project.people(ada=plan, bob="pro")
        project.run(DAY.format(day))
    assert project.emails() == [
        ("Greet", "bob", "unapproved"),
        ("Bye", "ada", "withdrawn"),
        ("Greet", "ada", "unapproved"),
    ]
    assert ("Vip", "ada", 2, "joined") in project.log()
    assert project.cli("reconcile", "--project", str(project.folder), "--now", DAY.format(5)).exit_code == 0


def test_the_settings_say_after_how_long_they_are_gone(project: Any) -> None:
    project.settings("people = 50", 'people = 50\nabsent = "2d"')
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    without(project, "ada", ada="pro", bob="free")
    for day in (2, 3):
        project.run(DAY.format(day))
        assert project.log() == []
    project.run(DAY.format(4))
    assert project.log() == [("Pro", "ada", 1, "gone")]


def test_who_was_erased_is_gone_at_once(project: Any) -> None:
    project.events(*(("bob", kind, "2026-01-01T00:00Z") for kind in ("login", "export")))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    without(project, "ada", ada="pro", bob="free")
    project.run(DAY.format(2))
    erased = project.cli("erase", "--project", str(project.folder), "--now", DAY.format(2), "--yes", "ada")
    assert erased.exit_code == 0, erased.output
    assert project.ask("SELECT mailbox FROM people WHERE ordinal = 0") == [("",)]
    project.run(DAY.format(3))
    assert {line[3] for line in project.log()} == {"gone"}


def test_a_clock_that_was_ahead_makes_nobody_gone_sooner_or_later(project: Any) -> None:
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    without(project, "ada", ada="pro", bob="free")
    project.run(DAY.format(20))
    project.run(DAY.format(2), accept=True)
    assert project.ask("SELECT absent_since FROM people WHERE absent_since IS NOT NULL") == [
        ("2026-01-02T08:00:00.000000Z",)
    ]
    assert project.log() == []


def test_a_clock_that_is_right_again_leads_back_also_for_who_is_away(project: Any) -> None:
    project.rules(greet(on="tagged(Quiet)"))
    project.events(("ada", "login", "2026-01-01T00:00Z"), ("bob", "login", "2026-01-01T00:00Z"))
    project.people(ada="pro", bob="free")
    project.run(DAY.format(1))
    project.run(DAY.format(20))
    assert len(project.emails()) == 2
    without(project, "ada", ada="pro", bob="free")
    project.run(DAY.format(2), accept=True)
    project.people(ada="pro", bob="free")
    for day in (3, 9, 10):
        project.run(DAY.format(day))
    assert len(project.emails()) == 2
