"""`rulekit run`: what it says, to people, to programs and to cron, and what `plan` says before it."""

import json
from typing import Any

import pytest

from rulekit.engine.stores import open_project_store
from tests.cli.test_export import validator
from tests.outbox import singly

AUTO = "trigger Greet: on tagged(Pro) send template Hello auto=true"
BACKFILL = AUTO + " backfill=true"
FIRST, SECOND, THIRD = (f"2026-01-{day:02}T08:00Z" for day in (1, 2, 3))


def run(project: Any, now: str, *options: str, code: int = 0) -> str:
    done = project.cli("run", "--now", now, *options)
    assert done.exit_code == code, done.output
    return str(done.output)


def document(project: Any, now: str, *options: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(project, now, "--output", "json", *options, code=code))
    validator("run-1").validate(found)
    return found


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_trigger_that_backfills_is_not_said_to_mail_nobody(project: Any, command: str) -> None:
    project.rules(BACKFILL)
    project.people(ada="pro", bob="free")
    told = project.cli(command, "--now", FIRST).output
    lines = {line.split()[0]: line for line in told.splitlines() if line.startswith("  ")}
    assert lines["Pro"].endswith("baseline: first seen; by backfill=true who is in counts as joined for Greet")
    assert lines["Quiet"].endswith("baseline: first seen, nobody is mailed")
    assert "first seen: Greet; by backfill=true who is in their personas already counts as joined" in told
    assert "without backfill=true" not in told
    assert "Greet: 1 email approved (auto)" in told


def test_a_persona_that_was_known_is_backfilled_too(project: Any) -> None:
    project.people(ada="pro", bob="free")
    project.rules()
    run(project, FIRST)
    project.rules(BACKFILL, "trigger Other: on tagged(Pro) send template Hello")
    told = run(project, SECOND)
    assert "first seen: Other; who is in their personas already is not mailed without backfill=true" in told
    assert "first seen: Greet; by backfill=true who is in their personas already counts as joined" in told


@pytest.mark.parametrize("now_called", ["Welcome", None])
def test_a_trigger_that_is_gone_is_said_to_withdraw_its_emails(mailed: Any, now_called: str | None) -> None:
    mailed.rules(*([f"trigger {now_called}: on tagged(Pro) send template Hello"] if now_called else []))
    said = "  Greet: no longer in the rules, 2 emails withdrawn; renamed, it keeps them by `was Greet`\n"
    planned = mailed.cli("plan", "--now", THIRD).output
    assert said in planned
    assert "  outbox: 2 withdrawn\n" in planned
    assert mailed.cli("plan", "--detailed-exitcode", "--now", THIRD).exit_code == 3
    assert said in run(mailed, THIRD)
    assert [state for *_, state in mailed.emails()] == ["withdrawn", "withdrawn"]
    assert said not in run(mailed, "2026-01-04T08:00Z")


def test_a_trigger_that_was_renamed_keeps_them(mailed: Any) -> None:
    mailed.rules("trigger Welcome was Greet: on tagged(Pro) send template Hello")
    assert "withdrawn" not in mailed.cli("plan", "--now", THIRD).output
    run(mailed, THIRD)
    assert [state for *_, state in mailed.emails()] == ["unapproved", "unapproved"]


def test_plan_counts_what_is_withdrawn_as_a_run_does_it(mailed: Any) -> None:
    mailed.rules("trigger Greet was Old: on tagged(Pro) send template Hello")
    mailed.people(ada="free", bob="pro")
    assert "  outbox: 1 withdrawn\n" in mailed.cli("plan", "--now", THIRD).output
    assert "  outbox: 1 withdrawn, 0 expired\n" in run(mailed, THIRD)


def test_quiet_says_nothing_when_nothing_needs_a_person(project: Any) -> None:
    project.rules(AUTO)
    assert run(project, FIRST, "--quiet") == ""
    project.people(ada="pro", bob="free")
    assert run(project, SECOND, "--quiet") == ""
    assert run(project, SECOND, "-q", "--output", "json") == ""
    assert [state for *_, state in project.emails()] == ["sent"]


def test_quiet_says_what_waits_for_approval(project: Any) -> None:
    run(project, FIRST, "--quiet")
    project.people(ada="pro", bob="pro")
    assert run(project, SECOND, "--quiet") == (
        "run at 2026-01-02T08:00:00Z\n  Greet: 2 emails to approve: `rulekit outbox list --trigger Greet`\n"
    )
    # once is enough
    assert run(project, THIRD, "--quiet") == ""


def test_quiet_says_what_is_parked_and_what_keeps_emails_back(project: Any) -> None:
    crowd = {f"p{number:03}": "free" for number in range(120)}
    project.rules(AUTO)
    project.people(**crowd)
    run(project, FIRST, "--quiet")
    project.people(**dict.fromkeys(crowd, "pro"))
    assert "Pro: too many people crossed at once" in run(project, SECOND, "--quiet", code=1)
    project.cli("sending", "halt", "--reason", "eve@example.com called", "--now", SECOND)
    assert "no more is sent by this run: sending is halted" in run(project, THIRD, "-q", "--accept", code=1)
    told = document(project, THIRD, "-q", code=1)
    assert told["needs"]
    assert told["dispatch"]["paused"].endswith("…@… called")


def test_quiet_says_what_could_not_be_made_or_sent(project: Any) -> None:
    project.rules(AUTO)
    run(project, FIRST)
    project.person_rows([("ada", "no address", "pro", "acme"), ("bob", "bob@example.com", "free", "acme")])
    assert "Greet: 1 email could not be made" in run(project, SECOND, "--quiet")


def die_while_sending(project: Any) -> None:
    """Lets a worker stop for ever after it began with the message of email 1."""
    project.cli("outbox", "approve", "1", "--now", SECOND)
    with open_project_store(project.folder) as store:
        [claim] = store.queue.claim_due(project.instant("2026-01-02T10:00Z"), "killed", 1).claims
        singly.mark_data(store, claim, project.instant("2026-01-02T10:00Z"))


@pytest.mark.parametrize("options", [("--quiet",), ("--quiet", "--output", "json")])
def test_the_run_after_a_worker_was_killed_says_what_it_left_in_doubt(mailed: Any, options: tuple[str, ...]) -> None:
    die_while_sending(mailed)
    assert "1 email: may have been sent, nobody knows: `rulekit outbox list" in run(mailed, THIRD, *options)
    assert run(mailed, "2026-01-04T08:00Z", *options) == ""


def test_a_run_counts_what_a_killed_worker_left_in_doubt(mailed: Any) -> None:
    die_while_sending(mailed)
    assert "dispatch: 0 emails sent, 1 uncertain\n" in run(mailed, THIRD)


def test_what_a_killed_worker_left_and_goes_again_is_not_in_doubt(mailed: Any) -> None:
    die_while_sending(mailed)
    mailed.settings(more='[delivery]\nuncertain = "resend"')
    assert run(mailed, THIRD, "--quiet") == ""
    assert run(mailed, "2026-01-04T08:00Z").endswith("dispatch: 1 email sent\n")


def test_a_run_as_json(project: Any) -> None:
    project.rules(BACKFILL, "trigger Slow: on tagged(Pro) send template Hello after=2d")
    project.people(ada="pro", bob="free")
    first = document(project, FIRST)
    pro, quiet = first["personas"]
    assert (pro["name"], pro["members"], pro["baseline"], pro["backfilled"]) == ("Pro", 1, True, ["Greet"])
    assert (quiet["name"], quiet["backfilled"]) == ("Quiet", [])
    assert (first["dispatch"]["sent"], first["needs"], first["at"]) == (1, [], "2026-01-01T08:00:00Z")
    project.people(ada="pro", bob="pro")
    second = document(project, SECOND)
    assert [(one["name"], one["approved"], one["waiting"]) for one in second["triggers"]] == [
        ("Greet", 1, 0),
        ("Slow", 0, 1),
    ]
    assert "example.com" not in json.dumps([first, second])


def test_a_run_that_cannot_go_writes_no_document(project: Any) -> None:
    project.rules("trigger Greet: on tagged(Nobody) send template Hello")
    done = project.cli("run", "--output", "json", "--quiet", "--now", FIRST)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the rules have 1 error")
