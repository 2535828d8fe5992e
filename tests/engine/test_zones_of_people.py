"""Quiet hours by the zones that the data names, and what is said of zones that nobody knows."""

from typing import Any

import pytest

from tests.conftest import SCHEMA, TRIGGER

ZONES = {
    "ann": "Eastern Time (US & Canada)",
    "bob": "America/New York",
    "cid": "UTC-5",
    "dee": "Mars/Olympus",
    "eve": "",
    "flo": "PST",
}


@pytest.fixture
def spread(project: Any) -> Any:
    """Six people who say in their own words where they live; at night nothing leaves."""
    project.rules(TRIGGER + " auto=true", schema=SCHEMA.replace("person:\n", "person:\n  timezone  text?\n"))
    project.settings(more='[delivery]\nquiet_hours = "20:00-08:00"\nmax_auto_per_tick = 100\n')
    write(project, "free")
    project.run("2026-01-05T12:00Z")
    write(project, "pro")
    return project


def write(project: Any, plan: str) -> None:
    lines = [f'{key},{key}@example.com,{plan},acme,"{zone}"' for key, zone in ZONES.items()]
    project.write("data/people.csv", "\n".join(("id,email,plan,account,timezone", *lines)) + "\n")


def test_nobody_is_mailed_at_night_by_the_zone_that_they_spelt(spread: Any) -> None:
    # 07:00 in New York, 12:00 in UTC
    done = spread.cli("run", "--now", "2026-01-06T12:00Z")
    assert done.exit_code == 0, done.output
    states = {person: state for _, person, state in spread.emails()}
    assert states == {key: "sent" if key in ("dee", "eve", "flo") else "retrying" for key in ZONES}


@pytest.mark.parametrize("command", ["run", "plan"])
def test_zones_that_nobody_knows_are_counted_and_not_shown(spread: Any, command: str) -> None:
    said = spread.cli(command, "--now", "2026-01-06T12:00Z").output
    assert "`timezone` of `person`: 2 values without a time zone in it" in said
    assert "Olympus" not in said
