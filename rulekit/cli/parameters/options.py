"""Options that several commands share."""

import getpass
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from rulekit.cli.parameters.completing import declared
from rulekit.clock import parse_duration, parse_instant, system_now
from rulekit.folders import find_project, using_settings

# what can be meant, with a hundred years of room for windows and holds on both sides
_YEARS = range(1900, 9000)

F = TypeVar("F", bound=Callable[..., Any])

# what `--accept` means without a persona: no name is empty
_EVERYTHING = ""
# what stands for standard input among paths
STDIN = Path("-")


class InstantParam(click.ParamType[datetime]):
    """An RFC 3339 instant such as `2026-01-31T09:00Z`; a date alone is its midnight in UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Returns the instant, or fails with how to write one."""
        if isinstance(value, datetime):
            return value
        try:
            instant = parse_instant(value)
        except ValueError:
            self.fail(f"`{value}` is not an instant; write it like 2026-01-31T09:00Z", param, ctx)
        if instant.year not in _YEARS:
            self.fail(
                f"`{value}` lies outside of the years {_YEARS[0]} to {_YEARS[-1]}; write a nearer one", param, ctx
            )
        return instant


class Interval(click.ParamType[timedelta]):
    """A duration such as `15m`, of a second or more."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Returns the duration, or fails with how to write one."""
        try:
            length = parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if length < timedelta(seconds=1):
            self.fail(f"`{value}` is less than a second", param, ctx)
        return length


class ListenParam(click.ParamType[str]):
    """A host and a port such as `127.0.0.1:8025`, or nothing."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the text when it is a place, or fails with how to write one."""
        from rulekit.settings.setting_types import parse_listen  # pydantic is slow to import

        try:
            parse_listen(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)


def project_option(command: F) -> F:
    """Adds `--project DIR`, given to the command as the project's folder."""

    def find(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path:
        return find_project(value or Path.cwd())

    return given_project_option(callback=find)(command)


def given_project_option(
    start: str = "",
    callback: Callable[[click.Context, click.Parameter, Path | None], Path] | None = None,
    *,
    reads_settings: bool = True,
) -> Callable[[F], F]:
    """Adds `--project DIR`, given to the command as it is: the command looks for a project itself, if it needs one.

    `start` says in the help where it then begins to look. A command that `reads_settings` takes `--config` as well.
    """
    project = click.option(
        "--project",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        callback=callback,
        help=f"Folder of the project; default: the nearest rulekit.toml upward{start}.",
    )
    return (lambda command: project(config_option(command))) if reads_settings else project


def config_option(command: F) -> F:
    """Adds `--config FILE`, from which all settings come while the command runs, instead of from the project."""

    def use(ctx: click.Context, param: click.Parameter, file: Path | None) -> None:
        if file is not None:
            ctx.with_resource(using_settings(file))

    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        callback=use,
        is_eager=True,
        expose_value=False,
        metavar="FILE",
        help="Take the settings from FILE, and only rules and templates from the project's folder.",
    )(command)


def folder_of(paths: Sequence[Path]) -> Path:
    """Returns where to look for the project of the paths that a command was given: at the first, or here."""
    first = paths[0] if paths and paths[0] != STDIN else Path.cwd()
    return first if first.is_dir() else first.parent


def now_option(command: F) -> F:
    """Adds `--now T`, given to the command as an aware datetime in UTC."""
    return click.option(
        "--now",
        type=InstantParam(),
        default=system_now,
        show_default="the machine's clock",
        help="The instant that is meant, like 2026-01-31T09:00Z.",
    )(command)


def by_option(does: str) -> Callable[[F], F]:
    """Adds `--by NAME`, given to the command as the name of who acts; `does` says what they do."""

    def name(ctx: click.Context, param: click.Parameter, value: str) -> str:
        try:
            return value or getpass.getuser()
        except (KeyError, OSError):
            raise click.UsageError("this machine does not know who you are; say it with `--by NAME`") from None

    return click.option("--by", default="", callback=name, help=f"Who {does}; default: the login name.")


def accept_option(help: str) -> Callable[[F], F]:
    """Adds `--accept [PERSONA]`, given to the command as True for everything, or as the personas that were named."""

    def choose(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> bool | frozenset[str]:
        return True if _EVERYTHING in values else bool(values) and frozenset(values)

    return click.option(
        "--accept",
        multiple=True,
        is_flag=False,
        flag_value=_EVERYTHING,
        metavar="[PERSONA]",
        callback=choose,
        shell_complete=declared("persona"),
        help=help,
    )


def output_option(*formats: str) -> Callable[[F], F]:
    """Adds `--output`, one of the formats; the first is the default."""
    return click.option(
        "--output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )
