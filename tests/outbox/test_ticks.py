"""What a tick reads and writes; run over every kind of store."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from rulekit.errors import StoreError, TickLost
from rulekit.outbox.database.tables import metadata
from rulekit.outbox.lifecycle.bits import pack, unpack
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NoEmail, Passage, TickRecord, Waiting, Withdrawal
from rulekit.records import Edge, State
from tests.outbox import singly


def bits(text: str):
    return np.array([letter == "1" for letter in text], dtype=np.bool_)


def record(world, sequence, **changes):
    empty = TickRecord(sequence, world.now, "r" * 64, [], bits(""), {})
    return replace(empty, **changes)


def dump(store):
    with store.engine.connect() as connection:
        return {name: connection.execute(table.select()).all() for name, table in metadata.tables.items()}


@pytest.mark.parametrize("text", ["", "1", "0", "00000000", "101", "1" * 17, "0" * 30 + "1" + "0" * 30])
def test_bits_survive_packing(text):
    assert unpack(pack(bits(text)), len(text)).tolist() == bits(text).tolist()


def test_equal_sets_are_equal_bytes_however_many_people_there_are():
    assert pack(bits("101")) == pack(bits("101" + "0" * 100))


def test_a_new_store_is_empty(world):
    state = world.store.ticks.state()
    assert (state.sequence, state.at, state.people, dict(state.members)) == (0, None, [], {})
    assert state.present.tolist() == []
    assert (state.triggers, state.waiting) == (frozenset(), ())


def test_a_tick_comes_back_as_it_was_written(world):
    world.store.ticks.record(
        record(
            world,
            0,
            new_people=["ann", "bob", "åsa"],
            present=bits("111"),
            members={"Inactive": bits("010"), "New": bits("000")},
            triggers=frozenset({"Miss_You"}),
        )
    )
    state = world.store.ticks.state()
    assert (state.sequence, state.at, state.people) == (1, world.now, ["ann", "bob", "åsa"])
    assert state.present.tolist() == [True] * 3
    assert {name: found.tolist() for name, found in state.members.items()} == {
        "Inactive": [False, True, False],
        "New": [False, False, False],
    }
    assert state.triggers == {"Miss_You"}


def test_who_passes_through_a_parked_persona_is_kept_until_it_is_believed(world):
    world.tick(new_people=["ann", "bob"], members={"Inactive": bits("10")})
    parked_at = world.later(days=1)
    world.tick(parked={"Inactive": "too many"}, passed={"Inactive": bits("11")})
    state = world.store.ticks.state()
    assert {name: found.tolist() for name, found in state.passed.items()} == {"Inactive": [True, True]}
    noted = Passage("Inactive", "ann", parked_at, world.later(days=1), True)
    world.tick(passages=(noted,))
    assert dict(world.store.ticks.state().passed) == {}
    world.later(days=1)
    # a parking that began at the same instant, by a clock that was ahead
    again = Passage("Inactive", "bob", parked_at, world.now, False)
    world.tick(passages=(replace(noted, until=world.now), again))
    assert world.store.people.passages("Inactive", "ann") == [noted]
    assert world.store.people.passages("Inactive", "bob") == [again]
    assert world.store.people.passages("New", "ann") == []
    assert world.changes == []


def test_of_two_ticks_from_one_state_the_second_loses_and_writes_nothing(world):
    world.enter("ann")
    sequence = world.store.ticks.state().sequence - 1
    with pytest.raises(TickLost, match="another tick wrote first"):
        world.tick(sequence=sequence, rows=(world.new_row("bob"),))
    assert world.store.ticks.state().people == ["ann"]
    assert len(world.store.outbox.find()) == 1


def test_a_tick_before_the_last_one_is_refused(world):
    world.enter("ann")
    world.later(days=-1)
    with pytest.raises(StoreError, match="the last tick was at 2026-03-01T09:00:00Z") as caught:
        world.tick()
    assert "--now" in caught.value.help


def test_the_same_tick_again_changes_nothing(world, tmp_path):
    world.enter("ann", "bob")
    files = sorted((tmp_path / "state").glob("*.db"))
    before, content = dump(world.store), [path.read_bytes() for path in files]
    assert before["outbox"]
    world.tick()
    assert dump(world.store) == before
    assert [path.read_bytes() for path in files] == content


def test_a_later_tick_that_finds_nothing_new_is_remembered(world):
    world.enter("ann")
    world.later(hours=1)
    world.tick()
    assert world.store.ticks.state().at == world.now
    assert world.store.ticks.state().sequence == 2


def test_episodes_count_the_baseline_and_the_joins(world):
    members = {"Inactive": bits("10")}
    world.store.ticks.record(
        record(
            world,
            0,
            new_people=["ann", "bob"],
            present=bits("11"),
            members=members,
            baselines=frozenset(members),
        )
    )
    assert world.store.ticks.episodes("Inactive", ["ann", "bob", "zed"]) == {"ann": 1, "bob": 0, "zed": 0}
    left = MembershipChange(world.tagging("ann", 1, Edge.UNTAGGED), "left")
    joined = MembershipChange(world.tagging("bob", 1), "joined")
    world.tick(members={"Inactive": bits("01")}, changes=(left, joined))
    again = MembershipChange(world.tagging("ann", 2), "joined")
    world.tick(members={"Inactive": bits("11")}, changes=(again,))
    assert world.store.ticks.episodes("Inactive", ["ann", "bob"]) == {"ann": 2, "bob": 1}
    assert world.store.ticks.episodes("Unknown", ["ann"]) == {"ann": 0}


def test_episodes_of_thousands_of_people(world):
    keys = [f"p{i}" for i in range(5000)]
    world.store.ticks.record(
        record(
            world,
            0,
            new_people=keys,
            present=bits("1" * 5000),
            members={"Inactive": bits("10" * 2500)},
            baselines=frozenset({"Inactive"}),
        )
    )
    found = world.store.ticks.episodes("Inactive", keys)
    assert list(found.values()).count(1) == 2500
    assert found["p0"] == 1
    assert found["p1"] == 0


def test_a_persona_that_comes_back_counts_on(world):
    members = {"Inactive": bits("1")}
    first = record(world, 0, new_people=["ann"], present=bits("1"), members=members, baselines=frozenset(members))
    world.store.ticks.record(first)
    world.tick(members={"Other": bits("0")})
    assert set(world.store.ticks.state().members) == {"Other"}
    world.tick(members=members, baselines=frozenset(members))
    assert world.store.ticks.episodes("Inactive", ["ann"]) == {"ann": 2}


def test_a_renamed_persona_and_trigger_keep_their_history(world):
    (row,) = world.enter("ann")
    world.tick(
        personas_renamed={"Inactive": "Quiet"},
        triggers_renamed={"Miss_You": "Come_Back"},
        members={"Quiet": bits("1")},
        triggers=frozenset({"Come_Back"}),
    )
    assert world.store.ticks.episodes("Quiet", ["ann"]) == {"ann": 1}
    assert world.store.outbox.row(row).trigger == "Come_Back"
    assert world.store.outbox.row(row).tagging.persona == "Quiet"
    state = world.store.ticks.state()
    assert (set(state.members), state.triggers) == ({"Quiet"}, {"Come_Back"})


def test_a_new_name_with_a_history_of_its_own_is_refused(world):
    world.enter("ann")
    world.tick(triggers=frozenset({"Miss_You", "Other"}))
    with pytest.raises(StoreError, match="a trigger Other has a history of its own"):
        world.tick(triggers_renamed={"Miss_You": "Other"})


def test_one_tagging_makes_one_email_of_a_trigger_for_ever(world):
    (row,) = world.enter("ann")
    singly.cancel(world.store, row, world.now, "ada", "no")
    outcome = world.tick(rows=(world.new_row("ann"), world.new_row("bob")))
    assert outcome.rows == 1
    assert [found.tagging.person for found in world.store.outbox.find()] == ["ann", "bob"]


def test_rows_are_born_where_they_belong(world):
    world.store.suppressions.add("CUT@example.com", "unsubscribed", world.now, "cut")
    outcome = world.tick(
        rows=(
            world.new_row("ask"),
            world.new_row("auto", auto=True),
            world.new_row("cut", auto=True),
            world.new_row("bad", failure="`{{ person.name }}` is missing", message=b""),
        )
    )
    found = {row.tagging.person: row for row in world.store.outbox.find()}
    assert {name: row.state for name, row in found.items()} == {
        "ask": State.UNAPPROVED,
        "auto": State.APPROVED,
        "cut": State.SUPPRESSED,
        "bad": State.FAILED,
    }
    assert found["auto"].not_before == world.now
    assert found["cut"].reason == "its address is suppressed: unsubscribed"
    assert found["bad"].reason == "`{{ person.name }}` is missing"
    assert (outcome.rows, outcome.failed, outcome.suppressed) == (4, 1, 1)


def test_leaving_withdraws_what_waits_but_not_what_is_kept_or_on_its_way(world):
    ids = world.enter("ann", auto=True)
    world.store.queue.claim_due(world.now, "w", 1)
    ids += world.enter("bob") + world.enter("eve", keep=True) + world.enter("joe")
    outcome = world.tick(withdrawals=tuple(Withdrawal("Miss_You", person, "left") for person in ("ann", "bob", "eve")))
    states = [world.store.outbox.row(row).state for row in ids]
    assert states == [State.SENDING, State.WITHDRAWN, State.UNAPPROVED, State.UNAPPROVED]
    assert outcome.withdrawn == 1
    assert world.store.outbox.row(ids[1]).reason == "left"


def test_a_removed_trigger_withdraws_everything_that_waits(world):
    ids = world.enter("bob") + world.enter("eve", keep=True)
    assert world.tick(withdrawals=(Withdrawal("Miss_You", None, "gone"),)).withdrawn == 2
    assert {world.store.outbox.row(row).state for row in ids} == {State.WITHDRAWN}


def test_unapproved_rows_expire_and_approved_ones_do_not(world):
    ask, approved = world.enter("ann", "bob")
    world.approve(approved)
    world.later(days=7)
    assert world.tick().expired == 1
    assert world.store.outbox.row(ask).state is State.EXPIRED
    assert world.store.outbox.row(approved).state is State.APPROVED


def test_waiting_taggings_come_back_until_they_are_done(world):
    wait = Waiting("Miss_You", world.tagging("ann"), world.now + timedelta(days=1))
    world.tick(waiting=(wait,))
    assert world.store.ticks.state().waiting == (wait,)
    world.tick(waiting_done=(wait,), no_emails=(NoEmail("Miss_You", wait.tagging, "left"),))
    assert world.store.ticks.state().waiting == ()


def test_every_is_used_up_by_what_left_or_still_may(world):
    gone, _ = world.enter("ann", "bob")
    made = world.now
    singly.cancel(world.store, gone, world.now, "ada", "no")
    assert world.store.ticks.last_emails("Miss_You", ["ann", "bob", "zed"]) == {"bob": made}
    assert world.store.ticks.last_emails("Other", ["bob"]) == {}


def test_a_tick_that_fails_half_way_leaves_nothing(world):
    world.enter("ann")
    bad = replace(world.new_row("bob"), digest="short")
    with pytest.raises(StoreError):
        world.tick(rows=(world.new_row("eve"), bad))
    assert [row.tagging.person for row in world.store.outbox.find()] == ["ann"]
    assert world.store.ticks.state().people == ["ann"]
    assert world.store.ticks.state().sequence == 1


@pytest.mark.starts_programs
def test_of_two_processes_that_tick_at_once_one_loses(open_store, store_url, tmp_path, environment, broken):
    script = Path(__file__).with_name("two_ticks.py")
    with open_store() as store:
        running = [
            subprocess.Popen(
                [sys.executable, script, store_url, tmp_path, f"ready{i}"],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for i in range(2)
        ]
        assert sorted(process.communicate(timeout=60)[0] for process in running) == ["lost", "won"]
        assert store.ticks.state().sequence == 1
        assert store.ticks.episodes("Inactive", ["ann"]) == {"ann": 1}
        assert broken(store) == {}
