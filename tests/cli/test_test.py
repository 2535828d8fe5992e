"""`rulekit test`: what it plays, what it prints, in which format, and its exit code."""

import json
from typing import Any

import pytest

from tests.diagnostics.standards import ACCEPT

PASSING = """
test "who goes pro is greeted":
  person ada: email="ada@example.com", plan="pro"
  at 2026-01-01T00:00Z: expect ada in Pro, expect Hello to ada unapproved
"""
FAILING = PASSING.replace("expect ada in", "expect ada not in").replace("who", "nobody who")


def told(project: Any, *arguments: str, code: int = 0) -> str:
    result = project.cli("test", *arguments)
    assert result.exit_code == code, result.output
    return str(result.output)


def test_tests_that_pass(project: Any) -> None:
    project.write("pass.rules", PASSING)
    assert told(project) == "passed  who goes pro is greeted\n1 test passed\n"


def test_a_test_that_fails_shows_the_expectation_the_values_and_what_happened(project: Any) -> None:
    project.write("fail.rules", PASSING + FAILING)
    lines = told(project, code=1).splitlines()
    assert lines[:3] == [
        "passed  who goes pro is greeted",
        "FAILED  nobody who goes pro is greeted",
        "error[RK910/failed-expectation]: `ada` is in `Pro`",
    ]
    shown = "\n".join(lines)
    assert "--> fail.rules:8:25" in shown
    assert "^^^^^^^^^^^^^^^^^^^^^ at 2026-01-01T00:00:00Z" in shown
    assert 'yes  plan = "pro"   (plan = "pro")' in shown
    happened = [line.strip() for line in lines[lines.index("  = note: what happened to `ada`") + 1 : -1]]
    assert happened == [
        "2026-01-01T00:00Z (now): tagged Pro",
        "2026-01-01T00:00Z (now): tagged Quiet",
        "2026-01-01T00:00Z (now): Hello of Greet is unapproved",
        "> 2026-01-01T00:00Z (now): expect ada not in Pro",
    ]
    assert lines[-1] == "1 test passed, 1 failed"


@pytest.mark.parametrize("style", ACCEPT)
def test_failures_and_missing_coverage_in_every_format(project: Any, style: str) -> None:
    project.write("fail.rules", PASSING + FAILING)
    told(project, "--coverage", "--coverage-floor", "100", "--output", f"{style}=report", code=1)
    report = (project.folder / "report").read_text(encoding="utf-8")
    ACCEPT[style](report)
    assert "RK910" in report
    assert "RK912" in report


def test_no_test_is_a_failure(project: Any) -> None:
    assert "no test was run: the rules have none; write one: test" in told(project, code=1)
    project.write("pass.rules", PASSING)
    assert told(project, "-k", "zebra", code=1) == "no test was run: none of the 1 titles contains `zebra`\n"
    assert told(project, "main.rules", code=1) == "no test was run: the files that were named have none\n"


def test_a_word_and_files_choose(project: Any) -> None:
    project.write("pass.rules", PASSING)
    project.write("more/fail.rules", FAILING)
    assert told(project, "-k", "WHO GOES", code=1).endswith("1 test passed, 1 failed\n")
    assert told(project, "pass.rules").endswith("1 test passed\n")
    assert told(project, "more", code=1).endswith("0 tests passed, 1 failed\n")
    assert told(project, "pass.rules", "more", "-k", "nobody", code=1).endswith("0 tests passed, 1 failed\n")
    assert "data holds no rules of the project" in told(project, "data", code=2)


def test_fail_fast_stops_after_the_first_that_fails(project: Any) -> None:
    project.write("a.rules", FAILING)
    project.write("b.rules", PASSING)
    text = told(project, "-x", code=1)
    assert text.startswith("FAILED")
    assert "passed  who" not in text
    assert text.endswith("0 tests passed, 1 failed\n")


def test_rules_with_errors_are_reported_as_check_reports_them(project: Any) -> None:
    project.write("wrong.rules", PASSING.replace("in Pro", "in Prro"))
    text = told(project, code=1)
    assert project.cli("check").output in text
    assert "error[RK103/unknown-persona]: unknown persona or segment `Prro`" in text
    assert text.endswith("help: run `rulekit check` and mend them\n")


@pytest.mark.parametrize("text", ["-", "text"])
def test_reports_go_to_files_too(project: Any, text: str) -> None:
    project.write("fail.rules", PASSING + FAILING)
    target = [] if text == "-" else ["--output", "text"]
    shown = told(project, "--output", "json=report.json", *target, code=1)
    assert ("FAILED" in shown) is bool(target)
    report = json.loads((project.folder / "report.json").read_text())
    (found,) = report["diagnostics"]
    assert (found["code"], found["path"], found["start"]["line"]) == ("RK910", "fail.rules", 8)


def test_a_text_in_a_file_has_a_line_for_each_test(project: Any) -> None:
    project.write("fail.rules", PASSING + FAILING)
    shown = told(project, code=1)
    assert told(project, "--output", "text=report.txt", code=1) == ""
    assert (project.folder / "report.txt").read_text() == shown


def test_coverage_names_what_no_test_has_seen(project: Any) -> None:
    project.rules("trigger Greet: on tagged(Pro) send template Hello\nsegment Tiny: not (size >= 5 or size in (7, 8))")
    project.write("pass.rules", PASSING)
    lines = told(project, "--coverage").splitlines()
    (whole,) = [line for line in lines if line.startswith("coverage ")]
    never = [line.partition(": ")[2] for line in lines if ": never " in line]
    assert "1 of 1 trigger fired" in whole
    assert 'never false: `plan = "pro"`, persona Pro' in never
    assert "never true or false: `size >= 5`, segment Tiny" in never
    assert "never true or false: `size in (7, 8)`, segment Tiny" in never


def test_coverage_counts_everybody_at_every_moment(project: Any) -> None:
    project.rules("trigger Greet: on untagged(Pro) send template Hello")
    project.write(
        "pass.rules",
        'test "t":\n  company acme: size=3\n  company vast: size=300\n'
        '  person ada: plan="pro", company=acme\n  person bo: plan="free"\n  person cy: plan="free"\n'
        "  at 2026-01-01: expect ada in Pro\n  at 2026-01-02: expect ada in Pro, expect acme not in Large\n",
    )
    told(project, "--coverage", "--output", "json=report.json")
    coverage = json.loads((project.folder / "report.json").read_text())["coverage"]
    counts = {(one["in"], one["text"]): (one["true"], one["false"]) for one in coverage["comparisons"]}
    assert counts["persona Pro", 'plan = "pro"'] == (2, 4)
    assert counts["segment Large", "size >= 100"] == (2, 2)
    assert [(one["name"], one["fired"]) for one in coverage["triggers"]] == [("Greet", False)]
    assert coverage["covered"] < coverage["total"]


def test_too_little_coverage_fails(project: Any) -> None:
    project.write("pass.rules", PASSING)
    assert "error[RK912/low-coverage]" in told(project, "--coverage-floor", "99", code=1)
    told(project, "--coverage-floor", "1")
    project.settings(more="[test]\ncoverage_floor = 99\n")
    assert "never false" in told(project, code=1)
    assert "error" not in told(project, "-k", "who", "--coverage-floor", "0")


def test_the_floor_of_the_settings_is_for_all_tests_together(project: Any) -> None:
    project.settings(more="[test]\ncoverage_floor = 99\n")
    project.write("pass.rules", PASSING + PASSING.replace("who", "she who"))
    assert told(project, "-k", "she").endswith("1 test passed\n")
    assert "RK912" in told(project, code=1)


def test_dates_begin_in_the_projects_zone(project: Any) -> None:
    settings = project.folder / "rulekit.toml"
    settings.write_text(f'timezone = "America/New_York"\n{settings.read_text()}')
    rules = project.folder / "main.rules"
    rules.write_text(rules.read_text().replace("person:\n", "person:\n  seen  time?\n  due   date?\n", 1))
    project.write(
        "dates.rules",
        """
persona Before_February: seen is present and seen < 2026-02-01
persona Due: due is present and due >= 0d

test "in New York February begins five hours later":
  person ada: seen=2026-02-01T04:59Z
  person bob: seen=2026-02-01
  person cyd: seen=2026-01-31, due=2026-02-01
  at 2026-02-01T04:59Z: expect cyd not in Due
  at 2026-02-01:
    expect ada in Before_February,
    expect bob not in Before_February,
    expect cyd in Before_February,
    expect cyd in Due
""",
    )
    assert "1 test passed" in told(project)
