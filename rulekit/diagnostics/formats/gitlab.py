"""GitLab's Code Quality report: a JSON list that a merge request compares with that of its target branch."""

import json
from typing import Any

from rulekit.diagnostics.diagnostic import Diagnostic, Severity
from rulekit.diagnostics.fingerprints import fingerprints
from rulekit.diagnostics.report import Report
from rulekit.folders import FILE_NAME

SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: Report) -> str:
    """Returns the reports as a JSON list; an empty one says that there is nothing to report."""
    reports = report.diagnostics
    known = fingerprints(reports, report.sources)
    entries = [_entry(one, fingerprint, report) for one, fingerprint in zip(reports, known, strict=True)]
    return json.dumps(entries, indent=2) + "\n"


def _entry(diagnostic: Diagnostic, fingerprint: str, report: Report) -> dict[str, Any]:
    """Returns one entry; what is about the whole project stands at its settings, for GitLab wants a place."""
    span = diagnostic.primary.span if diagnostic.primary else None
    source = report.sources.get(span.path) if span else None
    begin = source.position(span.start) if span and source else None
    return {
        "description": diagnostic.message,
        "check_name": f"{diagnostic.code.number}/{diagnostic.code.slug}",
        "fingerprint": fingerprint,
        "severity": SEVERITIES[diagnostic.severity],
        "location": {
            "path": report.base + (span.path if span else FILE_NAME),
            "lines": {"begin": begin.line if begin else 1},
        },
    }
