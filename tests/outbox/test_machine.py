"""The real store against a model of it, taken through random histories.

The model keeps rows as values and moves them by the same table. After each step what the store wrote into its history
must be what the model did, with every row that moved as the model has it; at the end of a history, all of it. The
promises are checked on what the store holds, by rules that know nothing of the table (`Kept`, `broken`).

The histories come from seeds, so that a run plays what the one before it played, as long as the code is the same. A
short look plays the first of them, and a long one first those of every run, then others.
"""

import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rulekit.errors import TransitionRefused
from rulekit.outbox.lifecycle import beginnings
from rulekit.outbox.lifecycle import transitions as table
from rulekit.outbox.lifecycle.states import Phase
from rulekit.outbox.lifecycle.tick_values import Readdressing, TickRecord, Withdrawal
from rulekit.outbox.lifecycle.transition import Given, Place
from rulekit.outbox.lifecycle.transitions import RETRY_AFTER
from rulekit.outbox.sending.breaker import Breaker, Refusals
from rulekit.outbox.sending.claims import LEASE, Finish
from rulekit.outbox.sending.gates import ABSENT_FOR, Gates, Held
from rulekit.records import Edge, RefusalClass, Refused, Sent, State, Tagging, Unknown
from rulekit.uncertainty import POLICIES, Uncertainty
from tests.lanes import ON_POSTGRES
from tests.outbox import singly
from tests.outbox.machine_model import HOLD, KINDS, OUTCOMES, Kept, by_row, made, standing, told
from tests.outbox.machine_stores import reused
from tests.proofs import FIGURES, IS_SHORT

START = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = ("ann", "bob", "joe")
WORKERS = ("one", "two")
STEPS = 50
# of one test, which the cores share: enough for the rarest transition to come twenty times on average, unless the look
# is a short one; and of one seed, after ten of which Hypothesis plays variants of the same
IN_ONE_TEST, OF_ONE_SEED = min(500, *FIGURES.histories.values()), 5
TESTS = [
    pytest.param(kind, part, marks=ON_POSTGRES if kind == "postgresql" else pytest.mark.xdist_group(f"machine {part}"))
    for kind, many in FIGURES.histories.items()
    for part in range(many // IN_ONE_TEST)
]
PLAYED = settings(
    max_examples=OF_ONE_SEED,
    # and the beginning
    stateful_step_count=STEPS + 1,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Outbox(RuleBasedStateMachine):
    make_row = None
    find_broken = None
    reused = None
    figures = None

    @initialize(
        people=st.sets(st.sampled_from(PEOPLE), min_size=1),
        auto=st.booleans(),
        policy=st.sampled_from(POLICIES),
        window=st.sampled_from([timedelta(minutes=12), timedelta(days=1)]),
        chance=st.integers(0, 255),
    )
    def begin(self, people, auto, policy, window, chance):
        # every seed begins with the simplest of all histories, which is the same step 50 times
        assume(chance)
        self.doubt = Uncertainty(policy, window)
        self.gates = Gates(uncertainty=self.doubt)
        self.reused.empty()
        self.store = self.reused.store
        self.now = START
        # neither this beginning nor the end is one
        self.steps = -2
        self.rows = {}
        self.moves = []
        self.lines = []
        self.kept = {}
        self.claims = []
        self.token = 0
        self.breaker, self.refusals = Breaker(), Refusals()
        # which addresses are on the list, and whether somebody asked for it; who is not mailed because of which of them
        self.listed = {}
        self.asked = {person: set() for person in PEOPLE}
        self.at = {person: f"{person}@example.com" for person in PEOPLE}
        self.moved = 0
        self.absent = set()
        self.episode = dict.fromkeys(PEOPLE, 0)
        self.people_join(people, auto, False, None, None)

    def teardown(self):
        # of a history that failed, what failed is enough
        if not hasattr(self, "store") or sys.exception() is not None:
            return
        # a lease that ended long ago is a finding, and whoever sends reaps first
        self.reap()
        self.the_store_did_what_the_model_did()
        assert [standing(row) for row in self.store.outbox.find()] == [standing(row) for row in self.rows.values()]
        assert [told(line) for line in self.reused.since(0)] == [told(line) for line in self.lines]
        assert self.find_broken(self.store) == {}
        self.figures.update(histories=1, steps=self.steps, transitions=len(self.lines))
        self.figures.update(line.transition for line in self.lines)

    # --- the model -------------------------------------------------------------------------------------------

    def is_open(self, transition, row, given):
        place = None if row.state is None else Place(State(row.state), row.phase and Phase(row.phase))
        row.suppressed = self.is_suppressed(row.person, row.address)
        row.absent = row.person in self.absent
        return (place in transition.sources or not transition.sources) and bool(transition.condition(row, given))

    def step(self, transition, row, given):
        if not self.is_open(transition, row, given):
            return False
        for column, value in transition.written(row, given).items():
            setattr(row, column, value)
        self.moves.append((row.id, transition.name))
        return True

    def is_suppressed(self, person, address):
        return address in self.listed or bool(self.asked[person])

    def agrees(self, expected, action):
        try:
            action()
        except TransitionRefused:
            assert not expected
        else:
            assert expected

    @invariant()
    def the_store_did_what_the_model_did(self):
        if not hasattr(self, "store"):
            return
        lines = self.reused.since(self.lines[-1].id if self.lines else 0)
        assert by_row((line.row, line.transition) for line in lines) == by_row(self.moves)
        for line in lines:
            assert standing(line, "now_") == standing(self.rows[line.row])
            self.kept.setdefault(line.row, Kept(self.doubt)).hear(line)
        self.lines += lines
        self.moves.clear()
        self.steps += 1

    # --- what may happen -------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 9, 10, 10, 15, 15, 60, 60 * 24, 60 * 24 * 7]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(
        people=st.sets(st.sampled_from(PEOPLE), min_size=1),
        auto=st.booleans(),
        keep=st.booleans(),
        failure=st.sampled_from([None] * 5 + ["no name"]),
        uncertain=st.sampled_from([None, None, *POLICIES]),
    )
    def people_join(self, people, auto, keep, failure, uncertain):
        chosen = sorted(people)
        for person in chosen:
            self.episode[person] += 1
        taggings = [Tagging("Inactive", person, self.episode[person], Edge.TAGGED) for person in chosen]
        said = {"auto": auto, "keep": keep, "failure": failure, "uncertain": uncertain}
        new = [self.make_row(tagging, self.now, recipient=self.at[tagging.person], **said) for tagging in taggings]
        self.tick(rows=tuple(new), matched={"Miss_You": len(new)})
        for row in new:
            model = made(len(self.rows) + 1, row, self.now)
            born = beginnings.MAKE_APPROVED if auto else beginnings.MAKE
            if self.is_suppressed(model.person, model.address):
                born = beginnings.MAKE_SUPPRESSED
            if failure:
                born = beginnings.MAKE_FAILED
            assert self.step(born, model, Given(self.now, "tick"))
            self.rows[model.id] = model
            if born is beginnings.MAKE_SUPPRESSED and self.listed.get(model.address):
                self.asked[model.person].add(model.address)

    @rule(person=st.sampled_from(PEOPLE), failure=st.sampled_from([None] * 3 + ["no name"]))
    def people_move(self, person, failure):
        self.moved += 1
        address = f"{person}{self.moved}@example.com"
        message = f"To: {address}".encode()
        said = {"recipient": address, "failure": failure, "message": message, "digest": sha256(message).hexdigest()}
        tagging = Tagging("Inactive", person, 1, Edge.TAGGED)
        waiting = [row for row in self.rows.values() if row.person == person and row.doubted_at is None]
        again = {
            row.id: self.make_row(tagging, self.now, auto=row.auto, uncertain=row.uncertain, **said) for row in waiting
        }
        self.tick(readdressings=tuple(Readdressing(email, "Miss_You", new) for email, new in again.items()))
        ways = [table.READDRESS_FAILED] if failure else [table.READDRESS_APPROVED, table.READDRESS]
        for row in waiting:
            if any(self.step(way, row, Given(self.now, "tick")) for way in ways):
                row.address, row.digest = address, said["digest"]
                self.at[person] = address
                # of who unsubscribed while a worker had it in hand, which then died
                if self.is_suppressed(person, address):
                    self.step(table.SUPPRESS, row, Given(self.now, "tick"))

    @rule(person=st.sampled_from([*PEOPLE, *PEOPLE, None]))
    def people_leave(self, person):
        for row in self.rows.values():
            if person in (None, row.person):
                self.step(table.WITHDRAW, row, Given(self.now, "tick", even_kept=person is None))
        self.tick(withdrawals=(Withdrawal("Miss_You", person, "left"),))

    @rule(person=st.sampled_from(PEOPLE))
    def people_vanish_or_return(self, person):
        # the first tick brings everybody, in this order
        number = PEOPLE.index(person)
        is_back = person in self.absent
        self.tick(**{"back" if is_back else "missed": (number,)})
        if not is_back:
            self.absent.add(person)
            return
        self.absent.remove(person)
        for row in self.rows.values():
            waits = row.state in (State.APPROVED.value, State.RETRYING.value)
            if row.person == person and waits and row.not_before < self.now:
                row.not_before = self.now

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_unsubscribes(self, person):
        self.store.suppressions.add(self.at[person].upper(), "unsubscribed", self.now, person)
        self.suppress(self.at[person], asked=True)

    @precondition(lambda self: self.listed)
    @rule(person=st.sampled_from(PEOPLE))
    def somebody_subscribes_again(self, person):
        address = self.at[person]
        assert singly.unsuppress(self.store, address) == (address in self.listed)
        self.listed.pop(address, None)
        self.asked[person].discard(address)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), right=st.sampled_from([True, True, True, False]))
    def approve(self, data, right):
        row = self.pick(data, State.UNAPPROVED)
        digest = row.digest if right else "0" * 64
        expected = self.step(table.APPROVE, row, Given(self.now, "ada", digest=digest, hold=HOLD))
        self.agrees(expected, lambda: singly.approve(self.store, row.id, digest, self.now, "ada", HOLD))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def unapprove(self, data):
        row = self.pick(data, State.APPROVED)
        expected = self.step(table.UNAPPROVE, row, Given(self.now, "ada"))
        self.agrees(expected, lambda: singly.unapprove(self.store, row.id, self.now, "ada"))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def cancel(self, data):
        row = self.pick(data)
        expected = self.step(table.CANCEL, row, Given(self.now, "ada"))
        self.agrees(expected, lambda: singly.cancel(self.store, row.id, self.now, "ada", "no"))

    @precondition(lambda self: any(row.state == State.UNCERTAIN.value for row in self.rows.values()))
    @rule(data=st.data(), to=st.sampled_from([State.SENT, State.FAILED, State.RETRYING]))
    def resolve(self, data, to):
        row = self.pick(data, State.UNCERTAIN)
        transition = {
            State.SENT: table.RESOLVE_SENT,
            State.FAILED: table.RESOLVE_FAILED,
            State.RETRYING: table.RESOLVE_RETRYING,
        }[to]
        expected = self.step(transition, row, Given(self.now, "ada", "log", not_before=self.now))
        self.agrees(expected, lambda: singly.resolve(self.store, row.id, to, self.now, "ada", "log"))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def retry(self, data):
        row = self.pick(data, State.FAILED, State.RETRYING)
        done = self.store.desk.retry([row.id], self.now, "ada", "again", HOLD)
        if row.state != State.FAILED.value:
            hurried = self.step(table.HURRY, row, Given(self.now, "ada", "again", not_before=self.now))
            assert (row.id in done.hurried) == hurried
            return
        person = SimpleNamespace(person=row.person)
        expires_at = self.now + (row.expires_at - row.made_at)
        same = {"keep": row.keep, "digest": row.digest, "uncertain": row.uncertain, "auto": row.auto}
        same["recipient"] = row.address
        first = SimpleNamespace(tagging=person, expires_at=expires_at, **same)
        copy = made(len(self.rows) + 1, first, self.now)
        may = row.again is None and self.step(beginnings.MAKE_AGAIN, copy, Given(self.now, "ada", "again", hold=HOLD))
        assert done.copies == ({row.id: copy.id} if may else {})
        if may:
            row.again = copy.id
            self.rows[copy.id] = copy

    @rule(worker=st.sampled_from(WORKERS), limit=st.integers(1, 3))
    def worker_claims(self, worker, limit):
        self.claim(worker, limit)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def worker_marks(self, data):
        self.mark(self.pick_claim(data))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def worker_finishes(self, data, outcome):
        self.finish(self.pick_claim(data), outcome)

    @rule(
        minutes=st.sampled_from([0, 1, 5, 10, 60]),
        worker=st.sampled_from(WORKERS),
        limit=st.integers(1, 3),
        outcome=st.sampled_from([*OUTCOMES, None]),
        marks=st.sampled_from([True, True, False]),
    )
    def worker_works(self, minutes, worker, limit, outcome, marks):
        self.now += timedelta(minutes=minutes)
        for claim in self.claim(worker, limit):
            if (not marks or self.mark(claim)) and outcome is not None:
                self.finish(claim, outcome)

    def claim(self, worker, limit):
        found = self.store.queue.claim_due(self.now, worker, limit, gates=self.gates)
        self.claims += found.claims
        given = Given(self.now, worker, token=self.token + 1, lease_until=self.now + LEASE, uncertainty=self.doubt)
        may = self.breaker.may_send(self.now)
        due = [row for row in self.rows.values() if self.is_open(table.CLAIM, row, given)]
        # what tries for all is what was tried longest ago
        order = (
            (lambda row: (row.token, row.not_before, row.id)) if may == 1 else (lambda row: (row.not_before, row.id))
        )
        due = sorted(due, key=order)[: limit if may is None else min(limit, may)]
        for row in due:
            self.step(table.CLAIM, row, given)
        leaving = [row.id for row in due if not self.keeps_back(row, given)]
        assert [(claim.row.id, claim.token) for claim in found.claims] == [(row, given.token) for row in leaving]
        assert found.held == tuple(State(row.state) for row in due if row.id not in leaving)
        self.token += bool(due)
        if leaving:
            self.breaker = self.breaker.probing(self.now)
        return found.claims

    def keeps_back(self, row, given):
        if (row.suppressed and self.step(table.FORBID, row, given)) or self.step(table.WITHHOLD, row, given):
            return True
        later = replace(given, not_before=self.now + ABSENT_FOR)
        return row.absent and (self.step(table.OUTLAST, row, later) or self.step(table.DEFER, row, later))

    def mark(self, claim):
        row = self.rows[claim.row.id]
        given = Given(self.now, claim.worker, token=claim.token, lease_until=self.now + LEASE, uncertainty=self.doubt)
        marked = self.step(table.MARK_DATA, row, given)
        kept_back = not marked and self.keeps_back(row, given)
        (answer,), _ = self.store.queue.settle([claim], [], self.now, self.gates)
        assert (answer is None) == marked
        assert isinstance(answer, Held) == kept_back
        return marked

    def finish(self, claim, outcome):
        row = self.rows[claim.row.id]
        self.refusals = self.refusals.after(outcome)
        said, outcome = outcome, self.refusals.blame(outcome)
        expected = self.finished(claim, row, outcome)
        _, (answer,) = self.store.queue.settle([], [Finish(claim, said)], self.now, self.gates)
        assert isinstance(answer, State) == expected
        # what is said of an address, or of the sender, is true even when the email is no longer this worker's
        about = getattr(outcome, "about", None)
        if isinstance(outcome, Refused) and about is RefusalClass.ADDRESS:
            self.suppress(claim.row.recipient, asked=False)
        if about is RefusalClass.SENDER:
            self.breaker = self.breaker.after_fault(self.now, certain=outcome is not said)
        elif isinstance(outcome, Sent | Refused):
            self.breaker = self.breaker.after_success()

    def finished(self, claim, row, outcome):
        given = Given(self.now, claim.worker, token=claim.token, not_before=self.now)
        if isinstance(outcome, Sent):
            return self.step(table.SEND, row, given) or self.step(table.LEAVE_UNCERTAIN, row, given)
        if isinstance(outcome, Unknown):
            return self.step(table.LEAVE_UNCERTAIN, row, given)
        if outcome.about is RefusalClass.SENDER:
            return self.step(table.PAUSE, row, given)
        if isinstance(outcome, Refused) or claim.row.attempts >= len(RETRY_AFTER):
            return self.step(table.FAIL, row, given)
        next_time = self.now + self.delay(claim.row, claim.row.doubted_at)
        if next_time >= row.expires_at:
            return self.step(table.FAIL, row, given)
        return self.step(table.RETRY, row, Given(self.now, claim.worker, token=claim.token, not_before=next_time))

    def delay(self, row, first):
        usual = RETRY_AFTER[min(row.attempts, len(RETRY_AFTER) - 1)]
        if first is None or (row.uncertain or self.doubt.policy) != "idempotent":
            return usual
        return min(usual, max((first + self.doubt.window - self.now) / 2, timedelta(0)))

    @precondition(lambda self: any(row.state == State.UNCERTAIN.value for row in self.rows.values()))
    @rule()
    def resend(self):
        self.store.queue.resend(self.now, self.doubt)
        for row in self.rows.values():
            if row.state == State.UNCERTAIN.value:
                next_time = self.now + self.delay(row, row.doubted_at or row.left_at)
                self.step(table.RESEND, row, Given(self.now, "settings", not_before=next_time, uncertainty=self.doubt))

    @precondition(lambda self: any(row.lease_until for row in self.rows.values()))
    @rule()
    def reap(self):
        self.store.queue.reap(self.now)
        for row in self.rows.values():
            next_time = self.now + RETRY_AFTER[min(row.attempts, len(RETRY_AFTER) - 1)]
            given = Given(self.now, "reaper", not_before=next_time)
            for transition in (table.REAP, table.REAP_FAILED, table.REAP_UNCERTAIN):
                if row.lease_until is not None and self.step(transition, row, given):
                    break

    # --- short ways ------------------------------------------------------------------------------------------

    def pick(self, data, *states):
        likely = [row.id for row in self.rows.values() if State(row.state) in states]
        return self.rows[self.draw(data, likely, list(self.rows))]

    def pick_claim(self, data):
        in_hand = [claim for claim in self.claims if self.rows[claim.row.id].token == claim.token]
        return self.draw(data, in_hand, self.claims)

    def draw(self, data, likely, all_of_them):
        """Nearly always one with which something can be done; what cannot be done must be refused, too."""
        some = likely if likely and data.draw(st.integers(0, 5), label="likely") else all_of_them
        return data.draw(st.sampled_from(some))

    def suppress(self, address, asked):
        self.listed[address] = self.listed.get(address, False) or asked
        for row in self.rows.values():
            if asked and row.address == address:
                self.asked[row.person].add(address)
        for row in self.rows.values():
            if row.address == address or (asked and address in self.asked[row.person]):
                self.step(table.SUPPRESS, row, Given(self.now, "sweep"))

    def tick(self, **changes):
        state = self.store.ticks.state()
        everybody = np.ones(len(PEOPLE), dtype=np.bool_)
        self.store.ticks.record(
            TickRecord(
                sequence=state.sequence,
                at=self.now,
                rules_digest="r" * 64,
                new_people=[person for person in PEOPLE if person not in state.people],
                present=everybody,
                members={"Inactive": everybody},
                baselines=frozenset() if state.sequence else frozenset({"Inactive"}),
                triggers=frozenset({"Miss_You"}),
                **changes,
            )
        )
        for row in self.rows.values():
            self.step(table.EXPIRE, row, Given(self.now, "tick"))


@pytest.fixture(scope="module")
def store_of_its_own(request, tmp_path_factory):
    """A store for all histories of this kind."""
    url = "sqlite:///machine.db"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        url = server.url(server.make_database("store"))
    with reused(url, tmp_path_factory.mktemp("machine")) as store:
        yield store


@pytest.mark.proof
@pytest.mark.parametrize(("store_of_its_own", "part"), TESTS, indirect=["store_of_its_own"])
def test_the_store_behaves_as_its_table(store_of_its_own, part, broken, make_row, record_figures):
    figures = Counter(dict.fromkeys(("histories", "steps", "transitions"), 0))
    given = {"reused": store_of_its_own, "find_broken": staticmethod(broken), "make_row": staticmethod(make_row)}
    machine = type("Outbox", (Outbox,), {**given, "figures": figures})
    seeds = IN_ONE_TEST // OF_ONE_SEED
    for number in range(part * seeds, (part + 1) * seeds):
        run_state_machine_as_test(seed(number)(machine), settings=PLAYED)
    record_figures(f"machine on {store_of_its_own.kind}", figures)
    assert figures["histories"] >= IN_ONE_TEST
    assert figures["steps"] >= 0.9 * STEPS * IN_ONE_TEST
    assert IS_SHORT or {name for name in KINDS if not figures[name]} == set()
