"""`rulekit fmt`: the one layout of rules."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
from click.core import ParameterSource

from rulekit.authoring.diffs import unified_diff
from rulekit.authoring.layout import LaidOut, conclusion, lay_out_files, lay_out_text, report_on
from rulekit.cli.parameters.options import STDIN, folder_of, given_project_option
from rulekit.cli.printing.reporting import Sink, deliver, sinks_option
from rulekit.diagnostics.display import escape, visible
from rulekit.diagnostics.rendering import render
from rulekit.errors import SettingsError
from rulekit.folders import find_project
from rulekit.language.reading import LIMIT


@click.command("fmt")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path, allow_dash=True))
@click.option("--check", is_flag=True, help="Write nothing; report the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--stdin-filename", default="stdin", metavar="PATH", help="The name of standard input in messages.")
@sinks_option
@given_project_option(start=" from PATHS", reads_settings=False)
def command(
    paths: tuple[Path, ...], check: bool, diff: bool, stdin_filename: str, sinks: list[Sink], project: Path | None
) -> None:
    """Lay rules out: all of the project, or the files and folders at PATHS; `-` is standard input.

    There is one layout and no option for it. With --check or --diff the exit code is 1 when a file would change.
    """
    if STDIN in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone: give either files or standard input")
    if not check and _was_given("sinks"):
        raise click.UsageError("`--output` says how `--check` reports: give both")
    piped = STDIN in paths
    laid_out = [_standard_input(stdin_filename)] if piped else list(lay_out_files(paths, project))
    if check:
        deliver(report_on(laid_out), sinks, _folder(paths, project))
    else:
        _print_failures(laid_out)
    if diff:
        _show_changes(laid_out)
    elif not check:
        _write(laid_out, piped)
    sys.exit(_exit_code(laid_out, check or diff))


def _folder(paths: tuple[Path, ...], project: Path | None) -> Path | None:
    """Returns the project's folder; None when the files are in no project."""
    try:
        return project or find_project(folder_of(paths))
    except SettingsError:
        return None


def _was_given(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def _standard_input(name: str) -> LaidOut:
    return lay_out_text(name, sys.stdin.buffer.read(LIMIT + 1))


def _print_failures(laid_out: Iterable[LaidOut]) -> None:
    for one in laid_out:
        click.echo(render(one.reports, {one.path: one.before}), nl=False, err=True)


def _show_changes(laid_out: Iterable[LaidOut]) -> None:
    changed = {one.path: one for one in laid_out if one.changes}
    before = {path: one.before for path, one in changed.items()}
    text = unified_diff({path: one.after for path, one in changed.items()}, before)
    # a patch keeps every character; what a person reads shows what is invisible
    click.echo(escape(text) if sys.stdout.isatty() else text, nl=False)


def _write(laid_out: list[LaidOut], piped: bool) -> None:
    if piped:
        sys.stdout.buffer.write((laid_out[0].text or "").encode("utf-8"))
        return
    for one in laid_out:
        one.write()
        if one.changes:
            click.echo(visible(one.path))
    click.echo(conclusion(laid_out, "changed"))


def _exit_code(laid_out: Iterable[LaidOut], looking: bool) -> int:
    """Returns 2 when a file could not be laid out, 1 when one would change and nothing was written, else 0."""
    faults = [one.fault for one in laid_out if one.fault]
    for fault in faults:
        click.echo(f"error: {escape(fault.message)}\nhelp: {escape(fault.help or '')}", err=True)
    if any(one.text is None for one in laid_out):
        return 2
    return 1 if looking and any(one.changes for one in laid_out) else 0
