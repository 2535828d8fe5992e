"""How a run is printed: for people, for programs, and for cron, which wants to hear only of what needs a person."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta

import click

from rulekit import __version__
from rulekit.cli.printing.aligned import escape_line, print_json
from rulekit.cli.printing.logs import hide_addresses
from rulekit.cli.printing.ticks import birth, print_data_report, print_tick
from rulekit.cli.printing.unreadable import unjudged_as_json
from rulekit.clock import format_instant, show_instant
from rulekit.diagnostics.display import plural
from rulekit.engine.running import RunReport
from rulekit.engine.tick.prepare import PersonaChange, PreparedTick
from rulekit.outbox.dispatch.dispatcher import DispatchReport


def print_run(report: RunReport, now: datetime, output: str, *, quiet: bool) -> None:
    """Prints what a run did as `text` or `json`; when it is to be quiet, only where something needs a person."""
    needs = list(find_needs(report))
    if quiet and not needs:
        return
    if output == "json":
        print_json(_document(report, now, needs))
    elif quiet:
        for line in (f"run at {format_instant(now)}", *(f"  {need}" for need in needs)):
            click.echo(escape_line(line))
    else:
        _print_for_people(report, now)


def _print_for_people(report: RunReport, now: datetime) -> None:
    click.echo(f"tick at {format_instant(now)}")
    print_tick(report.tick)
    outcome = report.outcome
    if outcome.withdrawn or outcome.expired:
        click.echo(f"  outbox: {outcome.withdrawn} withdrawn, {outcome.expired} expired")
    print_data_report(report.data)
    _print_dispatch(report.dispatch)


def _print_dispatch(report: DispatchReport) -> None:
    parts = [f"{plural(report.sent, 'email')} sent"]
    for count, word in (
        (report.failed, "failed"),
        (report.later, "to try again"),
        (report.uncertain, "uncertain"),
        (report.suppressed, "suppressed"),
        (report.withdrawn, "withdrawn"),
        (report.expired, "expired"),
    ):
        if count:
            parts.append(f"{count} {word}")
    click.echo(f"dispatch: {', '.join(parts)}")
    if report.paused:
        click.echo(f"  no more is sent by this run: {escape_line(hide_addresses(report.paused))}", err=True)
    if report.next_at:
        at = show_instant(report.next_at + timedelta(seconds=1))
        click.echo(f"  more is due, but `rate` under [sender] lets the next email leave at {at}; run again then")


def find_needs(report: RunReport) -> Iterator[str]:
    """Yields, a line each, what of a run needs a person: who approves, accepts, mends or looks."""
    tick, dispatch = report.tick, report.dispatch
    for name, why in tick.because.items():
        yield f"{name}: {why}: look at `rulekit plan --accept {name}`, then run with `--accept {name}`"
    yield from map(str, tick.unjudged)
    for name, count in sorted(_born(tick, "unapproved").items()):
        why = ", more than delivery.max_auto_per_tick" if name in tick.demoted else ""
        yield f"{name}: {plural(count, 'email')} to approve{why}: `rulekit outbox list --trigger {name}`"
    for name, count in sorted(_made_again(tick, "unapproved").items()):
        where = f"`rulekit outbox list --trigger {name}`"
        yield f"{name}: {plural(count, 'email')} made again for another address, to approve: {where}"
    for name, count in sorted((_born(tick, "failed") + _made_again(tick, "failed")).items()):
        where = f"`rulekit outbox list --trigger {name} --state failed`"
        yield f"{name}: {plural(count, 'email')} could not be made: {where}"
    for name in sorted(tick.removed_triggers & tick.withdrawn.keys()):
        yield f"{name}: no longer in the rules, {plural(tick.withdrawn[name], 'email')} withdrawn"
    for count, what, state in (
        (dispatch.failed, "failed", "failed"),
        (dispatch.uncertain, "may have been sent, nobody knows", "uncertain"),
    ):
        if count:
            yield f"{plural(count, 'email')}: {what}: `rulekit outbox list --state {state}`"
    if dispatch.paused:
        yield f"no more is sent by this run: {dispatch.paused}"


def _born(tick: PreparedTick, how: str) -> Counter[str]:
    """Returns how many emails of each trigger a tick makes in a way: `approved`, `unapproved` or `failed`."""
    return Counter(row.trigger for row in tick.record.rows if birth(row) == how)


def _made_again(tick: PreparedTick, how: str) -> Counter[str]:
    """Returns the same of the emails that a tick makes again for another address of their person."""
    again = tick.record.readdressings
    return Counter(one.trigger for one in again if one.row is not None and birth(one.row) == how)


def _document(report: RunReport, now: datetime, needs: list[str]) -> dict[str, object]:
    """Returns what a run did as `docs/schemas/run-1.json` says; what others said may have addresses in it."""
    tick, outcome, data = report.tick, report.outcome, report.data
    names = tick.first_triggers | tick.withdrawn.keys() | {row.trigger for row in tick.record.rows}
    names |= {wait.trigger for wait in tick.record.waiting} | {line.trigger for line in tick.record.no_emails}
    return {
        "schema_version": 1,
        "tool": {"name": "rulekit", "version": __version__},
        "at": format_instant(now),
        "personas": [_persona(change) for change in tick.personas],
        "unjudged": [unjudged_as_json(one) for one in tick.unjudged],
        "triggers": [_trigger(tick, name) for name in sorted(names)],
        "outbox": {field.name: getattr(outcome, field.name) for field in fields(outcome)},
        "data": {"people": data.people, "companies": data.companies, "problems": data.problems()},
        "dispatch": {
            **{field.name: getattr(report.dispatch, field.name) for field in fields(report.dispatch)},
            "paused": hide_addresses(report.dispatch.paused) if report.dispatch.paused else None,
            "next_at": show_instant(report.dispatch.next_at) if report.dispatch.next_at else None,
        },
        "needs": [hide_addresses(need) for need in needs],
    }


def _persona(change: PersonaChange) -> dict[str, object]:
    return {
        "name": change.name,
        "members": change.members,
        "joined": len(change.joined),
        "left": len(change.left),
        "gone": len(change.gone),
        "baseline": change.baseline,
        "parked": change.parked is not None,
        "parked_because": change.parked,
        "edited": change.edited,
        "backfilled": list(change.backfilled),
    }


def _trigger(tick: PreparedTick, name: str) -> dict[str, object]:
    reasons = Counter(line.reason for line in tick.record.no_emails if line.trigger == name)
    return {
        "name": name,
        **{how: _born(tick, how)[name] for how in ("approved", "unapproved", "failed")},
        "waiting": sum(wait.trigger == name for wait in tick.record.waiting),
        "no_email": [{"reason": hide_addresses(reason), "people": count} for reason, count in sorted(reasons.items())],
        "withdrawn": tick.withdrawn.get(name, 0),
        "first_seen": name in tick.first_triggers,
        "removed": name in tick.removed_triggers,
        "demoted": name in tick.demoted,
    }
