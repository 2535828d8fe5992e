"""SARIF 2.1.0, the standard form of what a static analysis finds, as code scanning services read it.

All codes are listed as rules on every run, so that a service knows what was looked for where nothing was found.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

from rulekit import __version__
from rulekit.diagnostics import codes
from rulekit.diagnostics.code_pages import page
from rulekit.diagnostics.diagnostic import Code, Diagnostic, Edit, Fix, Label, Severity
from rulekit.diagnostics.fingerprints import VERSION, FileOutline, fingerprints
from rulekit.diagnostics.rendering import words
from rulekit.diagnostics.report import Ignored, Report
from rulekit.diagnostics.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# the root that code scanning services take paths to be below
BASE = "%SRCROOT%"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: Report) -> str:
    """Returns the reports, those that are ignored too, as the one run of a SARIF log."""
    ignored = [(one.diagnostic, one) for one in report.ignored]
    found: list[tuple[Diagnostic, Ignored | None]] = [*((one, None) for one in report.diagnostics), *ignored]
    rules = _rules([diagnostic for diagnostic, _ in found])
    known = fingerprints([diagnostic for diagnostic, _ in found], report.sources)
    log = _Log(report, {code.number: index for index, code in enumerate(rules)})
    run = {
        "tool": {"driver": _driver(rules)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {BASE: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(report)],
        "artifacts": [{"location": log.artifact(path)} for path in log.paths],
        "results": [log.result(*one, fingerprint) for one, fingerprint in zip(found, known, strict=True)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rules(found: Sequence[Diagnostic]) -> list[Code]:
    """Returns all codes, and those of the reports that come from elsewhere."""
    others = {one.code.number: one.code for one in found}
    return [*codes.ALL, *(code for number, code in others.items() if code not in codes.ALL)]


def _driver(rules: Sequence[Code]) -> dict[str, Any]:
    return {
        "name": "rulekit",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in rules],
    }


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.number,
        "name": code.slug,
        "shortDescription": {"text": code.summary},
        "help": {"text": f"`rulekit explain {code.number}` shows more.", "markdown": _help(code)},
        "defaultConfiguration": {"level": LEVELS[code.severity]},
        "properties": {"tags": [code.number[:3]], "problem.severity": _problem(code.severity)},
    }


def _help(code: Code) -> str:
    try:
        return page(code)
    except OSError:
        return code.summary  # a code that a plugin brings has no page


def _problem(severity: Severity) -> str:
    return "recommendation" if severity is Severity.INFO else severity.value


def _invocation(report: Report) -> dict[str, Any]:
    notes = [{"level": "note", "message": {"text": note}} for note in report.notes]
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": notes,
        "properties": {"command": report.command, "conclusion": report.conclusion},
    }


class _Log:
    """What the places of one run share: the texts, the outline of each, and the numbers of rules and files."""

    def __init__(self, report: Report, rules: dict[str, int]) -> None:
        self.report = report
        self.rules = rules
        self.paths = list(dict.fromkeys([*(case.path for case in report.cases if case.path), *report.sources]))
        self.outlines = {path: FileOutline.of(source) for path, source in report.sources.items()}
        self._numbers = {path: index for index, path in enumerate(self.paths)}

    def result(self, one: Diagnostic, ignored: Ignored | None, fingerprint: str) -> dict[str, Any]:
        return {
            "ruleId": one.code.number,
            "ruleIndex": self.rules[one.code.number],
            "level": LEVELS[one.severity],
            "message": {"text": words(one)},
            "locations": [self.location(one.primary)] if one.primary else [],
            "relatedLocations": [{"id": i, **self.location(label)} for i, label in enumerate(one.secondary, 1)],
            "partialFingerprints": {f"rulekit/v{VERSION}": fingerprint},
            "fixes": [self.fix(fix) for fix in dict.fromkeys(one.fixes) if fix.edits],
            "suppressions": [_suppression(ignored)] if ignored else [],
        }

    def location(self, label: Label) -> dict[str, Any]:
        outline = self.outlines.get(label.span.path)
        name = outline.around(label.span.start) if outline else ""
        return {
            "physicalLocation": {"artifactLocation": self.artifact(label.span.path), **self.region(label.span)},
            **({"logicalLocations": [{"fullyQualifiedName": name}]} if name else {}),
            **({"message": {"text": label.text}} if label.text else {}),
        }

    def artifact(self, path: str) -> dict[str, Any]:
        """Returns where a file is: below the root of the repository, as a relative reference."""
        uri = quote(self.report.base + path, errors="surrogatepass")
        index = self._numbers.get(path)
        return {"uri": uri, "uriBaseId": BASE, **({} if index is None else {"index": index})}

    def region(self, span: Span, key: str = "region") -> dict[str, Any]:
        """Returns a stretch of a file under a key; nothing when the text of the file is not known."""
        source = self.report.sources.get(span.path)
        if source is None:
            return {}
        start, end = source.position(span.start), source.position(span.end)
        return {
            key: {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            }
        }

    def fix(self, fix: Fix) -> dict[str, Any]:
        by_path = groupby(sorted(fix.edits, key=lambda edit: edit.span), key=lambda edit: edit.span.path)
        changes = [
            {"artifactLocation": self.artifact(path), "replacements": [self.replacement(edit) for edit in edits]}
            for path, edits in by_path
        ]
        return {"description": {"text": fix.title}, "artifactChanges": changes}

    def replacement(self, edit: Edit) -> dict[str, Any]:
        place = {"charOffset": edit.span.start, "charLength": edit.span.end - edit.span.start}
        region = self.region(edit.span, "deletedRegion") or {"deletedRegion": place}
        return {**region, "insertedContent": {"text": edit.replacement}}


def _suppression(one: Ignored) -> dict[str, str]:
    return {"kind": "inSource", "justification": one.reason} if one.reason else {"kind": "inSource"}
