"""From a project's folder to the report that `rulekit check` shows, step after step.

What the rules are reported for, without what comments keep silent, what was not asked for, what a baseline knows, and
what was there before a change.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from pathlib import Path

from rulekit.authoring.cache.looking import look, look_afresh
from rulekit.authoring.found import Found, Step
from rulekit.authoring.ignoring import ignore
from rulekit.authoring.selecting import Selection
from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.display import plural
from rulekit.diagnostics.rendering import summary
from rulekit.diagnostics.report import Case, Report
from rulekit.diagnostics.source import SourceText
from rulekit.errors import RulekitError
from rulekit.language.project_texts import RulesFolder, is_rules

# the text that stands in a file's place for one check
Instead = Mapping[str, SourceText | Diagnostic]


@dataclass(frozen=True, slots=True)
class Choice:
    """What an author wants to see: the files below `paths`, the codes of `selection`, and nothing that is known.

    Known is what `baseline` has, and what was reported at the commit `since`. `cached` says that reports of the last
    check may be used, and are kept for the next.
    """

    paths: Sequence[Path] = ()
    selection: Selection = field(default_factory=Selection)
    baseline: Path | None = None
    since: str | None = None
    cached: bool = True


def check_project(folder: Path, now: datetime, choice: Choice | None = None, instead: Instead | None = None) -> Report:
    """Returns what is wrong with the rules of a project, one case per file.

    The day of `now` decides which comments still keep reports silent. `instead` has texts of files to be used in
    place of those in the folder.
    """
    choice = choice or Choice()
    return conclude(folder, choice.paths, prepare_check(folder, now, choice)(instead or {}))


def prepare_check(folder: Path, now: datetime, choice: Choice) -> Callable[[Instead], Found]:
    """Returns what checks a project once or many times; a baseline and an old commit are read here, and only once."""
    steps = tuple(_steps(folder, now, choice))
    return lambda instead: reduce(lambda found, step: step(found), steps, found_in(folder, now, instead, choice.cached))


def found_in(folder: Path, now: datetime, instead: Instead | None = None, cached: bool = False) -> Found:
    """Returns all reports about a project but those that comments keep silent."""
    rules = RulesFolder(folder.resolve(), dict(instead or {}))
    diagnostics = look(rules) if cached else look_afresh(rules)
    return ignore(diagnostics, rules.sources, now)


def _steps(folder: Path, now: datetime, choice: Choice) -> Iterator[Step]:
    selection = choice.selection
    yield selection.select
    # each is imported where it is asked for: most checks need neither
    if choice.baseline is not None:
        from rulekit.authoring.baseline import read_baseline

        baseline = read_baseline(choice.baseline, folder)
        yield lambda found: baseline.hide(found, selection.wants_number)
    if choice.since is not None:
        from rulekit.authoring.since import reported_at

        yield reported_at(choice.since, folder, lambda then: selection.select(found_in(then, now))).leave_out


def conclude(folder: Path, paths: Sequence[Path], found: Found) -> Report:
    """Returns the report of what was found; `paths` choose whose reports are shown."""
    files = chosen_files(folder, paths, found)
    cases = _cases(found.diagnostics, files)
    ignored = tuple(
        one for one in found.ignored if one.diagnostic.primary and one.diagnostic.primary.span.path in files
    )
    return Report("check", cases, found.sources, _conclusion(cases), ignored, found.notes)


def chosen_files(folder: Path, paths: Sequence[Path], found: Found) -> set[str]:
    """Returns the project's files below the paths, those that cannot be read too; a path without any is an error."""
    reported = {d.primary.span.path for d in found.diagnostics if d.primary is not None}
    # unlike `resolve`, this bears a link that leads to itself; such a file is reported as one that cannot be read
    known = {path: Path(os.path.realpath(folder / path)) for path in found.sources.keys() | reported}
    if not paths:
        return set(known)
    chosen = set()
    for path in paths:
        below = {name for name, place in known.items() if place.is_relative_to(path.resolve())}
        if not below:
            raise RulekitError(
                f"{path} holds no rules or templates of the project in {folder}",
                help="name files and folders of one project, or say which one with `--project DIR`",
            )
        chosen |= below
    return chosen


def _cases(diagnostics: Sequence[Diagnostic], files: Collection[str]) -> tuple[Case, ...]:
    """Returns a case for each file, in the order of paths; what is about the whole project comes first."""
    by_path: dict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        by_path[diagnostic.primary.span.path if diagnostic.primary else ""].append(diagnostic)
    project = (Case("project", "", tuple(by_path[""])),) if by_path[""] else ()
    return (*project, *(Case(path, path, tuple(by_path[path])) for path in sorted(files)))


def _conclusion(cases: Sequence[Case]) -> str:
    # of a whole project the files of rules are counted; a template alone is one file too
    rules = sum(is_rules(case.path) for case in cases)
    files = plural(rules or sum(bool(case.path) for case in cases), "file")
    diagnostics = [diagnostic for case in cases for diagnostic in case.diagnostics]
    return f"{files} checked: {summary(diagnostics)}" if diagnostics else f"{files} checked, nothing to report"
