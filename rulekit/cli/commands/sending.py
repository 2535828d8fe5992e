"""`rulekit sending`: whether emails leave, and stopping all of them at once."""

from datetime import datetime
from pathlib import Path

import click

from rulekit.cli.parameters.options import by_option, now_option, output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_json
from rulekit.clock import format_instant, show_instant
from rulekit.diagnostics.display import plural
from rulekit.engine.stores import open_project_store
from rulekit.errors import TransitionRefused
from rulekit.outbox.sending.throttle import SendingState


@click.group("sending")
def command() -> None:
    """Stop all sending, let it go on, and see how it goes."""


@command.command("halt")
@click.option("--reason", required=True, help="Why; shown to everybody who asks why nothing leaves.")
@by_option("halts")
@now_option
@project_option
def halt(reason: str, by: str, now: datetime, project: Path) -> None:
    """Stop all sending, by every worker, until somebody resumes it.

    Emails go on being made and approved. One whose first byte has left is too late to stop.
    """
    if not reason.strip():
        raise click.UsageError("say why sending is halted: `--reason TEXT`")
    with open_project_store(project) as store:
        if (was := store.sending.state()).halted_at is not None:
            raise TransitionRefused(_halted(was), help="`rulekit sending resume` lets emails leave again")
        store.sending.halt(reason, now, by)
    click.echo("no email leaves until `rulekit sending resume`")


@command.command("resume")
@now_option
@project_option
def resume(now: datetime, project: Path) -> None:
    """Let emails leave again: ends a halt, and the wait after faults of the sender.

    A store that was copied, moved or restored is then taken for the one that sends; one that is lost is begun anew.
    """
    with open_project_store(project) as store:
        if not store.sending.resume(now):
            raise TransitionRefused(
                "nothing keeps sending back", help="look at `rulekit outbox list` for what each email waits for"
            )
        still = store.sending.state()
    if still.halted_at is not None:
        raise TransitionRefused(_halted(still), help="only then say `rulekit sending resume` once more")
    click.echo("emails may leave again; the next run sends what is due")


@command.command("status")
@output_option("text", "json")
@now_option
@project_option
def status(output: str, now: datetime, project: Path) -> None:
    """Say whether emails may leave, and what keeps them back."""
    with open_project_store(project) as store:
        found = store.sending.state()
    if output == "json":
        print_json(_as_json(found))
    elif found.halted_at is not None:
        click.echo(_halted(found))
    elif found.mismatch is not None:
        click.echo(f"the next run halts sending: {escape_line(found.mismatch)}")
    elif found.open_until is not None and now < found.open_until:
        faults = plural(found.faults, "fault")
        click.echo(f"the sender had {faults} in a row, so nothing is tried until {show_instant(found.open_until)}")
    else:
        click.echo("emails leave when they are due")
    if output == "text" and found.halted_at is not None and found.mismatch not in (None, found.halt_reason):
        click.echo(f"besides, {escape_line(found.mismatch or '')}")
    if output == "text" and found.fault:
        click.echo(f"the sender's last fault: {escape_line(found.fault)}")


def _halted(state: SendingState) -> str:
    since = show_instant(state.halted_at) if state.halted_at else ""
    who, why = escape_line(state.halted_by or ""), escape_line(state.halt_reason or "")
    return f"sending is halted since {since} by {who}: {why}"


def _as_json(state: SendingState) -> dict[str, object]:
    return {
        "schema_version": 1,
        "halted": state.halted_at is not None,
        "halted_at": format_instant(state.halted_at) if state.halted_at else None,
        "halted_by": state.halted_by,
        "halt_reason": state.halt_reason,
        "doubt": state.mismatch,
        "faults": state.faults,
        "waits_until": format_instant(state.open_until) if state.open_until else None,
        "last_fault": state.fault,
    }
