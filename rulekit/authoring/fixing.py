"""Applies the fixes of reports until there is nothing left to fix; texts become texts, nothing is written here."""

from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rulekit.authoring.checking import chosen_files
from rulekit.authoring.found import Found
from rulekit.diagnostics.diagnostic import Edit, Fix, has_errors
from rulekit.diagnostics.report import Sources
from rulekit.diagnostics.source import SourceText
from rulekit.errors import RulekitError
from rulekit.files import read_start, replace_file
from rulekit.language.project_texts import is_body, is_rules

# a fix may make room for another one; fixes that undo each other would go on for ever
PASSES = 20

# checks the project with some of its files in another text
Look = Callable[[Mapping[str, SourceText]], Found]


def fix_project(folder: Path, look: Look, paths: Sequence[Path], unsafe: bool) -> "Mending":
    """Returns a project with the fixes applied of the reports that are shown for `paths`; nothing is written."""
    found = look({})
    files = chosen_files(folder, paths, found)
    mending = Mending(look, files, unsafe, found.sources, found)
    mending.mend()
    return mending


@dataclass(slots=True)
class Mending:
    """A project whose fixes are applied in memory: `texts` are its changed files, `found` is what is still reported.

    Reports about `files` are fixed; `unsafe` says whether fixes that need a look may be used. `before` has the texts
    of all files as they are.
    """

    look: Look
    files: Collection[str]
    unsafe: bool
    before: Sources
    found: Found
    texts: dict[str, SourceText] = field(default_factory=dict)
    fixed: int = 0
    spoilt: set[Fix] = field(default_factory=set)

    def mend(self) -> None:
        """Applies fixes, pass after pass, each to what the one before has left."""
        for _ in range(PASSES):
            fixes = self._apart(self._fixes(self.unsafe))
            if not fixes:
                return
            self._apply(fixes)

    @property
    def left(self) -> int:
        """Returns how many reports unsafe fixes would settle, where they may not be used."""
        return 0 if self.unsafe else len(self._fixes(unsafe=True))

    def _fixes(self, unsafe: bool) -> list[Fix]:
        """Returns a fix for each report that has one, a safe one if possible."""
        chosen: list[Fix] = []
        for diagnostic in self.found.diagnostics:
            if diagnostic.primary is None or diagnostic.primary.span.path not in self.files:
                continue
            usable = [fix for fix in diagnostic.fixes if (fix.safe or unsafe) and self._is_usable(fix)]
            chosen += sorted(usable, key=lambda fix: not fix.safe)[:1]
        return chosen

    def _is_usable(self, fix: Fix) -> bool:
        paths = {edit.span.path for edit in fix.edits}
        return fix not in self.spoilt and all(
            path in self.found.sources and (is_rules(path) or is_body(path)) for path in paths
        )

    @staticmethod
    def _apart(fixes: Sequence[Fix]) -> list[Fix]:
        """Returns the fixes that do not touch what one before them changes."""
        taken: list[Edit] = []
        apart: list[Fix] = []
        for fix in fixes:
            if not any(_touch(edit, other) for edit in fix.edits for other in taken):
                apart.append(fix)
                taken += fix.edits
        return apart

    def _apply(self, fixes: Sequence[Fix]) -> None:
        """Applies fixes together; when that makes an error, half of them at a time, and none that makes one alone."""
        changed = dict(self.texts) | _edited(fixes, self.found.sources)
        found = self.look(changed)
        if _errors(found) <= _errors(self.found):
            self.texts, self.found = changed, found
            self.fixed += len(fixes)
        elif len(fixes) == 1:
            self.spoilt.update(fixes)
        else:
            # what one half changes moves the other, which is left to the next pass
            self._apply(fixes[: len(fixes) // 2])


def write_all(folder: Path, texts: Mapping[str, SourceText], before: Sources) -> None:
    """Writes changed files of a project, unless somebody else changed one since it was read; raises RulekitError."""
    contents = {path: read_start(folder / path, folder) for path in texts}
    for path, content in contents.items():
        if content.decode("utf-8-sig", "replace") != before[path].text:
            raise RulekitError(f"{path} changed while it was being fixed", help="run the command again")
    for path, source in texts.items():
        mark = BOM_UTF8 if contents[path].startswith(BOM_UTF8) else b""
        replace_file(folder / path, mark + source.text.encode("utf-8"), folder)


def _errors(found: Found) -> int:
    return sum(has_errors([diagnostic]) for diagnostic in found.diagnostics)


def _touch(one: Edit, other: Edit) -> bool:
    if one.span.path != other.span.path:
        return False
    return one.span.start <= other.span.end and other.span.start <= one.span.end


def _edited(fixes: Sequence[Fix], sources: Sources) -> dict[str, SourceText]:
    """Returns the files that fixes change, with their new texts."""
    texts: dict[str, str] = {}
    for edit in sorted((edit for fix in fixes for edit in fix.edits), key=lambda edit: edit.span, reverse=True):
        path, start, end = edit.span.path, edit.span.start, edit.span.end
        text = texts.get(path, sources[path].text)
        # a file keeps its line ends
        new = edit.replacement.replace("\r\n", "\n").replace("\n", "\r\n" if "\r\n" in text else "\n")
        texts[path] = f"{text[:start]}{new}{text[end:]}"
    return {path: SourceText(path, text) for path, text in texts.items()}
