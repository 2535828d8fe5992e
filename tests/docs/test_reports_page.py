"""The page about reports: its examples are what the formats print, its commands run, and every format has its place.

`RULEKIT_UPDATE_REPORTS=1` rewrites the examples.
"""

import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rulekit.cli import main
from rulekit.diagnostics.formats import FORMATS

FILE = Path(__file__).parents[2] / "docs" / "reference" / "reports.md"
PAGE = FILE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+) ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE)
EXAMPLES = [(style, text) for _, style, text in BLOCKS if style]
COMMANDS = [line for kind, _, text in BLOCKS for line in text.splitlines() if kind == "sh" or "script: " in line]


@pytest.fixture(autouse=True)
def in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (rules,) = (text for kind, _, text in BLOCKS if kind == "rules")
    (tmp_path / "main.rules").write_text(rules)
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))


@pytest.mark.parametrize("style", [style for style, _ in EXAMPLES])
def test_an_example_is_what_is_printed(style: str) -> None:
    printed = CliRunner().invoke(main, ["check", "--output", style]).output
    if os.environ.get("RULEKIT_UPDATE_REPORTS") == "1":
        page = FILE.read_text(encoding="utf-8")
        fenced = printed if "```" not in printed else printed.replace("```", "~~~")
        head = re.search(rf"^```\w+ {style}\n", page, re.MULTILINE)
        assert head is not None
        end = page.index("\n```\n", head.end() - 1)
        FILE.write_text(f"{page[: head.end()]}{fenced.rstrip()}{page[end:]}", encoding="utf-8")
        return
    assert printed.replace("```", "~~~") == dict(EXAMPLES)[style]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_runs(line: str) -> None:
    words = shlex.split(os.path.expandvars(line.strip().removeprefix("script: ")))
    assert words[0] == "rulekit"
    result = CliRunner().invoke(main, words[1:])
    assert result.exit_code == 1, result.output
    for word in words:
        _, named, file = word.partition("=")
        assert not named or Path(file).stat().st_size > 0


def test_every_format_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == list(FORMATS)
