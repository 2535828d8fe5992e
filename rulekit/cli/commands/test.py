"""`rulekit test`: the tests in the rules."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from rulekit.cli.parameters.options import given_project_option
from rulekit.cli.printing.reporting import Sink, deliver, for_people, sinks_option
from rulekit.diagnostics.display import escape
from rulekit.diagnostics.formats.text import case_line, render_without_cases
from rulekit.engine.project import Project, open_project
from rulekit.errors import RulesError
from rulekit.folders import find_project
from rulekit.language.program import Test
from rulekit.testing.coverage_report import measure_coverage
from rulekit.testing.playing import TestResult, play_tests
from rulekit.testing.results import case_of, report_tests
from rulekit.testing.selection import choose_tests


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("-k", "word", default="", help="Only tests whose title contains this, without regard to case.")
@click.option("-x", "--fail-fast", is_flag=True, help="Stop after the first test that fails.")
@click.option("--coverage", is_flag=True, help="Say which comparisons and triggers no test has seen.")
@click.option(
    "--coverage-floor",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail when less of the rules is covered; default: `coverage_floor` of the settings, when all tests are run.",
)
@sinks_option
@given_project_option(start=" from PATHS")
def command(
    paths: tuple[Path, ...],
    word: str,
    fail_fast: bool,
    coverage: bool,
    coverage_floor: float | None,
    sinks: list[Sink],
    project: Path | None,
) -> None:
    """Run the tests in the rules, on the real evaluator and outbox with a simulated clock.

    PATHS choose the files whose tests are run. Running no test is a failure, and so are rules with errors.
    """
    folder = find_project(project or (paths[0] if paths else Path.cwd()))
    opened = _open(folder, sinks)
    chosen = choose_tests(opened, paths, word)
    if not chosen:
        click.echo(f"no test was run: {_why_none(opened.program.tests, word)}", err=True)
        raise SystemExit(1)
    on_screen = [sink for sink in sinks if sink == Sink("text", None)]
    results = list(_play(opened, chosen, fail_fast, show=bool(on_screen)))
    if coverage_floor is None and len(results) == len(opened.program.tests):
        coverage_floor = opened.settings.test.coverage_floor
    seen = measure_coverage(opened, results) if coverage or coverage_floor is not None else None
    report = report_tests(opened, results, seen, coverage_floor)
    deliver(report, [sink for sink in sinks if sink not in on_screen], folder)
    if on_screen:
        click.echo(for_people(render_without_cases(report)), nl=False)
    if report.diagnostics:
        raise SystemExit(1)


def _open(folder: Path, sinks: list[Sink]) -> Project:
    """Returns the project; reports what is wrong with its rules as `rulekit check` does, and ends."""
    try:
        return open_project(folder)
    except RulesError:
        # needed only where the rules have errors
        from rulekit.authoring.checking import check_project
        from rulekit.clock import system_now

        deliver(check_project(folder, system_now()), sinks, folder)
        raise


def _play(project: Project, tests: Sequence[Test], fail_fast: bool, *, show: bool) -> Iterator[TestResult]:
    for result in play_tests(project, tests):
        if show:
            click.echo(case_line(case_of(result)))
        yield result
        if fail_fast and not result.passed:
            return


def _why_none(tests: Sequence[Test], word: str) -> str:
    if not tests:
        return 'the rules have none; write one: test "…": person ada: … at 2026-01-15T00:00Z: expect …'
    if word:
        return f"none of the {len(tests)} titles contains `{escape(word)}`"
    return "the files that were named have none"
