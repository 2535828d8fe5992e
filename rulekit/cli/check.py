"""`rulekit check`: everything that can be known about the rules without data."""

from pathlib import Path

import click

from rulekit.cli.options import given_project_option
from rulekit.cli.printing import plural
from rulekit.diagnostics.diagnostic import Diagnostic, Severity
from rulekit.errors import RulekitError
from rulekit.folders import find_project
from rulekit.language.project import Rules, load_rules

FORMATS = ("text", "concise", "json")
LEVELS = {"error": (Severity.ERROR,), "warning": (Severity.ERROR, Severity.WARNING)}


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"How to report, and where to; may be repeated. Formats: {', '.join(FORMATS)}; default: text.",
)
@click.option(
    "--fail-level",
    type=click.Choice(tuple(LEVELS)),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@given_project_option(start=" from PATHS")
def command(paths: tuple[Path, ...], outputs: tuple[str, ...], fail_level: str, project: Path | None) -> None:
    """Report everything that is wrong with the rules; needs neither data nor network.

    All files of a project are checked together; PATHS choose whose reports are shown.
    """
    sinks = [_sink(output) for output in outputs or ("text",)]
    folder = find_project(project or _folder_of(paths))
    rules = load_rules(folder)
    files = _chosen(paths, folder, rules)
    shown = [d for d in rules.diagnostics if d.primary is None or d.primary.span.path in files]
    for style, file in sinks:
        report = _render(style, shown, rules, files)
        if file is None:
            click.echo(report, nl=False)
        else:
            file.write_text(report, encoding="utf-8")
    if any(d.severity in LEVELS[fail_level] for d in shown):
        raise SystemExit(1)


def _sink(output: str) -> tuple[str, Path | None]:
    style, named, file = output.partition("=")
    if style not in FORMATS:
        raise click.BadParameter(
            f"there is no format `{style}`; use one of {', '.join(FORMATS)}", param_hint="--output"
        )
    if named and not file:
        raise click.BadParameter(f"write the name of a file behind `{output}`", param_hint="--output")
    return style, Path(file) if file else None


def _folder_of(paths: tuple[Path, ...]) -> Path:
    first = paths[0] if paths else Path.cwd()
    return first if first.is_dir() else first.parent


def _chosen(paths: tuple[Path, ...], folder: Path, rules: Rules) -> set[str]:
    """Returns the project's files below the paths, those that cannot be read too; a path without any is an error."""
    reported = {d.primary.span.path for d in rules.diagnostics if d.primary is not None}
    known = {path: (folder / path).resolve() for path in rules.sources.keys() | reported}
    if not paths:
        return set(known)
    chosen = set()
    for path in paths:
        below = {name for name, place in known.items() if place.is_relative_to(path.resolve())}
        if not below:
            raise RulekitError(
                f"{path} holds no rules or templates of the project in {folder}",
                help="name files and folders of one project, or say which one with `--project DIR`",
            )
        chosen |= below
    return chosen


def _render(style: str, diagnostics: list[Diagnostic], rules: Rules, files: set[str]) -> str:
    if style == "json":
        from rulekit.diagnostics.json import render_json

        return render_json(diagnostics, rules.sources)
    from rulekit.diagnostics.text import render, render_concise

    if style == "concise":
        return render_concise(diagnostics, rules.sources)
    return render(diagnostics, rules.sources) + _summary(diagnostics, files)


def _summary(diagnostics: list[Diagnostic], paths: set[str]) -> str:
    counts = {severity: sum(d.severity is severity for d in diagnostics) for severity in Severity}
    # of a whole project the files of rules are counted; a template alone is one file too
    files = plural(sum(path.endswith(".rules") for path in paths) or len(paths), "file")
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    if not errors and not warnings:
        return f"{files} checked, nothing to report\n"
    return f"{files} checked: {plural(errors, 'error')}, {plural(warnings, 'warning')}\n"
