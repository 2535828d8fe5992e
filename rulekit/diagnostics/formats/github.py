"""Workflow commands, which GitHub shows as annotations beside the lines of a change."""

from collections import Counter, defaultdict

from rulekit.diagnostics.diagnostic import Diagnostic, Severity
from rulekit.diagnostics.display import plural, visible
from rulekit.diagnostics.rendering import words
from rulekit.diagnostics.report import Report
from rulekit.diagnostics.source import Span

# GitHub shows so many annotations of each kind for a step of a job, and drops the rest without a word
LIMIT = 10

KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """Returns an annotation for each report, the most severe first, as many as GitHub shows; then what is left out."""
    by_severity: dict[Severity, list[Diagnostic]] = defaultdict(list)
    for diagnostic in report.diagnostics:
        by_severity[diagnostic.severity].append(diagnostic)
    rows = [_command(one, report) for severity in Severity for one in by_severity[severity][:LIMIT]]
    rest = Counter({severity: len(found) - LIMIT for severity, found in by_severity.items() if len(found) > LIMIT})
    return "".join(f"{row}\n" for row in rows) + _left_out(rest)


def _left_out(rest: Counter[Severity]) -> str:
    if not rest:
        return ""
    counts = " and ".join(plural(rest[severity], KINDS[severity]) for severity in Severity if rest[severity])
    verb = "is" if rest.total() == 1 else "are"
    return (
        f"{counts} more {verb} not annotated, because GitHub shows {LIMIT} of a kind for each step; "
        "`--output text` lists all\n"
    )


def _command(diagnostic: Diagnostic, report: Report) -> str:
    code = diagnostic.code
    properties = _place(diagnostic.primary.span, report) if diagnostic.primary else {}
    properties["title"] = f"{code.number} {code.slug}"
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{KINDS[diagnostic.severity]} {given}::{_data(words(diagnostic))}"


def _place(span: Span, report: Report) -> dict[str, str]:
    """Returns where a span lies; columns only within one line, for GitHub takes no others."""
    file = {"file": report.base + span.path}
    source = report.sources.get(span.path)
    if source is None:
        return file
    start, end = source.position(span.start), source.position(span.end)
    lines = {"line": str(start.line), "endLine": str(end.line)}
    if start.line != end.line:
        return {**file, **lines}
    return {**file, **lines, "col": str(start.column), "endColumn": str(end.column)}


def _data(text: str) -> str:
    return "%0A".join(visible(line).replace("%", "%25") for line in text.split("\n"))


def _property(value: str) -> str:
    return visible(value).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
