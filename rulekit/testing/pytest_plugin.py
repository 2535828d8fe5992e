"""A pytest plugin: the tests of `.rules` files run beside a team's own.

pytest loads this module whenever it starts, so nothing of rulekit is imported before a `.rules` file is met.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rulekit.engine.project import Project
    from rulekit.language.program import Test

ENDING = ".rules"


class FailedTest(Exception):
    """A test of the rules failed; the message is the rendered report."""


class WrongProject(Exception):
    """Nothing of a project can be run; the message says why."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "RulesFile | None":
    """Collects a file of rules that has a test and belongs to a project."""
    if file_path.suffix != ENDING or not file_path.is_file() or _project_of(file_path) is None:
        return None
    from rulekit.files import read_start

    # what cannot be read is reported with all that is wrong with the rules
    with suppress(OSError):
        if b"test" not in read_start(file_path):
            return None
    return RulesFile.from_parent(parent, path=file_path)


class RulesFile(pytest.File):
    """A file of rules; its tests are items named by their titles."""

    def collect(self) -> Iterator["RulesItem"]:
        """Yields the tests; when the rules have errors, the first file of the project reports them."""
        folder = _project_of(self.path)
        assert folder is not None  # noqa: S101 - it was there when the file was met
        projects = self.config.stash.setdefault(_PROJECTS, {})
        if folder not in projects:
            projects[folder] = None
            projects[folder] = _open(folder)
        project = projects[folder]
        if project is None:
            return  # reported already
        path = self.path.resolve().relative_to(folder).as_posix()
        for test in project.program.tests:
            if test.span.path == path:
                yield RulesItem.from_parent(self, name=test.title, project=project, test=test)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Returns what is wrong with the rules as `rulekit check` shows it."""
        if isinstance(excinfo.value, WrongProject):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


class RulesItem(pytest.Item):
    """One test of the rules."""

    def __init__(self, *, project: "Project", test: "Test", **given: Any) -> None:
        super().__init__(**given)
        self._project = project
        self._test = test

    def runtest(self) -> None:
        """Plays the test; raises FailedTest when a step does not hold."""
        from rulekit.diagnostics.rendering import render
        from rulekit.testing.playing import play_tests

        (result,) = play_tests(self._project, [self._test])
        if not result.passed:
            raise FailedTest(render(result.diagnostics, self._project.rules.sources).rstrip())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Returns the failure as `rulekit test` shows it."""
        if isinstance(excinfo.value, FailedTest):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Returns where the test stands; pytest counts lines from 0."""
        source = self._project.rules.sources[self._test.span.path]
        return self.path, source.position(self._test.span.start).line - 1, self.name


_PROJECTS = pytest.StashKey[dict[Path, "Project | None"]]()


def _project_of(file: Path) -> Path | None:
    from rulekit.errors import SettingsError
    from rulekit.folders import find_project

    try:
        return find_project(file.parent)
    except SettingsError:
        return None


def _open(folder: Path) -> "Project":
    """Returns the project; raises WrongProject when its rules or settings have errors."""
    from rulekit.authoring.checking import check_project
    from rulekit.clock import system_now
    from rulekit.diagnostics.rendering import render
    from rulekit.engine.project import open_project
    from rulekit.errors import RulekitError, RulesError

    try:
        return open_project(folder)
    except RulesError as error:
        report = check_project(folder, system_now())
        raise WrongProject(f"{render(report.diagnostics, report.sources)}{error.message}") from None
    except RulekitError as error:
        raise WrongProject(error.message + (f"\nhelp: {error.help}" if error.help else "")) from None
