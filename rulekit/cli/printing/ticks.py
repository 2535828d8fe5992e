"""How `run` and `plan` print a tick: what happened to each persona and trigger, and what the data was like."""

from collections import Counter
from collections.abc import Sequence

import click

from rulekit.cli.printing.aligned import escape_line, print_columns
from rulekit.cli.printing.logs import hide_addresses
from rulekit.diagnostics.display import plural
from rulekit.engine.tick.prepare import PersonaChange, PreparedTick
from rulekit.evaluation.data.data_report import DataReport
from rulekit.outbox.lifecycle.tick_values import NewRow, Readdressing
from rulekit.reason import Reason

SHOWN = 10


def print_tick(tick: PreparedTick) -> None:
    """Prints a line per persona and a line per trigger that made something of it."""
    print_columns(["  persona", "members", "joined", "left", ""], map(_persona_row, tick.personas))
    _print_made(tick.record.rows)
    waits = Counter((wait.trigger, wait.option) for wait in tick.record.waiting)
    for (trigger, option), count in sorted(waits.items()):
        click.echo(f"  {trigger}: {plural(count, 'person', 'people')} waiting for `{option}`")
    for (trigger, reason), count in sorted(Counter((n.trigger, n.reason) for n in tick.record.no_emails).items()):
        why = escape_line(hide_addresses(reason))
        click.echo(f"  {trigger}: no email for {plural(count, 'person', 'people')}: {why}")
    for (trigger, what), count in sorted(Counter(map(_readdressed, tick.record.readdressings)).items()):
        click.echo(f"  {trigger}: {plural(count, 'waiting email')} {escape_line(what)}")
    _print_missed(len(tick.record.missed))
    _print_first_triggers(tick)
    for trigger in sorted(tick.removed_triggers & tick.withdrawn.keys()):
        withdrawn = plural(tick.withdrawn[trigger], "email")
        gone = f"no longer in the rules, {withdrawn} withdrawn"
        click.echo(f"  {trigger}: {gone}; renamed, it keeps them by `was {trigger}`")
    for edited in filter(lambda change: change.edited, tick.personas):
        click.echo(f"  {edited.name} changed: {_edit_note(edited)}")
    for trigger in sorted(tick.demoted):
        click.echo(f"  {trigger}: more emails than delivery.max_auto_per_tick, so they wait for approval", err=True)
    for name, why in tick.because.items():
        click.echo(f"  {name}: {escape_line(why)}; nothing was changed for it", err=True)
    _print_words(tick)
    _print_unjudged(tick)


def _print_made(rows: Sequence[NewRow]) -> None:
    """Prints how many emails each trigger made, and of those that cannot be made why the first one cannot."""
    made = Counter((row.trigger, birth(row)) for row in rows)
    for (trigger, state), count in sorted(made.items()):
        click.echo(f"  {trigger}: {plural(count, 'email')} {_told(state)}")
        if state == "failed":
            why = next(row.failure for row in rows if row.trigger == trigger and row.failure)
            # the rest of it may name somebody; the outbox and a plan have it
            click.echo(f"    the first cannot be made: {escape_line(Reason.of(why).text or 'see the outbox')}")


def _print_words(tick: PreparedTick) -> None:
    """Prints where a person's word is asked for, and where one was given for nothing."""
    if tick.parked:
        help = "look at `rulekit plan --accept NAME`; if it is right, run again with `--accept NAME`"
        click.echo(f"help: {help}", err=True)
    for name in tick.not_parked:
        click.echo(f"  {name}: nothing parks it, so `--accept {name}` changes nothing", err=True)


def _print_unjudged(tick: PreparedTick) -> None:
    for unjudged in tick.unjudged:
        click.echo(f"  {escape_line(str(unjudged))}", err=True)
    if tick.unjudged:
        click.echo(
            "help: mend these values, or declare how they are written; until then nobody is mailed for it", err=True
        )


def _print_missed(people: int) -> None:
    if people:
        who = plural(people, "person", "people")
        click.echo(f"  {who} not in the source any more: they keep their sides, and their emails are held")


def _print_first_triggers(tick: PreparedTick) -> None:
    backfilled = sorted(name for change in tick.personas for name in change.backfilled if name in tick.first_triggers)
    others = sorted(tick.first_triggers.difference(backfilled))
    if others:
        names = ", ".join(others)
        click.echo(f"  first seen: {names}; who is in their personas already is not mailed without backfill=true")
    if backfilled:
        names = ", ".join(backfilled)
        click.echo(f"  first seen: {names}; by backfill=true who is in their personas already counts as joined")


def print_emails(tick: PreparedTick) -> None:
    """Prints the first emails that a tick makes, with the reasons of those that cannot be made."""
    for row in tick.record.rows[:SHOWN]:
        what = f"cannot be made: {row.failure}" if row.failure else row.subject
        click.echo(f"    {row.trigger} to {escape_line(row.recipient or row.tagging.person)}: {escape_line(what)}")
    if len(tick.record.rows) > SHOWN:
        click.echo(f"    … and {len(tick.record.rows) - SHOWN:,} more")


def print_data_report(report: DataReport) -> None:
    """Prints what was wrong with the data, a line for each kind of thing, and nothing when it was fine."""
    for problem in report.problems():
        click.echo(f"  data: {escape_line(problem)}", err=True)


def _edit_note(change: PersonaChange) -> str:
    by_edit = f"{len(change.joined):,} in, {len(change.left):,} out by the edit"
    if change.backfilled:
        return f"{by_edit}; by backfill=true who is in by it counts as joined for {', '.join(change.backfilled)}"
    return f"{by_edit}; nobody is mailed for it"


def _baseline_note(change: PersonaChange) -> str:
    if change.backfilled:
        return f"baseline: first seen; by backfill=true who is in counts as joined for {', '.join(change.backfilled)}"
    return "baseline: first seen, nobody is mailed"


def _persona_row(change: PersonaChange) -> list[str]:
    note = _baseline_note(change) if change.baseline else ""
    if change.gone:
        note = f"{plural(len(change.gone), 'person', 'people')} gone from the source"
    if change.parked:
        note = "parked"
    elif change.edited:
        note = "baseline: it asks something else now"
    joined, left = ("", "") if change.baseline or change.edited else (f"+{len(change.joined)}", f"-{len(change.left)}")
    return [f"  {change.name}", f"{change.members:,}", joined, left, note]


def birth(row: NewRow) -> str:
    """Returns how a tick makes an email: `failed`, `approved` or `unapproved`."""
    if row.failure:
        return "failed"
    return "approved" if row.auto else "unapproved"


def _readdressed(one: Readdressing) -> tuple[str, str]:
    if one.row is None:
        return one.trigger, f"withdrawn, as its person has another address: {one.reason}"
    if one.row.failure is not None:
        return one.trigger, "failed, as its person has another address, for which none can be made"
    return one.trigger, f"made again for another address of its person, {_told(birth(one.row))}"


def _told(state: str) -> str:
    return "approved (auto)" if state == "approved" else state
