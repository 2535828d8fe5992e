"""A project's folder as text: which files are below it, and what stands in each.

Nothing outside of the folder is read but settings that `--config` names, and no folder that holds a tool's files.
"""

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span
from rulekit.folders import FILE_NAME, settings_file
from rulekit.language.reading import read_source, unlisted_folder

RULES_ENDING = ".rules"
# a template's body that ends like one of these and has no white space is the path of a file below the project
BODY_ENDINGS = (".html", ".htm", ".md", ".txt", ".j2", ".jinja")
SKIPPED_FOLDERS = frozenset({"node_modules", "state"})


def is_rules(path: str) -> bool:
    """Returns whether a file is one of rules, by its name."""
    return path.endswith(RULES_ENDING)


def is_body(path: str) -> bool:
    """Returns whether a template may name a file as its body, by the file's name."""
    return path.casefold().endswith(BODY_ENDINGS)


@dataclass(frozen=True)
class RulesFolder:
    """A project's folder; it is listed once, and each file is read at most once.

    `known` are the files that were read: their text, or the report that says why there is none.
    """

    root: Path
    known: dict[str, SourceText | Diagnostic] = field(default_factory=dict)

    @property
    def rules(self) -> list[str]:
        """Returns the paths of all files of rules, in order."""
        return [path for path in self._listing[0] if is_rules(path)]

    @property
    def bodies(self) -> list[str]:
        """Returns the paths of all files that a template may name, in order."""
        return [path for path in self._listing[0] if is_body(path)]

    @property
    def unlisted(self) -> list[Diagnostic]:
        """Returns a report for each folder whose files could not be listed."""
        return self._listing[1]

    @property
    def sources(self) -> dict[str, SourceText]:
        """Returns the texts of the files that were read."""
        return {path: source for path, source in self.known.items() if isinstance(source, SourceText)}

    @cached_property
    def _listing(self) -> tuple[list[str], list[Diagnostic]]:
        """The sorted paths of all files that are not hidden, with forward slashes, and reports about odd folders.

        A folder that is named as a file of rules is among the files.
        """
        paths: list[str] = []
        failures: list[OSError] = []
        for place, folders, names in os.walk(self.root, onerror=failures.append):
            folders[:] = [name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS]
            below = os.path.relpath(place, self.root).replace(os.sep, "/")
            prefix = "" if below == "." else f"{below}/"
            paths += [prefix + name for name in names if not name.startswith(".")]
            paths += [prefix + name for name in folders if is_rules(name)]
        unlisted = [os.path.relpath(failure.filename, self.root).replace(os.sep, "/") for failure in failures]
        return sorted(paths), [unlisted_folder(path) for path in unlisted]

    def read(self, path: str) -> SourceText | Diagnostic:
        """Returns the text of a file below the folder, or the report that says why there is none."""
        if path not in self.known:
            self.known[path] = self._read(path)
        return self.known[path]

    def _read(self, path: str) -> SourceText | Diagnostic:
        settings = settings_file(self.root)
        if path == FILE_NAME and settings != self.root / FILE_NAME:
            source = read_source(settings.parent, settings.name)
            return replace(source, path=FILE_NAME) if isinstance(source, SourceText) else source
        return read_source(self.root, path) if self._is_below(path) else _outside(path)

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
