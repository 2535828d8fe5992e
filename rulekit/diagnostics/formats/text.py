"""Reports for people to read, the conclusion at the end."""

from rulekit.diagnostics import text
from rulekit.diagnostics.lines import visible
from rulekit.diagnostics.report import Report


def render(report: Report) -> str:
    """Returns the reports in full, then what is not shown, then the conclusion."""
    notes = "".join(f"{visible(note)}\n" for note in report.notes)
    return f"{text.render(report.diagnostics, report.sources)}{notes}{report.conclusion}\n"
