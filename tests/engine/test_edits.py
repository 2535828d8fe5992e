"""An edit mails nobody: a persona that asks something else takes a new baseline, whoever is in or out by that."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from rulekit.engine.project import open_project
from rulekit.engine.tick.conditions import find_conditions

DAY = "2026-01-{:02}T08:00Z"
SCHEMA = """\
person:
  email  text
  plan   text
company:
  size   number
event login
event export
let big = 100
segment Large "Large companies":
  size >= big
persona Base "Who pays":
  plan = "pro"
persona Pro "Paying people":
  in Base or plan = "team" and not in Large
template Hello:
  subject "Hello"
  text "Dear {{ person.email or 'you' }}"
"""
# one of each kind of node
TELLING = """\
person:
  email   text
  plan    one of ("free", "pro")?
  seats   number
  born    date
  seen    time
company:
  size    number
event login
event buy:
  amount  number
  paid_by one of ("card", "bill")
segment Large "Large companies":
  size >= 100 and count(login, last 30d) > 10
persona Telling "One of each kind":
  (plan in ("pro", "free") or lower(email) ends with ".org") and not seats * 2 - 0.50 < -1 and in Large
  and default(plan, "free") != "pro" and born within next 30d and seen > 14d and company is present
  and did(buy where amount > 1.50 and paid_by = "card", last 14d) and did(login then buy within 2d, last 60d)
  and sum(buy.amount, previous 7d) >= 10 and seen > 2026-01-01T00:00Z and email matches ".*@example.org"
"""
DIGEST = "347bda2aa2c7ae576845219747ba499b006e189f1ecb0014eb5d2d17faf0df43"
MAIL = "trigger Greet: on tagged(Pro) send template Hello auto=true"
BYE = "trigger Bye: on untagged(Pro) send template Hello auto=true"
WIDER = ('plan = "pro"', "plan is present")


@pytest.fixture
def edited(project: Any) -> Any:
    """A project with ada and dan in Pro, all of whose triggers are known; bob and cleo are not in."""
    project.rules(MAIL, BYE, schema=SCHEMA)
    project.people(ada="pro", bob="free", cleo="trial", dan="pro")
    project.run(DAY.format(1))
    return project


def edit(project: Any, old: str, new: str, *triggers: str) -> None:
    assert old in SCHEMA
    project.rules(*(triggers or (MAIL, BYE)), schema=SCHEMA.replace(old, new))


def pro_of(report: Any) -> Any:
    return next(one for one in report.tick.personas if one.name == "Pro")


def test_who_is_in_by_an_edit_is_not_mailed_and_a_line_says_so(edited: Any) -> None:
    edit(edited, *WIDER)
    planned = edited.cli("plan", "--now", DAY.format(2), "--project", str(edited.folder))
    ran = edited.cli("run", "--now", DAY.format(2), "--project", str(edited.folder))
    assert (planned.exit_code, ran.exit_code) == (0, 0), ran.output
    for printed in (planned.output, ran.output):
        assert "  Pro changed: 2 in, 0 out by the edit; nobody is mailed for it\n" in printed
    assert edited.emails() == []
    assert ("Pro", "bob", 1, "edited") in edited.log()
    # what happens from now on counts as ever
    edited.people(ada="pro", bob="", cleo="trial", dan="pro")
    edited.run(DAY.format(3))
    assert edited.emails() == [("Bye", "bob", "sent")]
    edited.people(ada="pro", bob="free", cleo="trial", dan="pro")
    edited.run(DAY.format(4))
    assert edited.emails()[1:] == [("Greet", "bob", "sent")]
    assert ("Pro", "bob", 2, "joined") in edited.log()


def test_who_is_out_by_an_edit_is_not_mailed_and_what_waits_is_withdrawn(edited: Any) -> None:
    triggers = (
        BYE,
        MAIL,
        MAIL.replace("Greet", "Ask").replace(" auto=true", ""),
        MAIL.replace("Greet", "Slow") + " after=5d",
    )
    edit(edited, "", "", *triggers)
    edited.run(DAY.format(2))
    edited.people(ada="pro", bob="pro", cleo="trial", dan="pro")
    edited.run(DAY.format(3))
    assert [row for row in edited.emails() if row[0] == "Ask"] == [("Ask", "bob", "unapproved")]
    assert edited.waiting() == [("Slow", "bob")]
    edit(edited, 'plan = "pro"', 'plan = "gold"', *triggers)
    report = edited.run(DAY.format(4))
    assert (len(pro_of(report).joined), len(pro_of(report).left)) == (0, 3)
    assert ("Ask", "bob", "withdrawn") in edited.emails()
    assert not [row for row in edited.emails() if row[0] == "Bye"]
    reasons = edited.ask("SELECT reason FROM outbox WHERE state = 'withdrawn'")
    assert reasons == [("its person is out of Pro by an edit of the rules",)]
    assert (edited.waiting(), edited.reasons()) == ([], [("Slow", "bob", "out of Pro by an edit of the rules")])
    # the edit is taken back: nobody is mailed for that either, and who comes later is
    edit(edited, "", "", *triggers)
    mails = edited.emails()
    edited.run(DAY.format(5))
    assert edited.emails() == mails
    edited.people(ada="free", bob="pro", cleo="trial", dan="pro")
    edited.run(DAY.format(6))
    edited.people(ada="pro", bob="pro", cleo="trial", dan="pro")
    edited.run(DAY.format(7))
    assert ("Greet", "ada", "sent") in edited.emails()
    assert ("Pro", "ada", 3, "joined") in edited.log()
    assert edited.cli("reconcile", "--project", str(edited.folder)).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("big = 100", "big = 1"),
        ("size >= big", "size >= 10"),
        ('persona Base "Who pays":\n  plan = "pro"', 'persona Base "Who pays":\n  plan is present'),
        ("plan   text", 'plan   one of ("pro", "free", "trial", "team")'),
    ],
    ids=["let", "segment", "another persona", "closed set"],
)
def test_an_edit_elsewhere_is_one_of_whoever_asks_for_it(edited: Any, old: str, new: str) -> None:
    edit(edited, old, new)
    edited.accounts(acme=50)
    assert pro_of(edited.run(DAY.format(2))).edited
    assert edited.emails() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n  plan   text", "\n  plan text  # what they pay for"),
        ("let big = 100", "let large = 100"),
        ("Base", "Payers"),
        ("Large", "Corporate"),
        ('in Base or plan = "team" and not in Large', 'not in Large and plan = "team" or in Base'),
        ('in Base or plan = "team" and not in Large', '(in Base or (plan = "team" and not (in Large)))'),
        ("  plan   text\n", "  plan   text\n  account  text\n"),
        ("  email  text\n", "  email  text?\n"),
        ("event export\n", ""),
        ("big = 100", "big = 100.0"),
    ],
    ids=[
        "layout",
        "let",
        "persona",
        "segment",
        "order",
        "brackets",
        "a field it lacks",
        "optional",
        "an event",
        "100.0",
    ],
)
def test_what_means_the_same_is_no_edit(edited: Any, old: str, new: str) -> None:
    edited.write("rulekit.toml", (edited.folder / "rulekit.toml").read_text())
    project_rules = SCHEMA.replace(old, new).replace(
        "size >= big", "size >= large" if "large" in new else "size >= big"
    )
    edited.rules(MAIL, BYE, schema=project_rules)
    assert not pro_of(edited.run(DAY.format(2))).edited


def test_a_renamed_persona_is_no_edit_and_keeps_what_it_asked(edited: Any) -> None:
    renamed = SCHEMA.replace('persona Pro "Paying people":', 'persona Payer was Pro "Paying people":')
    edited.rules(MAIL.replace("Pro", "Payer"), schema=renamed)
    report = edited.run(DAY.format(2))
    assert not any(one.edited for one in report.tick.personas)
    edited.rules(MAIL.replace("Pro", "Payer"), schema=renamed.replace(*WIDER))
    assert {one.name for one in edited.run(DAY.format(3)).tick.personas if one.edited} == {"Base", "Payer"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('table = "people.csv"', 'table = "others.csv"'),
        ('table = "people.csv"', """query = '''select id, email, 'pro' as plan, account from "people.csv"'''"""),
        ('company = "account"', 'company = "account"\nfields = { plan = "tariff" }'),
    ],
    ids=["table", "query", "column"],
)
def test_an_edit_of_how_its_columns_are_read_is_one(edited: Any, old: str, new: str) -> None:
    rows = "id,email,plan,tariff,account\nada,a@example.com,pro,free,acme\nbob,b@example.com,free,pro,acme\n"
    edited.write("data/people.csv", rows)
    edited.write("data/others.csv", rows.replace(",pro,", ",?,").replace(",free,", ",pro,").replace(",?,", ",free,"))
    edited.run(DAY.format(2), accept=True)
    mails = edited.emails()
    edited.settings(old, new)
    report = edited.run(DAY.format(3))
    assert pro_of(report).edited
    assert edited.emails() == mails


@pytest.mark.parametrize(
    ("more", "is_edit"),
    [
        ("", False),
        ('[delivery]\nhold = "1h"\n', False),
        ('[[source.events]]\ntable = "other.csv"\nevent = "export"\n', False),
    ],
)
def test_settings_that_it_does_not_use_are_no_edit(edited: Any, more: str, is_edit: bool) -> None:
    edited.write("data/other.csv", "person,at\n")
    edited.settings(more=more)
    assert pro_of(edited.run(DAY.format(2))).edited is is_edit


def test_backfill_mails_those_who_are_in_by_the_edit_and_nobody_else(edited: Any) -> None:
    edit(edited, *WIDER, MAIL + " backfill=true", BYE)
    edited.people(ada="pro", bob="free", cleo="", dan="pro")
    ran = edited.cli("run", "--now", DAY.format(2), "--project", str(edited.folder))
    assert "1 in, 0 out by the edit; by backfill=true who is in by it counts as joined for Greet" in ran.output
    assert edited.emails() == [("Greet", "bob", "sent")]
    assert edited.cli("reconcile", "--project", str(edited.folder)).exit_code == 0
    edited.run(DAY.format(3))
    assert len(edited.emails()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        "trigger Ask: on tagged(Base) send template Hello",
        "trigger Ask: on untagged(Pro) send template Hello",
    ],
)
def test_a_trigger_that_asks_for_something_else_mails_nobody_for_that(edited: Any, changed: str) -> None:
    ask = "trigger Ask: on tagged(Pro) send template Hello"
    edit(edited, "", "", ask)
    edited.run(DAY.format(2))
    edited.people(ada="pro", bob="pro", cleo="trial", dan="pro")
    edited.run(DAY.format(3))
    edit(edited, "", "", changed)
    edited.run(DAY.format(4))
    assert edited.emails() == [("Ask", "bob", "withdrawn")]
    assert edited.ask("SELECT reason FROM outbox") == [("its trigger is no longer `on tagged(Pro)`",)]


def test_a_trigger_whose_segment_changes_mails_nobody_for_that(edited: Any) -> None:
    edited.accounts(acme=500)
    anywhere = "trigger Ask: on tagged(Base) send template Hello"
    inside = anywhere.replace("(Base)", "(Base) in Large")
    edit(edited, "size >= big", "size >= 1000", inside)
    edited.run(DAY.format(2))
    edited.people(ada="pro", bob="pro", cleo="trial", dan="pro")
    edited.run(DAY.format(3))
    for size in ("size >= 10", "size >= 5000"):
        edit(edited, "size >= big", size, inside)
        edited.run(DAY.format(4))
    edit(edited, "", "", anywhere)
    edited.run(DAY.format(5))
    edit(edited, "", "", inside)
    assert edited.emails() == []


def test_a_store_that_does_not_know_what_was_asked_takes_it_over(edited: Any) -> None:
    with closing(sqlite3.connect(edited.folder / "state/rulekit.db")) as connection, connection:
        connection.execute("UPDATE personas SET condition = NULL")
    edit(edited, *WIDER)
    assert not pro_of(edited.run(DAY.format(2))).edited
    edit(edited, "", "")
    assert pro_of(edited.run(DAY.format(3))).edited


def test_a_digest_is_the_same_in_every_release(edited: Any) -> None:
    edited.rules(schema=TELLING)
    assert find_conditions(open_project(edited.folder)) == {"Telling": DIGEST}


def test_a_digest_is_the_same_when_it_is_made_again(edited: Any) -> None:
    edited.rules(schema=TELLING)
    first, again = (dict(find_conditions(open_project(edited.folder))) for _ in range(2))
    assert first == again
