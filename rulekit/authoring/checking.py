"""From a project's folder to the report that `rulekit check` shows."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.lines import plural
from rulekit.diagnostics.report import Case, Report
from rulekit.diagnostics.text import summary
from rulekit.errors import RulekitError
from rulekit.language.project import Rules, load_rules


def check_project(folder: Path, paths: Sequence[Path] = ()) -> Report:
    """Returns what is wrong with the rules of a project, one case per file; `paths` choose whose reports are told."""
    rules = load_rules(folder)
    cases = _cases(rules.diagnostics, _chosen(paths, folder, rules))
    return Report("check", cases, rules.sources, _conclusion(cases))


def _chosen(paths: Sequence[Path], folder: Path, rules: Rules) -> set[str]:
    """Returns the project's files below the paths, those that cannot be read too; a path without any is an error."""
    reported = {d.primary.span.path for d in rules.diagnostics if d.primary is not None}
    known = {path: (folder / path).resolve() for path in rules.sources.keys() | reported}
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
    rules = sum(case.path.endswith(".rules") for case in cases)
    files = plural(rules or sum(bool(case.path) for case in cases), "file")
    diagnostics = [diagnostic for case in cases for diagnostic in case.diagnostics]
    return f"{files} checked: {summary(diagnostics)}" if diagnostics else f"{files} checked, nothing to report"
