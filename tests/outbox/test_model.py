"""Every state that one email can come to, by the very table that the store executes, and what must be true in each.

Two workers (one with a clock that lags), the reaper, a tick, an approver, an operator, somebody who unsubscribes, and a
server that takes the message or does not, act in every order. Time is counted in steps of five minutes. A worker that
dies just stops; one that is slow goes on after its lease.

What is sent again in doubt goes to a provider that drops repeats for a while, where the policy is `idempotent`.
"""

import gc
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from time import process_time
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from rulekit.outbox.lifecycle import beginnings, transition
from rulekit.outbox.lifecycle import transitions as table
from rulekit.outbox.lifecycle.states import END_STATES
from rulekit.records import State
from rulekit.uncertainty import Uncertainty
from tests.proofs import FIGURES, IS_LONG, IS_SHORT

STEPS = FIGURES.model_steps
HOLD, LEASE, EXPIRES, DELAY = 2, 2, 5, 1
MOST_CLAIMS, MOST_ATTEMPTS = 2 if STEPS < 6 else 3, 2
LAGS = (0, 1)
# what is declared of the provider, which drops repeats for longer: clocks differ by a step
WINDOW, PROVIDER = 2, 3
SEEN, AGAIN, OTHER = "s", "a", "o"
# what is given is the same again and again: made once, it takes half of the time
Given = cache(transition.Given)


class Worker(NamedTuple):
    """What a worker believes: the token of its claim, and how far it is with it."""

    token: int = 0
    step: str = "idle"


class World(NamedTuple):
    """The row, the workers, and what is true outside of the database."""

    now: int = 0
    state: str | None = None
    phase: str | None = None
    not_before: int | None = None
    approved_at: int | None = None
    lease_until: int | None = None
    left_at: int | None = None
    attempts: int = 0
    token: int = 0
    suppressed: bool = False
    halted: bool = False
    member: bool = True
    absent: bool = False
    copies: int = 0
    again: bool = False
    # when a provider that drops repeats took it first; `held` once the settings say that nothing goes again
    taken_at: int | None = None
    held: bool = False
    doubted_at: int | None = None
    # what the message is: that for the person's first address, or the one made again for another
    digest: str = SEEN
    auto: bool = False
    workers: tuple[Worker, Worker] = (Worker(), Worker())


ROW = (
    "state",
    "phase",
    "not_before",
    "approved_at",
    "lease_until",
    "left_at",
    "doubted_at",
    "attempts",
    "token",
    "digest",
    "auto",
)
ENDS = {state.value for state in END_STATES}
FIXED = {
    "expires_at": EXPIRES,
    "keep": False,
    "worker": None,
    "reason": None,
    "reply": None,
    "uncertain": None,
    "dated_at": None,
}


class Broken(AssertionError):
    """A promise that was not kept."""


def as_stored(place):
    return place.state.value, place.phase and place.phase.value


class Model:
    """The successors of a world; `changed` replaces entries of the table by others of the same name."""

    by_time = (table.DEFER, table.OUTLAST)

    def __init__(self, changed=(), policy="resend"):
        # with a provider that drops repeats nobody approves, unsubscribes, halts or leaves: that makes no difference
        self.policy, self.window = policy, WINDOW
        self.entries = {entry.name: entry for entry in table.TRANSITIONS} | {entry.name: entry for entry in changed}
        # asked of every entry in every world, and most are not open: so by what stands in the row, without an enum
        self.sources = {entry.name: {as_stored(place) for place in entry.sources} for entry in self.entries.values()}

    def move(self, world, entry, given):
        """The world after a transition, or None where it is not open."""
        entry, sources = self.entries[entry.name], self.sources[entry.name]
        if ((world.state, world.phase) not in sources) if sources else world.state is not None:
            return None
        if world.state in ENDS:
            raise Broken("I7: a row left an end state")
        row = SimpleNamespace(**{name: getattr(world, name) for name in ROW}, **FIXED)
        row.suppressed, row.halted, row.absent = world.suppressed, world.halted, world.absent
        # it came to its phase when it got its lease
        row.changed_at = None if row.lease_until is None else row.lease_until - LEASE
        if not entry.condition(row, given):
            return None
        written = entry.written(row, given)
        if self.policy == "resend" and written.get("doubted_at") is not None:
            # since when does not matter then
            written["doubted_at"] = 0
        return world._replace(**{name: value for name, value in written.items() if name in ROW})

    def successors(self, world):
        """Every world that one action leads to, with the name of the action."""
        if world.state is None:
            yield from self.births(world)
            return
        # nothing begins after the last step, and every lease still runs out
        if world.now < max(STEPS, world.lease_until or 0):
            yield "time", world._replace(now=world.now + 1)
        yield from self.people(world)
        yield from self.circumstances(world)
        for number in (0, 1):
            yield from self.worker(world, number)

    def births(self, world):
        for entry in (
            (beginnings.MAKE, beginnings.MAKE_APPROVED) if self.policy == "resend" else (beginnings.MAKE_APPROVED,)
        ):
            born = self.move(world, entry, Given(0, "tick", hold=0))
            yield entry.name, born._replace(auto=entry is beginnings.MAKE_APPROVED)

    def people(self, world):
        now = world.now
        for digest in (SEEN, AGAIN, OTHER):
            after = self.move(world, table.APPROVE, Given(now, "ada", digest=digest, hold=HOLD))
            if after is not None and (digest != world.digest or world.suppressed or now >= EXPIRES):
                raise Broken("I6: approved what was not seen, is suppressed, or expired")
            yield "approve", after
        after = self.move(world, table.UNAPPROVE, Given(now, "ada"))
        if after is not None and now >= world.not_before:
            raise Broken("a false yes: unapproved when a worker may have it")
        yield "unapprove", after
        yield "cancel", self.move(world, table.CANCEL, Given(now, "ada", "no"))
        after = self.move(world, table.HURRY, Given(now, "ada", "now", not_before=now))
        yield "hurry", after and self.late(after, now)
        yield "erase", self.move(world, table.ERASE, Given(now, "ada", "asked"))
        yield "resolve as sent", self.move(world, table.RESOLVE_SENT, Given(now, "ada", "log", reply="ada: log"))
        yield "resolve as failed", self.move(world, table.RESOLVE_FAILED, Given(now, "ada", "log"))
        after = self.move(world, table.RESOLVE_RETRYING, Given(now, "ada", "log", not_before=now))
        yield "resolve to retry", after and self.late(after, now)._replace(again=True)

    def late(self, world, now):
        if now >= EXPIRES:
            raise Broken("tried again after it expired")
        return world

    def circumstances(self, world):
        now = world.now
        # once its person has moved nobody unsubscribes, halts or leaves any more: that makes no difference either
        if self.policy == "resend" and world.digest == SEEN:
            yield from self.what_keeps_back(world)
        yield "expire", self.expires(world)
        if world.state == State.EXPIRED.value:
            self.expired(world)
        for entry in (table.REAP, table.REAP_FAILED, table.REAP_UNCERTAIN):
            if world.lease_until is None:
                break
            after = self.move(world, entry, Given(now, "reaper", "died", not_before=now + DELAY))
            if after is not None and now < world.lease_until:
                raise Broken("taken from a worker whose lease lasts")
            yield entry.name, after
        again = Given(now, "settings", "nobody knows", not_before=now + DELAY, uncertainty=self.doubt(world))
        after = self.move(world, table.RESEND, again)
        if after is not None and not self.may_go_again(world, now):
            raise Broken("put back although it may not go again")
        yield "resend", after and self.late(after, now + DELAY)._replace(again=world.again or self.policy == "resend")
        if self.policy == "idempotent" and not world.held:
            yield "other settings", world._replace(held=True)
        if world.copies:
            yield "evidence", self.settled(world, table.CONFIRM_SENT, Given(now, "dsn", "250", reply="250"))
        elif all(worker.step != "marked" for worker in world.workers):
            yield "evidence", self.settled(world, table.CONFIRM_FAILED, Given(now, "dsn", "550"))

    def expires(self, world):
        after = self.move(world, table.EXPIRE, Given(world.now, "tick", "late"))
        if after is not None and world.state == State.APPROVED.value and not world.absent:
            raise Broken("an approved email expired although nothing keeps it back")
        return after

    def settled(self, world, entry, given):
        after = self.move(world, entry, given)
        if after is not None and world.state != State.UNCERTAIN.value and world.doubted_at is None:
            raise Broken("a notice ended an email of which nobody doubts what became of it")
        return after

    def what_keeps_back(self, world):
        unmoved = world._replace(auto=False)
        yield "unsubscribe", self.unsubscribed(unmoved)
        yield "halt", unmoved._replace(halted=not world.halted)
        # what else keeps back makes no difference to who is absent
        if not (world.suppressed or world.halted) and world.member:
            yield "vanish or return", unmoved._replace(absent=not world.absent)
        if world.member:
            left = unmoved._replace(member=False)
            yield "leave", self.move(left, table.WITHDRAW, Given(world.now, "tick", "left")) or left
        # nor does anybody move after that, so it need not be known any more who approved it
        if world.digest == SEEN and world.member and not (world.suppressed or world.halted or world.absent):
            yield from self.another_address(world)

    def another_address(self, world):
        given = Given(world.now, "tick", "moved", hold=0)
        for entry in (table.READDRESS, table.READDRESS_APPROVED, table.READDRESS_FAILED):
            after = self.move(world, entry, given)
            if after is not None and world.doubted_at is not None:
                raise Broken("made again for another address although it may have arrived")
            if after is not None and entry is table.READDRESS_APPROVED and not world.auto:
                raise Broken("goes to an address that nobody approved")
            yield entry.name, after and after._replace(digest=AGAIN)

    def doubt(self, world):
        return Uncertainty("hold" if world.held else self.policy, self.window)

    def may_go_again(self, world, now):
        first = world.left_at if world.doubted_at is None else world.doubted_at
        return self.policy == "resend" or (not world.held and now < first + self.window)

    def expired(self, world):
        if world.now < EXPIRES - DELAY:
            raise Broken("expired before its time")

    def unsubscribed(self, world):
        if world.suppressed:
            return None
        after = world._replace(suppressed=True)
        return self.move(after, table.SUPPRESS, Given(world.now, "sweep", "unsubscribed")) or after

    def worker(self, world, number):
        worker, now = world.workers[number], max(0, world.now - LAGS[number])
        if worker.step == "idle":
            yield from self.claims(world, number, now)
        elif worker.step == "claimed":
            yield "die", self.let_go(world, number)
            yield from self.marks(world, number, now)
        elif worker.step == "marked":
            yield "die", self.let_go(world, number)
            yield from self.gives(world, number, now)
        else:
            yield "die", self.let_go(world, number)
            yield from self.tells(world, number, now)

    def let_go(self, world, number):
        return self.at(world, number, Worker())

    def at(self, world, number, worker):
        workers = (worker, world.workers[1]) if number == 0 else (world.workers[0], worker)
        return world._replace(workers=workers)

    def claims(self, world, number, now):
        if world.token < MOST_CLAIMS and not world.halted and world.now < STEPS:
            token = world.token + 1
            after = self.move(world, table.CLAIM, Given(now, "w", token=token, lease_until=now + LEASE))
            if after is not None and now < world.not_before:
                raise Broken("I2: claimed before its time")
            if after is not None and world.absent:
                raise Broken("claimed although its person is absent")
            if after is not None and world.state == State.RETRYING.value and now >= EXPIRES:
                raise Broken("tried again after it expired")
            yield "claim", after and self.at(after, number, Worker(token, "claimed"))

    def marks(self, world, number, now):
        worker = world.workers[number]
        given = Given(now, "w", "no", token=worker.token, lease_until=now + LEASE, allowed=world.member)
        given = replace(given, uncertainty=self.doubt(world))
        after = self.move(world, table.MARK_DATA, given)
        if after is not None:
            self.may_leave(world, worker, now)
            yield "mark data", self.at(after, number, worker._replace(step="marked"))
            return
        later = replace(given, not_before=now + DELAY)
        after = self.move(world, table.WITHHOLD, later)
        if after is not None and worker.token != world.token:
            raise Broken("an old token moved the row")
        if after is not None and (world.doubted_at is None or self.may_go_again(world, now)):
            raise Broken("left to a person although nobody need decide")
        yield "withhold", after and self.let_go(after, number)
        gates = ((table.FORBID, world.suppressed), (table.RECALL, not world.member))
        for entry in [entry for entry, shut in gates if shut] or (table.DEFER, table.OUTLAST):
            after = self.move(world, entry, later)
            if after is not None and worker.token != world.token:
                raise Broken("an old token moved the row")
            if after is not None and (entry is table.DEFER) is (later.not_before >= EXPIRES) and entry in self.by_time:
                raise Broken("put off beyond its end, or ended although there was time")
            yield entry.name, after and self.let_go(after, number)
        yield "lost", self.let_go(world, number)

    def may_leave(self, world, worker, now):
        if worker.token != world.token:
            raise Broken("I1: an old token marked the row")
        if world.approved_at is None or world.now < world.not_before:
            raise Broken("I2: leaves before approval and hold")
        if world.suppressed:
            raise Broken("I3: leaves after an unsubscription")
        if world.halted or world.absent or not world.member:
            raise Broken("leaves although halted, or to somebody who is absent or out")
        if world.doubted_at is not None and world.held:
            raise Broken("goes again although nothing is to")

    def gives(self, world, number, now):
        worker = world.workers[number]
        taken = self.taken(world)
        too_late = self.is_too_slow(world, worker, now)
        if taken.copies > 1 and not taken.again and not too_late:
            raise Broken("I1: two copies were accepted")
        for after, step in (
            (taken, "yes"),
            (taken, "silence"),
            (world, "later"),
            (world, "never"),
            (world, "fault"),
            (world, "silence"),
        ):
            if after is world or not too_late:
                yield "give", self.at(after, number, worker._replace(step=step))

    def taken(self, world):
        if self.policy == "idempotent" and world.copies:
            if world.now < world.taken_at + PROVIDER:
                return world
        elif self.policy == "idempotent":
            world = world._replace(taken_at=world.now)
        return world._replace(copies=world.copies + 1)

    def is_too_slow(self, world, worker, now):
        """A server waits only so long for a repeat that it let begin; how long is taken off the window."""
        begun = world.lease_until is not None and worker.token == world.token and now == world.lease_until - LEASE
        return self.policy == "idempotent" and world.copies > 0 and not begun

    def tells(self, world, number, now):
        worker = world.workers[number]
        given = Given(now, "w", "said", token=worker.token, reply="250", not_before=now + DELAY)
        used_up = world.attempts >= MOST_ATTEMPTS or now + DELAY >= EXPIRES
        entry = {
            "yes": table.SEND,
            "silence": table.LEAVE_UNCERTAIN,
            "later": table.FAIL if used_up else table.RETRY,
            "never": table.FAIL,
            "fault": table.PAUSE,
        }[worker.step]
        after = self.move(world, entry, given)
        if after is not None and worker.token != world.token:
            raise Broken("an old token moved the row")
        if after is not None and after.state == State.SENT.value and not world.copies:
            raise Broken("I5: sent, and no server took it")
        if after is not None and after.attempts > world.attempts + 1:
            raise Broken("an attempt was counted twice")
        yield entry.name, self.let_go(after or world, number)


def explore(model, most=None):
    """Every reachable world with those that it leads to; raises Broken with the way to where a promise breaks."""
    start = World()
    came_from, leads_to, queue = {start: None}, {}, deque([start])
    while queue and (most is None or len(came_from) < most):
        world = queue.popleft()
        found = []
        try:
            for action, after in model.successors(world):
                if after is None:
                    continue
                found.append(after)
                if after not in came_from:
                    came_from[after] = (action, world)
                    queue.append(after)
        except Broken as broken:
            raise Broken(f"{broken}: {' > '.join(way_to(world, came_from))} in {world}") from None
        leads_to[world] = found
    return leads_to


@contextmanager
def without_looking_for_cycles():
    """No world refers back to what refers to it, and to look for that in millions of them takes a third longer."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def way_to(world, came_from):
    actions = []
    while came_from[world] is not None:
        action, world = came_from[world]
        actions.append(action)
    return reversed(actions)


def that_can_end(leads_to):
    """The worlds from which some order of actions leads to an end."""
    comes_from = {}
    for world, found in leads_to.items():
        for after in found:
            comes_from.setdefault(after, []).append(world)
    reached = {world for world in leads_to if world.state in ENDS}
    queue = deque(reached)
    while queue:
        for world in comes_from.get(queue.popleft(), ()):
            if world not in reached:
                reached.add(world)
                queue.append(world)
    return reached


@pytest.mark.proof
@pytest.mark.parametrize(("policy", "least"), [("resend", 200_000), ("idempotent", 50_000)])
def test_no_order_of_actions_breaks_a_promise_and_every_world_can_end(policy, least, record_figures):
    begin = process_time()
    with without_looking_for_cycles():
        leads_to = explore(Model(policy=policy))
        stuck = leads_to.keys() - that_can_end(leads_to)
    seconds = process_time() - begin
    steps = sum(map(len, leads_to.values()))
    record_figures(f"model, {policy}", {"states": len(leads_to), "transitions": steps, "seconds": round(seconds)})
    assert len(leads_to) >= (least // 5 if IS_SHORT else least)
    assert not stuck, next(iter(stuck))
    away = {State.UNAPPROVED, State.SUPPRESSED, State.WITHDRAWN} if policy == "idempotent" else set()
    assert {world.state for world in leads_to} - {None} == {state.value for state in set(State) - away}
    # of the processor, so that a machine which does something else as well does not count
    assert seconds < 150 or IS_LONG


# these decide about what is sent again in doubt
IN_DOUBT = (table.RESEND, table.WITHHOLD)
GUARDED = [entry for entry in table.TRANSITIONS if entry.condition is not beginnings.MAKE.condition and entry.sources]
# whose guard is about something that this model has not, and the test that fails without it
ELSEWHERE = {
    "suppress": "test_gates.py: test_an_unsubscription_from_one_trigger_leaves_the_others",
    "withdraw": "test_ticks.py: test_leaving_withdraws_what_waits_but_not_what_is_kept_or_on_its_way",
    "forbid": "below: the rest of it is asked by the gates, in the same transaction",
    "recall": "below: the rest of it is asked by the gates, in the same transaction",
}


@pytest.mark.parametrize("entry", [entry for entry in GUARDED if entry.name not in ELSEWHERE], ids=lambda e: e.name)
def test_without_its_guard_a_promise_breaks(entry):
    model = Model(
        [replace(entry, condition=beginnings.MAKE.condition)], "idempotent" if entry in IN_DOUBT else "resend"
    )
    with pytest.raises(Broken):
        explore(model, most=300_000)


def blind(entry, part):
    """The entry with one part of its guard removed: it sees only what would let it pass."""

    def condition(row, given):
        seen = SimpleNamespace(**vars(row))
        if part == "token":
            seen.token = given.token
        elif part == "hold":
            seen.not_before = given.now
        elif part == "gates":
            given = replace(given, allowed=True)
        elif part == "policy":
            given = replace(given, uncertainty=replace(given.uncertainty, policy="resend"))
        elif part == "window":
            given = replace(given, uncertainty=replace(given.uncertainty, window=STEPS + PROVIDER))
        else:
            setattr(seen, part, False)
        return entry.condition(seen, given)

    return replace(entry, condition=condition)


@pytest.mark.parametrize("part", ["token", "suppressed", "halted", "absent", "gates"])
def test_without_a_part_of_its_guard_the_data_mark_breaks_a_promise(part):
    with pytest.raises(Broken):
        explore(Model([blind(table.MARK_DATA, part)]), most=300_000)


@pytest.mark.parametrize("part", ["policy", "window"])
@pytest.mark.parametrize("entry", [table.RESEND, table.MARK_DATA], ids=lambda entry: entry.name)
def test_without_the_policy_or_the_window_something_goes_again_that_may_not(entry, part):
    with pytest.raises(Broken):
        explore(Model([blind(entry, part)], "idempotent"), most=300_000)


def test_a_window_as_long_as_the_provider_s_is_too_long_for_clocks_that_differ():
    model = Model(policy="idempotent")
    model.window = PROVIDER
    with pytest.raises(Broken, match="I1"):
        explore(model, most=300_000)


@pytest.mark.parametrize(
    "entry",
    [table.SEND, table.RETRY, table.FAIL, table.LEAVE_UNCERTAIN, table.FORBID, table.RECALL, table.DEFER],
    ids=lambda entry: entry.name,
)
def test_with_an_old_token_a_worker_breaks_a_promise(entry):
    with pytest.raises(Broken):
        explore(Model([blind(entry, "token")]), most=300_000)
