"""An email that waits while its person's address changes, from one tick to the next."""

import json
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest

from tests.outbox import singly

AUTO = "trigger Greet: on tagged(Pro) send template Hello auto=true"
ASKS = "trigger Greet: on tagged(Pro) send template Hello"
NEW = "ada@new.example"


def rows(**addresses: str) -> list[list[str]]:
    return [[key, address, "pro", "acme"] for key, address in addresses.items()]


@pytest.fixture
def waiting(project: Any) -> Any:
    """The project with an unapproved email each to ada and to bob."""
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="pro")
    project.run("2026-01-02T08:00Z")
    return project


@pytest.fixture
def halted(project: Any) -> Any:
    """The project with an email each that needs nobody's approval, and waits because sending is halted."""
    project.rules(AUTO)
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="pro")
    project.cli("sending", "halt", "--reason", "wait", "--now", "2026-01-02T07:00Z")
    project.run("2026-01-02T08:00Z")
    return project


def tick(project: Any, at: str = "2026-01-03T08:00Z", **addresses: str) -> str:
    project.person_rows(rows(**{"ada": NEW, "bob": "bob@example.com", **addresses}))
    said: str = project.cli("run", "--now", at).output
    assert project.cli("reconcile", "--now", at).exit_code == 0
    return said


def outbox(project: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = project.ask("SELECT recipient, state FROM outbox ORDER BY id")
    return found


def reason(project: Any, row: int = 1) -> str:
    return str(project.ask("SELECT reason FROM outbox WHERE id = :row", row=row)[0][0])


def digest(project: Any) -> str:
    return str(project.ask("SELECT digest FROM outbox WHERE id = 1")[0][0])


def history(project: Any, row: int = 1) -> list[str]:
    return [name for (name,) in project.ask('SELECT transition FROM audit WHERE "row" = :row ORDER BY id', row=row)]


def test_it_is_made_again_for_the_new_address(waiting: Any) -> None:
    before = digest(waiting)
    said = tick(waiting)
    assert "Greet: 1 waiting email made again for another address of its person, unapproved" in said
    assert outbox(waiting) == [(NEW, "unapproved"), ("bob@example.com", "unapproved")]
    message = message_from_bytes(waiting.ask('SELECT message FROM messages WHERE "row" = 1')[0][0])
    assert message["To"] == NEW
    assert f"Dear {NEW}" in message.get_payload()
    assert digest(waiting) != before
    assert history(waiting) == ["make", "readdress"]


def test_plan_says_so_and_writes_nothing(waiting: Any) -> None:
    waiting.person_rows(rows(ada=NEW, bob="bob@example.com"))
    before = waiting.dump()
    planned = waiting.cli("plan", "--detailed-exitcode", "--now", "2026-01-03T08:00Z")
    assert planned.exit_code == 3
    assert "1 waiting email made again for another address of its person, unapproved" in planned.output
    assert waiting.dump() == before


def test_where_it_was_approved_it_asks_again(waiting: Any) -> None:
    waiting.cli("outbox", "approve", "1", "2", "--yes", "--now", "2026-01-03T07:59Z")
    assert [state for _, state in outbox(waiting)] == ["approved", "approved"]
    tick(waiting)
    assert outbox(waiting) == [(NEW, "unapproved"), ("bob@example.com", "approved")]
    tick(waiting, "2026-01-03T09:00Z")
    assert len(waiting.sent()) == 1
    waiting.cli("outbox", "approve", "1", "--yes", "--now", "2026-01-03T09:00Z")
    tick(waiting, "2026-01-03T10:00Z")
    assert outbox(waiting) == [(NEW, "sent"), ("bob@example.com", "sent")]


def test_an_approval_of_what_was_seen_before_is_refused(waiting: Any) -> None:
    from rulekit.engine.stores import open_project_store
    from rulekit.errors import TransitionRefused

    seen = digest(waiting)
    tick(waiting)
    with (
        open_project_store(waiting.folder) as store,
        pytest.raises(TransitionRefused, match="not the message that you"),
    ):
        singly.approve(store, 1, seen, waiting.instant("2026-01-03T09:00Z"), "eve", timedelta(0))


def test_without_approval_it_goes_on_by_itself(halted: Any) -> None:
    said = tick(halted)
    assert "1 waiting email made again for another address of its person, approved (auto)" in said
    halted.cli("sending", "resume", "--now", "2026-01-03T08:30Z")
    tick(halted, "2026-01-03T09:00Z")
    assert outbox(halted) == [(NEW, "sent"), ("bob@example.com", "sent")]
    assert "readdress approved" in history(halted)


def test_a_trigger_that_asks_today_asks_for_what_is_made_again(halted: Any) -> None:
    halted.rules(ASKS)
    tick(halted)
    assert outbox(halted)[0] == (NEW, "unapproved")


@pytest.mark.parametrize("spelt", ["ADA@EXAMPLE.COM", "Ada@example.com", " ada@example.com "])
def test_another_spelling_is_no_other_address(waiting: Any, spelt: str) -> None:
    tick(waiting, ada=spelt)
    assert history(waiting) == ["make"]


@pytest.mark.parametrize("bad", ["", "nobody", "a@b@c.example"])
def test_an_address_that_is_none_fails(waiting: Any, bad: str) -> None:
    said = tick(waiting, ada=bad)
    assert "1 waiting email failed, as its person has another address" in said
    assert outbox(waiting)[0] == ("", "failed")
    assert "person `ada`" in reason(waiting)


def test_an_address_that_is_suppressed_ends_it(waiting: Any) -> None:
    waiting.cli("suppress", "add", NEW, "--now", "2026-01-02T09:00Z")
    tick(waiting)
    assert outbox(waiting)[0] == (NEW, "suppressed")
    assert reason(waiting) == "its address is suppressed: asked for it"
    listed = json.loads(waiting.cli("suppress", "list", "--output", "json").output)["suppressions"]
    assert [line["people"] for line in listed] == [["ada"]]


def test_where_another_one_waits_at_the_same_mailbox_both_do_without_every(waiting: Any) -> None:
    tick(waiting, ada="bob@example.com")
    assert outbox(waiting) == [("bob@example.com", "unapproved")] * 2


def test_within_every_the_mailbox_gets_no_second_one(project: Any) -> None:
    project.rules(f"{ASKS} every=30d keep=true")
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="pro")
    project.run("2026-01-02T08:00Z")
    tick(project, ada="bob@example.com")
    assert outbox(project) == [("ada@example.com", "withdrawn"), ("bob@example.com", "unapproved")]
    assert reason(project) == "another email of this trigger within 30d"


def test_two_that_come_to_one_mailbox_in_one_tick_are_one(waiting: Any) -> None:
    said = tick(waiting, ada=NEW, bob=NEW)
    assert outbox(waiting) == [(NEW, "unapproved"), ("bob@example.com", "withdrawn")]
    assert "another person with the same mailbox gets this email" in said


def test_who_left_as_well_does_not_take_the_email_of_another(waiting: Any) -> None:
    waiting.person_rows([["ada", NEW, "free", "acme"], ["bob", NEW, "pro", "acme"]])
    waiting.run("2026-01-03T08:00Z")
    assert outbox(waiting) == [("ada@example.com", "withdrawn"), (NEW, "unapproved")]


def test_what_may_have_arrived_is_left_as_it_is(waiting: Any) -> None:
    from rulekit.engine.stores import open_project_store
    from rulekit.records import Unknown
    from rulekit.uncertainty import Uncertainty

    waiting.cli("outbox", "approve", "1", "--yes", "--now", "2026-01-02T09:00Z")
    at = waiting.instant("2026-01-02T10:00Z")
    with open_project_store(waiting.folder) as store:
        (claim,) = store.queue.claim_due(at, "w", 1).claims
        singly.mark_data(store, claim, at)
        singly.finish(store, claim, Unknown("silence"), at)
        assert store.queue.resend(at, Uncertainty("resend")) == 1
    waiting.cli("sending", "halt", "--reason", "wait", "--now", "2026-01-02T11:00Z")
    tick(waiting)
    assert outbox(waiting)[0] == ("ada@example.com", "retrying")


def test_what_was_put_off_is_tried_anew(waiting: Any) -> None:
    from rulekit.engine.stores import open_project_store
    from rulekit.records import Later

    waiting.cli("outbox", "approve", "1", "--yes", "--now", "2026-01-02T09:00Z")
    at = waiting.instant("2026-01-02T10:00Z")
    with open_project_store(waiting.folder) as store:
        (claim,) = store.queue.claim_due(at, "w", 1).claims
        singly.mark_data(store, claim, at)
        singly.finish(store, claim, Later("450 busy"), at)
    tick(waiting, "2026-01-02T10:00Z")
    assert outbox(waiting)[0] == (NEW, "unapproved")
    assert waiting.ask("SELECT attempts, left_at, reason FROM outbox WHERE id = 1") == [(0, None, None)]
    # and who looks for what has left asks of this message only
    waiting.cli("outbox", "approve", "1", "--yes", "--now", "2026-01-02T11:00Z")
    tick(waiting, "2026-01-02T12:00Z")
    assert outbox(waiting)[0] == (NEW, "sent")


def test_who_is_gone_keeps_the_address(project: Any) -> None:
    project.rules(f"{ASKS} keep=true")
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="pro")
    project.run("2026-01-02T08:00Z")
    project.person_rows(rows(bob="bob@example.com"))
    project.run("2026-01-03T08:00Z")
    assert outbox(project) == [("ada@example.com", "unapproved"), ("bob@example.com", "unapproved")]


def test_a_second_tick_changes_nothing(waiting: Any) -> None:
    tick(waiting)
    before = waiting.dump()
    tick(waiting)
    assert waiting.dump() == before
