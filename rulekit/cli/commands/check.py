"""`rulekit check`: everything that can be known about the rules without data."""

import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from rulekit.authoring.checking import Choice, Instead, check_project, conclude, prepare_check
from rulekit.cli.parameters.choosing import LEVELS, choice_options, fail_level_option, make_choice
from rulekit.cli.parameters.options import STDIN, folder_of, given_project_option
from rulekit.cli.printing.reporting import Sink, deliver, sinks_option
from rulekit.clock import system_now
from rulekit.diagnostics.display import plural
from rulekit.diagnostics.report import Report
from rulekit.folders import find_project


@dataclass(frozen=True, slots=True)
class Check:
    """A check as it was asked for: of which project, what of it is shown, where to, and what makes it fail."""

    folder: Path
    now: datetime
    choice: Choice
    sinks: list[Sink]
    fail_level: str

    def deliver(self, report: Report) -> None:
        """Shows a report, and ends with exit code 1 when anything in it weighs enough."""
        deliver(report, self.sinks, self.folder)
        if any(d.severity in LEVELS[self.fail_level] for d in report.diagnostics):
            raise SystemExit(1)


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@sinks_option
@choice_options
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write all reports of the project but errors into FILE, for `--baseline`.",
)
@fail_level_option
@click.option("--fix", is_flag=True, help="Apply fixes that cannot change who is mailed.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the others too; read what they change.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option(
    "--stdin-filename",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The file of the project whose text comes from standard input, for `rulekit check -`.",
)
@given_project_option(start=" from PATHS")
def command(
    paths: tuple[Path, ...],
    sinks: list[Sink],
    select: list[str],
    ignore: list[str],
    baseline: Path | None,
    changed_since: str | None,
    cache: bool,
    write_baseline: Path | None,
    fail_level: str,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    watch: bool,
    stdin_filename: Path | None,
    project: Path | None,
) -> None:
    """Report everything that is wrong with the rules; needs neither data nor network.

    All files of a project are checked together; PATHS choose whose reports are shown.
    """
    _require_one(
        {
            "--write-baseline": write_baseline is not None,
            "--fix": fix and not diff,
            "--diff": diff,
            "--watch": watch,
            "--stdin-filename": stdin_filename is not None,
        }
    )
    if unsafe_fixes and not (fix or diff):
        raise click.UsageError("give `--unsafe-fixes` together with `--fix` or `--diff`")
    paths = _named_paths(paths, stdin_filename)
    choice = make_choice(paths, select, ignore, baseline, changed_since, cache)
    folder = find_project(project or folder_of(paths))
    check = Check(folder, system_now(), choice, sinks, fail_level)
    if write_baseline is not None:
        _write_baseline(check, write_baseline)
    elif fix or diff:
        _fix(check, unsafe_fixes, diff)
    elif watch:
        _watch(check)
    else:
        instead = _standard_input(check.folder, stdin_filename) if stdin_filename is not None else None
        check.deliver(check_project(check.folder, check.now, check.choice, instead))


def _named_paths(paths: tuple[Path, ...], stdin_filename: Path | None) -> tuple[Path, ...]:
    if (STDIN in paths) != (stdin_filename is not None) or (STDIN in paths and len(paths) > 1):
        raise click.UsageError("give `-` alone, together with `--stdin-filename FILE`")
    return paths if stdin_filename is None else (stdin_filename,)


def _require_one(given: dict[str, bool]) -> None:
    names = [name for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise click.UsageError(f"give either `{names[0]}` or `{names[1]}`")


def _standard_input(folder: Path, file: Path) -> Instead:
    from rulekit.language.reading import LIMIT, decode

    try:
        path = file.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        raise click.UsageError(f"{file} is not below the project in {folder}") from None
    return {path: decode(path, sys.stdin.buffer.read(LIMIT + 1))}


def _write_baseline(check: Check, file: Path) -> None:
    from rulekit.authoring.baseline import write_baseline

    if check.choice.paths or check.choice.baseline or check.choice.since:
        raise click.UsageError("a baseline is of the whole project: leave out PATHS, --baseline and --changed-since")
    count = write_baseline(file, prepare_check(check.folder, check.now, check.choice)({}), check.folder)
    click.echo(f"{file} written: {plural(count, 'report')}", err=True)
    check.deliver(check_project(check.folder, check.now, replace(check.choice, baseline=file)))


def _fix(check: Check, unsafe: bool, diff: bool) -> None:
    from rulekit.authoring.diffs import unified_diff
    from rulekit.authoring.fixing import fix_project, write_all

    look = prepare_check(check.folder, check.now, check.choice)
    mended = fix_project(check.folder, look, check.choice.paths, unsafe)
    if diff:
        click.echo(unified_diff(mended.texts, mended.before), nl=False)
        click.echo(_fixed("can be fixed", mended.fixed, mended.left), err=True)
        raise SystemExit(1 if mended.texts else 0)
    write_all(check.folder, mended.texts, mended.before)
    click.echo(_fixed("fixed", mended.fixed, mended.left), err=True)
    check.deliver(conclude(check.folder, check.choice.paths, mended.found))


def _fixed(done: str, fixed: int, left: int) -> str:
    more = f"; {left:,} more with `--unsafe-fixes`" if left else ""
    return f"{plural(fixed, 'report')} {done}{more}"


def _watch(check: Check) -> None:
    from rulekit.cli.parameters.repeating import watch

    watch(
        check.folder,
        lambda: deliver(check_project(check.folder, system_now(), check.choice), check.sinks, check.folder),
    )
