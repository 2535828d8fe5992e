"""`rulekit members`: who is in a persona or segment."""

from datetime import datetime
from pathlib import Path

import click

from rulekit.cli.parameters.completing import declared
from rulekit.cli.parameters.options import now_option, output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_csv, print_json
from rulekit.cli.printing.progress import working
from rulekit.clock import format_instant
from rulekit.diagnostics.display import plural
from rulekit.engine.asking import list_members
from rulekit.engine.project import open_project

_NOUNS = {"person": ("person", "people"), "company": ("company", "companies")}


@click.command("members")
@click.argument("name", shell_complete=declared("persona", "segment"))
@click.option("--count", is_flag=True, help="Print the number alone.")
@output_option("text", "csv", "json")
@now_option
@project_option
def command(name: str, count: bool, output: str, now: datetime, project: Path) -> None:
    """List who is in the persona or segment NAME at an instant, in the order of their keys."""
    with working("reading people and events"):
        members = list_members(open_project(project), name, now)
    if count:
        click.echo(len(members.keys))
    elif output == "json":
        print_json(
            {
                "schema_version": 1,
                "name": name,
                "now": format_instant(now),
                members.what: members.keys,
                "unjudged": members.unjudged,
            }
        )
    elif output == "csv":
        print_csv(members.what, members.keys)
    else:
        for key in members.keys:
            click.echo(escape_line(key))
    if members.unjudged:
        who = plural(members.unjudged, *_NOUNS[members.what])
        click.echo(f"{who} cannot be judged, as some values cannot be read: see `rulekit plan`", err=True)
