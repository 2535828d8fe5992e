"""`rulekit outbox`: look at the emails that wait, and decide about them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rulekit.cli.parameters.completing import declared
from rulekit.cli.parameters.options import by_option, now_option, output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_columns, print_json
from rulekit.cli.printing.emails import email_as_json, gist, print_email, story_as_json
from rulekit.clock import show_instant
from rulekit.diagnostics.display import plural
from rulekit.engine.stores import open_project_store
from rulekit.errors import TransitionRefused
from rulekit.outbox.rows.queries import OutboxRow, RowFilter
from rulekit.outbox.sending.leaving import with_date
from rulekit.outbox.store import Store
from rulekit.records import State
from rulekit.settings.model import load_settings

if TYPE_CHECKING:
    from rulekit.outbox.people.actions import Refusals
    from rulekit.outbox.people.resending import Retried

F = TypeVar("F", bound=Callable[..., Any])
STATES = [state.value for state in State]
# of more emails than that, each is not printed on a line of its own
LINES = 50


@click.group("outbox")
def command() -> None:
    """Look at, approve, unapprove, cancel, resolve and retry emails."""


def _filters(function: F) -> F:
    for option in (
        click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="In this state; repeatable."),
        click.option("--address", help="To an address that has this text in it, like `ada@` or `@example.com`."),
        click.option("--person", help="To this person (their key)."),
        click.option("--persona", shell_complete=declared("persona"), help="Because of this persona."),
        click.option("--trigger", shell_complete=declared("trigger"), help="Of this trigger."),
    ):
        function = option(function)
    return function


def _acting(does: str) -> Callable[[F], F]:
    """Adds what every command takes that acts on emails: ids or filters, who acts, and whether it is only tried."""

    def add(function: F) -> F:
        for option in (
            project_option,
            now_option,
            click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing."),
            click.option("--yes", is_flag=True, help="Do not ask before acting by filter."),
            by_option(does),
            _filters,
        ):
            function = option(function)
        return click.argument("ids", nargs=-1, type=int)(function)

    return add


@command.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1), default=LINES, show_default=True, help="At most so many emails.")
@click.option("--after", type=click.IntRange(0), metavar="ID", help="Only those that were made after this email.")
@output_option("text", "json")
@project_option
def list_rows(limit: int, after: int | None, output: str, project: Path, **filters: Any) -> None:
    """List emails in the order in which they were made; says how many there are when they are too many to show."""
    wanted = _row_filter(**filters, after=after)
    with open_project_store(project) as store:
        rows = store.outbox.find(replace(wanted, limit=limit))
        more = store.outbox.count(wanted) - len(rows)
        matching, counts = store.outbox.count(replace(wanted, after=None)), store.outbox.counts()
    if output == "json":
        following = {"total": matching, "next_after": rows[-1].id if rows and more > 0 else None}
        print_json({"schema_version": 1, **following, "emails": [email_as_json(row) for row in rows]})
        return
    if rows:
        print_columns(
            ["id", "state", "trigger", "to", "subject"],
            [(str(r.id), r.state.value, r.trigger, r.recipient or r.tagging.person, gist(r)) for r in rows],
        )
    elif any(filters.values()) or after is not None:
        click.echo("no email matches")
    if rows and more > 0:
        click.echo(f"… and {more:,} more: `--after {rows[-1].id}` goes on, `--limit` shows more at once")
    total = ", ".join(f"{count:,} {state.value}" for state, count in counts.items())
    click.echo(f"outbox: {total or 'empty'}")


@command.command("show")
@click.argument("row_id", metavar="ID", type=int)
@click.option(
    "--raw", is_flag=True, help="Print the bytes of the email; once it was given to the sender, with its `Date`."
)
@output_option("text", "json")
@project_option
def show(row_id: int, raw: bool, output: str, project: Path) -> None:
    """Show one email: where it comes from, why, its history, and its text."""
    with open_project_store(project) as store:
        row, message = store.outbox.row(row_id), store.outbox.message(row_id)
        history, notices = store.audit.history(row_id), store.audit.notices_of(row_id)
    if raw:
        click.echo(with_date(message, row.dated_at), nl=False)
        return
    if output == "json":
        print_json({"schema_version": 1, **email_as_json(row), **story_as_json(row, history, notices)})
    else:
        print_email(row, message, history, notices)


@command.command("approve")
@_acting("approves")
def approve(
    ids: tuple[int, ...], by: str, yes: bool, dry_run: bool, now: datetime, project: Path, **filters: Any
) -> None:
    """Approve emails by ID, or all unapproved ones that match the filters.

    They are sent when the hold (ten minutes unless the settings say otherwise) is over; until then `unapprove` works.
    """
    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, (State.UNAPPROVED,), yes or dry_run, "approve")
        hold = load_settings(project).delivery.hold
        digests = {row.id: row.digest for row in rows}
        refused = store.desk.approve(digests, now, by, hold, dry_run=dry_run) if rows else {}
        held = [] if dry_run else [store.outbox.row(row.id) for row in rows if row.id not in refused][:1]
    _print_outcome(rows, refused, "approved", dry_run)
    _print_hold(held)
    _exit_after(refused)


@command.command("unapprove")
@_acting("takes it back")
def unapprove(
    ids: tuple[int, ...], by: str, yes: bool, dry_run: bool, now: datetime, project: Path, **filters: Any
) -> None:
    """Take back an approval, while its hold is not over; by ID, or all approvals that match the filters."""
    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, (State.APPROVED,), yes or dry_run, "unapprove")
        refused = store.desk.unapprove([row.id for row in rows], now, by, dry_run=dry_run) if rows else {}
    _print_outcome(rows, refused, "unapproved", dry_run)
    _exit_after(refused)


@command.command("cancel")
@_acting("cancels")
@click.option("--reason", default="", help="Why; kept in the email's history.")
def cancel(
    ids: tuple[int, ...], by: str, yes: bool, dry_run: bool, now: datetime, project: Path, reason: str, **filters: Any
) -> None:
    """Stop emails for good: by ID, or all unapproved ones that match the filters.

    Name other states by `--state`. One that is being sent is too late to stop.
    """
    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, (State.UNAPPROVED,), yes or dry_run, "cancel")
        refused = store.desk.cancel([row.id for row in rows], now, by, reason, dry_run=dry_run) if rows else {}
    _print_outcome(rows, refused, "cancelled", dry_run)
    _exit_after(refused)


@command.command("resolve")
@_acting("says so")
@click.argument("to", type=click.Choice(["sent", "failed", "retrying"]))
@click.option("--reason", required=True, help="How you know; kept in the email's history.")
def resolve(
    ids: tuple[int, ...],
    to: str,
    by: str,
    yes: bool,
    dry_run: bool,
    now: datetime,
    project: Path,
    reason: str,
    **filters: Any,
) -> None:
    """Say what became of uncertain emails, by ID or by filters; `retrying` sends them again."""
    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, (State.UNCERTAIN,), yes or dry_run, f"resolve as {to}")
        chosen = [row.id for row in rows]
        refused = store.desk.resolve(chosen, State(to), now, by, reason, dry_run=dry_run) if rows else {}
    _print_outcome(rows, refused, to, dry_run)
    _exit_after(refused)


@command.command("retry")
@_acting("wants it")
@click.option("--reason", default="", help="Why; kept in the email's history.")
def retry(
    ids: tuple[int, ...], by: str, yes: bool, dry_run: bool, now: datetime, project: Path, reason: str, **filters: Any
) -> None:
    """Send again what failed or was cancelled, and at once what waits for another attempt.

    By filters, cancelled ones are among them only with `--state cancelled`. Of an email that failed on its way a copy
    is made, with the same bytes and message id; it leaves when the hold is over, until then `unapprove` and `cancel`
    work. One that could not be made, or was cancelled, is made anew from today's template and person: it asks for
    approval, or with `auto=true` leaves when the hold is over.
    """
    from rulekit.outbox.people.resending import can_be_made_anew

    with open_project_store(project) as store:
        rows = _chosen(store, ids, filters, (State.FAILED, State.RETRYING), yes or dry_run, "retry")
        hold = load_settings(project).delivery.hold
        anew = [row for row in rows if can_be_made_anew(row)]
        others = [row for row in rows if not can_be_made_anew(row)]
        # first, because the rules or the source may have faults, and then nothing is done
        made = _make_anew(store, anew, now, by, reason, project, dry_run=dry_run)
        sent = store.desk.retry([row.id for row in others], now, by, reason, hold, dry_run=dry_run)
        made_again = {**sent.copies, **made.copies}
        copies = {} if dry_run else {row: store.outbox.row(copy) for row, copy in made_again.items()}
    _print_sent_again(others, sent, copies, dry_run)
    instead = {
        row: f"made anew as email {copies[row].id}, {copies[row].state.value}" for row in made.copies.keys() & copies
    }
    _print_outcome(anew, made.refused, "made anew", dry_run, instead)
    _print_hold([copy for copy in copies.values() if copy.state is State.APPROVED][:1])
    _exit_after({**sent.refused, **made.refused})


def _print_sent_again(rows: list[OutboxRow], sent: "Retried", copies: Mapping[int, OutboxRow], dry_run: bool) -> None:
    _print_outcome([row for row in rows if row.id in sent.hurried], {}, "due now", dry_run)
    instead = {row: f"sent again as email {copies[row].id}" for row in sent.copies.keys() & copies}
    _print_outcome([row for row in rows if row.id not in sent.hurried], sent.refused, "sent again", dry_run, instead)


def _make_anew(
    store: Store, rows: list[OutboxRow], now: datetime, by: str, reason: str, project: Path, *, dry_run: bool
) -> "Retried":
    """Makes emails anew, for which alone the rules and the data are looked at."""
    from rulekit.outbox.people.resending import Retried

    if not rows:
        return Retried({}, frozenset(), {})
    # the language, the evaluation and the composer are slow to import, and no other command of the outbox needs them
    from rulekit.engine.project import open_project
    from rulekit.engine.retrying import make_anew

    return make_anew(open_project(project), store, rows, now, by, reason, dry_run=dry_run)


def _row_filter(states: tuple[str, ...], after: int | None = None, **filters: str | None) -> RowFilter:
    return RowFilter(states=tuple(State(state) for state in states), after=after, **filters)  # type: ignore[arg-type]


def _chosen(
    store: Store, ids: tuple[int, ...], filters: dict[str, Any], default: tuple[State, ...], yes: bool, verb: str
) -> list[OutboxRow]:
    """Returns the rows by id in the order given, or by filter after asking; neither is a usage error."""
    if ids and any(filters.values()):
        raise click.UsageError("give either ids or filters, not both")
    if ids:
        return [store.outbox.row(row_id) for row_id in dict.fromkeys(ids)]
    if not any(filters.values()):
        raise click.UsageError(f"say what to {verb}: ids, or a filter such as --trigger NAME")
    states = filters["states"] or tuple(state.value for state in default)
    rows = store.outbox.find(_row_filter(**{**filters, "states": states}))
    if rows and not yes:
        click.confirm(f"{verb} {plural(len(rows), 'email')}?", abort=True)
    if not rows:
        click.echo("no email matches")
    return rows


def _print_outcome(
    rows: list[OutboxRow], refused: "Refusals", done: str, dry_run: bool, instead: Mapping[int, str] | None = None
) -> None:
    """Prints what became of each row, or would; of very many the first ones, and how many more there are."""
    went = [row for row in rows if row.id not in refused]
    would = "would be " if dry_run else ""
    for error in list(refused.values())[:LINES]:
        click.echo(f"refused: {escape_line(error.message)}", err=True)
        if error.help:
            click.echo(f"help: {escape_line(error.help)}", err=True)
    if len(refused) > LINES:
        click.echo(f"… and {len(refused) - LINES:,} more: refused", err=True)
    for row in went[:LINES]:
        word = (instead or {}).get(row.id, done)
        click.echo(f"email {row.id} to {escape_line(row.recipient or row.tagging.person)}: {would}{word}")
    if len(went) > LINES:
        click.echo(f"… and {len(went) - LINES:,} more: {would}{done}")


def _print_hold(held: list[OutboxRow]) -> None:
    """Prints when emails leave that were approved together, of which one is given."""
    for row in held:
        if row.not_before is not None:
            until = show_instant(row.not_before)
            click.echo(f"sent from {until}; until then `rulekit outbox unapprove` takes it back")


def _exit_after(refused: "Refusals") -> None:
    if refused:
        raise SystemExit(TransitionRefused.exit_code)
