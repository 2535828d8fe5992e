"""Reports for people to read: what was timed one by one, the reports, and the conclusion at the end."""

from rulekit.diagnostics import text
from rulekit.diagnostics.lines import visible
from rulekit.diagnostics.report import Case, Report


def render(report: Report) -> str:
    """Returns a line for each test, the reports in full, then what is not shown, then the conclusion."""
    lines = "".join(f"{case_line(case)}\n" for case in report.cases if case.seconds is not None)
    return f"{lines}{render_without_cases(report)}"


def case_line(case: Case) -> str:
    """Returns whether a test passed, and its title."""
    return f"{'FAILED' if case.diagnostics else 'passed'}  {visible(case.name)}"


def render_without_cases(report: Report) -> str:
    """Returns what follows the lines of the cases, which a command may have shown one by one."""
    notes = "".join(f"{visible(note)}\n" for note in report.notes)
    return f"{text.render(report.diagnostics, report.sources)}{notes}{visible(report.conclusion)}\n"
