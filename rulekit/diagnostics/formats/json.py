"""Reports for machines: one JSON document whose shape changes only together with its version.

Lines and columns count from 1, columns in code points; an end is the place after the last character.
"""

import json
from collections.abc import Sequence
from typing import Any

from rulekit import __version__
from rulekit.diagnostics.diagnostic import Diagnostic, Fix, Severity
from rulekit.diagnostics.report import Report, Sources
from rulekit.diagnostics.source import Span

# raised when a key is taken away or changes its meaning; a new key alone does not raise it
SCHEMA_VERSION = 1


def render(report: Report) -> str:
    """Returns all reports as one JSON document."""
    reports = report.diagnostics
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "rulekit", "version": __version__},
        "diagnostics": [_report(one, report.sources) for one in reports],
        "summary": _summary(reports),
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _summary(reports: Sequence[Diagnostic]) -> dict[str, int]:
    return {f"{severity.value}s": sum(r.severity is severity for r in reports) for severity in Severity}


def _report(report: Diagnostic, sources: Sources) -> dict[str, Any]:
    primary = report.primary
    return {
        "code": report.code.number,
        "slug": report.code.slug,
        "severity": report.severity.value,
        "message": report.message,
        **(_place(primary.span, sources) if primary else {"path": None, "start": None, "end": None}),
        "label": primary.text if primary else "",
        "secondary": [{**_place(label.span, sources), "label": label.text} for label in report.secondary],
        "help": report.help,
        "notes": list(report.notes),
        "fixes": [_fix(fix, sources) for fix in report.fixes],
    }


def _fix(fix: Fix, sources: Sources) -> dict[str, Any]:
    edits = [{**_place(edit.span, sources), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def _place(span: Span, sources: Sources) -> dict[str, Any]:
    """Returns where a span lies; start and end are null when the text of the file is not known."""
    source = sources.get(span.path)
    if source is None:
        return {"path": span.path, "start": None, "end": None}
    start, end = source.position(span.start), source.position(span.end)
    return {
        "path": span.path,
        "start": {"line": start.line, "column": start.column},
        "end": {"line": end.line, "column": end.column},
    }
