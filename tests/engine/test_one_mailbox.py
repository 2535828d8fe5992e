"""One mailbox under several keys: what its reader gets, and what is told of the rest."""

from typing import Any

import pytest

OFFICE = "info@example.com"
GREET = "trigger Greet: on tagged(Pro) send template Hello"
SHARED = "another person with the same mailbox gets this email"


def rows(**people: tuple[str, str]) -> list[list[str]]:
    return [[key, address, plan, "acme"] for key, (address, plan) in people.items()]


def start(project: Any, trigger: str = GREET) -> None:
    project.rules(trigger)
    project.people(ada="free", bob="free", cid="free")
    project.run("2026-01-01T08:00Z")


def people(plan: str, *keys: str, others: str = "free") -> list[list[str]]:
    """Ada, Bob and Cid in one office, which writes its address in several ways."""
    spelt = {"ada": "Info@example.com", "bob": "info@EXAMPLE.com", "cid": OFFICE}
    return rows(**{key: (address, plan if key in keys else others) for key, address in spelt.items()})


def test_in_one_tick_the_smallest_key_gets_the_email(project: Any) -> None:
    start(project)
    project.person_rows(people("pro", "ada", "bob", "cid")[::-1])
    project.run("2026-01-02T08:00Z")
    assert project.emails() == [("Greet", "ada", "unapproved")]
    assert sorted(project.reasons()) == [("Greet", "bob", SHARED), ("Greet", "cid", SHARED)]


def test_plan_run_and_reconcile_count_it(project: Any) -> None:
    start(project)
    project.person_rows(people("pro", "ada", "bob", "cid"))
    told = f"Greet: no email for 2 people: {SHARED}"
    for command in ("plan", "run"):
        said = project.cli(command, "--now", "2026-01-02T08:00Z").output
        assert told in said
        assert "Greet: 1 email unapproved" in said
    reconciled = project.cli("reconcile", "--now", "2026-01-02T09:00Z")
    assert reconciled.exit_code == 0
    assert SHARED in reconciled.output


def test_other_triggers_and_other_mailboxes_are_not_stopped(project: Any) -> None:
    start(project)
    project.rules(GREET, "trigger Again: on tagged(Pro) send template Hello")
    project.run("2026-01-01T09:00Z")
    project.person_rows([*people("pro", "ada", "bob"), *rows(dan=("info+dan@example.com", "pro"))])
    project.run("2026-01-02T08:00Z")
    found = sorted((trigger, person) for trigger, person, _ in project.emails())
    assert found == [("Again", "ada"), ("Again", "dan"), ("Greet", "ada"), ("Greet", "dan")]


def test_people_without_an_address_share_none(project: Any) -> None:
    addresses = {"ada": "", "bob": "", "cid": "no address"}
    for day, plan in enumerate(("free", "pro"), start=1):
        project.person_rows(rows(**{key: (address, plan) for key, address in addresses.items()}))
        project.run(f"2026-01-0{day}T08:00Z")
    assert [state for _, _, state in project.emails()] == ["failed"] * 3
    assert project.reasons() == []


def test_what_cannot_be_made_for_one_key_is_made_for_the_next(project: Any) -> None:
    start(project)
    project.rules(
        GREET.replace("Hello", "Sure"),
        'template Sure:\n  subject "For you"\n  text "{{ 1 / (company.size - 10) }}"',
    )
    project.accounts(acme=10, other=20)
    found = people("pro", "ada", "bob")
    found[1][3] = "other"
    project.person_rows(found)
    project.run("2026-01-02T08:00Z")
    assert [(person, state) for _, person, state in project.emails()] == [("ada", "failed"), ("bob", "unapproved")]


def test_who_unsubscribed_elsewhere_does_not_stop_the_others(project: Any) -> None:
    start(project)
    project.people(ada="pro", bob="free", cid="free")
    project.run("2026-01-02T08:00Z")
    project.cli("suppress", "add", "ada@example.com", "--now", "2026-01-02T09:00Z")
    project.people(ada="free", bob="free", cid="free")
    project.run("2026-01-03T08:00Z")
    project.person_rows(people("pro", "ada", "bob"))
    project.run("2026-01-04T08:00Z")
    assert project.emails() == [("Greet", "ada", "suppressed"), ("Greet", "bob", "unapproved")]
    assert project.reasons() == [("Greet", "ada", SHARED)]


def test_after_and_backfill_make_one_email_too(project: Any) -> None:
    start(project, f"{GREET} after=1d")
    project.person_rows(people("pro", "ada", "bob"))
    project.run("2026-01-02T08:00Z")
    assert project.waiting() == [("Greet", "ada"), ("Greet", "bob")]
    project.rules(f"{GREET} after=1d", "trigger Late: on tagged(Pro) send template Hello backfill=true")
    project.run("2026-01-03T08:00Z")
    assert sorted(project.emails()) == [("Greet", "ada", "unapproved"), ("Late", "ada", "unapproved")]


@pytest.mark.parametrize(
    ("every", "days", "mailed"), [("", 1, True), (" every=30d", 1, False), (" every=30d", 31, True)]
)
def test_in_a_later_tick_every_decides(project: Any, every: str, days: int, mailed: bool) -> None:
    start(project, f"{GREET}{every}")
    project.person_rows(people("pro", "bob"))
    project.run("2026-01-02T08:00Z")
    project.person_rows(people("pro", "ada", "bob"))
    at = "2026-01-03T08:00Z" if days == 1 else "2026-02-02T08:00Z"
    project.run(at)
    assert [person for _, person, _ in project.emails()] == (["bob", "ada"] if mailed else ["bob"])
    assert project.reasons() == ([] if mailed else [("Greet", "ada", "another email of this trigger within 30d")])
