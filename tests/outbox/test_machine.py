"""The real store against a model of it, taken through random histories.

The model keeps rows as values and moves them by the same table; the promises (`broken`, and `_check_promises`, which
knows nothing of the table) are checked on what the store holds. `RULEKIT_MACHINE=2000` plays so many histories of 50
steps on each kind of store instead of 60 of 25.
"""

import os
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rulekit.doubt import POLICIES, Doubt
from rulekit.errors import TransitionRefused
from rulekit.outbox import transitions as table
from rulekit.outbox.claims import LEASE, Finish
from rulekit.outbox.gates import Gates, Held
from rulekit.outbox.states import END_STATES, Phase, State
from rulekit.outbox.store import Store
from rulekit.outbox.tick import TickRecord, Withdrawal
from rulekit.outbox.transition import Given, Place
from rulekit.outbox.transitions import RETRY_AFTER
from rulekit.records import Edge, Later, RefusalClass, Refused, Sent, Tagging, Unknown

START = datetime(2026, 3, 1, tzinfo=UTC)
HOLD = timedelta(minutes=10)
PEOPLE = ("ann", "bob", "joe")
URL = "sqlite:///machine.db"
HISTORIES = int(os.environ.get("RULEKIT_MACHINE", "0"))
OUTCOMES = (
    Sent("250"),
    Refused("550 no"),
    Refused("550 5.1.1 nobody", RefusalClass.ADDRESS),
    Refused("535 login", RefusalClass.SENDER),
    Later("450 busy"),
    Later("421 closing", RefusalClass.SENDER),
    Unknown("silence"),
)
COMPARED = (
    "attempts",
    "token",
    "not_before",
    "expires_at",
    "lease_until",
    "approved_at",
    "finished_at",
    "left_at",
    "doubted_at",
)


def address(person):
    return f"{person}@example.com"


class OnDisk:
    """Makes stores that are files in folders of their own."""

    def __init__(self, folder):
        Store.open(URL, folder).close()
        self.template = folder / "machine.db"

    def open(self):
        folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, folder / "machine.db")
        return Store.open(URL, folder), lambda: shutil.rmtree(folder)


class OnServer:
    """Makes stores that are databases of one server."""

    def __init__(self, server):
        self.server = server

    def open(self):
        name = self.server.make_database("store")
        return Store.open(self.server.url(name), Path()), lambda: self.server.drop_database(name)


def made(row_id, new, now):
    values = dict.fromkeys(COMPARED) | {"attempts": 0, "token": 0, "expires_at": new.expires_at, "phase": None}
    return SimpleNamespace(
        id=row_id,
        person=new.tagging.person,
        keep=new.keep,
        digest=new.digest,
        uncertain=new.uncertain,
        state=None,
        made_at=now,
        again=None,
        halted=False,
        **values,
    )


class Outbox(RuleBasedStateMachine):
    make_row = None
    find_broken = None
    place = None

    @initialize(policy=st.sampled_from(POLICIES), window=st.sampled_from([timedelta(minutes=12), timedelta(days=1)]))
    def begin(self, policy, window):
        self.doubt = Doubt(policy, window)
        self.gates = Gates(doubt=self.doubt)
        self.store, self.drop = self.place.open()
        self.now = START
        self.rows = {}
        self.claims = []
        self.suppressed = set()
        self.episode = dict.fromkeys(PEOPLE, 0)

    def teardown(self):
        if hasattr(self, "store"):
            found = self.find_broken(self.store)
            self.store.close()
            self.drop()
            assert found == {}

    # --- the model -------------------------------------------------------------------------------------------

    def step(self, transition, row, given):
        place = None if row.state is None else Place(State(row.state), row.phase and Phase(row.phase))
        row.suppressed = row.person in self.suppressed
        if (place not in transition.sources and transition.sources) or not transition.condition(row, given):
            return False
        for column, value in transition.written(row, given).items():
            setattr(row, column, value)
        return True

    def agrees(self, expected, action):
        try:
            action()
        except TransitionRefused:
            assert not expected
        else:
            assert expected

    @invariant()
    def the_store_is_as_the_model(self):
        if not hasattr(self, "store"):
            return
        found = {row.id: row for row in self.store.rows()}
        assert found.keys() == self.rows.keys()
        for row_id, model in self.rows.items():
            row = found[row_id]
            phase = row.phase.value if row.phase else None
            assert (row.state.value, phase) == (model.state, model.phase), model
            assert {name: getattr(row, name) for name in COMPARED} == {name: getattr(model, name) for name in COMPARED}

    # --- what may happen -------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 9, 10, 15, 60, 60 * 24, 60 * 24 * 7]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(
        people=st.sets(st.sampled_from(PEOPLE), min_size=1),
        auto=st.booleans(),
        keep=st.booleans(),
        failure=st.sampled_from([None, None, None, "no name"]),
        uncertain=st.sampled_from([None, None, *POLICIES]),
    )
    def people_join(self, people, auto, keep, failure, uncertain):
        chosen = sorted(people)
        for person in chosen:
            self.episode[person] += 1
        taggings = [Tagging("Inactive", person, self.episode[person], Edge.TAGGED) for person in chosen]
        said = {"auto": auto, "keep": keep, "failure": failure, "uncertain": uncertain}
        new = [self.make_row(tagging, self.now, **said) for tagging in taggings]
        self.tick(rows=tuple(new), matched={"Miss_You": len(new)})
        for row in new:
            model = made(len(self.rows) + 1, row, self.now)
            born = table.MAKE_APPROVED if auto else table.MAKE
            if row.tagging.person in self.suppressed:
                born = table.MAKE_SUPPRESSED
            if failure:
                born = table.MAKE_FAILED
            assert self.step(born, model, Given(self.now, "tick"))
            self.rows[model.id] = model

    @rule(person=st.sampled_from([None, *PEOPLE]))
    def people_leave(self, person):
        for row in self.rows.values():
            if person in (None, row.person):
                self.step(table.WITHDRAW, row, Given(self.now, "tick", trigger_removed=person is None))
        self.tick(withdrawals=(Withdrawal("Miss_You", person, "left"),))

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_unsubscribes(self, person):
        self.store.suppress(address(person).upper(), "unsubscribed", self.now, person)
        self.suppress(person)

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_subscribes_again(self, person):
        assert self.store.unsuppress(address(person)) == (person in self.suppressed)
        self.suppressed.discard(person)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), right=st.sampled_from([True, True, True, False]))
    def approve(self, data, right):
        row = self.pick(data)
        digest = row.digest if right else "0" * 64
        expected = self.step(table.APPROVE, row, Given(self.now, "ada", digest=digest, hold=HOLD))
        self.agrees(expected, lambda: self.store.approve(row.id, digest, self.now, "ada", HOLD))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def unapprove(self, data):
        row = self.pick(data)
        expected = self.step(table.UNAPPROVE, row, Given(self.now, "ada"))
        self.agrees(expected, lambda: self.store.unapprove(row.id, self.now, "ada"))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def cancel(self, data):
        row = self.pick(data)
        expected = self.step(table.CANCEL, row, Given(self.now, "ada"))
        self.agrees(expected, lambda: self.store.cancel(row.id, self.now, "ada", "no"))

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), to=st.sampled_from([State.SENT, State.FAILED, State.RETRYING]))
    def resolve(self, data, to):
        row = self.pick(data)
        transition = {
            State.SENT: table.RESOLVE_SENT,
            State.FAILED: table.RESOLVE_FAILED,
            State.RETRYING: table.RESOLVE_RETRYING,
        }[to]
        expected = self.step(transition, row, Given(self.now, "ada", "log", not_before=self.now))
        self.agrees(expected, lambda: self.store.resolve(row.id, to, self.now, "ada", "log"))

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def retry(self, data):
        row = self.pick(data)
        done = self.store.retry_all([row.id], self.now, "ada", "again", HOLD)
        if row.state != State.FAILED.value:
            hurried = self.step(table.HURRY, row, Given(self.now, "ada", "again", not_before=self.now))
            assert (row.id in done.hurried) == hurried
            return
        person = SimpleNamespace(person=row.person)
        expires_at = self.now + (row.expires_at - row.made_at)
        same = {"keep": row.keep, "digest": row.digest, "uncertain": row.uncertain}
        first = SimpleNamespace(tagging=person, expires_at=expires_at, **same)
        copy = made(len(self.rows) + 1, first, self.now)
        may = row.again is None and self.step(table.MAKE_AGAIN, copy, Given(self.now, "ada", "again", hold=HOLD))
        assert done.copies == ({row.id: copy.id} if may else {})
        if may:
            row.again = copy.id
            self.rows[copy.id] = copy

    @rule(worker=st.sampled_from(["one", "two"]), limit=st.integers(1, 3))
    def claim(self, worker, limit):
        given = Given(self.now, worker, lease_until=self.now + LEASE, doubt=self.doubt)
        found = self.store.claim_due(self.now, worker, limit, gates=self.gates).claims
        self.claims += found
        places = (State.APPROVED.value, State.RETRYING.value)
        due = [row for row in self.rows.values() if row.state in places and table.CLAIM.condition(row, given)]
        leaving = []
        for row in sorted(due, key=lambda row: (row.not_before, row.id))[:limit]:
            mine = replace(given, token=self.store.row(row.id).token)
            assert self.step(table.CLAIM, row, mine)
            if not self.step(table.WITHHOLD, row, mine):
                leaving.append(row.id)
        assert [claim.row.id for claim in found] == leaving

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def mark_data(self, data):
        claim = data.draw(st.sampled_from(self.claims), label="claim")
        row = self.rows[claim.row.id]
        given = Given(self.now, claim.worker, token=claim.token, lease_until=self.now + LEASE, doubt=self.doubt)
        marked = self.step(table.MARK_DATA, row, given)
        forbidden = not marked and row.suppressed and self.step(table.FORBID, row, given)
        withheld = not marked and not forbidden and self.step(table.WITHHOLD, row, given)
        (answer,), _ = self.store.settle([claim], [], self.now, self.gates)
        assert (answer is None) == marked
        assert isinstance(answer, Held) == (forbidden or withheld)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def finish(self, data, outcome):
        claim = data.draw(st.sampled_from(self.claims), label="claim")
        row = self.rows[claim.row.id]
        expected = self.finished(claim, row, outcome)
        _, (answer,) = self.store.settle([], [Finish(claim, outcome)], self.now, self.gates)
        assert isinstance(answer, State) == expected
        if expected and isinstance(outcome, Refused) and outcome.about is RefusalClass.ADDRESS:
            self.suppress(row.person)

    def finished(self, claim, row, outcome):
        given = Given(self.now, claim.worker, token=claim.token, not_before=self.now)
        if isinstance(outcome, Sent):
            return self.step(table.SEND, row, given) or self.step(table.DOUBT, row, given)
        if isinstance(outcome, Unknown):
            return self.step(table.DOUBT, row, given)
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

    @rule()
    def resend(self):
        self.store.resend(self.now, self.doubt)
        for row in self.rows.values():
            if row.state == State.UNCERTAIN.value:
                next_time = self.now + self.delay(row, row.doubted_at or row.left_at)
                self.step(table.RESEND, row, Given(self.now, "settings", not_before=next_time, doubt=self.doubt))

    @rule()
    def reap(self):
        self.store.reap(self.now)
        for row in self.rows.values():
            next_time = self.now + RETRY_AFTER[min(row.attempts, len(RETRY_AFTER) - 1)]
            given = Given(self.now, "reaper", not_before=next_time)
            for transition in (table.REAP, table.REAP_FAILED, table.REAP_UNCERTAIN):
                if row.lease_until is not None and self.step(transition, row, given):
                    break

    # --- short ways ------------------------------------------------------------------------------------------

    def pick(self, data):
        return self.rows[data.draw(st.sampled_from(sorted(self.rows)), label="row")]

    def suppress(self, person):
        self.suppressed.add(person)
        for row in self.rows.values():
            if row.person == person:
                self.step(table.SUPPRESS, row, Given(self.now, person))

    def tick(self, **changes):
        state = self.store.tick_state()
        everybody = np.ones(len(PEOPLE), dtype=np.bool_)
        self.store.record_tick(
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

    @invariant()
    def promises_hold_whatever_the_table_says(self):
        for row in self.store.rows() if hasattr(self, "store") else ():
            history = self.store.history(row.id)
            targets = [line.target for line in history]
            assert not any(target in END_STATES for target in targets[:-1])
            approved_at = None
            for line in history:
                if line.target is State.APPROVED:
                    approved_at = line.at + (timedelta(0) if row.auto else HOLD)
                if line.actor == "reaper" and line.target is State.RETRYING:
                    assert line.source_phase is Phase.CLAIMED
                if line.transition == "mark data":
                    assert approved_at is not None
                    assert line.at >= approved_at
            self.may_have_been_sent_again(row, history)

    def may_have_been_sent_again(self, row, history):
        """What may have arrived left again only as its policy says, unless somebody had looked into it."""
        policy = row.uncertain or self.doubt.policy
        first = begun = None
        for line in history:
            if line.target is State.SENDING:
                begun = line.at
                if line.transition == "mark data" and first is not None:
                    assert policy == "resend" or (policy == "idempotent" and line.at < first + self.doubt.window)
            elif line.transition == "resend":
                first = first or begun
            elif line.transition == "resolve to retry":
                first = None


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_store_behaves_as_its_table(kind, tmp_path, request, broken, make_row):
    Outbox.place = OnDisk(tmp_path) if kind == "sqlite" else OnServer(request.getfixturevalue("postgres"))
    Outbox.find_broken = staticmethod(broken)
    Outbox.make_row = staticmethod(make_row)
    run_state_machine_as_test(
        Outbox,
        settings=settings(
            max_examples=HISTORIES or 60,
            stateful_step_count=50 if HISTORIES else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
