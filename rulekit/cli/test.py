"""`rulekit test`: the tests in the rules."""

from collections.abc import Sequence
from pathlib import Path

import click

from rulekit.cli.options import project_option
from rulekit.clock import format_instant
from rulekit.diagnostics.lines import escape, plural
from rulekit.engine import open_project
from rulekit.language.program import Test
from rulekit.testing.scenarios import TestResult, play_tests


@click.command("test")
@click.option("-k", "word", default="", help="Only tests whose title contains this, without regard to case.")
@project_option
def command(word: str, project: Path) -> None:
    """Run the tests in the rules, on the real evaluator and outbox with a simulated clock.

    Running no test is a failure.
    """
    opened = open_project(project)
    chosen = [test for test in opened.program.tests if word.casefold() in test.title.casefold()]
    if not chosen:
        click.echo(f"no test was run: {_why_none(opened.program.tests, word)}", err=True)
        raise SystemExit(1)
    failed = 0
    for result in play_tests(opened, chosen):
        click.echo(f"{'passed' if result.passed else 'FAILED'}  {escape(result.test.title)}")
        _print_failures(result)
        failed += not result.passed
    click.echo(f"{plural(len(chosen) - failed, 'test')} passed" + (f", {failed} failed" if failed else ""))
    if failed:
        raise SystemExit(1)


def _why_none(tests: Sequence[Test], word: str) -> str:
    if tests:
        return f"none of the {len(tests)} titles contains `{escape(word)}`"
    return 'the rules have none; write one: test "…": person ada: … at 2026-01-15T00:00Z: expect …'


def _print_failures(result: TestResult) -> None:
    for failure in result.failures:
        click.echo(f"    at {format_instant(failure.at)}: {escape(failure.step)}")
        for line in failure.seen:
            click.echo(f"      {escape(line)}")
