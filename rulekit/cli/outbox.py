"""`rulekit outbox`: look at the emails that wait, and decide about them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from rulekit.cli.completing import declared
from rulekit.cli.emails import email_as_json, gist, print_email, story_as_json
from rulekit.cli.options import by_option, now_option, output_option, project_option
from rulekit.cli.printing import escape_line, print_columns, print_json
from rulekit.clock import format_instant
from rulekit.diagnostics.lines import plural
from rulekit.engine import open_project_store
from rulekit.errors import TransitionRefused
from rulekit.outbox.rows import OutboxRow, RowFilter
from rulekit.outbox.states import State
from rulekit.outbox.store import Store
from rulekit.settings import load_settings

F = TypeVar("F", bound=Callable[..., Any])
STATES = [state.value for state in State]


@click.group("outbox")
def command() -> None:
    """Look at, approve, unapprove and cancel emails."""


def _filters(function: F) -> F:
    for option in (
        click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="In this state; repeatable."),
        click.option("--person", help="To this person (their key)."),
        click.option("--persona", shell_complete=declared("persona"), help="Because of this persona."),
        click.option("--trigger", shell_complete=declared("trigger"), help="Of this trigger."),
    ):
        function = option(function)
    return function


@command.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many emails.")
@output_option("text", "json")
@project_option
def list_rows(
    trigger: str | None,
    persona: str | None,
    person: str | None,
    states: tuple[str, ...],
    limit: int,
    output: str,
    project: Path,
) -> None:
    """List emails in the order in which they were made."""
    with open_project_store(project) as store:
        rows = store.rows(_row_filter(trigger, persona, person, states, limit=limit))
        counts = store.counts()
    if output == "json":
        print_json({"schema_version": 1, "emails": [email_as_json(row) for row in rows]})
        return
    if rows:
        print_columns(
            ["id", "state", "trigger", "to", "subject"],
            [(str(r.id), r.state.value, r.trigger, r.recipient or r.tagging.person, gist(r)) for r in rows],
        )
    elif any((trigger, persona, person, states)):
        click.echo("no email matches")
    total = ", ".join(f"{count:,} {state.value}" for state, count in counts.items())
    click.echo(f"outbox: {total or 'empty'}")


@command.command("show")
@click.argument("row_id", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="Print the bytes of the email, exactly as they are or would be sent.")
@output_option("text", "json")
@project_option
def show(row_id: int, raw: bool, output: str, project: Path) -> None:
    """Show one email: where it comes from, why, its history, and its text."""
    with open_project_store(project) as store:
        row, message = store.row(row_id), store.message(row_id)
        history, heard = store.history(row_id), store.heard_of(row_id)
    if raw:
        click.echo(message, nl=False)
        return
    if output == "json":
        print_json({"schema_version": 1, **email_as_json(row), **story_as_json(row, history, heard)})
    else:
        print_email(row, message, history, heard)


@command.command("approve")
@click.argument("ids", nargs=-1, type=int)
@_filters
@by_option("approves")
@click.option("--yes", is_flag=True, help="Do not ask before approving by filter.")
@now_option
@project_option
def approve(ids: tuple[int, ...], by: str, yes: bool, now: datetime, project: Path, **filters: Any) -> None:
    """Approve emails by ID, or all unapproved ones that match the filters.

    They are sent when the hold (ten minutes unless the settings say otherwise) is over; until then `unapprove` works.
    """
    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, State.UNAPPROVED, yes, "approve")
        hold = load_settings(project).delivery.hold
        _each(rows, "approved", lambda row: store.approve(row.id, row.digest, now, by, hold))
        if rows:
            click.echo(f"sent from {format_instant(now + hold)}; until then `rulekit outbox unapprove` takes it back")


@command.command("unapprove")
@click.argument("ids", nargs=-1, type=int)
@_filters
@by_option("takes it back")
@click.option("--yes", is_flag=True, help="Do not ask before acting by filter.")
@now_option
@project_option
def unapprove(ids: tuple[int, ...], by: str, yes: bool, now: datetime, project: Path, **filters: Any) -> None:
    """Take back an approval, while its hold is not over."""
    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, State.APPROVED, yes, "unapprove")
        _each(rows, "unapproved", lambda row: store.unapprove(row.id, now, by))


@command.command("cancel")
@click.argument("ids", nargs=-1, type=int)
@_filters
@click.option("--reason", default="", help="Why; kept in the email's history.")
@by_option("cancels")
@click.option("--yes", is_flag=True, help="Do not ask before acting by filter.")
@now_option
@project_option
def cancel(ids: tuple[int, ...], reason: str, by: str, yes: bool, now: datetime, project: Path, **filters: Any) -> None:
    """Stop emails for good; one that is being sent is too late to stop."""
    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, State.UNAPPROVED, yes, "cancel")
        _each(rows, "cancelled", lambda row: store.cancel(row.id, now, by, reason))


@command.command("resolve")
@click.argument("row_id", metavar="ID", type=int)
@click.argument("to", type=click.Choice(["sent", "failed", "retrying"]))
@click.option("--reason", required=True, help="How you know; kept in the email's history.")
@by_option("says so")
@now_option
@project_option
def resolve(row_id: int, to: str, reason: str, by: str, now: datetime, project: Path) -> None:
    """Say what became of an email whose server never answered; `retrying` sends it again."""
    with open_project_store(project) as store:
        store.resolve(row_id, State(to), now, by, reason)
    click.echo(f"email {row_id}: {to}")


def _row_filter(
    trigger: str | None, persona: str | None, person: str | None, states: tuple[str, ...], limit: int | None = None
) -> RowFilter:
    return RowFilter(
        trigger=trigger, persona=persona, person=person, states=tuple(State(s) for s in states), limit=limit
    )


def _chosen(
    store: Store, ids: tuple[int, ...], filters: dict[str, Any], default: State, yes: bool, verb: str
) -> list[OutboxRow]:
    """Returns the rows by id in the order given, or by filter after asking; neither is a usage error."""
    if ids and any(filters.values()):
        raise click.UsageError("give either ids or filters, not both")
    if ids:
        return [store.row(row_id) for row_id in ids]
    if not any(filters.values()):
        raise click.UsageError(f"say what to {verb}: ids, or a filter such as --trigger NAME")
    rows = store.rows(_row_filter(**{**filters, "states": filters["states"] or (default.value,)}))
    if rows and not yes:
        click.confirm(f"{verb} {plural(len(rows), 'email')}?", abort=True)
    if not rows:
        click.echo("no email matches")
    return rows


def _each(rows: list[OutboxRow], done: str, act: Callable[[OutboxRow], object]) -> None:
    """Acts on each row; a refusal is told and does not stop the others, but makes the exit code 1."""
    refused = 0
    for row in rows:
        try:
            act(row)
        except TransitionRefused as error:
            refused += 1
            click.echo(f"refused: {escape_line(error.message)}", err=True)
            if error.help:
                click.echo(f"help: {escape_line(error.help)}", err=True)
        else:
            click.echo(f"email {row.id} to {escape_line(row.recipient or row.tagging.person)}: {done}")
    if refused:
        raise SystemExit(TransitionRefused.exit_code)
