"""A project's rules: every `.rules` file below its folder, read, parsed and checked as one namespace; its settings too.

Nothing outside of the folder is read, and no folder that holds a tool's files.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label, has_errors
from rulekit.diagnostics.settings import check_settings
from rulekit.diagnostics.source import SourceText, Span
from rulekit.folders import FILE_NAME
from rulekit.language import tree
from rulekit.language.checker import check
from rulekit.language.checking.templates import FILE_ENDINGS
from rulekit.language.parser import parse
from rulekit.language.program import Program
from rulekit.language.reading import read_source, unlisted_folder

if TYPE_CHECKING:
    from rulekit.settings import Settings

RULES_ENDING = ".rules"
SKIPPED_FOLDERS = frozenset({"node_modules", "state"})
# after one of these a file's declarations are not all known, so nothing can be said about names
INCOMPLETE = (codes.TOO_MANY_MISTAKES, codes.FILE_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a project's files mean (`program` None when there is any error), all reports, and the texts they quote."""

    program: Program | None
    diagnostics: list[Diagnostic]
    sources: Mapping[str, SourceText]


def load_rules(project: Path) -> Rules:
    """Returns the rules of a project's folder; reports are in the order of files and places."""
    folder = _Folder(project.resolve())
    paths, unlisted = folder.files()
    files, reports = _parse_all([path for path in paths if path.endswith(RULES_ENDING)], folder)
    if unlisted:
        # what stands there is not known, so nothing can be said about names
        files, reports = None, reports + unlisted
    settings, wrong_settings = _settings(folder)
    program = None
    if files is not None:
        bodies = [path for path in paths if path.casefold().endswith(FILE_ENDINGS)]
        program, found = check(files, folder.read, bodies, settings)
        program = None if has_errors(reports) else program
        reports += found
    reports += wrong_settings
    sources = {path: source for path, source in folder.known.items() if isinstance(source, SourceText)}
    return Rules(program, sorted(reports, key=_place), sources)


def _settings(folder: "_Folder") -> "tuple[Settings | None, list[Diagnostic]]":
    if not (folder.root / FILE_NAME).is_file():
        return None, []
    source = folder.read(FILE_NAME)
    return (None, [source]) if isinstance(source, Diagnostic) else check_settings(source)


def _parse_all(paths: list[str], folder: "_Folder") -> tuple[list[tree.File] | None, list[Diagnostic]]:
    files: list[tree.File] = []
    reports: list[Diagnostic] = []
    complete = True
    for path in paths:
        source = folder.read(path)
        if isinstance(source, Diagnostic):
            reports.append(source)
            complete = False
            continue
        file, mistakes = parse(source)
        files.append(file)
        reports += mistakes
        complete &= all(mistake.code not in INCOMPLETE for mistake in mistakes)
    return files if complete else None, reports


def _place(diagnostic: Diagnostic) -> tuple[Span, str]:
    span = diagnostic.primary.span if diagnostic.primary else Span("", 0, 0)
    return span, diagnostic.code.number


@dataclass(frozen=True, slots=True)
class _Folder:
    """A project's folder; each file is read at most once."""

    root: Path
    known: dict[str, SourceText | Diagnostic] = field(default_factory=dict)

    def files(self) -> tuple[list[str], list[Diagnostic]]:
        """Returns the sorted paths of all files below the folder that are not hidden, with forward slashes.

        A folder that is named as a file of rules is among them. Reports are about folders that cannot be listed.
        """
        paths: list[str] = []
        failures: list[OSError] = []
        for place, folders, names in os.walk(self.root, onerror=failures.append):
            folders[:] = [name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS]
            below = os.path.relpath(place, self.root).replace(os.sep, "/")
            prefix = "" if below == "." else f"{below}/"
            paths += [prefix + name for name in names if not name.startswith(".")]
            paths += [prefix + name for name in folders if name.endswith(RULES_ENDING)]
        unlisted = [os.path.relpath(failure.filename, self.root).replace(os.sep, "/") for failure in failures]
        return sorted(paths), [unlisted_folder(path) for path in unlisted]

    def read(self, path: str) -> SourceText | Diagnostic:
        """Returns the text of a file below the folder, or the report that says why there is none."""
        if path not in self.known:
            self.known[path] = read_source(self.root, path) if self._is_below(path) else _outside(path)
        return self.known[path]

    def _is_below(self, path: str) -> bool:
        try:
            return (self.root / path).resolve().is_relative_to(self.root)
        except (OSError, ValueError, RuntimeError):  # a link that leads to itself is a RuntimeError before Python 3.13
            return True  # it cannot be read either, and the attempt says why


def _outside(path: str) -> Diagnostic:
    return Diagnostic(
        codes.UNREADABLE_FILE,
        "this file lies outside of the project",
        Label(Span(path, 0, 0)),
        help="move it into the project's folder",
    )
