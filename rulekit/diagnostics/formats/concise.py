"""One line per report, for editors and for `grep`."""

from rulekit.diagnostics import text
from rulekit.diagnostics.report import Report


def render(report: Report) -> str:
    """Returns a line `path:line:column: severity[code/slug] message` for each report."""
    return text.render_concise(report.diagnostics, report.sources)
