"""What tests of rules can see of the language, as tests of rules: the project in `cases`.

Each passes as it stands. Each of its expectations fails when it says the opposite, and what it approves or takes back
makes a difference to a later step; so no step holds whatever the rules do.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.engine.project import Project, open_project
from rulekit.language import program, tree
from rulekit.testing.playing import play_tests

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def project() -> Project:
    return open_project(CASES)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.rules")), ids=lambda path: path.stem)
def test_each_test_passes_and_says_what_could_be_otherwise(project: Project, path: Path) -> None:
    tests = [test for test in project.program.tests if test.span.path == path.name]
    assert tests or path.name == "schema.rules"
    assert [
        (result.test.title, result.diagnostics) for result in play_tests(project, tests) if result.diagnostics
    ] == []
    mutants = [mutant for test in tests for mutant in mutated(test)]
    survivors = [
        (step.span, step)
        for (_, step), result in zip(mutants, play_tests(project, [mutant for mutant, _ in mutants]), strict=True)
        if not (result.diagnostics if isinstance(step, tree.Act) else failed_at(result.diagnostics, step))
    ]
    assert survivors == []


def failed_at(diagnostics: tuple[Diagnostic, ...], step: tree.TestStep) -> bool:
    return [diagnostic.primary and diagnostic.primary.span for diagnostic in diagnostics] == [step.span]


def mutated(test: program.Test) -> Iterator[tuple[program.Test, tree.TestStep]]:
    """Yields a test once for each of its steps: the expectation turned round, or what it does left undone."""
    for number, moment in enumerate(test.moments):
        for place, step in enumerate(moment.steps):
            instead = () if isinstance(step, tree.Act) else (opposite(step),)
            steps = (*moment.steps[:place], *instead, *moment.steps[place + 1 :])
            moments = (*test.moments[:number], program.Moment(moment.at, steps), *test.moments[number + 1 :])
            yield replace(test, moments=moments), step


def opposite(step: tree.ExpectMember | tree.ExpectEmail | tree.ExpectText) -> tree.TestStep:
    if isinstance(step, tree.ExpectEmail):
        return replace(step, state=None if step.state else tree.Name("unapproved", step.span))
    return replace(step, negated=not step.negated)
