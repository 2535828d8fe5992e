"""An empty project whose data a test writes."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rulekit.cli import main


@dataclass
class Exports:
    """A project as `rulekit init --empty` makes it, and files in its folder of data."""

    folder: Path

    def write(self, name: str, lines: Iterable[str], encoding: str = "utf-8") -> None:
        path = self.folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)

    def write_json(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        self.write(name, map(json.dumps, rows))

    def cli(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--project", str(self.folder)])

    def pull(self) -> str:
        """Returns the draft, without runs of blanks."""
        done = self.cli("schema", "pull")
        assert done.exit_code == 0, done.output
        return "\n".join(" ".join(line.split()) for line in done.stdout.splitlines())

    def people(self, *columns: str, rows: int = 40, values: Callable[[int], Iterable[object]] = lambda n: ()) -> None:
        """Writes `people.csv` with a key, an address, and the columns that are given."""
        lines = (",".join(map(str, (f"p{n}", f"p{n}@example.com", *values(n)))) for n in range(rows))
        self.write("people.csv", [",".join(("id", "email", *columns)), *lines])


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    folder = tmp_path / "project"
    done = CliRunner().invoke(main, ["init", "--empty", str(folder)])
    assert done.exit_code == 0, done.output
    return Exports(folder)
