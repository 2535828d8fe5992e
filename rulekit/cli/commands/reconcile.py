"""`rulekit reconcile`: whether every tagging has its answer, and every promise is kept."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from rulekit.cli.parameters.options import now_option, output_option, project_option
from rulekit.cli.printing.aligned import escape_line, print_json
from rulekit.cli.printing.progress import working
from rulekit.clock import format_instant
from rulekit.diagnostics.display import plural, width
from rulekit.engine.stores import open_project_store
from rulekit.outbox.reconcile import PROMISES, Account, Finding, Reconciliation, reconcile
from rulekit.records import State


@click.command("reconcile")
@output_option("text", "json")
@now_option
@project_option
def command(output: str, now: datetime, project: Path) -> None:
    """Say whether every tagging that matched a trigger ended in one state or reason, and every promise is kept.

    Nothing is changed. The exit code is 1 when anything is off.
    """
    with open_project_store(project) as store, working("reading the ledger") as say:
        found = reconcile(store, now, lambda done, total: say(f"looking at emails: {done:,} of {total:,}"))
    if output == "json":
        print_json(_as_json(found))
    else:
        _print(found)
    if not found.adds_up:
        raise SystemExit(1)


def _print(found: Reconciliation) -> None:
    _print_equation(found.accounts)
    for account in found.accounts:
        for reason, count in account.reasons.items():
            click.echo(f"{account.trigger}: no email for {plural(count, 'tagging')}: {escape_line(reason)}")
        if account.again:
            click.echo(f"{account.trigger}: {plural(account.again, 'copy', 'copies')} made because somebody asked")
    for name, one in found.parked.items():
        click.echo(f"{name}: parked since {format_instant(one.at)}: {escape_line(one.because)}")
    if found.since != 1:
        _print_since(found.since)
    if found.again:
        emails = plural(found.again, "email")
        click.echo(f"{emails} left again while nobody knew of the first time (`uncertain`), and may have arrived twice")
    click.echo()
    for name, holds in PROMISES.items():
        broken = [finding for finding in found.findings if finding.promise == name]
        click.echo(f"{name:3}  {'BROKEN' if broken else 'holds ':6}  {holds}")
        for finding in broken:
            click.echo(f"  {_which(finding)}: {escape_line(finding.problem)}")
            click.echo(f"  help: {finding.help}")
    click.echo()
    click.echo(f"looked at {plural(found.emails, 'email')}: {'it adds up' if found.adds_up else 'it does not add up'}")


def _print_equation(accounts: Sequence[Account]) -> None:
    """Prints `matched = … + … ` for each trigger and in total, a column for each state that has any."""
    if not accounts:
        click.echo("no trigger has matched anything yet")
        return
    states = [state for state in State if any(account.emails.get(state) for account in accounts)]
    header = ["matched", *(state.value for state in states), "waiting", "no email"]
    rows = [_terms(account, states) for account in accounts]
    table = [header, *([f"{number:,}" for number in row] for row in (*rows, list(map(sum, zip(*rows, strict=True)))))]
    names = ["trigger", *(escape_line(account.trigger) for account in accounts), "total"]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    widest = max(map(width, names))
    for name, cells in zip(names, table, strict=True):
        matched, *terms = (cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
        click.echo(f"{name}{' ' * (widest - width(name))}  {matched} = {' + '.join(terms)}")


def _terms(account: Account, states: Sequence[State]) -> list[int]:
    return [account.matched, *(account.emails.get(state, 0) for state in states), account.waiting, account.without]


def _print_since(since: int) -> None:
    until = f"before tick {since}" if since else "until now"
    click.echo(f"what matched {until} was counted when the store was brought up to date, by what had become of it")


def _which(finding: Finding) -> str:
    """Returns the things that break a promise, by name: `emails 3, 7 and 12 more`."""
    if not finding.first:
        return finding.kind
    more = finding.count - len(finding.first)
    named = ", ".join(map(escape_line, finding.first)) + (f" and {more:,} more" if more else "")
    return f"{finding.kind if finding.count == 1 else f'{finding.kind}s'} {named}"


def _as_json(found: Reconciliation) -> dict[str, object]:
    return {
        "schema_version": 1,
        "adds_up": found.adds_up,
        "emails": found.emails,
        "counted_since_tick": found.since,
        "left_again_in_doubt": found.again,
        "parked": [
            {"persona": name, "since": format_instant(one.at), "because": one.because}
            for name, one in found.parked.items()
        ],
        "ledger": [_account_as_json(account) for account in found.accounts],
        "promises": [
            {"name": name, "promise": holds, "holds": not any(f.promise == name for f in found.findings)}
            for name, holds in PROMISES.items()
        ],
        "findings": [
            {
                "promise": finding.promise,
                "problem": finding.problem,
                "help": finding.help,
                "kind": finding.kind,
                "count": finding.count,
                "first": list(finding.first),
            }
            for finding in found.findings
        ],
    }


def _account_as_json(account: Account) -> dict[str, object]:
    return {
        "trigger": account.trigger,
        "matched": account.matched,
        "emails": {state.value: account.emails[state] for state in State if state in account.emails},
        "waiting": account.waiting,
        "no_email": account.without,
        "reasons": dict(account.reasons),
        "copies": account.again,
        "missing": account.missing,
    }
