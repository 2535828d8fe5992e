"""`rulekit suppress`: the addresses that may not be mailed."""

from datetime import datetime
from pathlib import Path

import click

from rulekit.cli.importing import command as import_command
from rulekit.cli.options import by_option, now_option, output_option, project_option
from rulekit.cli.printing import escape_line, print_columns, print_json
from rulekit.clock import format_instant
from rulekit.diagnostics.lines import plural
from rulekit.engine import open_project_store
from rulekit.errors import TransitionRefused


@click.group("suppress")
def command() -> None:
    """Say which addresses may not be mailed."""


@command.command("add")
@click.argument("address")
@click.option("--reason", default="asked for it", show_default=True, help="Why; kept with the address.")
@by_option("says so")
@now_option
@project_option
def add(address: str, reason: str, by: str, now: datetime, project: Path) -> None:
    """Never mail ADDRESS again, nor the people who were mailed there at any other address.

    Emails that wait for them end; one that is being sent is too late to stop.
    """
    with open_project_store(project) as store:
        ended = store.suppress(address, reason, now, by)
    click.echo(f"{escape_line(address)} is not mailed any more; {plural(ended, 'waiting email')} ended")


@command.command("remove")
@click.argument("address")
@project_option
def remove(address: str, project: Path) -> None:
    """Allow mail to ADDRESS and its people again; emails that ended stay ended."""
    with open_project_store(project) as store:
        if not store.unsuppress(address):
            raise TransitionRefused(
                f"{address} is not suppressed", help="look at `rulekit suppress list` for the addresses that are"
            )
    click.echo(f"{escape_line(address)} may be mailed again")


@command.command("list")
@output_option("text", "json")
@project_option
def list_addresses(output: str, project: Path) -> None:
    """List the addresses that may not be mailed, in order."""
    with open_project_store(project) as store:
        found = store.suppressions()
    if output == "json":
        lines = [
            {
                "address": s.address,
                "at": format_instant(s.at),
                "by": s.actor,
                "reason": s.reason,
                "people": list(s.people),
            }
            for s in found
        ]
        print_json({"schema_version": 1, "suppressions": lines})
    elif found:
        print_columns(
            ["address", "since", "by", "person", "reason"],
            [(s.address, format_instant(s.at), s.actor, ", ".join(s.people), s.reason) for s in found],
        )
    else:
        click.echo("no address is suppressed")


command.add_command(import_command)
