"""A project in the state that the commands of the outbox are tried on."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def mailed_once(make_project: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project after two ticks, to be copied: nothing was sent, so a copy is as good as the first."""
    project = make_project(tmp_path_factory.mktemp("mailed"))
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="pro")
    project.run("2026-01-02T08:00Z")
    return project.folder


@pytest.fixture
def mailed(project: Any, mailed_once: Path) -> Any:
    """The project after two ticks: ada and bob have an unapproved email each, 1 and 2."""
    shutil.copytree(mailed_once, project.folder, dirs_exist_ok=True)
    return project
