"""`--accept PERSONA`: what is shown for it before and after, and what it says where nothing waits for a word."""

from typing import Any

import pytest

from tests.conftest import SCHEMA

OPTIONAL = SCHEMA.replace("plan   text", "plan   text?").replace("{{ person.plan }}", "dear")


@pytest.fixture
def emptied(project: Any) -> Any:
    """A project whose people have lost their plans in the data of the second day."""
    project.rules("trigger Bye: on untagged(Pro) send template Hello", schema=OPTIONAL)
    project.people(**dict.fromkeys(("ada", "bob", "cleo", "dan"), "pro"))
    project.run("2026-01-01T08:00Z")
    project.people(**dict.fromkeys(("ada", "bob", "cleo", "dan"), ""))
    return project


def test_a_plan_that_accepts_a_persona_shows_what_would_happen_to_it(emptied: Any) -> None:
    parked = emptied.cli("plan", "--now", "2026-01-02T08:00Z")
    assert "`plan` of `[source.person]`: missing 0 % → 100 %; nothing was changed for it" in parked.stderr
    before = emptied.dump()
    planned = emptied.cli("plan", "--accept", "Pro", "--now", "2026-01-02T08:00Z")
    assert "  Pro      0        +0      -4\n" in planned.stdout
    assert "  Bye: 4 emails unapproved\n" in planned.stdout
    assert planned.stderr == ""
    assert emptied.dump() == before


def test_a_word_for_what_is_not_parked_says_that_it_changes_nothing(emptied: Any) -> None:
    for command in ("plan", "run"):
        told = emptied.cli(command, "--accept", "Quiet", "--accept", "Pro", "--now", "2026-01-02T08:00Z")
        assert told.stderr == "  Quiet: nothing parks it, so `--accept Quiet` changes nothing\n"
    assert len(emptied.emails()) == 4


def test_a_word_for_a_persona_that_there_is_not_names_the_nearest(emptied: Any) -> None:
    refused = emptied.cli("plan", "--accept", "Prot")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "error: there is no persona `Prot` to accept\nhelp: write `--accept Pro`\n",
    )
