"""Every code has a page whose examples do what they say.

A page is `docs/codes/RK201.md`: a title, the severity and summary of the table, and the sections `Why it matters`,
`Bad` and `Good`; others may follow. The fenced blocks of `Bad`, and those of `Good`, are the files of a small project.
Behind the kind of a block may stand its path (without one it is `main.rules`) and, in brackets, how it is read
(`tests/language/cases.py`), as in ```` ```html templates/hello.html ```` and ```` ```rules (escaped) ````.

An example that declares no `person:` may use the schema below. `rulekit check` looks at it, or the command in a
`console` block of the section.
"""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rulekit.cli import main
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code
from rulekit.folders import shipped_folder
from tests.docs import code_index
from tests.language.cases import write_project

FOLDER = shipped_folder("docs/codes")
SCHEMA = """\
person:
  email       text
  name        text
  first_name  text?
  plan        one of ("free", "pro", "enterprise")
  age         number?
  vip         bool
  created_at  time
  last_login  time?
  renewal     date?
  tags        list of text

company:
  name        text
  arr         number
  industry    text?

event login
event signed_up
event project_created
event purchase:
  amount      number
  sku         text
"""
# what an example leaves out because it is short: these count on their own pages only
LEFT_OUT = ("RK601", "RK602", "RK80")

SECTION = re.compile(r"^## (.+)\n", re.MULTILINE)
FENCE = re.compile(r"^```(\w+)(?: ([\w./-]+))?(?: \(([\w ]+)\))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """The files of an example in the notation of the cases, and the command that looks at them."""

    files: str
    command: list[str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page in parts; a missing one is empty."""

    head: list[str]
    sections: dict[str, str]

    def example(self, section: str) -> Example:
        files, command = "", ["rulekit", "check"]
        for kind, path, how, text in FENCE.findall(self.sections[section]):
            if kind == "console":
                command = shlex.split(text.removeprefix("$ "))
            else:
                files += f"--- {path or 'main.rules'}{f' ({how})' if how else ''}\n{text}"
        return Example(files, command)


def read_page(code: Code) -> Page:
    head, *rest = SECTION.split((FOLDER / f"{code.number}.md").read_text(encoding="utf-8"))
    return Page([line for line in head.splitlines() if line], dict(zip(rest[::2], rest[1::2], strict=True)))


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Example], list[Any]]:
    """Returns what the command of an example reports, as the JSON that it writes."""

    def run(example: Example) -> list[Any]:
        project = tmp_path / "project"
        project.mkdir()
        monkeypatch.chdir(project)
        write_project(example.files, project)
        if not (project / "rulekit.toml").exists():
            (project / "rulekit.toml").write_text("edition = 1\n")
        if "person:\n" not in example.files:
            (project / "schema.rules").write_text(SCHEMA)
        written = tmp_path / "report.json"
        result = CliRunner().invoke(main, [*example.command[1:], "--output", f"json={written}"])
        assert result.exit_code in {0, 1}, result.output
        found: list[Any] = json.loads(written.read_text())["diagnostics"]
        return found

    return run


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in FOLDER.glob("RK*.md")} == {code.number for code in codes.ALL}


@pytest.mark.parametrize("code", codes.ALL, ids=lambda code: code.number)
def test_a_page_says_what_the_table_says(code: Code) -> None:
    page = read_page(code)
    summary = f"{code.severity.value.capitalize()}: {code.summary}"
    assert page.head[0] == f"# {code.number} {code.slug}"
    assert page.head[1].casefold() == summary.casefold()
    assert list(page.sections)[:3] == ["Why it matters", "Bad", "Good"]
    assert page.sections["Why it matters"].strip()


@pytest.mark.parametrize("code", codes.ALL, ids=lambda code: code.number)
def test_the_bad_example_reports_the_code_and_no_other_error(code: Code, report: Any) -> None:
    found = report(read_page(code).example("Bad"))
    assert code.number in {one["code"] for one in found}
    if code is not codes.TOO_MANY_MISTAKES:  # it takes a hundred others to get there
        assert {one["code"] for one in found if one["severity"] == "error"} <= {code.number}


@pytest.mark.parametrize("code", codes.ALL, ids=lambda code: code.number)
def test_the_good_example_reports_nothing(code: Code, report: Any) -> None:
    found = report(read_page(code).example("Good"))
    assert [one for one in found if one["code"] == code.number or not one["code"].startswith(LEFT_OUT)] == []


def test_the_index_lists_every_code() -> None:
    """To mend it: `python tests/docs/refresh.py codes`."""
    page = code_index.PAGE.read_text(encoding="utf-8")
    assert page == code_index.with_fresh_index(page)
    assert page.count("](RK") == len(codes.ALL)
