"""The worker: claims what is due, hands each email to the sender, and writes down what became of it.

Several connections send at once, each in a thread of its own with a sender of its own; none of them touches the store.
One loop does: it takes what they say, as much as there is, commits it together, and only then answers. So many emails
share one sync of the disk, no transaction is open while a sender is called, and no byte of a message leaves before its
data mark is committed. What one email meets never stops another; only a fault of the sender itself ends the dispatch,
and then every email that is left waits for the next one.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import perf_counter

from rulekit.errors import RulekitError, TransitionRefused
from rulekit.outbox.dispatch.connections import Asked, Connection, Done, Said
from rulekit.outbox.sending.claims import Answer, Claim, Finish
from rulekit.outbox.sending.gates import Gates, Held
from rulekit.outbox.sending.throttle import Early, Throttle, is_fault
from rulekit.outbox.store import Store
from rulekit.records import Outcome, Reason, Refused, Sender, State
from rulekit.uncertainty import Uncertainty

STOPPED = "the worker was stopped before it began with it"
# how often the leases of what is in hand are renewed
RENEW_AFTER = timedelta(minutes=1)
# emails that are claimed for each connection: more of them make fewer claims, and wait longer where a worker dies
IN_HAND = 4
# seconds that a connection which has spoken waits for others at most: a commit may have waited long for a lock
GRACE = 0.1
# seconds that threads get to end when the dispatch cannot go on
PATIENCE = 5.0
# how long the rate may keep the next email for a dispatch to wait for it: cron starts another one
WORTH_WAITING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DispatchReport:
    """What a dispatch did, counted by email; `paused` says why it ended early, if it did.

    `later` are emails that wait for another attempt, `lost` those that another worker took over meanwhile. Where more
    are due, `next_at` is when the rate lets the next one leave.
    """

    sent: int = 0
    failed: int = 0
    later: int = 0
    uncertain: int = 0
    suppressed: int = 0
    withdrawn: int = 0
    expired: int = 0
    lost: int = 0
    paused: Reason | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """How a worker sends: its `name`, the `gates` and `throttle` of the settings, and how many `connections` it opens.

    `jitter` gives numbers from 0 to 1. `wait` sleeps some seconds, where the clock goes on meanwhile; without it a
    dispatch ends when the rate makes it wait, as it does when that would be long. `stop` is asked before more is begun.
    """

    name: str
    gates: Gates = field(default_factory=Gates)
    throttle: Throttle = field(default_factory=Throttle)
    connections: int = 1
    jitter: Callable[[], float] = lambda: 0.0
    wait: Callable[[float], object] | None = None
    stop: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class _Dispatch:
    """The loop that owns the store."""

    store: Store
    open_sender: Callable[[], Sender]
    now: Callable[[], datetime]
    worker: Worker
    limit: int | None
    progress: Callable[[int], None] | None
    todo: "SimpleQueue[Claim | None]" = field(default_factory=SimpleQueue)
    said: Said = field(default_factory=SimpleQueue)
    stopped: Event = field(default_factory=Event)
    threads: list[Thread] = field(default_factory=list)
    in_hand: dict[tuple[int, int], Claim] = field(default_factory=dict)
    # connections that are ready, and wait until the rate lets their messages leave
    early: list[tuple[datetime, Asked]] = field(default_factory=list)
    ended: Counter[State] = field(default_factory=Counter)
    begun: int = 0
    lost: int = 0
    dry: bool = False
    # when the rate lets more be claimed; and whether what is in hand tries for all, so that nothing else may be
    next_at: datetime | None = None
    probing: bool = False
    # seconds that the last commit took
    settling: float = 0.0
    paused: Reason | None = None
    fatal: Exception | None = None
    renewed_at: datetime = field(init=False)

    def run(self) -> None:
        """Sends until nothing is due, or something ends it; what was begun is always brought to its end."""
        self.renewed_at = self.now()
        while self._fill():
            heard = self._listen()
            begun = perf_counter()
            self._settle(heard)
            self.settling = perf_counter() - begun
            self._renew()
        if self.fatal is not None:
            raise self.fatal

    def _fill(self) -> bool:
        """Claims more where there is room; returns whether anything is in hand."""
        if self._ends() and self.in_hand:
            self._give_back()
        if not self._ends() and self._has_room() and not self._waits():
            self._claim()
        return bool(self.in_hand)

    def _ends(self) -> bool:
        return self.dry or self.paused is not None or self.fatal is not None or self.worker.stop()

    def _has_room(self) -> bool:
        """Says whether more may be claimed; what tries for all is alone."""
        return not self.in_hand or (len(self.in_hand) <= self.worker.connections and not self.probing)

    def _waits(self) -> bool:
        return bool(self.in_hand) and self.next_at is not None and self.now() < self.next_at

    def _claim(self) -> None:
        wanted = IN_HAND * self.worker.connections - len(self.in_hand)
        if self.limit is not None:
            wanted = min(wanted, self.limit - self.begun)
        again = wanted > 0
        while again:
            name, gates, throttle = self.worker.name, self.worker.gates, self.worker.throttle
            got = self.store.queue.claim_due(self.now(), name, wanted, gates=gates, throttle=throttle)
            self._begin(got.claims)
            self.ended.update(got.held)
            self.paused, self.next_at, self.probing = got.reason, got.wait_until, got.probe
            again = not got.claims and self._wait()
        self.dry = not self.in_hand

    def _begin(self, claims: list[Claim]) -> None:
        self.begun += len(claims)
        for claim in claims:
            self.in_hand[claim.row.id, claim.token] = claim
            self.todo.put(claim)
        while len(self.threads) < min(self.worker.connections, len(self.in_hand)):
            connection = Connection(self.open_sender, self.todo, self.said, self.stopped)
            self.threads.append(Thread(target=connection.work, daemon=True))
            self.threads[-1].start()

    def _wait(self) -> bool:
        """Waits until the rate lets the next email go; returns whether it is worth asking again."""
        if self.in_hand:
            return False
        while not self.worker.stop():
            seconds = self._seconds_until(self.next_at)
            if seconds == 0:
                return True
            if self.worker.wait is None or seconds is None or seconds > WORTH_WAITING.total_seconds():
                return False
            self.worker.wait(min(seconds, 1.0))
        return False

    def _seconds_until(self, instant: datetime | None) -> float | None:
        return None if instant is None else max(0.0, (instant - self.now()).total_seconds())

    def _listen(self) -> list[Asked | Done]:
        """Returns what connections have said, or nothing after a while.

        As soon as one has spoken, the others get as long as the last commit took, within bounds: one commit then does
        for all. Those that were early speak again when it is their time.
        """
        heard: list[Asked | Done] = []
        with suppress(Empty):
            heard.append(self.said.get(timeout=self._patience()))
            until = perf_counter() + min(self.settling, GRACE)
            # of what is in hand, each was heard, is early, is still to be begun, or is with a server
            while len(self.in_hand) - len(heard) - len(self.early) > self.todo.qsize():
                heard.append(self.said.get(timeout=max(0.0, until - perf_counter())))
        return heard + self._no_longer_early()

    def _patience(self) -> float:
        """Returns the seconds until something is to be done even though no connection speaks."""
        instants = [until for until, _ in self.early]
        if self.next_at is not None and self._has_room() and not self._ends():
            instants.append(self.next_at)
        seconds = self._seconds_until(min(instants, default=None))
        return RENEW_AFTER.total_seconds() if seconds is None else min(RENEW_AFTER.total_seconds(), seconds)

    def _no_longer_early(self) -> list[Asked]:
        if not self.early:
            return []
        now = self.now()
        ready = [asked for until, asked in self.early if until <= now]
        self.early = [(until, asked) for until, asked in self.early if until > now]
        return ready

    def _renew(self) -> None:
        """Extends leases from time to time: one server may take long to answer while the others are quick."""
        now = self.now()
        if now - self.renewed_at >= RENEW_AFTER:
            self.store.queue.renew(list(self.in_hand.values()), now)
            self.renewed_at = now

    def _settle(self, heard: list[Asked | Done]) -> None:
        """Commits together what was said, and answers it."""
        if not heard:
            return
        asked = [one for one in heard if isinstance(one, Asked)]
        done = [one for one in heard if isinstance(one, Done)]
        finishes = [Finish(one.claim, one.outcome, self.worker.jitter()) for one in done if one.outcome is not None]
        self._take_back(done)
        answers, ends = self._commit(asked, finishes)
        for end, finished in zip(ends, finishes, strict=True):
            self._count(end, finished.outcome)
        for asking, answer in zip(asked, answers, strict=True):
            self._answer(asking, answer)
        if self.progress is not None and done:
            self.progress(self.ended.total() + self.lost)

    def _take_back(self, done: list[Done]) -> None:
        """Counts claims that connections are through with, and lets go of those that they had not begun with."""
        for one in done:
            del self.in_hand[one.claim.row.id, one.claim.token]
            self.fatal = self.fatal or one.fatal
            self.lost += one.lost
        self._release([one.claim for one in done if not one.begun])

    def _commit(
        self, asked: list[Asked], finishes: list[Finish]
    ) -> tuple[list[Answer], list[State | TransitionRefused]]:
        """Returns what the store answers; where it fails, so do the connections that wait for that."""
        marks = [one.claim for one in asked]
        try:
            return self.store.queue.settle(marks, finishes, self.now(), self.worker.gates, self.worker.throttle)
        except BaseException as error:
            for asking in asked:
                asking.answer.set_exception(error)
            raise

    def _answer(self, asking: Asked, answer: Answer) -> None:
        if isinstance(answer, Early):
            self.early.append((answer.until, asking))
            return
        if isinstance(answer, Held):
            self.ended[answer.transition.target.state] += 1
        asking.answer.set_result(answer)

    def _count(self, end: State | TransitionRefused, outcome: Outcome) -> None:
        if isinstance(end, TransitionRefused):
            self.lost += 1
            return
        self.ended[end] += 1
        # what was refused for good and waits nevertheless is held to be the sender's fault by the store, which says why
        if is_fault(outcome) or (isinstance(outcome, Refused) and end is State.RETRYING):
            self.paused = self.paused or self.store.sending.state().fault

    def _give_back(self) -> None:
        """Lets go of what no connection has begun with."""
        unbegun: list[Claim] = []
        with suppress(Empty):
            while True:
                claim = self.todo.get_nowait()
                if claim is not None:
                    unbegun.append(claim)
        for claim in unbegun:
            del self.in_hand[claim.row.id, claim.token]
        self._release(unbegun)

    def _release(self, unbegun: list[Claim]) -> None:
        if unbegun:
            self.store.queue.release(unbegun, self.now(), self.paused or STOPPED)

    def close(self) -> None:
        """Ends the connections, which begin with nothing more; those that wait for an answer get none."""
        self.stopped.set()
        for _ in self.threads:
            self.todo.put(None)
        for _, asked in self.early:
            self.said.put(asked)
        while self.in_hand and any(thread.is_alive() for thread in self.threads):
            try:
                one = self.said.get(timeout=PATIENCE)
            except Empty:
                return
            if isinstance(one, Asked):
                one.answer.set_exception(RulekitError("the dispatch ended", help="run again"))
            else:
                self.in_hand.pop((one.claim.row.id, one.claim.token), None)
        for thread in self.threads:
            thread.join(PATIENCE)

    def report(self) -> DispatchReport:
        """Returns the counts."""
        return DispatchReport(
            sent=self.ended[State.SENT],
            failed=self.ended[State.FAILED],
            later=self.ended[State.RETRYING],
            uncertain=self.ended[State.UNCERTAIN],
            suppressed=self.ended[State.SUPPRESSED],
            withdrawn=self.ended[State.WITHDRAWN],
            expired=self.ended[State.EXPIRED],
            lost=self.lost,
            paused=self.paused,
            next_at=None if self.paused or self.worker.stop() else self.next_at,
        )


def dispatch(
    store: Store,
    open_sender: Callable[[], Sender],
    now: Callable[[], datetime],
    worker: Worker,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> DispatchReport:
    """Sends what is due, at most `limit` emails, and reports what became of each.

    Emails of workers that died are taken back first, and those uncertain that are to go again; what failed by that or
    stays uncertain is reported, too. `progress` hears how many emails are done. Raises StoreError when the store fails,
    and what `open_sender` raises on purpose; the emails at hand then wait.
    """
    work = _Dispatch(store, open_sender, now, worker, limit, progress)
    work.ended.update(_take_back(store, now, worker.gates.uncertainty))
    try:
        work.run()
    finally:
        work.close()
    return work.report()


def _take_back(store: Store, now: Callable[[], datetime], uncertainty: Uncertainty) -> Counter[State]:
    """Takes emails back from workers that died, resends what is uncertain and may go, and counts what does not.

    Nobody else tells of them: whoever killed the worker saw no report of what it had in hand.
    """
    store.queue.resend(now(), uncertainty)
    taken = store.queue.reap(now())
    stays = Counter({state: taken.get(state, 0) for state in (State.FAILED, State.UNCERTAIN)})
    if stays[State.UNCERTAIN]:
        stays[State.UNCERTAIN] -= store.queue.resend(now(), uncertainty)
    return stays
