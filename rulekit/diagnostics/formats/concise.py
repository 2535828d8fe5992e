"""One line per report, for editors and for `grep`."""

from rulekit.diagnostics import rendering
from rulekit.diagnostics.report import Report


def render(report: Report) -> str:
    """Returns a line `path:line:column: severity[code/slug] message` for each report."""
    return rendering.render_concise(report.diagnostics, report.sources)
