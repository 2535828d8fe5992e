"""Which tests of a project are played: those of some files, and those with a word in their title."""

from collections.abc import Sequence
from pathlib import Path

from rulekit.engine.project import Project
from rulekit.errors import RulekitError
from rulekit.language.program import Test


def choose_tests(project: Project, paths: Sequence[Path] = (), word: str = "") -> list[Test]:
    """Returns the tests below any of the paths whose title contains the word, without regard to case.

    Raises RulekitError for a path that holds no rules of the project.
    """
    folder = project.folder.resolve()
    for path in paths:
        if not any((folder / name).is_relative_to(path.resolve()) for name in project.rules.sources):
            raise RulekitError(
                f"{path} holds no rules of the project in {project.folder}",
                help="name files and folders of one project, or say which one with `--project DIR`",
            )
    return [
        test
        for test in project.program.tests
        if word.casefold() in test.title.casefold()
        and (not paths or any((folder / test.span.path).is_relative_to(path.resolve()) for path in paths))
    ]
