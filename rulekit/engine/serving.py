"""The loop of `rulekit serve`: a tick every now and then, and what is due is sent all the time.

Nothing that a turn meets ends the loop. It is logged, without a value of the data, and the next turn tries again.
"""

import logging
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from traceback import extract_tb

from rulekit.engine.clock_steps import Steps, halt_reason, monotonic_seconds
from rulekit.engine.project import Project, open_project
from rulekit.engine.running import TakenTick, dispatch_due, take_tick
from rulekit.engine.senders import find_sender
from rulekit.engine.tick.firing import JOINED, LEFT
from rulekit.engine.worker_name import name_worker
from rulekit.errors import PluginError, RulekitError, TickLost
from rulekit.outbox.dispatch.dispatcher import DispatchReport
from rulekit.outbox.sending.throttle import ITSELF
from rulekit.outbox.store import Store
from rulekit.redaction import for_log, without_detail

# seconds between two dispatches, and at most as long where they fail one after the other
POLL = 3.0
LONGEST = 60.0

_log = logging.getLogger(__name__)


class Schedule:
    """When the next tick is due: at once, and then at each multiple of `every`; what was missed is left out.

    `seconds` gives the seconds that have passed since some moment, whatever the machine's clock does.
    """

    def __init__(self, every: timedelta, seconds: Callable[[], float]) -> None:
        self._every, self._seconds = every.total_seconds(), seconds
        self._next = seconds()

    def left(self) -> float:
        """Returns the seconds until the next tick, 0 when it is due."""
        return max(0.0, self._next - self._seconds())

    def passed(self) -> None:
        """Notes that a tick was tried."""
        missed = int((self._seconds() - self._next) // self._every)
        self._next += (missed + 1) * self._every


class Serving:
    """Ticks and dispatches of one project until `stopping` is set; what is being sent then is finished.

    The store's clock decides, as it does for `rulekit run`. When it `steps`, all sending is halted, and there is no
    tick until a person lets it go on: one in the wrong time could only be followed by one after it.
    """

    def __init__(
        self, project: Project, store: Store, schedule: Schedule, stopping: Event, steps: Steps | None = None
    ) -> None:
        self._project, self._store, self._schedule = project, store, schedule
        self._stopping = stopping
        self._steps = steps or Steps(monotonic_seconds)
        self._stepped = False
        self._can_send = True

    def run(self) -> None:
        """Goes on until it is to stop."""
        failures = 0
        while not self._stopping.is_set():
            if self._schedule.left() == 0:
                self._turn("the tick failed", self._tick)
                self._schedule.passed()
            failures = 0 if self._turn("the dispatch failed", self._dispatch) else failures + 1
            self._stopping.wait(min(LONGEST, POLL * 2**failures, self._schedule.left()))

    def _turn(self, failure: str, work: Callable[[], bool]) -> bool:
        try:
            return work()
        except TickLost:
            _log.info("another worker's tick was first; nothing of this one was written")
        except RulekitError as error:
            _say(logging.ERROR, failure, reason=for_log(error))
        except Exception as error:
            _say(logging.ERROR, failure, reason=f"a fault of rulekit: {_place(error)}")
        return False

    def _tick(self) -> bool:
        """Reads rules and settings anew, as `rulekit run` does; when they cannot do, those of before go on sending."""
        project = open_project(self._project.folder)
        find_sender(project)
        self._project = project
        # a tick is at whole seconds, as `--now` is
        now = self._now().replace(microsecond=0)
        self._refuse_stepped_clock()
        _log_tick(take_tick(project, self._store, now))
        return True

    def _now(self) -> datetime:
        """Returns the store's time. Every look at it, also amid a dispatch, notices when it has stepped."""
        now = self._store.clock()
        step = self._steps.since_last(now)
        if step is not None:
            reason = halt_reason(step)
            self._stepped = True
            self._store.sending.halt(reason, now, ITSELF)
            # all of it is ours, and says what to do
            _say(logging.ERROR, "sending is halted", reason=str(reason))
        return now

    def _refuse_stepped_clock(self) -> None:
        self._stepped = self._stepped and self._store.sending.state().halted_at is not None
        if self._stepped:
            raise RulekitError(
                "the store's clock has stepped, and sending is halted since", help="say `rulekit sending resume`"
            )

    def _dispatch(self) -> bool:
        if not self._can_send:
            return True
        try:
            report = dispatch_due(
                self._project, self._store, self._now, stop=self._is_to_pause, wait=self._stopping.wait
            )
        except PluginError:
            # a sender that breaks its promise is given no other email
            self._can_send = False
            raise
        _log_dispatch(report)
        return report.paused is None

    def _is_to_pause(self) -> bool:
        return self._stopping.is_set() or self._schedule.left() == 0


def _place(error: Exception) -> str:
    frame = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}"


def _say(level: int, event: str, **values: object) -> None:
    said = {name: without_detail(value) for name, value in values.items()}
    _log.log(level, event, extra={"fields": said})


def _log_tick(taken: TakenTick) -> None:
    tick, outcome = taken.tick, taken.outcome
    _say(
        logging.INFO,
        "ticked",
        people=taken.data.people,
        joined=sum(one.reason == JOINED for one in tick.record.changes),
        left=sum(one.reason == LEFT for one in tick.record.changes),
        emails=len(tick.record.rows),
        failed=sum(row.failure is not None for row in tick.record.rows),
        withdrawn=outcome.withdrawn,
        expired=outcome.expired,
        readdressed=outcome.readdressed,
    )
    for change in tick.personas:
        joined, left = len(change.joined), len(change.left)
        if change.edited:
            _say(
                logging.INFO,
                "an edit changed a persona",
                persona=change.name,
                joined=joined,
                left=left,
            )
        if change.parked:
            _say(logging.WARNING, "a persona is parked", persona=change.name, reason=change.parked)
    for trigger in sorted(tick.demoted):
        _say(logging.WARNING, "more emails than delivery.max_auto_per_tick wait for approval", trigger=trigger)
    # a column that was taken for the kind of events may hold anything, also names of people
    for problem in taken.data.problems(kinds=False):
        _say(logging.WARNING, "the data is not as declared", problem=problem)


def _log_dispatch(report: DispatchReport) -> None:
    found = {field.name: getattr(report, field.name) for field in fields(report)}
    counts = {name: value for name, value in found.items() if isinstance(value, int) and value}
    if counts:
        _say(logging.INFO, "dispatched", worker=name_worker(), **counts)
    if report.paused is not None:
        _say(logging.WARNING, "the sender is paused", reason=report.paused)
