"""`rulekit run`: one tick, then what is due is sent."""

from datetime import datetime
from pathlib import Path
from time import sleep

import click
from click.core import ParameterSource

from rulekit.cli.logs import set_up_logging
from rulekit.cli.options import now_option, project_option
from rulekit.cli.printing import escape_line
from rulekit.cli.progress import working
from rulekit.cli.ticks import print_data_report, print_tick
from rulekit.clock import format_instant
from rulekit.diagnostics.lines import plural
from rulekit.engine import RunReport, open_project, open_store, run
from rulekit.outbox.dispatcher import DispatchReport


@click.command("run")
@click.option("--accept", is_flag=True, help="Take changes that are too large to believe without a person's word.")
@now_option
@project_option
def command(accept: bool, now: datetime, project: Path) -> None:
    """Run one tick: find who joined and left, fill the outbox, then send what is due.

    Running twice at the same instant changes nothing. A source that fails, or turns up empty, removes nobody.
    """
    set_up_logging("plain")
    opened = open_project(project)
    # a run that was given its instant stays at it; any other sends by the machine's clock, however long it takes
    stays = click.get_current_context().get_parameter_source("now") is ParameterSource.COMMANDLINE
    with open_store(opened) as store, working("reading people and events") as say:
        report = run(
            opened,
            store,
            now,
            accept=accept,
            clock=(lambda: now) if stays else store.clock,
            wait=None if stays else sleep,
            progress=lambda done: say(f"sending: {plural(done, 'email')}"),
        )
    _print(report, now)
    if report.tick.parked or report.dispatch.paused:
        raise SystemExit(1)


def _print(report: RunReport, now: datetime) -> None:
    click.echo(f"tick at {format_instant(now)}")
    print_tick(report.tick)
    outcome = report.outcome
    if outcome.withdrawn or outcome.expired:
        click.echo(f"  outbox: {outcome.withdrawn} withdrawn, {outcome.expired} expired")
    print_data_report(report.data)
    _print_dispatch(report.dispatch)


def _print_dispatch(report: DispatchReport) -> None:
    parts = [f"{plural(report.sent, 'email')} sent"]
    for count, word in (
        (report.failed, "failed"),
        (report.later, "to try again"),
        (report.uncertain, "uncertain"),
        (report.suppressed, "suppressed"),
        (report.withdrawn, "withdrawn"),
        (report.expired, "expired"),
    ):
        if count:
            parts.append(f"{count} {word}")
    click.echo(f"dispatch: {', '.join(parts)}")
    if report.paused:
        click.echo(f"  no more is sent by this run: {escape_line(report.paused)}", err=True)
