"""`rulekit run`: one tick, then what is due is sent."""

import signal
from datetime import datetime
from pathlib import Path
from time import sleep

import click
from click.core import ParameterSource

from rulekit.cli.parameters.options import accept_option, now_option, output_option, project_option
from rulekit.cli.parameters.stopping import stoppable
from rulekit.cli.printing.logs import set_up_logging
from rulekit.cli.printing.progress import working
from rulekit.cli.printing.runs import print_run
from rulekit.diagnostics.display import plural
from rulekit.engine.project import open_project
from rulekit.engine.running import run
from rulekit.engine.stores import open_store


@click.command("run")
@accept_option(
    "Take what is not believed without somebody's word: all of it, or what happened to PERSONA (repeatable)."
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing unless something needs somebody; for cron.")
@output_option("text", "json")
@now_option
@project_option
def command(accept: bool | frozenset[str], quiet: bool, output: str, now: datetime, project: Path) -> None:
    """Run one tick: find who joined and left, fill the outbox, then send what is due.

    Running twice at the same instant changes nothing. A source that fails, or turns up empty, removes nobody. While it
    sends, SIGTERM and Ctrl-C stop it when what is being sent is sent; the second one stops it at once.
    """
    set_up_logging("plain")
    opened = open_project(project)
    # a run that was given its instant stays at it; any other sends by the machine's clock, however long it takes
    stays = click.get_current_context().get_parameter_source("now") is ParameterSource.COMMANDLINE
    signalled: list[int] = []
    with open_store(opened) as store, working("reading people and events") as say:
        report = run(
            opened,
            store,
            now,
            accept=accept,
            clock=None if stays else store.clock,
            progress=lambda done: say(f"sending: {plural(done, 'email')}"),
            stopping=stoppable(signalled, signal.SIGINT, signal.SIGTERM),
            wait=None if stays else sleep,
        )
    print_run(report, now, output, quiet=quiet)
    if signalled:
        click.echo("  stopped; what is due waits for the next run", err=True)
        raise SystemExit(128 + signalled[0])
    if report.tick.parked or report.dispatch.paused:
        raise SystemExit(1)
