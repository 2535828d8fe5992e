"""The source: whether it can be read, what in it is not as declared, and what a tick over it would do."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rulekit.diagnostics.display import plural
from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import Project, open_project
from rulekit.engine.stores import can_read_store, open_store_to_read
from rulekit.engine.tick.prepare import PreparedTick, prepare_tick
from rulekit.errors import RulekitError
from rulekit.evaluation.data.data_report import DataReport
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.unjudged import find_unjudged
from rulekit.records import CheckResult, Verdict

# schemes of sources that ask nothing of the network
_ON_THIS_MACHINE = ("files", "duckdb")
_LOOK_CLOSER = "see docs/reference/data.md for how values are read, and `rulekit schema diff` for what has changed"

_MEND = "mend these values, or declare how they are written; until then they stay on the side where they were"


def look(folder: Path, now: datetime, *, offline: bool) -> Iterator[CheckResult]:
    """Says what the source is like and what a tick at `now` would do, as it would see it; nothing is written.

    Raises what a tick would raise before it has read the source.
    """
    project = open_project(folder)
    if offline and project.settings.source.url.partition(":")[0] not in _ON_THIS_MACHINE:
        yield CheckResult("source", Verdict.NOTE, "not asked (`--offline`)")
        return
    start = time.monotonic()
    with open_project_data(project) as data:
        yield read(data.report, time.monotonic() - start)
        yield from problems(data.report)
        yield from unjudged(project, data, now)
        yield tick(project, data, now)


def read(report: DataReport, seconds: float) -> CheckResult:
    """Says how much there is, and how long it took to read."""
    events = sum(event.events for event in report.events.values())
    amounts = (
        plural(report.people, "person", "people"),
        plural(report.companies, "company", "companies"),
        plural(events, "event"),
    )
    message = f"{', '.join(amounts)}, read in {seconds:.1f} s"
    if report.people:
        return CheckResult("source", Verdict.OK, message)
    return CheckResult("source", Verdict.WARNING, message, "see whether the export came to its end")


def problems(report: DataReport) -> Iterator[CheckResult]:
    """Yields a warning for each thing that is not as declared, in the words of `rulekit plan`."""
    for problem in report.problems():
        yield CheckResult("data", Verdict.WARNING, problem, _LOOK_CLOSER)


def unjudged(project: Project, data: Data, now: datetime) -> Iterator[CheckResult]:
    """Yields a warning for each persona, or segment, in which somebody cannot be judged, and because of what."""
    if data.unreadable or data.untimed:
        for one in find_unjudged(project.program, data, now):
            yield CheckResult("data", Verdict.WARNING, str(one), _MEND)


def tick(project: Project, data: Data, now: datetime) -> CheckResult:
    """Says what a tick would do; it needs a store of this version, or none, as nothing is brought up to date here."""
    if not can_read_store(project):
        return CheckResult("tick", Verdict.NOTE, "not tried, as the store is not of this version")
    try:
        with open_store_to_read(project) as store:
            return _told(prepare_tick(project, data, store, now))
    except RulekitError as error:
        return CheckResult("tick", Verdict.PROBLEM, f"it would stop: {error.message}", error.help or "")


def _told(prepared: PreparedTick) -> CheckResult:
    if prepared.parked:
        told = "; ".join(f"`{name}`: {why}" for name, why in sorted(prepared.because.items()))
        message = f"nothing would be changed for {told}"
        return CheckResult("tick", Verdict.WARNING, message, "look at `rulekit plan --accept NAME`")
    joined = sum(len(change.joined) for change in prepared.personas)
    left = sum(len(change.left) for change in prepared.personas)
    emails = plural(len(prepared.record.rows), "email")
    return CheckResult("tick", Verdict.OK, f"one now would make {emails}: {joined:,} joined and {left:,} left personas")
