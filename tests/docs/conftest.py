"""What the tests of the documentation share: pages played like a person would, in a folder of their own."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from rulekit.cli import main

FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Played:
    """A block of commands as the page has it, and as it came out."""

    written: str
    happened: str


def play_page(page: str) -> list[Played]:
    """Writes the files that a page names and runs its console blocks in the working folder, in order."""
    played = []
    for kind, path, text in FENCE.findall(page):
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text, encoding="utf-8")
        elif kind == "console":
            commands = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
            played.append(Played(text, "".join(f"$ {command}\n{run_command(command)}" for command in commands)))
    return played


def run_command(command: str) -> str:
    """Runs one `rulekit …` line and returns what a terminal would show."""
    program, *arguments = shlex.split(command)
    assert program == "rulekit", command
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    return "".join(line.rstrip() + "\n" for line in result.output.splitlines())


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Played]]:
    """Plays a page in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return play_page


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Runs `rulekit …` lines in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return run_command
