"""`rulekit metrics`: what `/metrics` of `rulekit serve` says, for those who run without it."""

from pathlib import Path

import click

from rulekit.cli.parameters.options import project_option
from rulekit.engine.stores import open_project_store
from rulekit.web import metrics_text


@click.command("metrics")
@project_option
def command(project: Path) -> None:
    """Print figures of the outbox in the text format of Prometheus; nothing in them names a person."""
    with open_project_store(project) as store:
        click.echo(metrics_text(store), nl=False)
