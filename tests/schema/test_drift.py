"""`rulekit schema diff`: what has drifted is told and is exit code 1; what is only new is told and is none."""

import json
from typing import Any

from tests.cli.test_export import validator


def differences(project: Any) -> dict[str, list[str]]:
    done = project.cli("schema", "diff", "--output", "json")
    told = json.loads(done.stdout)
    assert done.exit_code == (1 if told["drift"] else 0)
    validator("drift-1").validate(told)
    return {"drift": told["drift"], "new": told["new"]}


def test_a_source_as_declared_has_no_differences(project: Any) -> None:
    done = project.cli("schema", "diff")
    assert (done.exit_code, done.output) == (0, "0 differences, 0 new\n")


def test_all_that_has_drifted_is_told_at_once(project: Any) -> None:
    plan = 'plan one of ("free", "pro")'
    project.rules(schema=f"person:\n  email text\n  {plan}\n  born date\n  gone text\nevent login\nevent export")
    rows = [
        [f"p{n}", "" if n == 1 else f"p{n}@x.example", "team" if n < 3 else "Odd" if n == 3 else "free", "1/2/3"]
        for n in range(9)
    ]
    project._csv("people.csv", ("id", "email", "plan", "born"), rows)
    project.settings('company = "account"\n', 'fields = { height = "tall" }\n')
    project.events(("p1", "login", "yesterday"), ("p1", "logn", "2026-01-01"))
    drift = differences(project)["drift"]
    assert "`gone` of `person`: people.csv has no column `gone` any more" in drift
    assert '`plan` of `person`: the closed set lacks "team" 3 times' in drift
    assert any(line.startswith("`born` of `person`: 9 values not as declared") for line in drift)
    assert "`email` of `person`: 1 value missing, but it is declared without `?`" in drift
    assert "`export`: the source has no such event" in drift
    assert any("names `height`, which is not declared" in line for line in drift)
    assert any(line.startswith("1 `login` event with") for line in drift)
    assert "Odd" not in str(drift)


def test_what_is_new_is_no_drift(project: Any) -> None:
    project._csv(
        "people.csv", ("id", "email", "plan", "account", "shoe size"), [["ada", "a@x.example", "pro", "acme", "38"]]
    )
    days = [("ada", "login", "2026-01-01T00:00Z")] * 5 + [("gone", "login", "2026-01-01T00:00Z")]
    project.events(*days, ("ada", "export", "2026-01-01T00:00Z"), ("ada", "sneeze", "2026-01-01T00:00Z"))
    told = differences(project)
    assert told["drift"] == []
    assert told["new"] == [
        "people.csv has columns that nothing reads: `shoe size`",
        "1 `login` event of somebody who is not among the people, left out",
        "1 event of a kind that is not declared, left out: 1 `sneeze`",
    ]


def test_events_that_mostly_belong_to_nobody_are_drift(project: Any) -> None:
    project.events(("Ada", "login", "2026-01-01T00:00Z"), ("ada", "export", "2026-01-01T00:00Z"))
    assert differences(project)["drift"] == ["1 `login` event of somebody who is not among the people, left out"]


def test_a_key_that_is_there_twice_is_drift(project: Any) -> None:
    project.person_rows([["ada", "a@x.example", "pro", "acme"]] * 2)
    (told,) = differences(project)["drift"]
    assert told == "`people.csv` has more than one row for the same person, 1 key in all"


def test_a_table_that_is_not_there_is_told_once(project: Any) -> None:
    (project.folder / "data/events.csv").unlink()
    (told,) = differences(project)["drift"]
    assert told.startswith("there is no file `events.csv`")


def test_rules_with_errors_cannot_be_compared(project: Any) -> None:
    project.rules("persona A: nothing > 1")
    done = project.cli("schema", "diff")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error: the rules have errors" in done.stderr or "error: the rules have 1 error" in done.stderr
