"""A baseline: a file of reports that are known and not shown, so that a check of old rules shows new ones alone.

It is JSON with one line per report, in the order of files, so that a change of it reads well. Errors are never in it:
they stop a run, whoever knows of them.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rulekit.authoring.found import Found
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label, Severity, has_errors
from rulekit.diagnostics.display import plural
from rulekit.diagnostics.fingerprints import VERSION, fingerprints
from rulekit.diagnostics.source import SourceText, Span
from rulekit.errors import RulekitError
from rulekit.files import read_start, replace_file
from rulekit.folders import roots_for

# bytes of a baseline, which may know tens of thousands of reports
LIMIT = 16 * 1024 * 1024
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class KnownReport:
    """A known report: its fingerprint, code and file, and where it stands in the baseline."""

    fingerprint: str
    code: str
    path: str
    place: Span


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known reports, and the file that they stand in."""

    source: SourceText
    entries: Sequence[KnownReport]

    def hide(self, found: Found, wants: Callable[[str], bool]) -> Found:
        """Returns the reports that are not known; a note counts the others, and entries without a report are stale.

        `wants` says of a code whether its reports were looked for.
        """
        known = {entry.fingerprint for entry in self.entries}
        marks = dict(zip(found.diagnostics, fingerprints(found.diagnostics, found.sources), strict=True))
        hidden = {mark for one, mark in marks.items() if one.severity is not Severity.ERROR and mark in known}
        shown = [one for one, mark in marks.items() if mark not in hidden]
        if not has_errors(shown):
            # beside an error not everything is looked at, so nobody knows what else would have been reported
            shown += [_stale(entry) for entry in self.entries if entry.fingerprint not in hidden and wants(entry.code)]
        sources = {**found.sources, self.source.path: self.source}
        new = Found(shown, sources, found.ignored, found.notes)
        return new.noting(f"{plural(len(hidden), 'report')} known in {self.source.path} not shown") if hidden else new


def read_baseline(file: Path, folder: Path) -> Baseline:
    """Returns a baseline that was written before; raises RulekitError."""
    try:
        text = read_start(file, *roots_for(file, folder), limit=LIMIT).decode("utf-8")
        document = json.loads(text)
        versions = document["schema_version"], document["fingerprint_version"]
        known = [(str(entry["fingerprint"]), str(entry["code"]), str(entry["path"])) for entry in document["known"]]
    except (ValueError, TypeError, KeyError):
        raise RulekitError(f"{file} is not a baseline", help="write one with `--write-baseline FILE`") from None
    if versions != (SCHEMA_VERSION, VERSION):
        raise RulekitError(
            f"{file} was written by another version of rulekit", help="write it anew with `--write-baseline FILE`"
        )
    source = SourceText(_path(file, folder), text.replace("\r\n", "\n"))
    return Baseline(source, [KnownReport(*entry, _place(source, entry[0])) for entry in known])


def write_baseline(file: Path, found: Found, folder: Path) -> int:
    """Writes all reports but errors of the project in a folder into a baseline, and returns how many there are."""
    marks = fingerprints(found.diagnostics, found.sources)
    entries = [_entry(one, mark) for one, mark in zip(found.diagnostics, marks, strict=True) if not has_errors([one])]
    entries.sort(key=lambda entry: (entry["path"], entry["code"], entry["fingerprint"]))
    lines = ",\n".join(f"    {json.dumps(entry)}" for entry in entries)
    head = f'  "schema_version": {SCHEMA_VERSION},\n  "fingerprint_version": {VERSION},\n'
    known = f"[\n{lines}\n  ]" if entries else "[]"
    replace_file(file, f'{{\n{head}  "known": {known}\n}}\n'.encode(), *roots_for(file, folder))
    return len(entries)


def _entry(diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    path = diagnostic.primary.span.path if diagnostic.primary else ""
    return {"path": path, "code": diagnostic.code.number, "message": diagnostic.message, "fingerprint": fingerprint}


def _stale(entry: KnownReport) -> Diagnostic:
    return Diagnostic(
        codes.STALE_BASELINE_ENTRY,
        f"{entry.code} in `{entry.path}` is known, but not reported any more",
        Label(entry.place),
        help="write the baseline anew with `--write-baseline`, or remove the line",
    )


def _path(file: Path, folder: Path) -> str:
    """Returns the path of the baseline below the project, or as it was given when it lies elsewhere."""
    inside = os.path.relpath(file.resolve(), folder.resolve())
    return str(file) if inside.startswith("..") else inside.replace(os.sep, "/")


def _place(source: SourceText, fingerprint: str) -> Span:
    start = max(0, source.text.find(f'"{fingerprint}"'))
    return Span(source.path, start, start + len(fingerprint) + 2 if start else 0)
