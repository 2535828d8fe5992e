"""`rulekit outbox`: looking at emails and deciding about them, by id and by filter."""

import json
from datetime import UTC, datetime, timedelta
from email import message_from_string
from hashlib import sha256
from typing import Any

import pytest

from tests.outbox import singly

AT = ("--now", "2026-01-02T09:00Z")
BY = ("--by", "Eve", *AT)


def told(project: Any, *arguments: str, code: int = 0, answer: str | None = None) -> str:
    result = project.cli("outbox", *arguments, input=answer)
    assert result.exit_code == code, result.output
    return str(result.output)


def states(project: Any) -> dict[str, str]:
    return {person: state for _, person, state in project.emails()}


def test_list_shows_emails_and_how_many_there_are(mailed: Any) -> None:
    lines = told(mailed, "list").splitlines()
    assert lines[0].split() == ["id", "state", "trigger", "to", "subject"]
    assert lines[1].split()[:4] == ["1", "unapproved", "Greet", "ada@example.com"]
    assert lines[-1] == "outbox: 2 unapproved"


def test_list_filters_and_limits(mailed: Any) -> None:
    assert "bob@example.com" not in told(mailed, "list", "--person", "ada")
    assert "bob@example.com" not in told(mailed, "list", "--limit", "1")
    assert told(mailed, "list", "--trigger", "Other") == "no email matches\noutbox: 2 unapproved\n"
    assert told(mailed, "list", "--state", "sent") == "no email matches\noutbox: 2 unapproved\n"


def test_list_says_what_it_does_not_show_and_goes_on_from_there(mailed: Any) -> None:
    mailed.people(**{f"p{number:02}": "pro" for number in range(60)}, ada="pro", bob="pro")
    mailed.cli("run", "--now", "2026-01-03T08:00Z", "--accept")
    lines = told(mailed, "list").splitlines()
    assert len(lines) == 53
    assert lines[-2:] == [
        "… and 12 more: `--after 50` goes on, `--limit` shows more at once",
        "outbox: 62 unapproved",
    ]
    rest = told(mailed, "list", "--after", "50").splitlines()
    assert (len(rest), rest[1].split()[0], rest[-1]) == (14, "51", "outbox: 62 unapproved")
    assert "more" not in told(mailed, "list", "--limit", "62")
    assert told(mailed, "list", "--after", "62") == "no email matches\noutbox: 62 unapproved\n"


def test_list_as_json_says_how_many_match_and_where_the_next_ones_begin(mailed: Any) -> None:
    first = json.loads(told(mailed, "list", "--limit", "1", "--output", "json"))
    assert (first["total"], first["next_after"], [one["id"] for one in first["emails"]]) == (2, 1, [1])
    last = json.loads(told(mailed, "list", "--limit", "1", "--after", "1", "--output", "json"))
    assert (last["total"], last["next_after"], [one["id"] for one in last["emails"]]) == (2, None, [2])


def test_an_address_is_searched_for_and_acted_on(mailed: Any) -> None:
    assert "bob@example.com" not in told(mailed, "list", "--address", "ADA@")
    assert "… and" not in told(mailed, "list", "--address", "@example.com")
    # no sign in it stands for others
    for text in ("%", "a_a@example.com"):
        assert told(mailed, "list", "--address", text).startswith("no email matches")
    told(mailed, "cancel", "--address", "bob@example.com", "--yes", *BY)
    assert states(mailed) == {"ada": "unapproved", "bob": "cancelled"}


def test_list_and_show_as_json(mailed: Any) -> None:
    found = json.loads(told(mailed, "list", "--output", "json"))
    assert found["schema_version"] == 1
    assert [email["person"] for email in found["emails"]] == ["ada", "bob"]
    shown = json.loads(told(mailed, "show", "1", "--output", "json"))
    assert shown["schema_version"] == 1
    assert found["emails"][0].items() <= shown.items()
    assert shown["because"] == {"plan": '"pro"'}
    assert [(line["from"], line["to"]) for line in shown["history"]] == [(None, "unapproved")]


def test_show_tells_where_an_email_comes_from_and_its_text(mailed: Any) -> None:
    text = told(mailed, "show", "1")
    assert "email 1: unapproved" in text
    assert "Greet (main.rules:" in text
    assert "ada, tagged Pro, for the 1st time" in text
    assert 'plan = "pro"' in text
    assert "Dear ada@example.com, you are on pro." in text


def test_show_raw_prints_the_email_itself(mailed: Any) -> None:
    message = message_from_string(told(mailed, "show", "1", "--raw"))
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Hello, pro user")


def test_the_message_id_is_at_the_domain_of_a_sender_that_the_template_makes(project: Any) -> None:
    project.rules(
        "trigger Greet: on tagged(Pro) send template Own",
        schema='person:\n  email  text\n  plan   text\npersona Pro:\n  plan = "pro"\ntemplate Own:\n  subject "Hello"\n'
        '  text "x"\n  from "Ada <{{ person.plan }}@{{ person.plan }}.example.com>"',
    )
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro")
    project.run("2026-01-02T08:00Z")
    message = message_from_string(told(project, "show", "1", "--raw"))
    assert message["From"] == "Ada <pro@pro.example.com>"
    assert message["Message-ID"].endswith("@pro.example.com>")
    assert message["Message-ID"] in told(project, "show", "1")


def test_an_email_that_waited_says_when_it_left_and_is_otherwise_what_was_approved(mailed: Any) -> None:
    approved = told(mailed, "show", "1", "--raw").encode().replace(b"\n", b"\r\n")
    assert b"Date:" not in approved
    assert f"sha-256:    {sha256(approved).hexdigest()}" in told(mailed, "show", "1")
    told(mailed, "approve", "1", "--by", "Eve", "--now", "2026-01-08T08:00Z")
    mailed.run("2026-01-08T09:30Z")
    (file,) = (mailed.folder / "outbox").glob("*.eml")
    assert file.read_bytes() == b"Date: Thu, 08 Jan 2026 09:30:00 +0000\r\n" + approved
    assert told(mailed, "show", "1", "--raw").encode().replace(b"\n", b"\r\n") == file.read_bytes()


def test_an_email_that_there_is_not(mailed: Any) -> None:
    for command in (("show", "9"), ("approve", "9"), ("resolve", "9", "sent", "--reason", "x")):
        assert told(mailed, *command, code=2) == (
            "error: there is no email 9\nhelp: list them with `rulekit outbox list`\n"
        )


def test_approve_then_unapprove_then_approve_and_send(mailed: Any) -> None:
    text = told(mailed, "approve", "1", *BY)
    assert "email 1 to ada@example.com: approved" in text
    assert "sent from 2026-01-02T09:10:00Z; until then `rulekit outbox unapprove` takes it back" in text
    assert told(mailed, "unapprove", "1", "--now", "2026-01-02T09:09Z") == "email 1 to ada@example.com: unapproved\n"
    told(mailed, "approve", "1", *BY)
    mailed.run("2026-01-02T09:09Z")
    assert states(mailed)["ada"] == "approved"
    mailed.run("2026-01-02T09:10Z")
    assert states(mailed)["ada"] == "sent"
    assert "by Eve" in told(mailed, "show", "1")


@pytest.mark.parametrize("command", ["unapprove", "cancel", "approve"])
def test_what_is_sent_is_too_late_to_change(mailed: Any, command: str) -> None:
    told(mailed, "approve", "1", *BY)
    mailed.run("2026-01-02T09:30Z")
    before = mailed.dump()
    text = told(mailed, command, "1", "2", "--by", "Eve", "--now", "2026-01-02T10:00Z", code=1)
    assert text.startswith("refused: ")
    assert "email 1 is sent" in text
    assert "help: " in text
    # the other one is done, or refused for reasons of its own
    assert "email 2" in text
    assert mailed.dump()["mails"] == before["mails"]
    assert states(mailed)["ada"] == "sent"


def test_unapproving_after_the_hold_is_too_late(mailed: Any) -> None:
    told(mailed, "approve", "1", *BY)
    text = told(mailed, "unapprove", "1", "--now", "2026-01-02T09:10Z", code=1)
    assert "too late" in text
    assert states(mailed)["ada"] == "approved"


def test_cancel_keeps_the_reason(mailed: Any) -> None:
    assert told(mailed, "cancel", "1", "--reason", "on holiday", *BY) == "email 1 to ada@example.com: cancelled\n"
    assert states(mailed) == {"ada": "cancelled", "bob": "unapproved"}
    assert "on holiday" in told(mailed, "show", "1")


def test_acting_by_filter_asks_first(mailed: Any) -> None:
    told(mailed, "approve", "--trigger", "Greet", *BY, answer="n\n", code=1)
    assert set(states(mailed).values()) == {"unapproved"}
    text = told(mailed, "approve", "--trigger", "Greet", *BY, answer="y\n")
    assert text.startswith("approve 2 emails? [y/N]: y\n")
    assert set(states(mailed).values()) == {"approved"}
    told(mailed, "unapprove", "--persona", "Pro", "--yes", *AT)
    assert set(states(mailed).values()) == {"unapproved"}
    told(mailed, "cancel", "--person", "bob", "--state", "unapproved", "--yes", *BY)
    assert states(mailed) == {"ada": "unapproved", "bob": "cancelled"}


def test_acting_by_filter_on_nothing_asks_nothing(mailed: Any) -> None:
    assert told(mailed, "approve", "--trigger", "Other", *BY) == "no email matches\n"


def test_acting_needs_ids_or_a_filter_and_not_both(mailed: Any) -> None:
    assert "say what to cancel: ids, or a filter such as --trigger NAME" in told(mailed, "cancel", code=2)
    assert "give either ids or filters, not both" in told(mailed, "cancel", "1", "--person", "ada", code=2)


@pytest.mark.parametrize("to", ["sent", "failed", "retrying"])
def test_resolve_says_what_became_of_an_uncertain_email(mailed: Any, to: str) -> None:
    from rulekit.engine.stores import open_project_store
    from rulekit.records import Unknown

    told(mailed, "approve", "1", *BY)
    now = mailed.instant("2026-01-02T10:00Z")
    with open_project_store(mailed.folder) as store:
        [claim] = store.queue.claim_due(now, "test", 1).claims
        singly.mark_data(store, claim, now)
        singly.finish(store, claim, Unknown("no answer"), now)
    assert states(mailed)["ada"] == "uncertain"
    assert "  in doubt:   a server may have taken it at 2026-01-02T10:00:00Z\n" in told(mailed, "show", "1")
    story = json.loads(told(mailed, "show", "1", "--output", "json"))
    assert story["doubted_at"] == "2026-01-02T10:00:00Z"
    later = ("--now", "2026-01-02T11:00Z", "--by", "Eve")
    assert (
        told(mailed, "resolve", "1", to, "--reason", "asked the server", *later)
        == f"email 1 to ada@example.com: {to}\n"
    )
    assert states(mailed)["ada"] == to
    shown = told(mailed, "show", "1")
    assert "asked the server" in shown
    assert "in doubt:" not in shown


def test_resolve_refuses_an_email_that_is_not_uncertain(mailed: Any) -> None:
    text = told(mailed, "resolve", "1", "sent", "--reason", "I think so", *BY, code=1)
    assert text.startswith("refused: email 1 is unapproved\n")
    assert "Missing option '--reason'" in told(mailed, "resolve", "1", "sent", code=2)


def test_the_outbox_of_a_project_that_never_ran_is_empty(project: Any) -> None:
    assert told(project, "list") == "outbox: empty\n"


def test_rules_with_errors_do_not_keep_anybody_from_stopping_an_email(mailed: Any) -> None:
    mailed.rules("persona Bad: in Nowhere")
    assert told(mailed, "cancel", "1", *BY) == "email 1 to ada@example.com: cancelled\n"


def test_who_acts_must_be_known(mailed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert "say it with `--by NAME`" in told(mailed, "approve", "1", *AT, code=2)
    assert states(mailed)["ada"] == "unapproved"


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(mailed: Any) -> None:
    before = mailed.dump()
    text = told(mailed, "approve", "--trigger", "Greet", "--dry-run", *BY)
    assert text.splitlines() == [
        "email 1 to ada@example.com: would be approved",
        "email 2 to bob@example.com: would be approved",
    ]
    assert "email 1 to ada@example.com: would be cancelled" in told(mailed, "cancel", "1", "--dry-run", *BY)
    assert "is unapproved" in told(mailed, "unapprove", "1", "--dry-run", *AT, "--by", "Eve", code=1)
    assert mailed.dump() == before


def test_of_very_many_emails_the_first_are_told(project: Any) -> None:
    keys = [f"p{number:02}" for number in range(60)]
    project.people(**dict.fromkeys(keys, "free"))
    project.run("2026-01-01T08:00Z")
    project.people(**dict.fromkeys(keys, "pro"))
    project.run("2026-01-02T08:00Z", accept=True)
    lines = told(project, "approve", "--trigger", "Greet", "--yes", *BY).splitlines()
    assert len([line for line in lines if line.endswith(": approved")]) == 51
    assert lines[50] == "… and 10 more: approved"
    assert set(states(project).values()) == {"approved"}


def fail(project: Any, email: int, outcome: Any) -> None:
    from rulekit.engine.stores import open_project_store

    told(project, "approve", str(email), *BY)
    now = project.instant("2026-01-02T10:00Z")
    with open_project_store(project.folder) as store:
        [claim] = store.queue.claim_due(now, "test", 1).claims
        singly.finish(store, claim, outcome, now)


def test_retry_sends_a_copy_of_what_failed_when_the_hold_is_over(mailed: Any) -> None:
    from rulekit.records import Refused

    fail(mailed, 1, Refused("552 5.2.2 mailbox full"))
    later = ("--by", "Eve", "--now", "2026-01-02T11:00Z")
    assert "would be sent again" in told(mailed, "retry", "--state", "failed", "--dry-run", *later)
    lines = told(mailed, "retry", "1", "--reason", "they made room", *later).splitlines()
    assert lines[0] == "email 1 to ada@example.com: sent again as email 3"
    assert lines[1].startswith("sent from 2026-01-02T11:10:00Z")
    assert "they made room" in told(mailed, "show", "3")
    assert "was sent again as email 3, which is approved" in told(mailed, "retry", "1", *later, code=1)
    mailed.run("2026-01-02T11:11Z")
    assert [state for _, person, state in mailed.emails() if person == "ada"] == ["failed", "sent"]
    assert len(mailed.sent()) == 1
    result = mailed.cli("reconcile", "--now", "2026-01-02T11:12Z")
    assert result.exit_code == 0, result.output


def test_retry_makes_the_next_attempt_due_now(mailed: Any) -> None:
    from rulekit.records import Later

    fail(mailed, 1, Later("451 4.3.0 not now"))
    later = ("--by", "Eve", "--now", "2026-01-02T10:00:30Z")
    assert told(mailed, "retry", "--trigger", "Greet", "--yes", *later) == "email 1 to ada@example.com: due now\n"
    mailed.run("2026-01-02T10:00:31Z")
    assert states(mailed)["ada"] == "sent"


def test_retry_refuses_what_did_not_fail(mailed: Any) -> None:
    text = told(mailed, "retry", "1", *BY, code=1)
    assert text.startswith("refused: email 1 is unapproved\nhelp: only an email that failed, was cancelled or waits")


@pytest.mark.parametrize("instant", ["2026-01-02T07:58Z", "2020-01-01"])
@pytest.mark.parametrize("words", [("approve", "1"), ("cancel", "1"), ("retry", "1"), ("unapprove", "1")])
def test_nothing_is_decided_before_the_last_run(mailed: Any, words: tuple[str, ...], instant: str) -> None:
    text = told(mailed, *words, "--now", instant, code=1)
    assert "there was a run at 2026-01-02T08:00:00Z" in text
    assert "help: leave `--now` out, give a later one, or mend the machine's clock" in text
    assert mailed.emails()[0] == ("Greet", "ada", "unapproved")


def test_a_decision_that_is_a_little_early_is_held_from_the_last_run_on(mailed: Any) -> None:
    text = told(mailed, "approve", "1", "--now", "2026-01-02T07:59:30Z")
    assert "sent from 2026-01-02T08:10:00Z" in text
    assert "dispatch: 0 emails sent" in mailed.cli("run", "--now", "2026-01-02T08:09:59Z").output


def test_nothing_is_decided_in_the_far_future(mailed: Any) -> None:
    assert "days ahead" in told(mailed, "approve", "1", "--now", "2099-01-01", code=1)
    assert mailed.emails()[0] == ("Greet", "ada", "unapproved")


def test_what_a_clock_that_was_ahead_has_done_keeps_nobody_from_deciding(project: Any) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
    project.run(ahead.isoformat())
    project.people(ada="pro")
    project.run((ahead + timedelta(hours=1)).isoformat())
    assert "cancelled" in told(project, "cancel", "1")
