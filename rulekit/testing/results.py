"""What the tests of a project found, as a report that every format can show: one case for each test."""

from collections.abc import Sequence

from rulekit.diagnostics.display import plural
from rulekit.diagnostics.report import Case, Report
from rulekit.engine.project import Project
from rulekit.folders import below_repository
from rulekit.testing.coverage_report import Coverage
from rulekit.testing.playing import TestResult


def case_of(result: TestResult) -> Case:
    """Returns what became of one test."""
    return Case(result.test.title, result.test.span.path, result.diagnostics, result.seconds)


def report_tests(
    project: Project, results: Sequence[TestResult], coverage: Coverage | None = None, floor: float | None = None
) -> Report:
    """Returns what became of the tests, in the order in which they were played, and how much of the rules they saw.

    `floor` is how much they had to see, in percent.
    """
    failed = sum(not result.passed for result in results)
    cases = [case_of(result) for result in results]
    shortfall = coverage.shortfall(floor) if coverage is not None and floor is not None else None
    if shortfall is not None:
        cases.append(Case("coverage", "", (shortfall,)))
    return Report(
        "test",
        tuple(cases),
        project.rules.sources,
        f"{plural(len(results) - failed, 'test')} passed" + (f", {failed} failed" if failed else ""),
        notes=tuple(coverage.lines()) if coverage is not None and shortfall is None else (),
        base=below_repository(project.folder),
        more={"coverage": coverage.document()} if coverage is not None else {},
    )
