"""`rulekit schema`: draft the schema from a source, and say what has drifted from it."""

from pathlib import Path

import click

from rulekit.cli.parameters.options import output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_json
from rulekit.cli.printing.progress import working
from rulekit.diagnostics.display import plural


@click.group("schema")
def command() -> None:
    """Draft the schema from what a source holds, and say what has drifted from it."""


@command.command("pull")
@click.option("--write", is_flag=True, help="Write schema.rules and add to rulekit.toml; nothing is overwritten.")
@click.option("--only", type=click.Choice(("rules", "settings")), help="Print one of the two alone.")
@project_option
def pull(write: bool, only: str | None, project: Path) -> None:
    """Draft the declarations and the sections of rulekit.toml from the tables of the source.

    Comments say what was seen, and `decide:` what a person must settle. Without --write nothing is written.
    """
    from rulekit.schema import pull as draft_of
    from rulekit.schema.draft_text import rules_text, settings_text
    from rulekit.schema.writing import write_draft
    from rulekit.settings.model import load_settings

    settings = load_settings(project)
    with working("opening the source") as say:
        draft = draft_of(project, settings, say)
    rules, sections = rules_text(draft, settings.source.url), settings_text(draft)
    if write:
        written = write_draft(project, settings, rules, sections)
        click.echo(f"written: {', '.join(written)}; {draft.summary()}")
    else:
        if only != "settings":
            click.echo(rules, nl=False)
        if only is None:
            click.echo("\n# rulekit.toml\n")
        if only != "rules":
            click.echo(sections, nl=False)
    open_ = f"{plural(draft.decisions, 'comment')} with `decide`: settle them, then " if draft.decisions else ""
    click.echo(f"{open_}run `rulekit check`", err=True)


@command.command("diff")
@output_option("text", "json")
@project_option
def diff(output: str, project: Path) -> None:
    """Say what has drifted: where the source is not what the declarations and rulekit.toml say; exit code 1.

    What is only new (columns, kinds of events) is told, and leaves the exit code 0. Nothing is written.
    """
    from rulekit.engine.project import open_project
    from rulekit.schema.drift import find_drift

    with working("opening the source") as say:
        found = find_drift(open_project(project), say)
    drifted = [one.message for one in found if one.is_drift]
    new = [one.message for one in found if not one.is_drift]
    if output == "json":
        print_json({"schema_version": 1, "drift": drifted, "new": new})
    else:
        for word, messages in (("drift", drifted), ("new", new)):
            for message in messages:
                click.echo(f"{word:5}  {escape_line(message)}")
        click.echo(f"{plural(len(drifted), 'difference')}, {len(new)} new")
    if drifted:
        raise SystemExit(1)
