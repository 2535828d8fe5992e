"""`rulekit export`: what the store knows, for a person who asks or for a program that counts."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rulekit import __version__
from rulekit.cli.parameters.options import InstantParam, now_option, project_option
from rulekit.cli.printing.aligned import print_json
from rulekit.cli.printing.logs import hide_addresses
from rulekit.clock import format_instant
from rulekit.engine.stores import open_project_store

# what servers, people and plugins wrote may have addresses in it
_TEXTS = ("reason", "detail", "source", "by")


@click.command("export")
@click.option("--person", metavar="KEY", help="Everything that is kept of this person, as one JSON document.")
@click.option("--since", type=InstantParam(), help="Only what is new or changed from this instant on.")
@now_option
@project_option
def command(person: str | None, since: datetime | None, now: datetime, project: Path) -> None:
    """Print the outbox and its history as JSON lines, for analysis; or all that is kept of one person.

    The lines name people by their keys, and have no addresses, subjects or texts of emails.
    """
    if person is not None and since is not None:
        raise click.UsageError("give either --person or --since, not both")
    head = {"schema_version": 1, "tool": {"name": "rulekit", "version": __version__}, "at": format_instant(now)}
    with open_project_store(project) as store:
        if person is not None:
            print_json({**head, **store.people.about(person)})
            return

        def write(line: Mapping[str, Any]) -> None:
            sys.stdout.write(json.dumps({k: _hidden(k, v) for k, v in line.items()}, separators=(",", ":")) + "\n")

        write({"kind": "export", **head, "store": store.store_id(), "since": format_instant(since) if since else None})
        store.audit.export(write, since)


def _hidden(name: str, value: Any) -> Any:
    return hide_addresses(value) if name in _TEXTS and value else value
