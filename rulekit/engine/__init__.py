"""The one straight path from rules to a sent email; everything with a user's face calls it, and adds no logic.

==========================  ===================================================  ==============
rules text → program        `open_project`, by `language.project`                `project.py`
program → membership        `evaluation.sights`, where the data is               `ticking.py`
membership, past → changes  who crossed which border                             `ticking.py`
changes → firing            `outbox.firing`: the options of triggers             `ticking.py`
firing → rows               `email.compose`: one frozen email each               `composing.py`
rows → store                `Store.record_tick`, one transaction                 `run`, below
store → sender              `outbox.dispatcher`: what is approved and due        `run`, below
==========================  ===================================================  ==============

`past.py` reads what earlier ticks left. Time is an argument everywhere.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import compress
from typing import Literal

from rulekit.email.compose import ADDRESS_FIELD
from rulekit.engine.project import (
    Project,
    find_sender,
    find_what_is_lost,
    installed_plugins,
    open_project,
    open_project_data,
    open_project_store,
    open_store,
    open_store_to_read,
)
from rulekit.engine.tick.prepare import PersonaChange, PreparedTick, prepare_tick, prepare_tick_on
from rulekit.engine.uncertain_emails import what_in_doubt
from rulekit.engine.worker_name import name_worker
from rulekit.errors import RulekitError, StoreError
from rulekit.evaluation.data.data_report import DataReport
from rulekit.evaluation.questions.explanation import Explanation, explain
from rulekit.evaluation.questions.membership import evaluate, segment_members
from rulekit.evaluation.questions.people import find_person
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.outbox.dispatch.dispatcher import DispatchReport, Worker, dispatch
from rulekit.outbox.lifecycle.tick_values import TickOutcome
from rulekit.outbox.sending.gates import Gates
from rulekit.outbox.sending.throttle import ITSELF, Pace
from rulekit.outbox.store import Store
from rulekit.suggestions import suggest

__all__ = [
    "Members",
    "PersonaChange",
    "PreparedTick",
    "Project",
    "RunReport",
    "TakenTick",
    "dispatch_due",
    "explain_member",
    "find_what_halts",
    "installed_plugins",
    "list_members",
    "open_project",
    "open_project_data",
    "open_project_store",
    "open_store",
    "open_store_to_read",
    "plan",
    "prepare_tick",
    "prepare_tick_on",
    "run",
    "take_tick",
]


@dataclass(frozen=True, slots=True)
class TakenTick:
    """What one tick did: what was computed, what of it was written, and the data it read."""

    tick: PreparedTick
    outcome: TickOutcome
    data: DataReport


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did: the tick that was computed, what of it was written, the data it read, and what was sent."""

    tick: PreparedTick
    outcome: TickOutcome
    data: DataReport
    dispatch: DispatchReport


def run(
    project: Project,
    store: Store,
    now: datetime,
    *,
    accept: bool = False,
    clock: Callable[[], datetime] | None = None,
    progress: Callable[[int], None] | None = None,
    wait: Callable[[float], object] | None = None,
) -> RunReport:
    """Runs one tick at `now` and sends what is due.

    `clock` gives the time of each sending (default: `now`); `progress` hears how many emails are done; `wait` is as in
    `dispatch_due`. Raises SettingsError when the sender's settings cannot do, before anything is read or written.
    """
    taken = take_tick(project, store, now, accept=accept)
    dispatched = dispatch_due(project, store, clock or (lambda: now), progress, wait=wait)
    return RunReport(taken.tick, taken.outcome, taken.data, dispatched)


def take_tick(project: Project, store: Store, now: datetime, *, accept: bool = False) -> TakenTick:
    """Runs one tick at `now` and sends nothing.

    Raises SettingsError when the sender's settings cannot do, and StoreError when the store of before is lost, before
    anything is read or written: the sender is opened once, which connects to nothing yet.
    """
    find_sender(project)().close()
    _refuse_beginning_anew(store, now)
    with open_project_data(project) as data:
        tick = prepare_tick(project, data, store, now, accept=accept)
        report = data.report
    return TakenTick(tick, store.record_tick(tick.record), report)


def _refuse_beginning_anew(store: Store, now: datetime) -> None:
    """Halts in place of a first tick that would mail again who was mailed before, until a person has looked."""
    state = store.sending_state()
    if state.is_lost and state.doubt is not None:
        store.halt(state.doubt, now, ITSELF)
        help = "say `rulekit sending resume` only when it is right to begin anew: `backfill=true` mails everybody again"
        raise StoreError(f"nobody was tagged or mailed: {state.doubt}", help=help)


def plan(project: Project, now: datetime, *, accept: bool = False) -> tuple[PreparedTick, DataReport]:
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
        state = store.sending_state()
    if state.is_lost:
        return f"a run does nothing: {state.doubt}"
    why = state.halt_reason or state.doubt
    return f"a run sends no email: {why}" if why is not None else None


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a persona (`what` is "person") or a segment ("company"), by key in code-point order."""

    what: Literal["person", "company"]
    keys: list[str]


def list_members(project: Project, name: str, now: datetime) -> Members:
    """Returns who is in the persona or segment of that name at `now`; raises RulekitError for an unknown name."""
    program = project.program
    if name not in program.personas and name not in program.segments:
        raise _unknown("persona or segment", name, [*program.personas, *program.segments])
    with open_project_data(project) as data:
        if name not in program.personas:
            return Members("company", segment_members(program, data, name, now))
        membership = evaluate(build_plan(program, personas=[name]), data, now)
        return Members("person", list(compress(membership.people, membership.personas[name])))


def explain_member(project: Project, person: str, persona: str, now: datetime) -> Explanation:
    """Returns why a person, given by key or address, is in a persona at `now`, or why not.

    The name of a segment in the place of a persona's asks about the person's company. Raises RulekitError when either
    is unknown, or when several people have the address.
    """
    program = project.program
    if persona not in program.personas and persona not in program.segments:
        raise _unknown("persona or segment", persona, [*program.personas, *program.segments])
    with open_project_data(project) as data:
        found = find_person(data, person, ADDRESS_FIELD if ADDRESS_FIELD in program.schema.person else None)
        if len(found) > 1:
            keys = ", ".join(f"`{key}`" for key in found[:5])
            raise RulekitError(f"{len(found)} people have that address", help=f"give a key, one of {keys}")
        return explain(program, data, found[0] if found else person, persona, now, project.rules.sources)


def _unknown(what: str, name: str, known: Iterable[str]) -> RulekitError:
    nearest = suggest(name, known)
    return RulekitError(
        f"there is no {what} `{name}`", help=f"write `{nearest}`" if nearest else "look at the names in the rules"
    )


def dispatch_due(
    project: Project,
    store: Store,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
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
        doubt=what_in_doubt(settings, project.plugins),
    )
    worker = Worker(
        name=name_worker(),
        gates=gates,
        pace=Pace(settings.sender.rate, settings.sender.concurrency, waits=wait is not None),
        connections=settings.sender.connections,
        jitter=random.random,
        wait=wait,
        stop=stop,
    )
    return dispatch(store, find_sender(project), clock, worker, progress=progress)


def _is_allowed(address: str, patterns: list[str] | None) -> bool:
    return patterns is None or any(fnmatchcase(address.casefold(), pattern.casefold()) for pattern in patterns)
