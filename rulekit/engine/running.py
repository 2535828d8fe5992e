"""A run: one tick, written in one transaction, and then what is due is sent; and what a run would do."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import Project
from rulekit.engine.senders import find_sender
from rulekit.engine.stores import find_what_is_lost, open_store_to_read
from rulekit.engine.tick.guard import Accept
from rulekit.engine.tick.prepare import PreparedTick, prepare_tick
from rulekit.engine.uncertain_emails import uncertainty_of
from rulekit.engine.worker_name import name_worker
from rulekit.errors import StoreError
from rulekit.evaluation.data.data_report import DataReport
from rulekit.outbox.dispatch.dispatcher import DispatchReport, Worker, dispatch
from rulekit.outbox.lifecycle.tick_values import TickOutcome
from rulekit.outbox.sending.gates import Gates
from rulekit.outbox.sending.throttle import ITSELF, Throttle
from rulekit.outbox.store import Store


@dataclass(frozen=True, slots=True)
class TakenTick:
    """What one tick did: what was computed, what of it was written, and the data it read."""

    tick: PreparedTick
    outcome: TickOutcome
    data: DataReport


@dataclass(frozen=True, slots=True)
class RunReport(TakenTick):
    """What one run did: its tick, and what was sent after it."""

    dispatch: DispatchReport


def run(
    project: Project,
    store: Store,
    now: datetime,
    *,
    accept: Accept = False,
    clock: Callable[[], datetime] | None = None,
    progress: Callable[[int], None] | None = None,
    stopping: AbstractContextManager[Callable[[], bool]] | None = None,
    wait: Callable[[float], object] | None = None,
) -> RunReport:
    """Runs one tick at `now` and sends what is due.

    `clock` gives the time of each sending (default: `now`); `progress` hears how many emails are done; `wait` is as in
    `dispatch_due`. `stopping` is entered when the tick is written, and what it gives says when to stop. Raises
    SettingsError when the sender's settings cannot do, before anything is read or written.
    """
    taken = take_tick(project, store, now, accept=accept)
    with stopping or nullcontext(_never) as stop:
        dispatched = dispatch_due(project, store, clock or (lambda: now), progress, stop, wait)
    return RunReport(taken.tick, taken.outcome, taken.data, dispatched)


def _never() -> bool:
    return False


def take_tick(project: Project, store: Store, now: datetime, *, accept: Accept = False) -> TakenTick:
    """Runs one tick at `now` and sends nothing.

    Raises SettingsError when the sender's settings cannot do, and StoreError when the store of before is lost, before
    anything is read or written: the sender is opened once, which connects to nothing yet.
    """
    find_sender(project)().close()
    _refuse_beginning_anew(store, now)
    with open_project_data(project) as data:
        tick = prepare_tick(project, data, store, now, accept=accept)
        report = data.report
    return TakenTick(tick, store.ticks.record(tick.record), report)


def _refuse_beginning_anew(store: Store, now: datetime) -> None:
    """Halts in place of a first tick that would mail again who was mailed before, until a person has looked."""
    state = store.sending.state()
    if state.is_lost and state.mismatch is not None:
        store.sending.halt(state.mismatch, now, ITSELF)
        help = "say `rulekit sending resume` only when it is right to begin anew: `backfill=true` mails everybody again"
        raise StoreError(f"nobody was tagged or mailed: {state.mismatch}", help=help)


def plan(project: Project, now: datetime, *, accept: Accept = False) -> tuple[PreparedTick, DataReport]:
    """Computes what one tick at `now` would do, and what the data was like; nothing is written."""
    with open_project_data(project) as data, open_store_to_read(project) as store:
        return prepare_tick(project, data, store, now, accept=accept), data.report


def find_what_halts(project: Project) -> str | None:
    """Returns what a run does not do and why, when sending is halted or the store may not be the one that last sent.

    Changes nothing.
    """
    if (lost := find_what_is_lost(project.folder, project.settings)) is not None:
        return f"a run does nothing: {lost}"
    with open_store_to_read(project) as store:
        state = store.sending.state()
    if state.is_lost:
        return f"a run does nothing: {state.mismatch}"
    why = state.halt_reason or state.mismatch
    return f"a run sends no email: {why}" if why is not None else None


def dispatch_due(
    project: Project,
    store: Store,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] | None = None,
    stop: Callable[[], bool] = _never,
    wait: Callable[[float], object] | None = None,
) -> DispatchReport:
    """Sends the emails that are approved and due, each to the project's sender, until `stop` says so.

    `wait` sleeps some seconds where `sender.rate` makes it necessary, which is worth a minute for an email; without it
    the rest waits for the next time.
    """
    settings = project.settings
    gates = Gates(
        allowed=lambda address: _is_allowed(address, settings.sender.allow),
        caps=tuple(settings.delivery.cap),
        quiet=settings.delivery.quiet_hours,
        zone=settings.timezone,
        uncertainty=uncertainty_of(settings, project.plugins),
    )
    worker = Worker(
        name=name_worker(),
        gates=gates,
        throttle=Throttle(settings.sender.rate, settings.sender.concurrency, waits=wait is not None),
        connections=settings.sender.connections,
        jitter=random.random,
        wait=wait,
        stop=stop,
    )
    return dispatch(store, find_sender(project), clock, worker, progress=progress)


def _is_allowed(address: str, patterns: list[str] | None) -> bool:
    return patterns is None or any(fnmatchcase(address.casefold(), pattern.casefold()) for pattern in patterns)
