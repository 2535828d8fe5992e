"""`rulekit check`: everything that can be known about the rules without data."""

from pathlib import Path

import click

from rulekit.cli.printing import plural
from rulekit.diagnostics.diagnostic import Diagnostic, Severity
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
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the project; default: the nearest rulekit.toml upward from PATHS.",
)
def command(paths: tuple[Path, ...], outputs: tuple[str, ...], fail_level: str, project: Path | None) -> None:
    """Report everything that is wrong with the rules; needs neither data nor network.

    All files of a project are checked together; PATHS choose whose reports are shown.
    """
    sinks = [_sink(output) for output in outputs or ("text",)]
    folder = find_project(project or _folder_of(paths))
    rules = load_rules(folder)
    shown = [d for d in rules.diagnostics if _is_below(d, paths, folder)]
    for style, file in sinks:
        report = _render(style, shown, rules)
        if file is None:
            click.echo(report, nl=False)
        else:
            file.write_text(report, encoding="utf-8")
    if any(d.severity in LEVELS[fail_level] for d in shown):
        raise SystemExit(1)


def _sink(output: str) -> tuple[str, Path | None]:
    style, _, file = output.partition("=")
    if style not in FORMATS:
        raise click.BadParameter(
            f"there is no format `{style}`; use one of {', '.join(FORMATS)}", param_hint="--output"
        )
    return style, Path(file) if file else None


def _folder_of(paths: tuple[Path, ...]) -> Path:
    first = paths[0] if paths else Path.cwd()
    return first if first.is_dir() else first.parent


def _is_below(diagnostic: Diagnostic, paths: tuple[Path, ...], folder: Path) -> bool:
    if not paths or diagnostic.primary is None:
        return True
    place = (folder / diagnostic.primary.span.path).resolve()
    return any(place.is_relative_to(path.resolve()) for path in paths)


def _render(style: str, diagnostics: list[Diagnostic], rules: Rules) -> str:
    if style == "json":
        from rulekit.diagnostics.json import render_json

        return render_json(diagnostics, rules.sources)
    from rulekit.diagnostics.text import render, render_concise

    if style == "concise":
        return render_concise(diagnostics, rules.sources)
    return render(diagnostics, rules.sources) + _summary(diagnostics, rules)


def _summary(diagnostics: list[Diagnostic], rules: Rules) -> str:
    counts = {severity: sum(d.severity is severity for d in diagnostics) for severity in Severity}
    files = plural(sum(path.endswith(".rules") for path in rules.sources), "file")
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    if not errors and not warnings:
        return f"{files} checked, nothing to report\n"
    return f"{files} checked: {plural(errors, 'error')}, {plural(warnings, 'warning')}\n"
