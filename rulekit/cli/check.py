"""`rulekit check`: everything that can be known about the rules without data."""

from pathlib import Path

import click

from rulekit.authoring.checking import check_project
from rulekit.cli.options import given_project_option
from rulekit.cli.reporting import Sink, deliver, sinks_option
from rulekit.diagnostics.diagnostic import Severity
from rulekit.folders import find_project

LEVELS = {"error": (Severity.ERROR,), "warning": (Severity.ERROR, Severity.WARNING)}


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@sinks_option
@click.option(
    "--fail-level",
    type=click.Choice(tuple(LEVELS)),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@given_project_option(start=" from PATHS")
def command(paths: tuple[Path, ...], sinks: list[Sink], fail_level: str, project: Path | None) -> None:
    """Report everything that is wrong with the rules; needs neither data nor network.

    All files of a project are checked together; PATHS choose whose reports are shown.
    """
    folder = find_project(project or _folder_of(paths))
    report = check_project(folder, paths)
    deliver(report, sinks)
    if any(d.severity in LEVELS[fail_level] for d in report.diagnostics):
        raise SystemExit(1)


def _folder_of(paths: tuple[Path, ...]) -> Path:
    first = paths[0] if paths else Path.cwd()
    return first if first.is_dir() else first.parent
