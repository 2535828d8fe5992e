"""`--watch`: does something again whenever a file of the project changes, until Ctrl-C."""

from collections.abc import Callable
from pathlib import Path

import click

from rulekit.authoring.watching import changes
from rulekit.diagnostics.lines import escape
from rulekit.errors import RulekitError


def watch(folder: Path, show: Callable[[], None]) -> None:
    """Calls `show` at once and after each change; what stops it is told, and the next change tries again."""
    try:
        for _ in changes(folder):
            # a terminal begins anew, and a log keeps what it has
            click.clear()
            try:
                show()
            except RulekitError as error:
                click.echo(f"error: {escape(error.message)}", err=True)
            click.echo("── watching for changes, Ctrl-C ends ──")
    except KeyboardInterrupt:
        click.echo()
