"""`rulekit run`: one tick, then what is due is sent."""

from datetime import datetime
from pathlib import Path
from time import sleep

import click
from click.core import ParameterSource

from rulekit.cli.logs import set_up_logging
from rulekit.cli.options import now_option, output_option, project_option
from rulekit.cli.progress import working
from rulekit.cli.runs import tell
from rulekit.diagnostics.lines import plural
from rulekit.engine import open_project, open_store, run


@click.command("run")
@click.option("--accept", is_flag=True, help="Take changes that are too large to believe without a person's word.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing unless something needs a person; for cron.")
@output_option("text", "json")
@now_option
@project_option
def command(accept: bool, quiet: bool, output: str, now: datetime, project: Path) -> None:
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
    tell(report, now, output, quiet=quiet)
    if report.tick.parked or report.dispatch.paused:
        raise SystemExit(1)
