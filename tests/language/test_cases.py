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
has reports that are known. In place of `=== report` stands `=== tests` where it is `rulekit test` that reports.

To write a case: write the part up to that line, run the tests with RULEKIT_UPDATE_CASES=1, and read what they wrote.
"""

import os
import re
from pathlib import Path

import pytest

from rulekit.authoring.checking import Choice, check_project
from rulekit.clock import parse_instant
from rulekit.diagnostics import codes
from rulekit.diagnostics.rendering import render
from rulekit.diagnostics.report import Report
from rulekit.engine.project import open_project
from rulekit.testing.coverage_report import measure_coverage
from rulekit.testing.playing import play_tests
from rulekit.testing.results import report_tests
from tests.language.cases import write_project

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.case"))
REPORT = re.compile(r"^=== (report|tests)\n", re.MULTILINE)
# comments that ignore reports until a date are read on this day
NOW = parse_instant("2026-06-01")
# what needs more than rules, data or another command
ELSEWHERE = ("RK6", "RK7", "RK806")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    project, by, expected = REPORT.split(path.read_text(encoding="utf-8"), maxsplit=1)
    write_project(project, tmp_path)
    found = (played if by == "tests" else checked)(tmp_path)
    report = render(found.diagnostics, found.sources) or "no findings\n"
    if os.environ.get("RULEKIT_UPDATE_CASES") == "1":
        path.write_text(f"{project}=== {by}\n{report}", encoding="utf-8")
        expected = report
    assert report == expected
    assert f"[{path.stem[:5]}/" in report, "the report does not contain the code that the case is named for"


def checked(project: Path) -> Report:
    baseline = project / "baseline.json"
    return check_project(project, NOW, Choice(baseline=baseline if baseline.exists() else None))


def played(project: Path) -> Report:
    opened = open_project(project)
    results = list(play_tests(opened, opened.program.tests))
    return report_tests(opened, results, measure_coverage(opened, results), opened.settings.test.coverage_floor)


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
