"""`--config`: settings come from a trusted place, and only rules and templates from the change that is looked at."""

from pathlib import Path

import pytest

from tests.conftest import Playground

NOW = "2026-03-02T08:00Z"
LATER = "2026-03-03T08:00Z"
RULES = 'person:\n  email  text\n  plan   text\npersona Pro:\n  plan = "pro"'
TRIGGER = """\
template Hello:
  subject "Hello"
  text    "Dear {{ person.email }}"
trigger Greet: on tagged(Pro) send template Hello
"""
TEST = """\
test "Nobody":
  person ada: plan="free"
  at 2026-01-15T00:00Z: expect ada not in Pro
"""
TRUSTED = """\
edition = 1
[source.person]
table = "people.csv"
[sender]
from = "ada@example.com"
"""
STRANGE = """\
edition = 1
[source]
url = "files:${RULEKIT_TEST_SECRET}"
[store]
url = "sqlite:///stolen.db"
"""


@pytest.fixture
def change(project: Playground) -> Playground:
    """A trusted folder with settings and data, and beside it a change with rules, settings and data of its own."""
    for path in list(project.folder.rglob("*")):
        if path.is_file():
            path.unlink()
    project.write("trusted/rulekit.toml", TRUSTED)
    project.write("trusted/data/people.csv", "id,email,plan\nada,ada@example.com,pro\n")
    project.write("change/rulekit.toml", STRANGE)
    project.write("change/data/people.csv", "id,email,plan\nmallory,mallory@example.com,pro\n")
    project.write("change/main.rules", f"{RULES}\n{TRIGGER}")
    return project


def both(change: Playground) -> list[str]:
    return ["--project", str(change.folder / "change"), "--config", str(change.folder / "trusted/rulekit.toml")]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_data_and_store_are_the_trusted_ones_and_the_change_is_left_as_it_is(change: Playground) -> None:
    before = files(change.folder / "change")
    assert change.cli("members", "Pro", "--now", NOW, *both(change)).output.split() == ["ada"]
    assert "Pro" in change.cli("plan", "--now", NOW, *both(change)).output
    assert change.cli("run", "--now", NOW, *both(change)).exit_code == 0
    change.write("trusted/data/people.csv", "id,email,plan\nada,ada@example.com,pro\nbo,bo@example.com,pro\n")
    assert "1 email unapproved" in change.cli("run", "--now", LATER, *both(change)).output
    assert "bo@example.com" in change.cli("outbox", "list", *both(change)).output
    approved = change.cli("outbox", "approve", "1", "--by", "ada", "--now", LATER, *both(change))
    assert approved.exit_code == 0
    assert "ada" in change.cli("explain", "ada", "Pro", "--now", NOW, *both(change)).output
    assert change.cli("doctor", "--offline", *both(change)).exit_code in (0, 1)
    assert files(change.folder / "change") == before
    assert "state/rulekit.db" in files(change.folder / "trusted")


def test_check_and_test_take_the_trusted_settings(change: Playground) -> None:
    change.write("change/rulekit.toml", "no settings at all")
    assert change.cli("check", *both(change)).exit_code == 0
    change.write("trusted/rulekit.toml", TRUSTED.replace("from =", "form ="))
    assert "`sender.form`" in change.cli("check", *both(change)).output.replace("\n", " ")
    change.write("trusted/rulekit.toml", TRUSTED + "[test]\ncoverage_floor = 100\n")
    change.write("change/main.rules", f"{RULES}\n{TEST}")
    assert "RK912" in change.cli("test", *both(change)).output


def test_the_change_needs_no_settings_and_those_above_it_do_not_count(change: Playground) -> None:
    (change.folder / "change/rulekit.toml").unlink()
    change.write("rulekit.toml", STRANGE)
    change.write("other.rules", "this is no rule")
    assert change.cli("members", "Pro", "--now", NOW, *both(change)).output.split() == ["ada"]
    assert "other.rules" not in change.cli("check", *both(change)).output


def test_a_file_that_is_not_there_is_told(change: Playground) -> None:
    result = change.cli("plan", "--project", str(change.folder / "change"), "--config", "nowhere.toml")
    assert result.exit_code == 2
    assert "nowhere.toml" in result.output


def test_the_next_command_goes_by_the_project_again(change: Playground) -> None:
    change.cli("members", "Pro", "--now", NOW, *both(change))
    result = change.cli("members", "Pro", "--now", NOW, "--project", str(change.folder / "change"))
    assert "RULEKIT_TEST_SECRET is not set" in result.output
