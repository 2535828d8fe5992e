"""A clock that was ahead by days: a person leads the project back, no approval is lost, and nobody is mailed twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

BY = ("--by", "Eve")
RULES = (
    "trigger Ask: on tagged(Quiet) send template Hello",
    "trigger Auto: on tagged(Quiet) send template Hello auto=true",
    "trigger Back: on untagged(Quiet) send template Hello auto=true",
)
RIGHT = "2026-01-05T08:00Z"


def run(project: Any, now: str, *options: str) -> Any:
    return project.cli("run", *options, "--now", now)


@pytest.fixture
def ahead(project: Any) -> Any:
    """Both people were quiet by a clock that was a week ahead, and were mailed; one email was approved by it."""
    project.rules(*RULES)
    project.events(("ada", "login", "2026-01-03T00:00Z"), ("bob", "login", "2026-01-03T00:00Z"))
    project.run("2026-01-04T08:00Z")
    project.run("2026-01-12T08:00Z")
    assert project.emails() == [
        ("Ask", "ada", "unapproved"),
        ("Ask", "bob", "unapproved"),
        ("Auto", "ada", "sent"),
        ("Auto", "bob", "sent"),
    ]
    for number in ("1", "2"):
        assert project.cli("outbox", "approve", number, *BY, "--now", "2026-01-12T09:00Z").exit_code == 0
    return project


def test_it_is_refused_and_the_way_back_is_told(ahead: Any) -> None:
    before = ahead.dump()
    refused = run(ahead, RIGHT)
    assert refused.exit_code == 2
    assert "the last tick was at 2026-01-12T08:00:00Z, which is later than 2026-01-05T08:00:00Z" in refused.stderr
    assert "if it was ahead then and is right now, look at `rulekit plan --accept` and run with `--accept`" in (
        refused.stderr
    )
    assert ahead.cli("plan", "--accept", "--now", RIGHT).exit_code == 0
    assert ahead.dump() == before


def test_it_leads_back(ahead: Any) -> None:
    assert run(ahead, RIGHT, "--accept").exit_code == 0
    # the hold of both approvals begins at the right time
    assert [state for *_, state in ahead.emails()] == ["approved", "approved", "sent", "sent"]
    assert run(ahead, "2026-01-05T08:09Z").exit_code == 0
    assert len(ahead.sent()) == 2
    assert run(ahead, "2026-01-05T08:10Z").exit_code == 0
    assert len(ahead.sent()) == 4
    for day in (6, 9, 10, 11, 12, 13):
        assert run(ahead, f"2026-01-{day:02}T08:00Z").exit_code == 0
    assert len(ahead.emails()) == 4
    assert len(ahead.sent()) == 4
    assert ahead.cli("reconcile", "--now", "2026-01-13T09:00Z").exit_code == 0


def test_who_comes_back_meanwhile_leaves_at_once(ahead: Any) -> None:
    run(ahead, RIGHT, "--accept")
    ahead.events(
        ("ada", "login", "2026-01-03T00:00Z"),
        ("bob", "login", "2026-01-03T00:00Z"),
        ("bob", "login", "2026-01-05T08:03Z"),
    )
    run(ahead, "2026-01-05T08:05Z")
    assert ahead.emails()[1:2] == [("Ask", "bob", "withdrawn")]
    assert ahead.emails()[4:] == [("Back", "bob", "sent")]
    # and is quiet again when a week is over
    run(ahead, "2026-01-12T07:00Z")
    assert len(ahead.emails()) == 5
    run(ahead, "2026-01-12T09:00Z")
    assert [email[:2] for email in ahead.emails()[5:]] == [("Ask", "bob"), ("Auto", "bob")]


def test_who_is_new_joins_by_the_right_clock(ahead: Any) -> None:
    run(ahead, RIGHT, "--accept")
    ahead.people(ada="free", bob="free", cid="free")
    ahead.events(*((who, "login", "2026-01-03T00:00Z") for who in ("ada", "bob")), ("cid", "login", RIGHT))
    for now in ("2026-01-05T08:01Z", "2026-01-10T08:00Z"):
        run(ahead, now)
        assert all(person != "cid" for _, person, _ in ahead.emails())
    run(ahead, "2026-01-12T09:00Z")
    assert {trigger for trigger, person, _ in ahead.emails() if person == "cid"} == {"Ask", "Auto"}


def test_who_left_ahead_is_not_mailed_for_leaving_again(project: Any) -> None:
    recent = 'persona Recent "Was here this week":\n  did(login, last 7d)\n'
    project.rules(recent, "trigger Left: on untagged(Recent) send template Hello auto=true")
    project.events(("ada", "login", "2026-01-03T00:00Z"))
    for now in ("2026-01-04T08:00Z", "2026-01-12T08:00Z"):
        project.run(now)
    run(project, RIGHT, "--accept")
    for day in (6, 9, 11, 13):
        run(project, f"2026-01-{day:02}T08:00Z")
    assert project.emails() == [("Left", "ada", "sent")]


def test_a_persona_that_was_first_seen_ahead_mails_nobody_for_it(project: Any) -> None:
    project.run("2026-01-04T08:00Z")
    project.rules(*RULES)
    project.events(("ada", "login", "2026-01-03T00:00Z"), ("bob", "login", "2026-01-03T00:00Z"))
    (project.folder / "state/rulekit.db").unlink()
    project.run("2026-01-12T08:00Z")
    run(project, RIGHT, "--accept")
    for day in (6, 9, 11, 13):
        run(project, f"2026-01-{day:02}T08:00Z")
    assert project.emails() == []


def test_a_window_that_the_clock_passed_over_is_not_missed(project: Any) -> None:
    window = 'persona Third "On the third day":\n  did(login, last 4d) and not did(login, last 3d)\n'
    project.rules(window, "trigger Day: on tagged(Third) send template Hello auto=true")
    project.events(("ada", "login", "2026-01-03T00:00Z"))
    for now in ("2026-01-04T08:00Z", "2026-01-12T08:00Z"):
        project.run(now)
    run(project, RIGHT, "--accept")
    run(project, "2026-01-06T08:00Z")
    assert project.emails() == [("Day", "ada", "sent")]


def test_a_rate_and_a_wait_for_the_sender_begin_anew(ahead: Any) -> None:
    ahead.settings(more="rate = '1 per 1h'\n")
    run(ahead, "2026-01-12T09:30Z")
    assert len(ahead.sent()) == 3
    run(ahead, RIGHT, "--accept")
    run(ahead, "2026-01-05T08:11Z")
    assert len(ahead.sent()) == 4


def test_on_the_clock_of_this_machine(project: Any) -> None:
    """As cron would: the clock is what it is, and only the ticks of before were ahead."""
    now = datetime.now(UTC)

    def in_(**length: float) -> str:
        return (now + timedelta(**length)).isoformat()

    project.rules(*RULES)
    project.events(("ada", "login", in_(days=-3)), ("bob", "login", in_(days=-3)))
    project.run(in_(days=-2))
    project.run(in_(days=5))
    assert project.cli("outbox", "approve", "1", *BY, "--now", in_(days=5)).exit_code == 0
    assert project.cli("run").exit_code == 2
    assert project.cli("run", "--accept").exit_code == 0
    assert project.cli("run").exit_code == 0
    assert [state for *_, state in project.emails()] == ["approved", "unapproved", "sent", "sent"]
    ((held_until,),) = project.ask("SELECT not_before FROM outbox WHERE id = 1")
    assert now < datetime.fromisoformat(held_until) < now + timedelta(minutes=20)


def test_a_clock_that_was_behind_is_led_forward(project: Any) -> None:
    project.rules(*RULES)
    project.events(("ada", "login", "2026-01-03T00:00Z"), ("bob", "login", "2026-01-03T00:00Z"))
    project.run("2020-01-01T00:00Z")
    assert run(project, RIGHT).exit_code == 2
    assert run(project, RIGHT, "--accept").exit_code == 0
    assert run(project, "2026-01-05T09:00Z").exit_code == 0
