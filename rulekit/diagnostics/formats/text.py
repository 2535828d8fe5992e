"""Reports for people to read: what was timed one by one, the reports, and the conclusion at the end.

Of reports that say the same, as of one unknown name in thousands of places, the first ones are shown and the others
counted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from rulekit.diagnostics import rendering
from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.display import plural, visible
from rulekit.diagnostics.report import Case, Report

# reports with one code and message that are shown
SHOWN = 10


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
    shown, more = _folded(report.diagnostics)
    folded = "".join(f"{line}\n" for line in _counted(more))
    return f"{rendering.render(shown, report.sources)}{folded}{notes}{visible(report.conclusion)}\n"


def _folded(diagnostics: Sequence[Diagnostic]) -> tuple[list[Diagnostic], Counter[tuple[str, str]]]:
    """Returns the reports to show in their order, and how many more there are by code and message."""
    seen: Counter[tuple[str, str]] = Counter()
    shown: list[Diagnostic] = []
    for diagnostic in diagnostics:
        said = (f"{diagnostic.code.number}/{diagnostic.code.slug}", diagnostic.message)
        seen[said] += 1
        if seen[said] <= SHOWN:
            shown.append(diagnostic)
    return shown, Counter({said: count - SHOWN for said, count in seen.items() if count > SHOWN})


def _counted(more: Counter[tuple[str, str]]) -> Iterator[str]:
    for (title, message), count in more.items():
        yield f"{plural(count, 'more report')} of [{title}]: {visible(message)}"
    if more:
        yield "`--output concise` has a line for each"
