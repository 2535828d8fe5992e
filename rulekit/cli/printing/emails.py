"""How one email of the outbox is printed, for people and for machines."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from rulekit.cli.printing.aligned import escape_line
from rulekit.clock import format_instant, show_instant
from rulekit.diagnostics.display import escape
from rulekit.outbox.lifecycle.transition import Actor
from rulekit.outbox.rows.queries import AuditLine, OutboxRow
from rulekit.records import State

if TYPE_CHECKING:
    from rulekit.outbox.people.recorded_notices import Event


def gist(row: OutboxRow) -> str:
    """Returns why the email is held, or ended as it did, where it did not end well, and its subject otherwise."""
    if (held := _held(row)) is not None:
        return f"held: {held}"
    return row.subject if row.state in (State.SENT, State.UNAPPROVED) else row.reason or row.subject


def _held(row: OutboxRow) -> str | None:
    """Returns why an email that waits cannot leave, whatever is decided about it; None where nothing holds it."""
    if row.absent_since is None or row.state not in (State.UNAPPROVED, State.APPROVED, State.RETRYING):
        return None
    return f"its person is not in the source since {show_instant(row.absent_since)}"


def print_email(row: OutboxRow, message: bytes, history: list[AuditLine], notices: "list[Event]") -> None:
    """Prints one email for a person who decides about it: facts, history, what was heard of it since, text."""
    _print_facts(row)
    for line in history:
        reason = f": {escape_line(line.reason)}" if line.reason not in ("", line.actor_name) else ""
        click.echo(f"  {show_instant(line.at)}  {_where(line):10}  by {escape_line(_who(line))}{reason}")
    for event in notices:
        detail = f": {escape_line(event.detail)}" if event.detail else ""
        click.echo(f"  {show_instant(event.at)}  {event.kind.value:10}  by {escape_line(event.source)}{detail}")
    click.echo()
    click.echo(escape(_plain_text(message)))


def story_as_json(row: OutboxRow, history: list[AuditLine], notices: "list[Event]") -> dict[str, object]:
    """Returns why an email was made, what happened to it since, and what was heard about it after it left."""
    lines = [
        {
            "at": format_instant(line.at),
            "from": line.source.value if line.source else None,
            "to": line.target.value,
            "actor": line.actor_name,
            "reason": line.reason,
        }
        for line in history
    ]
    known_since = [
        {"at": format_instant(event.at), "kind": event.kind.value, "source": event.source, "detail": event.detail}
        for event in notices
    ]
    doubted_at = _doubted_at(row)
    return {
        "because": dict(row.because),
        "doubted_at": format_instant(doubted_at) if doubted_at else None,
        "history": lines,
        "heard": known_since,
    }


def _doubted_at(row: OutboxRow) -> datetime | None:
    """Returns when a server first may have taken the email without a word, as long as nobody looked into it."""
    return row.doubted_at or (row.left_at if row.state is State.UNCERTAIN else None)


def _print_facts(row: OutboxRow) -> None:
    click.echo(f"email {row.id}: {row.state.value}" + (f" ({escape_line(row.reason)})" if row.reason else ""))
    tagging = row.tagging
    crossing = f"{tagging.edge.value} {tagging.persona}, for the {_ordinal(tagging.episode)} time"
    for label, value in (
        ("to", row.recipient or row.tagging.person),
        ("subject", row.subject),
        ("trigger", f"{row.trigger} ({row.origin})"),
        ("person", f"{tagging.person}, {crossing}"),
        ("made", format_instant(row.created_at)),
        ("message id", row.message_id),
        ("sha-256", row.digest),
    ):
        click.echo(f"  {label + ':':12}{escape_line(value)}")
    if (held := _held(row)) is not None:
        click.echo(f"  {'held:':12}{held}")
    if (doubted_at := _doubted_at(row)) is not None:
        click.echo(f"  {'in doubt:':12}a server may have taken it at {show_instant(doubted_at)}")
    for text, value in row.because.items():
        click.echo(f"  {'because:':12}{escape_line(text)} = {escape_line(value)}")


def _where(line: AuditLine) -> str:
    """Returns the state that an email came to; `sending` says how far it was."""
    return f"{line.target.value} ({line.target_phase.value})" if line.target_phase else line.target.value


def _who(line: AuditLine) -> str:
    """Returns the name of a person who acted, and for anything else what it is, as in `tick 2`."""
    is_person = line.actor in (Actor.APPROVER.value, Actor.OPERATOR.value)
    return line.actor_name if is_person else f"{line.actor} {line.actor_name}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _plain_text(message: bytes) -> str:
    """Returns the text part of an email; a failed one has no bytes and so no text."""
    # a list of emails does without their text
    from email import message_from_bytes, policy

    if not message:
        return "(no message could be made)"
    body = message_from_bytes(message, policy=policy.default).get_body(("plain", "html"))
    return str(body.get_content()).replace("\r\n", "\n").rstrip() if body else ""


def email_as_json(row: OutboxRow) -> dict[str, object]:
    """Returns what `--output json` says of one email."""
    return {
        "id": row.id,
        "state": row.state.value,
        "trigger": row.trigger,
        "persona": row.tagging.persona,
        "person": row.tagging.person,
        "episode": row.tagging.episode,
        "edge": row.tagging.edge.value,
        "template": row.template,
        "recipient": row.recipient,
        "subject": row.subject,
        "digest": row.digest,
        "created_at": format_instant(row.created_at),
        "reason": row.reason,
        "held": _held(row),
    }
