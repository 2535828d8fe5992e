"""The store: its schema and its journal, the last tick, and the emails that somebody should look at."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from rulekit.clock import format_instant
from rulekit.diagnostics.display import plural
from rulekit.engine.stores import find_what_is_lost
from rulekit.environment import fill
from rulekit.outbox.database.migrations import HEAD
from rulekit.outbox.database.opening import find_version, resolve_url
from rulekit.outbox.database.sqlite import wal_is_safe
from rulekit.outbox.lifecycle.tick_values import Parked
from rulekit.outbox.looking.health import Health
from rulekit.outbox.store import Store
from rulekit.records import CheckResult, State, Verdict
from rulekit.settings.model import Settings

# a run of cron once a day is never older, even when a day has 25 hours
STALE = timedelta(hours=26)
_UNSAFE = {
    "fsync": "the server may lose what it said was written",
    "full_page_writes": "a power failure may tear a page of the server",
}


def look(folder: Path, settings: Settings, now: datetime) -> Iterator[CheckResult]:
    """Says how the store is doing; one that is missing or of an older version is left as it is."""
    filled = fill(settings.store.url)
    with filled.concealing():
        if not Store.exists(filled.url, folder):
            yield missing(find_what_is_lost(folder, settings))
            return
        version = find_version(resolve_url(filled.url, folder))
        if version is None:
            message = "it has no tables: it was emptied, or a first run did not come to its end"
            yield CheckResult("store", Verdict.WARNING, message, "the next run says whether it may begin anew")
            return
        # revisions are numbered in order
        if version > HEAD:
            message = f"it was written by a newer rulekit (its schema is {version}), so nothing can be done with it"
            yield CheckResult("store", Verdict.PROBLEM, message, "install that version of rulekit-engine")
            return
        if version != HEAD:
            message = "the schema is of an older version, so nothing else was asked"
            help = "copy the store, then run any other command, which brings it up to date"
            yield CheckResult("store", Verdict.WARNING, message, help)
            return
        with Store.open(filled.url, folder) as store:
            health = store.audit.health(now)
    yield from database(health.database)
    yield tick(health.last_tick_at, now)
    yield from parked(health.parked)
    yield sending(health)
    yield from emails(health)


def missing(lost: str | None) -> CheckResult:
    """Says of a store that is not there whether there was one."""
    if lost is not None:
        return CheckResult("store", Verdict.PROBLEM, lost, "no run does anything until then")
    return CheckResult("store", Verdict.NOTE, "there is no store yet", "run `rulekit run`, which makes it")


def database(facts: Mapping[str, str], sqlite: tuple[int, ...] = sqlite3.sqlite_version_info) -> Iterator[CheckResult]:
    """Says which database it is, how it keeps its journal and why."""
    if "sqlite" in facts:
        why = (
            "the write-ahead log is safe in this version"
            if wal_is_safe(sqlite)
            else "in this version a write-ahead log could damage the file"
        )
        yield CheckResult("store", Verdict.OK, f"SQLite {facts['sqlite']}, journal {facts['journal'].upper()}: {why}")
        return
    off = [name for name in _UNSAFE if facts[name] == "off"]
    for name in off:
        help = f"write `{name} = on` into postgresql.conf and restart the server"
        yield CheckResult("store", Verdict.PROBLEM, f"`{name}` is off: {_UNSAFE[name]}", help)
    if not off:
        commits = f"synchronous_commit {facts['synchronous_commit']}"
        yield CheckResult("store", Verdict.OK, f"PostgreSQL {facts['server_version']}, {commits}")


def tick(at: datetime | None, now: datetime) -> CheckResult:
    """Says how long ago the last tick was."""
    name, help = "last tick", "see that cron starts `rulekit run`, or that `rulekit serve` runs"
    if at is None:
        return CheckResult(name, Verdict.NOTE, "there was none yet", "run `rulekit run`")
    when = f"at {format_instant(at)}"
    if at > now:
        return CheckResult(name, Verdict.PROBLEM, f"{when}, which lies ahead of this clock", "set the machine's clock")
    if now - at > STALE:
        days = plural((now - at).days, "day")
        return CheckResult(name, Verdict.WARNING, f"{when}, {days} ago: nobody is tagged or untagged", help)
    return CheckResult(name, Verdict.OK, when)


def parked(personas: Mapping[str, Parked]) -> Iterator[CheckResult]:
    """Names the personas whose crossings are held back, since when and why."""
    for name, one in personas.items():
        message = f"`{name}` since {format_instant(one.at)}: {one.because}"
        help = f"look at `rulekit plan --accept {name}`; if it is right, run with `--accept {name}`"
        yield CheckResult("parked", Verdict.PROBLEM, message, help)


def sending(health: Health) -> CheckResult:
    """Says whether emails may leave."""
    state, name = health.sending, "sending"
    if state.halted_at is not None:
        who = f"{state.halted_by} halted it at {format_instant(state.halted_at)}: {state.halt_reason}"
        return CheckResult(name, Verdict.WARNING, who, "run `rulekit sending resume` when it may go on")
    if state.mismatch is not None:
        help = "the next run halts sending, until a person has looked"
        return CheckResult(name, Verdict.WARNING, state.mismatch, help)
    if state.open_until is not None:
        message = f"{plural(state.faults, 'fault')} of the sender in a row; the last: {state.fault}"
        return CheckResult(name, Verdict.PROBLEM, message, "mend the sender; one email is tried from time to time")
    return CheckResult(name, Verdict.OK, "emails may leave")


def emails(health: Health) -> Iterator[CheckResult]:
    """Names the emails that somebody should look at."""
    uncertain, unapproved = (health.counts.get(state, 0) for state in (State.UNCERTAIN, State.UNAPPROVED))
    for count, what, help in (
        (uncertain, "may have been sent, nobody knows", "settle them by `rulekit outbox list --state uncertain`"),
        (health.overdue, "should have left more than an hour ago", "see whether `rulekit run` or `serve` still runs"),
        (health.abandoned, "is left by a worker that died", "run `rulekit run`, which takes it over"),
    ):
        if count:
            yield CheckResult("emails", Verdict.WARNING, f"{plural(count, 'email')}: {what}", help)
    if unapproved:
        what = plural(unapproved, "email") + (" waits" if unapproved == 1 else " wait")
        help = "look at `rulekit outbox list --state unapproved`, then `approve` or `cancel` them"
        yield CheckResult("emails", Verdict.NOTE, f"{what} for a person's word", help)
    if not (uncertain or unapproved or health.overdue or health.abandoned):
        yield CheckResult("emails", Verdict.OK, f"none of {sum(health.counts.values()):,} waits for a person's word")
