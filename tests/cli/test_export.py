"""`rulekit export`: lines for programs, and a document for a person who asks what is kept of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
AT = ("--now", "2026-01-05T09:00Z")


def validator(name: str) -> Draft202012Validator:
    """A check of the schema that holds every key to being in it."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(_closed(schema))


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **closed} if "required" in schema else closed


@pytest.fixture
def busy(mailed: Any) -> Any:
    """The project with one email sent, one cancelled by somebody who writes an address, and one suppressed."""
    mailed.cli("outbox", "approve", "1", "--now", "2026-01-02T09:00Z")
    mailed.run("2026-01-02T10:00Z")
    mailed.cli("outbox", "cancel", "2", "--reason", "bob@example.com called", "--now", "2026-01-02T11:00Z")
    mailed.cli("suppress", "add", "ada@example.com", "--now", "2026-01-02T12:00Z")
    return mailed


def lines(project: Any, *options: str) -> list[dict[str, Any]]:
    done = project.cli("export", *AT, *options)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_every_line_is_as_the_schema_says_and_names_no_address(busy: Any) -> None:
    found = lines(busy)
    check = validator("export-1")
    for line in found:
        check.validate(line)
    assert {line["kind"] for line in found} == {"export", "tick", "change", "email", "transition"}
    assert [line["reason"] for line in found if line["kind"] == "email"] == [None, "…@… called"]
    assert "example.com" not in json.dumps(found)


def test_since_goes_on_where_the_last_export_ended(busy: Any) -> None:
    head, *rest = lines(busy, "--since", "2026-01-02T10:30Z")
    assert (head["kind"], head["since"], head["at"]) == ("export", "2026-01-02T10:30:00Z", "2026-01-05T09:00:00Z")
    assert [(line["kind"], line.get("state", line.get("to"))) for line in rest] == [
        ("email", "cancelled"),
        ("transition", "cancelled"),
    ]


def test_what_is_kept_of_a_person_is_as_the_schema_says(busy: Any) -> None:
    told = busy.cli("export", "--person", "ada", *AT)
    assert told.exit_code == 0
    document = json.loads(told.output)
    validator("person-1").validate(document)
    (email,) = document["emails"]
    assert (email["recipient"], email["state"]) == ("ada@example.com", "sent")
    assert "Dear ada@example.com, you are on pro." in email["message"]
    assert [one["address"] for one in document["suppressions"]] == ["ada@example.com"]


def test_somebody_unknown_is_a_mistake_with_a_suggestion(busy: Any) -> None:
    unknown = busy.cli("export", "--person", "ads")
    assert unknown.exit_code == 2
    assert "error: nobody has the key `ads`; did you mean `ada`?" in unknown.output


def test_a_person_and_an_instant_are_two_questions(busy: Any) -> None:
    assert busy.cli("export", "--person", "ada", "--since", "2026-01-01").exit_code == 2
