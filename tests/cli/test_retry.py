"""`rulekit outbox retry` of emails that could not be made, or were cancelled: they are made anew."""

from email import message_from_bytes, policy
from typing import Any

import pytest

from rulekit.outbox.people.resending import why_never
from rulekit.outbox.rows.queries import RowFilter
from tests.outbox import singly

MONDAY, TUESDAY, LATER = "2026-01-01T08:00Z", "2026-01-02T08:00Z", "2026-01-03T08:00Z"
BY = ("--by", "Eve", "--now", LATER)
BROKEN = 'template Hello:\n  subject "Hello"\n  text "You pay {{ 1 / 0 }}."\n'
MENDED = 'template Hello:\n  subject "Mended"\n  text "You are on {{ person.plan }}."\n'


def rules(project: Any, template: str, trigger: str = "trigger Greet: on tagged(Pro) send template Hello") -> None:
    project.write(
        "main.rules", f'person:\n  email  text\n  plan  text\npersona Pro:\n  plan = "pro"\n{template}{trigger}\n'
    )


def retry(project: Any, *arguments: str, code: int = 0) -> str:
    result = project.cli("outbox", "retry", *arguments, *BY)
    assert result.exit_code == code, result.output
    return str(result.output)


def reconciles(project: Any) -> None:
    result = project.cli("reconcile", "--now", LATER)
    assert result.exit_code == 0, result.output


def states(project: Any) -> list[tuple[str, str]]:
    return [(person, state) for _, person, state in project.emails()]


def begin(project: Any, template: str = BROKEN, **trigger: str) -> Any:
    rules(project, template, **trigger)
    project.run(MONDAY)
    project.people(ada="pro", bob="pro")
    project.run(TUESDAY)
    return project


@pytest.fixture
def failed(project: Any) -> Any:
    """The project after a day on which the template failed for ada and bob, whose emails are 1 and 2."""
    begin(project)
    assert states(project) == [("ada", "failed"), ("bob", "failed")]
    return project


def test_with_a_mended_template_an_email_is_made_and_asks_for_approval(failed: Any) -> None:
    text = retry(failed, "1", code=1)
    assert "refused: email 1 still cannot be made: template Hello, text" in text
    assert "help: mend the template or the data, then retry it" in text
    rules(failed, MENDED)
    before = failed.dump()
    assert retry(failed, "--trigger", "Greet", "--dry-run").splitlines() == [
        "email 1 to ada: would be made anew",
        "email 2 to bob: would be made anew",
    ]
    assert failed.dump() == before
    assert retry(failed, "1", "--reason", "mended") == "email 1 to ada: made anew as email 3, unapproved\n"
    assert states(failed) == [("ada", "failed"), ("bob", "failed"), ("ada", "unapproved")]
    shown = failed.cli("outbox", "show", "3").output
    assert "subject:    Mended" in shown
    assert "You are on pro." in shown
    assert "by Eve: mended" in shown
    assert "email 1 was sent again as email 3, which is unapproved" in retry(failed, "1", code=1)
    reconciles(failed)
    failed.cli("outbox", "approve", "3", *BY)
    failed.run("2026-01-03T08:10Z")
    assert states(failed)[2] == ("ada", "sent")
    reconciles(failed)


def test_a_mended_person_gets_it_at_the_address_of_today(project: Any) -> None:
    rules(project, MENDED, "trigger Greet: on tagged(Pro) send template Hello auto=true")
    project.run(MONDAY)
    project.person_rows([["ada", "", "pro", ""]])
    project.run(TUESDAY)
    assert states(project) == [("ada", "failed")]
    assert "there is no email" not in retry(project, "1", code=1)
    project.person_rows([["ada", "ada@new.example.com", "pro", ""]])
    lines = retry(project, "--state", "failed", "--yes").splitlines()
    assert lines == [
        "email 1 to ada: made anew as email 2, approved",
        "sent from 2026-01-03T08:10:00Z; until then `rulekit outbox unapprove` takes it back",
    ]
    project.run("2026-01-03T08:09Z")
    assert project.sent() == []
    project.run("2026-01-03T08:10Z")
    (file,) = (project.folder / "outbox").glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (message["to"], message["message-id"]) == ("ada@new.example.com", f"<{file.stem}>")
    assert message["date"].datetime == project.instant("2026-01-03T08:10Z")
    reconciles(project)


def test_a_cancelled_email_is_made_anew_only_when_it_is_named(project: Any) -> None:
    begin(project, MENDED)
    project.cli("outbox", "cancel", "1", "--reason", "wrong", *BY)
    assert retry(project, "--trigger", "Greet", "--yes") == "no email matches\n"
    assert retry(project, "--state", "cancelled", "--yes").startswith(
        "email 1 to ada@example.com: made anew as email 3"
    )
    assert states(project) == [("ada", "cancelled"), ("bob", "unapproved"), ("ada", "unapproved")]
    project.cli("outbox", "cancel", "3", *BY)
    assert "made anew as email 4" in retry(project, "3")
    assert "was sent again as email 4" in retry(project, "1", code=1)
    reconciles(project)


SHARED = [["ada", "", "pro", "acme"], ["bob", "Office@example.com", "pro", "acme"]]


def share(project: Any, options: str = "") -> None:
    """Of two keys with one mailbox ada's had none at first, so bob's got the email of the tick; then it is mended."""
    rules(project, MENDED, f"trigger Greet: on tagged(Pro) send template Hello {options}")
    project.run(MONDAY)
    project.person_rows(SHARED)
    project.run(TUESDAY)
    assert states(project) == [("ada", "failed"), ("bob", "unapproved")]
    project.person_rows([["ada", "office@example.com", "pro", "acme"], SHARED[1]])


def test_a_mailbox_that_had_the_email_of_that_tick_gets_no_second(project: Any) -> None:
    share(project)
    told = retry(project, "1", code=1)
    assert "email 1 is not made anew: its mailbox has email 2 of the same trigger" in told
    project.cli("outbox", "cancel", "2", *BY)
    assert "email 1 to ada: made anew as email 3" in retry(project, "1")
    assert "its mailbox has email 3" in retry(project, "2", code=1)
    reconciles(project)


def test_of_two_keys_with_one_mailbox_one_is_made_anew(project: Any) -> None:
    share(project)
    project.cli("outbox", "cancel", "2", *BY)
    for dry in (("--dry-run",), ()):
        told = retry(project, "1", "2", *dry, code=1)
        assert "email 1 to ada: " in told
        assert "email 2 is not made anew: its mailbox has email " in told
    assert states(project) == [("ada", "failed"), ("bob", "cancelled"), ("ada", "unapproved")]
    reconciles(project)


@pytest.mark.parametrize(("every", "made"), [("every=7d", False), ("every=1h", True), ("", True)])
def test_the_time_of_every_holds_for_the_mailbox(project: Any, every: str, made: bool) -> None:
    rules(project, BROKEN, f"trigger Greet: on tagged(Pro) send template Hello {every}")
    project.run(MONDAY)
    project.person_rows([["ada", "office@example.com", "pro", ""]])
    project.run(TUESDAY)
    rules(project, MENDED, f"trigger Greet: on tagged(Pro) send template Hello {every}")
    project.person_rows([["ada", "office@example.com", "pro", "acme"], SHARED[1]])
    project.run("2026-01-02T09:00Z")
    assert states(project) == [("ada", "failed"), ("bob", "unapproved")]
    assert ("made anew as email 3" in retry(project, "1", code=not made)) == made
    reconciles(project)


@pytest.mark.parametrize("edge", ["tagged", "untagged"])
def test_who_crossed_back_gets_none(project: Any, edge: str) -> None:
    inside, outside = ("pro", "free") if edge == "tagged" else ("free", "pro")
    rules(project, BROKEN, f"trigger Greet: on {edge}(Pro) send template Hello")
    project.people(ada=outside)
    project.run(MONDAY)
    project.people(ada=inside)
    project.run(TUESDAY)
    assert states(project) == [("ada", "failed")]
    rules(project, MENDED, f"trigger Greet: on {edge}(Pro) send template Hello")
    crossed = "its person left Pro" if edge == "tagged" else "its person joined Pro again"
    project.people(ada=outside)
    # before and after a run has noticed, and when they are back
    assert f"email 1 is not made anew: {crossed}\n" in retry(project, "1", code=1)
    project.run("2026-01-02T09:00Z")
    assert f"email 1 is not made anew: {crossed}\n" in retry(project, "1", code=1)
    project.people(ada=inside)
    assert f"email 1 is not made anew: {crossed}\n" in retry(project, "1", code=1)
    project.run("2026-01-02T10:00Z")
    assert f"email 1 is not made anew: {crossed}\n" in retry(project, "1", code=1)
    assert "made anew" not in retry(project, "--person", "ada", "--state", "sent", "--yes")
    reconciles(project)


def test_with_keep_who_left_gets_it_still(project: Any) -> None:
    trigger = "trigger Greet: on tagged(Pro) send template Hello keep=true"
    begin(project, trigger=trigger)
    rules(project, MENDED, trigger)
    project.people(ada="free", bob="pro")
    project.run("2026-01-02T09:00Z")
    assert "made anew as email 3, unapproved" in retry(project, "1")
    # a new joining has an email of its own
    project.people(ada="free", bob="free")
    project.run("2026-01-02T10:00Z")
    project.people(ada="free", bob="pro")
    project.run("2026-01-02T11:00Z")
    assert "email 2 is not made anew: its person left Pro" in retry(project, "2", code=1)
    project.people(bob="pro")
    assert "its person is not in the source now" in retry(
        project, "--state", "failed", "--person", "ada", "--yes", code=1
    )


def test_who_is_gone_suppressed_or_erased_gets_none(failed: Any) -> None:
    rules(failed, MENDED)
    failed.cli("suppress", "add", "ada@example.com", "--by", "Eve")
    assert "email 1 may not be sent again: ada@example.com is suppressed" in retry(failed, "1", code=1)
    failed.people(ada="pro")
    assert "email 2 is not made anew: its person is not in the source now" in retry(failed, "2", code=1)
    failed.run("2026-01-02T09:00Z")
    assert failed.cli("erase", "bob", "--yes", "--by", "Eve").exit_code == 0
    assert "email 2 cannot be made anew: its person was erased" in retry(failed, "2", code=1)
    assert states(failed)[0] == ("ada", "failed")
    assert len(states(failed)) == 2
    reconciles(failed)


def test_one_that_may_have_arrived_before_it_was_cancelled_is_not_made_anew(project: Any) -> None:
    from rulekit.engine.stores import open_project_store
    from rulekit.records import Unknown
    from rulekit.uncertainty import Uncertainty

    begin(project, MENDED, trigger='trigger Greet: on tagged(Pro) send template Hello uncertain="resend"')
    now = project.instant("2026-01-02T08:10Z")
    project.cli("outbox", "approve", "1", "--by", "Eve", "--now", TUESDAY)
    with open_project_store(project.folder) as store:
        [claim] = store.queue.claim_due(now, "test", 1).claims
        singly.mark_data(store, claim, now)
        singly.finish(store, claim, Unknown("no answer"), now)
        store.queue.resend(now, Uncertainty("resend"))
        singly.cancel(store, 1, now, "Eve")
        assert why_never(store.outbox.find(RowFilter(ids=[1]))[0])
    assert "email 1 may have arrived at 2026-01-02T08:10:00Z, before it was cancelled" in retry(project, "1", code=1)


def test_rules_that_no_longer_ask_for_it(failed: Any) -> None:
    rules(failed, MENDED, "trigger Other: on tagged(Pro) send template Hello")
    assert "its trigger is no longer in the rules" in retry(failed, "1", code=1)
    rules(failed, MENDED, "trigger Greet: on untagged(Pro) send template Hello")
    assert "its trigger is no longer `on tagged(Pro)`" in retry(failed, "1", code=1)
    rules(failed, MENDED, "trigger Hail was Greet: on tagged(Pro) send template Hello")
    assert "made anew as email 3" in retry(failed, "1")
    rules(failed, 'template Hello:\n  subject "x"\n')
    result = failed.cli("outbox", "retry", "2", *BY)
    assert result.exit_code == 1 or result.exit_code == 2
    assert "run `rulekit check` and mend them" in result.output


def test_of_very_many_with_auto_the_volume_guard_asks_for_approval(failed: Any) -> None:
    rules(failed, MENDED, "trigger Greet: on tagged(Pro) send template Hello auto=true")
    failed.settings(more="[delivery]\nmax_auto_per_tick = 1\n")
    assert retry(failed, "1", "2").splitlines() == [
        "email 1 to ada: made anew as email 3, unapproved",
        "email 2 to bob: made anew as email 4, unapproved",
    ]
