"""No error of a command that runs in CI or from cron carries a value of a person."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rulekit.errors import PluginError, RulekitError, SourceError

SECRET = re.compile(r"ada|bob|eve|secret|example\.com", re.IGNORECASE)
HEAD = "id,email,plan,account\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # an unclosed quote takes all the rows that follow with it
        ('ada,"ada@example.com,pro,acme\nbob,bob@example.com,pro,acme\neve,eve@example.com,pro,acme\n', "on Line: 2"),
        ("ada,ada@example.com,pro,acme,secret\n", "on Line: 2; Expected Number of Columns: 4 Found: 5"),
        ("ada,ada@example.com,pro,acme\nada,ada@example.com,pro,acme\n", "same person, 1 key in all"),
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("run",), ("members", "Pro"), ("explain", "x", "Pro")])
def test_of_a_table_that_cannot_be_read(content: str, expected: str, command: tuple[str, ...], project: Any) -> None:
    (project.folder / "data/people.csv").write_text(HEAD + content)
    result = project.cli(*command)
    assert result.exit_code == 4
    assert expected in result.output
    assert not SECRET.search(result.output)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT id, email::INTEGER AS email, plan, account FROM 'people.csv'", "Could not convert string"),
        ("SELECT id, strptime(email, '%Y')::VARCHAR AS email, plan, account FROM 'people.csv'", "Could not parse"),
        (
            "SELECT id, email, regexp_extract(plan, email || '(') AS plan, account FROM 'people.csv'",
            "DuckDB itself shows them",
        ),
    ],
)
def test_of_a_query_that_meets_a_value(query: str, expected: str, project: Any) -> None:
    project.settings('table = "people.csv"', f'query = """{query}"""')
    result = project.cli("run")
    assert result.exit_code == 4
    assert expected in result.output
    assert not SECRET.search(result.output)


def test_of_a_table_without_a_line_of_names(project: Any) -> None:
    (project.folder / "data/people.csv").write_text("ada,ada@example.com,pro,acme\nbob,bob@example.com,pro,acme\n")
    result = project.cli("run")
    assert result.exit_code == 4
    assert "help: write the names of the columns into its first line, which looks like a row of data" in result.output
    assert not SECRET.search(result.output)


def test_of_json_that_is_cut(project: Any) -> None:
    project.settings("people.csv", "people.jsonl")
    rows = [json.dumps({"id": key, "email": f"{key}@example.com", "plan": "pro"}) for key in ("ada", "bob")]
    (project.folder / "data/people.jsonl").write_text(rows[0] + "\n" + rows[1][:20] + "\n")
    result = project.cli("run")
    assert result.exit_code == 4
    assert "Malformed JSON" in result.output
    assert not SECRET.search(result.output)


@pytest.mark.parametrize(
    "error",
    [
        SourceError("the people cannot be fetched: no reply for ada@example.com"),
        PluginError("the plugin `crm` failed: ValueError: <ada@example.com>"),
        ValueError("ada@example.com is odd"),
    ],
)
def test_of_what_a_plugin_or_a_library_says(error: Exception, project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path) -> None:
        raise error

    monkeypatch.setattr("rulekit.cli.commands.plan.open_project", fail)
    result = project.cli("plan")
    assert result.exit_code == (error.exit_code if isinstance(error, RulekitError) else 2)
    assert "error: " in result.output
    assert not SECRET.search(result.output)
