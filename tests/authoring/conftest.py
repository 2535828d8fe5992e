"""A project of a few rules that is checked as an author does, through the command line."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rulekit.cli import main

SCHEMA = """\
person:
  email  text
  plan   text?
  age    number?
"""
# what short rules leave out; tests here are not about these
ELSEWHERE = ("RK6", "RK8")


@dataclass(frozen=True, slots=True)
class Desk:
    """A project's folder, which is the current one, and short ways to change and check it."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def rules(self, text: str, name: str = "main.rules") -> Path:
        """Writes the schema and rules into a file; the rules begin in line 5."""
        return self.write(name, SCHEMA + text)

    def read(self, name: str = "main.rules") -> str:
        """Returns the rules of a file without the schema."""
        return (self.folder / name).read_bytes().decode().removeprefix(SCHEMA)

    def check(self, *arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, ["check", *arguments], input=input)

    def found(self, *arguments: str, input: str | None = None) -> list[str]:
        """Returns `path:line code` of each report."""
        output = self.check("--output", "concise", *arguments, input=input).stdout
        places = re.findall(r"^(?:(\S+?:\d+):\d+: )?\w+\[(RK\d+)/", output, re.MULTILINE)
        return [f"{place} {code}".strip() for place, code in places if not code.startswith(ELSEWHERE)]

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty project of its own in a folder below a temporary one."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "rulekit.toml").write_text("edition = 1\n")
    monkeypatch.chdir(folder)
    return Desk(folder)
