"""Options of `rulekit check` that choose what is shown: codes, a baseline, and what a change has brought."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rulekit.authoring.checking import Choice
from rulekit.authoring.selecting import make_selection, named_codes
from rulekit.cli.parameters.completing import complete_codes
from rulekit.diagnostics.diagnostic import Severity
from rulekit.errors import RulekitError

F = TypeVar("F", bound=Callable[..., Any])

# the severities that make the exit code 1
LEVELS = {
    "error": (Severity.ERROR,),
    "warning": (Severity.ERROR, Severity.WARNING),
    "info": tuple(Severity),
    "never": (),
}


def choice_options(command: F) -> F:
    """Adds the options that choose, given to the command by name: `select` to `cache`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_choice(
    paths: tuple[Path, ...],
    select: list[str],
    ignore: list[str],
    baseline: Path | None,
    changed_since: str | None,
    cache: bool,
) -> Choice:
    """Returns what the options choose."""
    return Choice(paths, make_selection(select, ignore), baseline, changed_since, cache)


def fail_level_option(command: F) -> F:
    """Adds `--fail-level`, given to the command as its name."""
    return click.option(
        "--fail-level",
        type=click.Choice(tuple(LEVELS)),
        default="error",
        show_default=True,
        help="The least severity that makes the exit code 1.",
    )(command)


def _names(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[str]:
    names = [name.strip() for value in values for name in value.split(",") if name.strip()]
    for name in names:
        try:
            named_codes(name)
        except RulekitError as error:
            raise click.BadParameter(f"{error.message}; {error.help}", ctx, param) from None
    return names


_OPTIONS = (
    click.option(
        "--select",
        multiple=True,
        metavar="NAMES",
        callback=_names,
        shell_complete=complete_codes,
        help="Report these alone: codes, names or families like RK2, separated by commas; may be repeated.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="NAMES",
        callback=_names,
        shell_complete=complete_codes,
        help="Do not report these.",
    ),
    click.option(
        "--baseline",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Hide the reports that this file knows; errors are never hidden.",
    ),
    click.option(
        "--changed-since",
        metavar="REF",
        help="Report only what was not reported at this commit, branch or tag of git.",
    ),
    click.option(
        "--no-cache",
        "cache",
        is_flag=True,
        default=True,
        flag_value=False,
        help="Look at everything, and keep nothing for the next check.",
    ),
)
