"""Runs the language's tests, which are data: one file in `tests/cases` for each code of a report.

A case is a file named `RK001-unexpected-text.case` (or `RK001-unexpected-text-second.case`). It holds the files of a
small project as `tests/language/cases.py` reads them, then what is reported, exactly as `rulekit check` shows it::

    persona Quiet:
      last_login >
    --- templates/hello.html
    Hello
    === report
    error[RK002/unfinished-declaration]: …

The report of a case must contain its code. A project without any finding reports `no findings`. A file `baseline.json`
has reports that are known.

To write a case: write the part above `=== report`, run the tests with RULEKIT_UPDATE_CASES=1, and read what they wrote.
"""

import os
from pathlib import Path

import pytest

from rulekit.authoring.checking import Choice, check_project
from rulekit.clock import parse_instant
from rulekit.diagnostics import codes
from rulekit.diagnostics.text import render
from tests.language.cases import write_project

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.case"))
REPORT = "=== report\n"
# comments that ignore reports until a date are read on this day
NOW = parse_instant("2026-06-01")
# what needs more than rules, data or another command
ELSEWHERE = ("RK6", "RK7", "RK806")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    project, _, expected = path.read_text(encoding="utf-8").partition(REPORT)
    write_project(project, tmp_path)
    baseline = tmp_path / "baseline.json"
    found = check_project(tmp_path, NOW, Choice(baseline=baseline if baseline.exists() else None))
    report = render(found.diagnostics, found.sources) or "no findings\n"
    if os.environ.get("RULEKIT_UPDATE_CASES") == "1":
        path.write_text(f"{project}{REPORT}{report}", encoding="utf-8")
        expected = report
    assert report == expected
    assert f"[{path.stem[:5]}/" in report, "the report does not contain the code that the case is named for"


@pytest.mark.parametrize("code", codes.ALL, ids=lambda code: code.number)
def test_every_code_has_a_case(code: codes.Code) -> None:
    if code.number.startswith(ELSEWHERE):
        return
    assert any(path.stem.startswith(f"{code.number}-{code.slug}") for path in CASES)


def test_every_case_is_named_for_a_code() -> None:
    for path in CASES:
        code = codes.by_name(path.stem[:5])
        assert code is not None, path.name
        assert path.stem.startswith(f"{code.number}-{code.slug}")
