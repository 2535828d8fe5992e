"""A store of the version before people could be absent or unjudged: its first ticks here mail nobody wrongly."""

from typing import Any

import pytest

from tests.outbox.disk import older

DAY = "2026-01-{:02}T08:00Z"
TRIGGERS = (
    "trigger Greet: on tagged(Pro) send template Hello",
    "trigger Bye: on untagged(Pro) send template Hello auto=true",
    "trigger Slow: on tagged(Pro) send template Hello after=5d",
    "trigger Call: on tagged(Quiet) send template Hello auto=true",
)
# what was in the data when that version last ticked, on the second of January; it could not read what gus did
PLANS = {"ada": "pro", "bob": "pro", "cleo": "pro", "dan": "free", "fay": "free", "gus": "pro"}
EVENTS = (
    ("ada", "login", "2025-12-31T00:00Z"),
    ("bob", "login", "2025-12-30T00:00Z"),
    ("cleo", "login", "2025-12-29T00:00Z"),
    ("gus", "login", "31/12/2025 08:00"),
    ("ada", "export", "2026-01-01T00:00Z"),
)
MAILS = [("Bye", "dan", "sent"), ("Greet", "bob", "unapproved"), ("Greet", "cleo", "unapproved")]


@pytest.fixture
def upgraded(project: Any) -> Any:
    """The project of that version; the first command that opens its store upgrades it."""
    project.rules(*TRIGGERS)
    project.people(**PLANS)
    project.accounts(acme=500)
    project.events(*EVENTS)
    (project.folder / "state").mkdir()
    older.make(project.folder / "state/rulekit.db", older.EIGHTH)
    return project


def command(project: Any, *arguments: str) -> Any:
    return project.cli(*arguments, "--project", str(project.folder))


def run(project: Any, day: int) -> Any:
    done = command(project, "run", "--now", DAY.format(day))
    assert done.exit_code == 0, done.output
    return done


def test_the_first_tick_mails_nobody_parks_nothing_and_keeps_sides(upgraded: Any) -> None:
    before, log = upgraded.emails(), upgraded.log()
    assert before == MAILS
    planned = command(upgraded, "plan", "--now", DAY.format(3))
    done = run(upgraded, 3)
    for printed in (planned.output, done.output):
        assert [line.split()[:4] for line in printed.splitlines() if line.startswith(("  Pro ", "  Quiet "))] == [
            ["Pro", "4", "+0", "-0"],
            ["Quiet", "3", "+0", "-0"],
        ]
        assert "parked" not in printed
        assert "changed" not in printed
    assert (upgraded.emails(), upgraded.log()) == (before, log)
    assert upgraded.waiting() == [("Slow", "bob"), ("Slow", "cleo")]
    assert command(upgraded, "reconcile").exit_code == 0


def test_what_people_do_after_it_counts_as_ever(upgraded: Any) -> None:
    run(upgraded, 3)
    upgraded.people(**{**PLANS, "dan": "pro", "bob": "free"})
    run(upgraded, 4)
    assert upgraded.emails() == [
        ("Bye", "dan", "sent"),
        ("Greet", "bob", "withdrawn"),
        ("Greet", "cleo", "unapproved"),
        ("Bye", "bob", "sent"),
        ("Greet", "dan", "unapproved"),
    ]
    assert command(upgraded, "outbox", "approve", "3", "--by", "ines", "--now", DAY.format(4)).exit_code == 0
    # the logins of ada and bob are more than seven days ago by then, and what waited for `after` is due
    run(upgraded, 8)
    made = upgraded.emails()
    assert made[2] == ("Greet", "cleo", "sent")
    assert sorted(made[5:]) == [
        ("Call", "ada", "sent"),
        ("Call", "bob", "sent"),
        ("Call", "cleo", "sent"),
        ("Slow", "cleo", "unapproved"),
    ]
    assert command(upgraded, "reconcile").exit_code == 0


def test_who_was_there_and_is_absent_at_the_first_tick_is_not_untagged(upgraded: Any) -> None:
    upgraded.people(**{key: plan for key, plan in PLANS.items() if key != "gus"})
    run(upgraded, 3)
    upgraded.people(**PLANS)
    run(upgraded, 4)
    assert upgraded.emails() == MAILS


def test_a_rule_that_was_edited_before_the_second_tick_mails_nobody(upgraded: Any) -> None:
    run(upgraded, 3)
    upgraded.write(
        "main.rules", (upgraded.folder / "main.rules").read_text().replace('plan = "pro"', "plan is present")
    )
    done = run(upgraded, 4)
    assert "Pro changed: 2 in, 0 out by the edit; nobody is mailed for it" in done.output
    assert upgraded.emails() == MAILS
