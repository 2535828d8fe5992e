"""Reports for machines: one JSON document whose shape changes only together with its version.

Lines and columns count from 1, columns in code points; an end is the place after the last character.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from rulekit import __version__
from rulekit.diagnostics.diagnostic import Diagnostic, Fix, Severity
from rulekit.diagnostics.fingerprints import FileOutline, fingerprints
from rulekit.diagnostics.report import Report
from rulekit.diagnostics.source import Span

# raised when a key is taken away or changes its meaning; a new key alone does not raise it
SCHEMA_VERSION = 1

Outlines = Mapping[str, FileOutline]


def render(report: Report) -> str:
    """Returns all reports as one JSON document."""
    reports = report.diagnostics
    ignored = [one.diagnostic for one in report.ignored]
    known = iter(fingerprints([*reports, *ignored], report.sources))
    outlines = {path: FileOutline.of(source) for path, source in report.sources.items()}
    entries = [_diagnostic(one, next(known), outlines) for one in reports]
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "rulekit", "version": __version__},
        "command": report.command,
        "cases": _cases(report, entries),
        "diagnostics": entries,
        "suppressed": [
            {**_diagnostic(one.diagnostic, next(known), outlines), "reason": one.reason} for one in report.ignored
        ],
        "summary": _summary(reports),
        "notes": list(report.notes),
        "conclusion": report.conclusion,
        **report.more,
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _cases(report: Report, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the cases, each with the fingerprints of its reports."""
    rest = iter(entries)
    return [
        {
            "name": case.name,
            "path": case.path or None,
            "seconds": case.seconds,
            "diagnostics": [entry["fingerprint"] for entry in islice(rest, len(case.diagnostics))],
        }
        for case in report.cases
    ]


def _summary(reports: Sequence[Diagnostic]) -> dict[str, int]:
    return {f"{severity.value}s": sum(r.severity is severity for r in reports) for severity in Severity}


def _diagnostic(diagnostic: Diagnostic, fingerprint: str, outlines: Outlines) -> dict[str, Any]:
    primary = diagnostic.primary
    return {
        "fingerprint": fingerprint,
        "code": diagnostic.code.number,
        "slug": diagnostic.code.slug,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **(_place(primary.span, outlines) if primary else {"path": None, "start": None, "end": None}),
        "label": primary.text if primary else "",
        "declaration": _declaration(primary.span, outlines) if primary else None,
        "secondary": [{**_place(label.span, outlines), "label": label.text} for label in diagnostic.secondary],
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
        "fixes": [_fix(fix, outlines) for fix in diagnostic.fixes],
    }


def _declaration(span: Span, outlines: Outlines) -> str | None:
    outline = outlines.get(span.path)
    return outline.around(span.start) or None if outline else None


def _fix(fix: Fix, outlines: Outlines) -> dict[str, Any]:
    edits = [{**_place(edit.span, outlines), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def _place(span: Span, outlines: Outlines) -> dict[str, Any]:
    """Returns where a span lies; start and end are null when the text of the file is not known."""
    outline = outlines.get(span.path)
    if outline is None:
        return {"path": span.path, "start": None, "end": None}
    source = outline.source
    start, end = source.position(span.start), source.position(span.end)
    return {
        "path": span.path,
        "start": {"line": start.line, "column": start.column},
        "end": {"line": end.line, "column": end.column},
    }
