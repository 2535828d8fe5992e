"""`rulekit reconcile`: the equation, the promises, and what is off."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

AT = ("--now", "2026-01-02T09:30Z")


@pytest.fixture
def busy(mailed: Any) -> Any:
    """The project after emails were sent, put off and not made; two triggers have matched."""
    mailed.rules(
        "trigger Greet: on tagged(Pro) send template Hello every=30d",
        "trigger Remind: on untagged(Pro) send template Hello after=2d",
    )
    mailed.cli("outbox", "approve", "1", "--by", "Eve", "--now", "2026-01-02T09:00Z")
    mailed.run("2026-01-02T09:10Z")
    mailed.people(ada="free", bob="pro")
    mailed.run("2026-01-02T09:20Z")
    mailed.people(ada="pro", bob="pro")
    mailed.run("2026-01-02T09:25Z")
    return mailed


def damage(project: Any, *statements: str) -> None:
    with closing(sqlite3.connect(project.folder / "state/rulekit.db")) as store, store:
        for statement in statements:
            assert store.execute(statement).rowcount > 0


def told(project: Any, *arguments: str, code: int = 0) -> str:
    result = project.cli("reconcile", *AT, *arguments)
    assert result.exit_code == code, result.output
    return str(result.output)


def test_it_prints_the_equation_and_every_promise(busy: Any) -> None:
    lines = told(busy).splitlines()
    assert lines[:5] == [
        "trigger  matched = unapproved + sent + waiting + no email",
        "Greet          3 =          1 +    1 +       0 +        1",
        "Remind         1 =          0 +    0 +       1 +        0",
        "total          4 =          1 +    1 +       1 +        1",
        "Greet: no email for 1 tagging: another email of this trigger within 30d",
    ]
    assert [line.split()[:2] for line in lines[6:16]] == [[f"I{number}", "holds"] for number in range(1, 11)]
    assert lines[-1] == "looked at 2 emails: it adds up"


def test_nothing_is_changed_by_it(busy: Any) -> None:
    before = busy.dump()
    told(busy)
    assert busy.dump() == before


def test_what_is_off_is_named_with_what_to_do(busy: Any) -> None:
    damage(busy, "UPDATE outbox SET reply = '550 no' WHERE id = 1", "DELETE FROM no_email")
    text = told(busy, code=1)
    assert "I4   BROKEN  every tagging" in text
    assert "  trigger Greet: 3 taggings matched, 2 have an answer: 1 lost\n  help: stop sending" in text
    assert "look at what ticks" in text
    assert "I5   BROKEN  an email is sent only" in text
    assert "  email 1: sent without an answer that says so\n  help: stop sending" in text
    assert "I6   holds " in text
    assert text.endswith("it does not add up\n")


def test_as_json(busy: Any) -> None:
    found = json.loads(told(busy, "--output", "json"))
    assert (found["schema_version"], found["adds_up"], found["emails"]) == (1, True, 2)
    assert found["ledger"][0] == {
        "trigger": "Greet",
        "matched": 3,
        "emails": {"unapproved": 1, "sent": 1},
        "waiting": 0,
        "no_email": 1,
        "reasons": {"another email of this trigger within 30d": 1},
        "copies": 0,
        "missing": 0,
    }
    damage(busy, "UPDATE outbox SET digest = message_id || substr(digest, length(message_id) + 1)")
    found = json.loads(told(busy, "--output", "json", code=1))
    assert [promise["name"] for promise in found["promises"] if not promise["holds"]] == ["I6"]
    assert [(one["promise"], one["count"], one["first"]) for one in found["findings"]] == [("I6", 2, ["1", "2"])]


def test_before_the_first_run_there_is_nothing_to_add_up(project: Any) -> None:
    assert told(project).startswith("no trigger has matched anything yet\n")


def test_a_usage_error_is_another_exit_code(busy: Any) -> None:
    assert told(busy, "--output", "xml", code=2)


def test_rules_with_errors_do_not_matter(busy: Any) -> None:
    busy.write("main.rules", "persona Broken:\n")
    assert "it adds up" in told(busy)
