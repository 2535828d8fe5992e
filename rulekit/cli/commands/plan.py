"""`rulekit plan`: what a run would do, without doing it."""

from datetime import datetime
from pathlib import Path

import click

from rulekit.cli.parameters.options import accept_option, now_option, project_option
from rulekit.cli.printing.aligned import escape_line
from rulekit.cli.printing.progress import working
from rulekit.cli.printing.ticks import print_data_report, print_emails, print_tick
from rulekit.clock import format_instant
from rulekit.engine.project import open_project
from rulekit.engine.running import find_what_halts, plan


@click.command("plan")
@accept_option("Plan as if what is not believed were accepted: all of it, or what happened to PERSONA (repeatable).")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when a run would change anything.")
@now_option
@project_option
def command(accept: bool | frozenset[str], detailed_exitcode: bool, now: datetime, project: Path) -> None:
    """Show who would join and leave each persona, and which emails would enter the outbox; nothing is written."""
    opened = open_project(project)
    with working("reading people and events"):
        tick, data = plan(opened, now, accept=accept)
    click.echo(f"plan for {format_instant(now)}; nothing is written")
    print_tick(tick)
    if tick.withdrawn:
        click.echo(f"  outbox: {sum(tick.withdrawn.values())} withdrawn")
    print_emails(tick)
    print_data_report(data)
    if (why := find_what_halts(opened)) is not None:
        click.echo(f"  {escape_line(why)}", err=True)
    if detailed_exitcode and tick.changes_anything:
        raise SystemExit(3)
