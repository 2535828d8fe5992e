"""A project in the state that the commands of the outbox are tried on."""

from typing import Any

import pytest


@pytest.fixture
def mailed(project: Any) -> Any:
    """The project after two ticks: ada and bob have an unapproved email each, 1 and 2."""
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="pro")
    project.run("2026-01-02T08:00Z")
    return project
