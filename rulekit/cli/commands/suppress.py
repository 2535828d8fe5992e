"""`rulekit suppress`: the addresses that may not be mailed."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn, TextIO

import click

from rulekit.cli.parameters.completing import declared
from rulekit.cli.parameters.options import InstantParam, by_option, now_option, output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_columns, print_json
from rulekit.clock import format_instant
from rulekit.diagnostics.display import plural
from rulekit.engine.stores import open_project_store, refuse_unknown_trigger
from rulekit.errors import ComposeError, TransitionRefused
from rulekit.outbox.rows.suppressions import Suppression, Which, normalise
from rulekit.outbox.store import Store

ALL_MAIL = "all mail"
# so many reasons are shown before addresses are removed by filter
REASONS = 20


class _Group(click.Group):
    """A group that loads `import`, which reads what many others write, only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "import"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "import":
            return super().get_command(ctx, cmd_name)
        from rulekit.cli.commands.importing import command as import_command

        return import_command


@click.group("suppress", cls=_Group)
def command() -> None:
    """Say which addresses may not be mailed."""


@command.command("add")
@click.argument("address")
@click.option(
    "--trigger", shell_complete=declared("trigger"), help="Forbid this trigger's emails only; default: all mail."
)
@click.option("--reason", default="asked for it", show_default=True, help="Why; kept with the address.")
@by_option("says so")
@now_option
@project_option
def add(address: str, trigger: str | None, reason: str, by: str, now: datetime, project: Path) -> None:
    """Never mail ADDRESS again, nor the people who were mailed there at any other address.

    Emails that wait for them end; one that is being sent is too late to stop.
    """
    _refuse_what_is_no_address(address)
    with open_project_store(project) as store:
        refuse_unknown_trigger(store, trigger)
        ended = store.suppressions.add(address, reason, now, by, trigger)
    what = f" for {trigger}" if trigger else ""
    click.echo(f"{escape_line(address)} is not mailed any more{what}; {plural(ended, 'waiting email')} ended")


def _refuse_what_is_no_address(text: str) -> None:
    """Refuses a text that no email goes to: on the list it would forbid nothing, while somebody relies on it."""
    from rulekit.email.addresses import parse_address  # slow to import, and looking at the list does without

    try:
        parse_address(text.strip())
    except ComposeError as error:
        raise ComposeError(str(error), help="name one bare address, like `ada@example.com`") from None


@command.command("remove")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--from",
    "path",
    type=click.File("r", encoding="utf-8-sig", errors="replace"),
    help="A file with an address on each line; `-` is standard input.",
)
@click.option(
    "--trigger", shell_complete=declared("trigger"), help="Those of this trigger's emails; default: those of all mail."
)
@click.option("--reason", help="Those with exactly this reason.")
@click.option("--by", help="Those that this name put there.")
@click.option("--since", type=InstantParam(), help="Those put there at this instant or later.")
@click.option("--until", type=InstantParam(), help="Those put there at this instant or earlier.")
@click.option("--yes", is_flag=True, help="Do not ask before removing by filter.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@project_option
def remove(
    addresses: tuple[str, ...],
    path: TextIO | None,
    trigger: str | None,
    reason: str | None,
    by: str | None,
    since: datetime | None,
    until: datetime | None,
    yes: bool,
    dry_run: bool,
    project: Path,
) -> None:
    """Allow mail to addresses and their people again, to all of them or none; emails that ended stay ended.

    Say which by ADDRESS, by a file, or by filters, as to undo an import: `--reason` and `--since` of `suppress list`.
    """
    named = [*addresses, *(line.strip() for line in path or () if line.strip())]
    if path is None and not addresses and (reason, by, since, until) == (None,) * 4:
        raise click.UsageError("say which addresses: by name, by a file (`--from`), or by filters as `--reason`")
    known = frozenset(map(normalise, named)) if addresses or path else None
    which = Which(known, trigger, reason, by, since, until)
    with open_project_store(project) as store:
        found = store.suppressions.remove(which, dry_run=True)
        if not found:
            _refuse(store, named, known)
        if not dry_run and (yes or known is not None or _is_sure(found)):
            found = store.suppressions.remove(which)
    _print_removed(named, found, len(known or ()) - len(found), dry_run)


def _is_sure(found: Sequence[Suppression]) -> bool:
    for reason, count in Counter(one.reason for one in found).most_common(REASONS):
        click.echo(f"  {count:,}  {escape_line(reason)}")
    return click.confirm(f"allow mail to {plural(len(found), 'address', 'addresses')} again?", abort=True)


def _refuse(store: Store, named: Sequence[str], known: frozenset[str] | None) -> NoReturn:
    """Says that nothing is to be removed, and where an address that was named stands instead."""
    others = sorted({one.trigger or "" for one in store.suppressions.all() if one.address in (known or ())})
    if others == [""]:
        hint = "it is suppressed for all mail: leave `--trigger` out, or look at `rulekit suppress list`"
    elif others:
        hint = f"it is suppressed for emails of {', '.join(filter(None, others))}: name the trigger with `--trigger`"
    else:
        hint = "look at `rulekit suppress list` for the addresses that are"
    who = f"{named[0]} is not suppressed" if len(named) == 1 else "none of these addresses is suppressed"
    raise TransitionRefused(who if named else "no address is suppressed that these filters are true of", help=hint)


def _print_removed(named: Sequence[str], found: Sequence[Suppression], lacking: int, dry_run: bool) -> None:
    who = escape_line(named[0]) if len(named) == 1 else plural(len(found), "address", "addresses")
    also = f"; {lacking:,} of those named {'was' if lacking == 1 else 'were'} not suppressed" if lacking > 0 else ""
    click.echo(f"{who} {'might' if dry_run else 'may'} be mailed again{also}")


@command.command("list")
@output_option("text", "json")
@project_option
def list_addresses(output: str, project: Path) -> None:
    """List the addresses that may not be mailed, in order, and for which emails."""
    with open_project_store(project) as store:
        found = store.suppressions.all()
    if output == "json":
        lines = [
            {
                "address": s.address,
                "trigger": s.trigger,
                "at": format_instant(s.at),
                "by": s.actor,
                "reason": s.reason,
                "people": list(s.people),
            }
            for s in found
        ]
        print_json({"schema_version": 1, "suppressions": lines})
    elif found:
        print_columns(
            ["address", "for", "since", "by", "person", "reason"],
            [
                (s.address, s.trigger or ALL_MAIL, format_instant(s.at), s.actor, ", ".join(s.people), s.reason)
                for s in found
            ],
        )
    else:
        click.echo("no address is suppressed")
