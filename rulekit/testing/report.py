"""What the tests of a project found, as a report that every format can show: one case for each test."""

from collections.abc import Sequence

from rulekit.diagnostics.lines import plural
from rulekit.diagnostics.report import Case, Report, Sources
from rulekit.testing.scenarios import TestResult


def case_of(result: TestResult) -> Case:
    """Returns what became of one test."""
    return Case(result.test.title, result.test.span.path, result.diagnostics, result.seconds)


def report_tests(results: Sequence[TestResult], sources: Sources) -> Report:
    """Returns what became of the tests, in the order in which they were played."""
    failed = sum(not result.passed for result in results)
    conclusion = f"{plural(len(results) - failed, 'test')} passed" + (f", {failed} failed" if failed else "")
    return Report("test", tuple(map(case_of, results)), sources, conclusion)
