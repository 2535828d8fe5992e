"""Leaves out what was reported before a change: the project is checked as git knows it at a commit, too.

The files of then are written into a temporary folder; neither the repository nor its index is touched.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rulekit.authoring.found import Found
from rulekit.diagnostics.diagnostic import has_errors
from rulekit.diagnostics.display import plural
from rulekit.diagnostics.fingerprints import fingerprints
from rulekit.diagnostics.source import SourceText
from rulekit.errors import RulekitError
from rulekit.folders import FILE_NAME
from rulekit.language.project_texts import is_body, is_rules

# a hook of git runs with these set to what it was called for, which need not be this project
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY")


@dataclass(frozen=True, slots=True)
class Before:
    """What was reported at a commit: the fingerprints, with the names that files have today."""

    commit: str
    known: frozenset[str]

    def leave_out(self, found: Found) -> Found:
        """Returns what was not reported before, errors included; a note counts what was."""
        marks = fingerprints(found.diagnostics, found.sources)
        old = [one for one, mark in zip(found.diagnostics, marks, strict=True) if mark in self.known]
        if not old:
            return found
        seen = set(old)
        errors = sum(has_errors([one]) for one in old)
        among = f", {plural(errors, 'error')} among them" if errors else ""
        verb = "is" if len(old) == 1 else "are"
        note = f"{plural(len(old), 'report')} that {self.commit} had before {verb} left out{among}"
        return found.only(lambda one: one not in seen).noting(note)


def reported_at(commit: str, folder: Path, look: Callable[[Path], Found]) -> Before:
    """Returns what a check of a project's folder reports at a commit; `look` checks a folder. Raises RulekitError."""
    with files_at(commit, folder) as (then, renamed):
        found = look(then)
    sources = {renamed.get(path, path): _named(source, renamed) for path, source in found.sources.items()}
    moved = [
        replace(one, primary=replace(one.primary, span=replace(one.primary.span, path=renamed[one.primary.span.path])))
        if one.primary and one.primary.span.path in renamed
        else one
        for one in found.diagnostics
    ]
    return Before(commit, frozenset(fingerprints(moved, sources)))


def _named(source: SourceText, renamed: Mapping[str, str]) -> SourceText:
    return SourceText(renamed.get(source.path, source.path), source.text)


@contextmanager
def files_at(commit: str, folder: Path) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Gives a folder with the project's files at a commit, and the names today of files that git sees as renamed."""
    with TemporaryDirectory(prefix="rulekit-") as temporary:
        # an index of its own: with the repository's, what is staged would be lost
        git = _Git(folder, {"GIT_INDEX_FILE": str(Path(temporary, "index"))})
        below = git("rev-parse", "--show-prefix").strip("\n")
        known = git.resolve(commit)
        git("read-tree", known)
        files = [path for path in git("ls-files", "-z").split("\0") if _is_looked_at(path)]
        checked_out = Path(temporary, "files")
        (checked_out / below).mkdir(parents=True)
        git("checkout-index", f"--prefix={checked_out}{os.sep}", "-z", "--stdin", given="\0".join(files))
        yield checked_out / below, _renamed(_Git(folder, {}), known)


def _is_looked_at(path: str) -> bool:
    return is_rules(path) or is_body(path) or path == FILE_NAME


def _renamed(git: "_Git", commit: str) -> dict[str, str]:
    """Returns the new name of each file by its old one, for renames that are committed or staged."""
    said = git("diff", "--relative", "--find-renames", "--diff-filter=R", "--name-status", "-z", commit, "--")
    fields = iter(said.split("\0"))
    return {old: new for _, old, new in zip(fields, fields, fields, strict=False)}


@dataclass(frozen=True, slots=True)
class _Git:
    """The program `git`, run in a folder."""

    folder: Path
    more: Mapping[str, str]

    def __call__(self, *arguments: str, given: str = "") -> str:
        """Returns what git prints; raises RulekitError with what it says when it fails."""
        environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and what the author gives is no option
                # the author's own git; a program that a strange repository names as its monitor is not started
                ["git", "-c", "core.fsmonitor=false", *arguments],  # noqa: S607
                cwd=self.folder,
                env={**environment, **self.more, "LC_ALL": "C"},
                input=given.encode("utf-8", "surrogateescape"),
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise RulekitError("git is not installed", help="install git, or check without `--changed-since`") from None
        if done.returncode:
            raise _failure(done.stderr.decode("utf-8", "replace"), self.folder)
        return done.stdout.decode("utf-8", "surrogateescape")

    def resolve(self, commit: str) -> str:
        """Returns the number of a commit; raises RulekitError when the repository has no such commit."""
        try:
            return self("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}").strip()
        except RulekitError:
            raise RulekitError(
                f"git knows no commit `{commit}`",
                help="give a branch, a tag or a commit; a shallow clone has few: run `git fetch --unshallow`",
            ) from None


def _failure(said: str, folder: Path) -> RulekitError:
    if "not a git repository" in said:
        return RulekitError(f"{folder} is not in a git repository", help="check without `--changed-since`")
    first = next(iter(said.strip().splitlines()), "no reason given")
    return RulekitError(f"git failed: {first}", help="correct this, or check without `--changed-since`")
