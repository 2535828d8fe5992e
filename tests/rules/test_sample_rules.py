"""The sample project has nothing to report, its own tests pass and can fail, and its emails say who writes."""

from dataclasses import replace
from pathlib import Path

import pytest

from rulekit.engine.project import Project, open_project
from rulekit.language import tree
from rulekit.testing import playing
from rulekit.testing.coverage_report import measure_coverage

RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture(scope="module")
def project() -> Project:
    return open_project(RULES)


@pytest.fixture(scope="module")
def results(project: Project) -> list[playing.TestResult]:
    return list(playing.play_tests(project, project.program.tests))


def test_check_has_nothing_to_report(project: Project) -> None:
    assert project.rules.diagnostics == []


def test_the_tests_of_the_rules_pass(results: list[playing.TestResult]) -> None:
    assert len(results) >= 6
    assert {result.test.title: result.diagnostics for result in results if not result.passed} == {}


def test_the_tests_of_the_rules_can_fail(project: Project) -> None:
    test = next(t for t in project.program.tests if t.title.startswith("quiet people"))
    turned = [replace(m, steps=tuple(turn(step) for step in m.steps)) for m in test.moments]
    (result,) = playing.play_tests(project, [replace(test, moments=tuple(turned))])
    assert not result.passed


def turn(step: object) -> object:
    return replace(step, negated=not step.negated) if isinstance(step, tree.ExpectMember) else step


def test_the_tests_of_the_rules_see_everything(project: Project, results: list[playing.TestResult]) -> None:
    assert list(measure_coverage(project, results).gaps()) == []


def test_every_template_is_used_by_a_test(project: Project) -> None:
    expected = {
        step.template.text
        for test in project.program.tests
        for moment in test.moments
        for step in moment.steps
        if isinstance(step, tree.ExpectEmail)
    }
    assert expected == set(project.program.templates)


def test_each_footer_lets_people_leave_and_says_who_writes(project: Project) -> None:
    address = project.settings.delivery.postal_address
    for template in project.program.templates.values():
        body = template.html or template.markdown
        assert body is not None
        assert address in body.text, template.name
        assert "{{ unsubscribe_url }}" in body.text, template.name
