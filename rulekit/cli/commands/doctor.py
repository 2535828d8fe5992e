"""`rulekit doctor`: look at everything that emails depend on."""

from datetime import datetime
from pathlib import Path

import click

from rulekit.cli.parameters.options import now_option, output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_json
from rulekit.cli.printing.progress import working
from rulekit.diagnostics.display import plural
from rulekit.doctor import PATIENCE, examine
from rulekit.records import CheckResult, Verdict


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Ask nothing of the network.")
@click.option(
    "--wait",
    metavar="SECONDS",
    type=click.FloatRange(min=1, max=3600),
    default=PATIENCE,
    show_default=True,
    help="How long to wait for an answer; a large source is read as a run reads it.",
)
@output_option("text", "json")
@now_option
@project_option
def command(offline: bool, wait: float, output: str, now: datetime, project: Path) -> None:
    """Look at the machine, the store, the source, the settings and the sender, and say what to do about what is wrong.

    Nothing is changed, and no email is sent. The exit code is 1 when there is a problem; warnings and notes leave it 0.
    """
    with working("looking") as say:
        found = examine(project, now, offline=offline, patience=wait, say=say)
    problems = sum(one.verdict is Verdict.PROBLEM for one in found)
    if output == "json":
        print_json({"schema_version": 1, "checks": [_as_json(one) for one in found]})
    else:
        for one in found:
            _print(one)
        warnings = sum(one.verdict is Verdict.WARNING for one in found)
        click.echo(f"{plural(problems, 'problem')}, {plural(warnings, 'warning')}")
    if problems:
        raise SystemExit(1)


def _as_json(one: CheckResult) -> dict[str, str]:
    return {"name": one.name, "verdict": one.verdict.value, "message": one.message, "help": one.help}


def _print(one: CheckResult) -> None:
    click.echo(f"{one.verdict.value:8} {escape_line(one.name)}: {escape_line(one.message)}")
    if one.help:
        click.echo(f"{'':8} help: {escape_line(one.help)}")
