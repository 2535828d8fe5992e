"""`--output FORMAT[=FILE]`, for every command that reports, and where the reports then go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from rulekit.diagnostics.formats import FORMATS, render
from rulekit.diagnostics.report import Report

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Sink:
    """A format, and the file that takes it; None for standard output."""

    style: str
    file: Path | None


def sinks_option(command: F) -> F:
    """Adds `--output FORMAT[=FILE]`, which may be repeated, given to the command as `sinks`."""
    return click.option(
        "--output",
        "sinks",
        multiple=True,
        default=("text",),
        metavar="FORMAT[=FILE]",
        callback=lambda ctx, param, values: [_sink(value) for value in values],
        help=f"How to report, and where to; may be repeated. Formats: {', '.join(FORMATS)}; default: text.",
    )(command)


def deliver(report: Report, sinks: Sequence[Sink]) -> None:
    """Writes a report to each sink in its format."""
    for sink in sinks:
        text = render(sink.style, report)
        if sink.file is None:
            click.echo(text, nl=False)
        else:
            sink.file.write_text(text, encoding="utf-8")


def _sink(output: str) -> Sink:
    style, named, file = output.partition("=")
    if style not in FORMATS:
        raise click.BadParameter(
            f"there is no format `{style}`; use one of {', '.join(FORMATS)}", param_hint="--output"
        )
    if named and not file:
        raise click.BadParameter(f"write the name of a file behind `{output}`", param_hint="--output")
    return Sink(style, Path(file) if file else None)
