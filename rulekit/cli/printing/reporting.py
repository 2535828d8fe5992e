"""`--output FORMAT[=FILE]`, for every command that reports, and where the reports then go."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from rulekit.diagnostics.formats import DOCUMENTS, FORMATS, render
from rulekit.diagnostics.report import Report
from rulekit.errors import RulekitError
from rulekit.files import place_of, replace_file
from rulekit.folders import below_repository, roots_for

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
        callback=lambda ctx, param, values: _sinks(values),
        help=f"How to report, and where to; may be repeated. Formats: {', '.join(FORMATS)}; default: text.",
    )(command)


def deliver(report: Report, sinks: Sequence[Sink], folder: Path | None = None) -> None:
    """Writes a report to each sink in its format; files come first and are written whole or not at all.

    `folder` is the project's; with it, services get paths from the root of the repository.
    """
    if folder is not None:
        report = replace(report, base=below_repository(folder))
    rendered = [(sink.file, render(sink.style, report)) for sink in sinks]
    for file, text in rendered:
        if file is not None:
            _write(file, text.encode(), roots_for(file, folder))
    for sink, (file, text) in zip(sinks, rendered, strict=True):
        if file is None:
            click.echo(for_people(text) if sink.style == "text" else text, nl=False)


def for_people(text: str) -> str:
    """Returns a text in colour and fitted to its width where standard output is a terminal, else as it is."""
    if not sys.stdout.isatty():
        return text
    from rulekit.cli.printing.terminal import on_terminal

    return on_terminal(text, shutil.get_terminal_size().columns)


def _write(file: Path, content: bytes, roots: Sequence[Path]) -> None:
    try:
        place = place_of(file, *roots)
        if _is_job_summary(file):
            _append(file, content)
        elif place.exists() and not place.is_file():
            file.write_bytes(content)  # a pipe or a device takes what is written, and must not be replaced
        else:
            replace_file(file, content, *roots)
    except OSError as error:
        raise RulekitError(
            f"the report cannot be written to {file}: {error.strerror}", help="name a file that you may write"
        ) from error


def _is_job_summary(file: Path) -> bool:
    """Returns whether a file is the one that all that runs in a step of a GitHub job adds its summary to."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    return bool(summary) and file.resolve() == Path(summary or "").resolve()


def _append(file: Path, content: bytes) -> None:
    before = file.read_bytes()[-1:] if file.exists() else b""
    with file.open("ab") as summary:
        summary.write((b"\n" if before not in {b"", b"\n"} else b"") + content)


def _sinks(outputs: Sequence[str]) -> list[Sink]:
    """Returns where the outputs go; refuses two that would overwrite each other or mix on standard output."""
    sinks = [_sink(output) for output in outputs]
    _refuse_one_file(Counter(sink.file.resolve() for sink in sinks if sink.file is not None))
    _refuse_mixture([sink.style for sink in sinks if sink.file is None])
    return sinks


def _refuse_one_file(targets: Mapping[Path, int]) -> None:
    for file, count in targets.items():
        if count > 1:
            raise click.BadParameter(
                f"{count} outputs go to {file}; give each a file of its own", param_hint="--output"
            )


def _refuse_mixture(shown: Sequence[str]) -> None:
    alone = next((style for style in shown if style in DOCUMENTS), None)
    twice = next((style for style, count in Counter(shown).items() if count > 1), None)
    style = alone or twice
    if len(shown) > 1 and style is not None:
        raise click.BadParameter(
            f"`{style}` cannot share standard output with another format; write one to a file, as in "
            f"`--output {style}=FILE`",
            param_hint="--output",
        )


def _sink(output: str) -> Sink:
    style, named, file = output.partition("=")
    if style not in FORMATS:
        raise click.BadParameter(
            f"there is no format `{style}`; use one of {', '.join(FORMATS)}", param_hint="--output"
        )
    if named and not file:
        raise click.BadParameter(f"write the name of a file behind `{output}`", param_hint="--output")
    target = Path(file) if file else None
    if target is not None and not target.parent.is_dir():
        raise click.BadParameter(f"the folder of {target} does not exist; make it first", param_hint="--output")
    if target is not None and target.is_dir():
        raise click.BadParameter(f"{target} is a folder; name a file in it", param_hint="--output")
    return Sink(style, target)
