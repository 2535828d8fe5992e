"""`--watch`: does something again whenever a file of the project changes, until Ctrl-C."""

import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

import click

from rulekit.authoring.watching import changes
from rulekit.cli.parameters.stopping import stop_at
from rulekit.diagnostics.display import escape
from rulekit.errors import RulekitError


def watch(folder: Path, show: Callable[[], None]) -> None:
    """Calls `show` at once and after each change; what stops it is printed, and the next change tries again."""
    stopping = Event()
    stop_at(stopping, signal.SIGINT)
    for _ in changes(folder, stopping):
        # a terminal begins anew, and a log keeps what it has
        click.clear()
        try:
            show()
        except RulekitError as error:
            click.echo(f"error: {escape(error.message)}", err=True)
        click.echo("── watching for changes, Ctrl-C ends ──")
    click.echo()
