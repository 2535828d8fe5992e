"""What a person hears of values that cannot be read: how many people, in what, because of which columns."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import ROOT, SCHEMA

RULES = SCHEMA.replace("  plan   text", '  plan   one of ("free", "pro")\n  age  number?').replace(
    "company:\n  size   number", "company:\n  size   number?"
)
SECRET = "9876-gold"
NOW = "2026-01-02T08:00Z"


@pytest.fixture
def dubious(project: Any) -> Any:
    """The project with ada, who can be read, and bob, whose plan, company and event cannot."""
    project.rules("trigger Greet: on tagged(Pro) in Large send template Hello backfill=true", schema=RULES)
    project.write(
        "data/people.csv", f"id,email,plan,age,account\nada,a@x.com,pro,7,acme\nbob,b@x.com,{SECRET},7,evil\n"
    )
    project.write("data/accounts.csv", "id,size\nacme,100\nevil,some\n")
    project.events(("ada", "login", "2026-01-01T00:00Z"), ("bob", "login", "01/13/2026"))
    return project


def test_plan_and_run_say_who_cannot_be_judged_and_why(dubious: Any) -> None:
    for command in ("plan", "run"):
        said = dubious.cli(command, "--now", NOW).output
        assert "Pro: 1 person cannot be judged, because of `plan` of `person` (1 like `9999-aaaa`)" in said
        assert "Quiet: 1 person cannot be judged, because of the time of `login` (1 like `99/99/9999`)" in said
        assert "Large: 1 person cannot be judged, because of `size` of `company` (1 like `aaaa`)" in said
        assert "help: mend these values" in said
        assert SECRET not in said


def test_a_quiet_run_says_it_too(dubious: Any) -> None:
    assert "Pro: 1 person cannot be judged" in dubious.cli("run", "-q", "--now", NOW).output


def test_a_run_tells_programs(dubious: Any) -> None:
    document = json.loads(dubious.cli("run", "--now", NOW, "--output", "json").stdout)
    Draft202012Validator(json.loads((ROOT / "docs/schemas/run-1.json").read_text())).validate(document)
    shapes = [{"shape": "9999-aaaa", "values": 1}]
    column = {"owner": "person", "field": "plan", "values": 1, "shapes": shapes}
    assert document["unjudged"][0] == {"what": "persona", "name": "Pro", "people": 1, "columns": [column]}
    assert [(one["what"], one["name"]) for one in document["unjudged"]] == [
        ("persona", "Pro"),
        ("persona", "Quiet"),
        ("segment", "Large"),
    ]


def test_nothing_is_said_where_everything_can_be_read(project: Any) -> None:
    assert "judged" not in project.cli("run", "--now", NOW).output
    assert json.loads(project.cli("run", "--now", NOW, "--output", "json").stdout)["unjudged"] == []


def test_explain_says_unknown_of_each_part(dubious: Any) -> None:
    said = dubious.cli("explain", "bob", "Pro", "--now", NOW).output
    seen = "`plan` of `person` (1 like `9999-aaaa`)"
    assert said.splitlines() == [
        "bob may or may not be in Pro at 2026-01-02T08:00:00Z",
        f'  unknown  plan = "pro"   (plan = unreadable, unreadable in the data: {seen})',
        "they stay on the side where they are until these values can be read",
    ]
    assert "yes" in dubious.cli("explain", "ada", "Pro", "--now", NOW).output
    part = json.loads(dubious.cli("explain", "bob", "Quiet", "--now", NOW, "--output", "json").stdout)
    assert part["member"] is None
    assert part["because"]["holds"] is None
    [done] = part["because"]["parts"]
    assert [(column["owner"], column["field"]) for column in done["unreadable"]] == [("login", None)]


def test_doctor_says_it_too(dubious: Any) -> None:
    said = dubious.cli("doctor", "--offline", "--output", "json").stdout
    found = [line["message"] for line in json.loads(said)["checks"] if line["name"] == "data"]
    assert "Pro: 1 person cannot be judged, because of `plan` of `person` (1 like `9999-aaaa`)" in found
    assert SECRET not in said


def test_metrics_count_them_until_they_can_be_judged(dubious: Any) -> None:
    dubious.cli("run", "--now", NOW)
    said = dubious.cli("metrics").output
    assert 'rulekit_unjudged_people{persona="Pro"} 1.0' in said
    assert 'rulekit_unreadable_values{column="person.plan",persona="Pro",shape="9999-aaaa"} 1.0' in said
    assert 'rulekit_unreadable_values{column="login",persona="Quiet",shape="99/99/9999"} 1.0' in said
    assert SECRET not in said
    people(dubious, "ada,a@x.com,pro,7,acme", "bob,b@x.com,pro,7,acme")
    dubious.events(("ada", "login", "2026-01-01T00:00Z"))
    dubious.cli("run", "--now", "2026-01-03T08:00Z")
    assert "unjudged_people{" not in dubious.cli("metrics").output


def test_members_are_who_certainly_is_in(dubious: Any) -> None:
    for name, members, also in [
        ("Pro", "ada", "1 person cannot be judged"),
        ("Quiet", "", "1 person cannot be judged"),
        ("Large", "acme", "1 company cannot be judged"),
    ]:
        found = dubious.cli("members", name, "--now", NOW)
        assert found.stdout.split() == members.split()
        assert also in found.stderr
        assert json.loads(dubious.cli("members", name, "--now", NOW, "--output", "json").stdout)["unjudged"] == 1


# --- what an email says ----------------------------------------------------------------------------------------------

GREETING = """
template Aged:
  subject "Hello"
  text "Dear {{ person.email }}{% if person.age %}, you are {{ person.age }}{% endif %}"
template Sized:
  subject "Hello"
  text "Dear {{ person.email }} of {{ company.size | default('some company') }}"
persona All: email is present
trigger Birthday: on tagged(All) send template Aged backfill=true
trigger Size: on tagged(All) send template Sized backfill=true
"""


@pytest.fixture
def greeted(project: Any) -> Any:
    project.rules(GREETING, schema=RULES)
    project.write("data/accounts.csv", "id,size\nacme,100\nevil,some\n")
    return project


def people(project: Any, *rows: str) -> None:
    project.write("data/people.csv", "\n".join(("id,email,plan,age,account", *rows)) + "\n")


def test_no_email_is_made_of_what_cannot_be_read(greeted: Any) -> None:
    people(greeted, "ada,a@x.com,pro,forty,acme", "bob,b@x.com,pro,,evil", "cyd,c@x.com,gold,41,acme")
    said = greeted.cli("run", "--now", NOW).output
    assert "Birthday: no email for 1 person: its `age` cannot be read" in said
    assert "Size: no email for 1 person: its `company.size` cannot be read" in said
    made = {(trigger, person) for trigger, person, *_ in greeted.emails()}
    assert made == {("Birthday", "bob"), ("Birthday", "cyd"), ("Size", "ada"), ("Size", "cyd")}


def test_a_waiting_email_is_not_made_again_of_what_cannot_be_read(greeted: Any) -> None:
    people(greeted, "ada,a@x.com,pro,40,acme")
    greeted.cli("run", "--now", NOW)
    people(greeted, "ada,new@x.com,pro,forty,acme")
    said = greeted.cli("run", "--now", "2026-01-03T08:00Z").output
    reason = "its `age` cannot be read"
    assert f"Birthday: 1 waiting email withdrawn, as its person has another address: {reason}" in said
    assert "Size: 1 waiting email made again for another address" in said
