"""What the store tells of itself: one moment, a few lines in memory at a time, and everything about one person."""

import tracemalloc
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest

from rulekit.errors import RulekitError
from rulekit.outbox.lifecycle.tick_values import MembershipChange, NoEmail, Passage, Waiting
from rulekit.outbox.store import Store
from rulekit.records import Edge, Notice, NoticeKind, Sent, State
from tests.lanes import ON_POSTGRES
from tests.outbox import singly
from tests.outbox.conftest import World
from tests.proofs import FIGURES

Lines = list[Mapping[str, Any]]
EMAILS = FIGURES.exported


def exported(store: Store, **given: Any) -> Lines:
    found: Lines = []
    store.audit.export(found.append, **given)
    return found


def busy(world: World) -> int:
    """One email that was sent and of which something was heard; a wait and a reason; returns the email."""
    (row,) = world.enter("ada")
    world.approve(row, timedelta(0))
    (claim,) = world.store.queue.claim_due(world.now, "w", 1).claims
    singly.mark_data(world.store, claim, world.now)
    singly.finish(world.store, claim, Sent("250 ok"), world.now)
    told = Notice(NoticeKind.DELIVERED, ("ada@example.com",), claim.row.message_id, "n1", "mx", detail="fine")
    world.store.audit.record_notices([told], world.now, "eve")
    world.store.suppressions.add("ada@example.com", "asked", world.now, "eve", "Miss_You")
    world.tick(
        waiting=(Waiting("Miss_You", world.tagging("ada", 2), world.later(days=3)),),
        no_emails=(NoEmail("Miss_You", world.tagging("ada", 3), "too soon"),),
    )
    return row


def test_the_lines_are_the_outbox_and_its_history(world: World) -> None:
    row = busy(world)
    lines = exported(world.store)
    kinds = ["tick", "tick", "change", "no email", "email", *["transition"] * 5, "notice"]
    assert [line["kind"] for line in lines] == kinds
    email = next(line for line in lines if line["kind"] == "email")
    told = {"id": row, "trigger": "Miss_You", "persona": "Inactive", "person": "ada", "edge": "tagged", "episode": 1}
    assert told.items() <= email.items()
    assert (email["state"], email["left_at"], email["reason"]) == ("sent", "2026-03-01T09:00:00Z", None)
    steps = [(line["email"], line["from"], line["to"]) for line in lines if line["kind"] == "transition"]
    assert steps[0] == (row, None, "unapproved")
    assert steps[-1] == (row, "sending", "sent")
    told = {"email": row, "notice": "delivered", "source": "mx", "detail": "fine"}
    assert told.items() <= lines[-1].items()
    # nothing that an analysis does without
    assert not {"recipient", "address", "subject", "message", "because", "reply"} & {
        key for one in lines for key in one
    }


def test_since_leaves_out_what_is_older(world: World) -> None:
    busy(world)
    later = world.later(days=1)
    (row,) = world.enter("bob")
    lines = exported(world.store, since=later)
    assert [line["kind"] for line in lines] == ["tick", "change", "email", "transition"]
    assert lines[2]["id"] == row
    assert exported(world.store, since=world.later(seconds=1)) == []


# nobody can write while somebody reads, where the journal is no log
@pytest.mark.parametrize("store_url", [pytest.param("postgresql", marks=ON_POSTGRES)], indirect=True)
def test_all_lines_show_one_moment(world: World, open_store: Callable[[], Store]) -> None:
    busy(world)
    other = open_store()
    found: Lines = []

    def write(line: Mapping[str, Any]) -> None:
        if not found:
            other.suppressions.add("ada@example.com", "asked", world.now, "eve")
            World(other).tick(at=world.later(days=1), no_emails=(NoEmail("Miss_You", world.tagging("ada", 5), "no"),))
        found.append(line)

    world.store.audit.export(write)
    assert len(found) == 11
    assert len(exported(world.store)) == 13


@pytest.mark.proof
def test_memory_does_not_grow_with_the_outbox(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    busy(world)
    counts = {EMAILS // 20: 0, EMAILS: 0}
    begin = 2
    for emails in counts:
        _fill(world.store, begin, emails)
        begin = emails + 1
        lines = [0]

        def count(line: Mapping[str, Any], lines: list[int] = lines) -> None:
            lines[0] += 1

        began = perf_counter()
        tracemalloc.start()
        world.store.audit.export(count)
        counts[emails] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert lines[0] == emails * 2 + 9
        with capsys.disabled():
            seconds = perf_counter() - began
            print(f"\nexport of {lines[0]:,} lines: {seconds:.1f} s, at most {counts[emails] / 1e6:.1f} MB")  # noqa: T201
    few, many = counts.values()
    assert many < few + 2_000_000


def _fill(store: Store, first: int, last: int) -> None:
    """Copies the first email, with one line of history, so that there are as many as `last`."""
    columns = [column["name"] for column in _columns(store, "outbox") if column["name"] not in ("id", "episode")]
    names = ", ".join(f'"{name}"' for name in columns)
    kept = ", ".join(f'o."{name}"' for name in columns)
    series = f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    copies = f"SELECT n.i, n.i, {kept} FROM n, outbox o WHERE o.id = 1"
    into = f"INSERT INTO outbox (id, episode, {names})"
    new = (
        f"SELECT id, created_at, 'make', 'unapproved', 'tick', '1', '' FROM outbox WHERE id BETWEEN {first} AND {last}"
    )
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"{into} {series} {copies}")
        history = '"row", at, transition, target, actor, actor_name, reason'
        connection.exec_driver_sql(f"INSERT INTO audit ({history}) {new}")


def _columns(store: Store, table: str) -> Any:
    from sqlalchemy import inspect

    return inspect(store.engine).get_columns(table)


def test_everything_that_is_kept_of_a_person_is_told(world: World) -> None:
    row = busy(world)
    world.enter("bob")
    told = world.store.people.about("ada")
    assert (told["person"], told["in_source"], told["personas"]) == ("ada", True, ["Inactive"])
    (email,) = told["emails"]
    assert (email["id"], email["recipient"], email["subject"]) == (row, "ada@example.com", "Hello")
    assert email["message"] == world.store.outbox.message(row).decode()
    assert (email["because"], email["reply"]) == ({"last_login": "2026-01-01"}, "250 ok")
    assert [step["to"] for step in email["history"]] == ["unapproved", "approved", "sending", "sending", "sent"]
    assert [notice["detail"] for notice in email["notices"]] == ["fine"]
    assert [(one["persona"], one["reason"]) for one in told["changes"]] == [("Inactive", "joined")]
    assert [(one["trigger"], one["episode"]) for one in told["waiting"]] == [("Miss_You", 2)]
    assert [(one["episode"], one["reason"]) for one in told["no_emails"]] == [(3, "too soon")]
    assert [(one["address"], one["trigger"]) for one in told["suppressions"]] == [("ada@example.com", "Miss_You")]


def test_when_they_passed_through_a_parked_persona_is_told(world: World) -> None:
    world.enter("ada", "bob")
    since, until = world.now, world.later(days=1)
    world.tick(passages=(Passage("Inactive", "ada", since, until, True),))
    told = {"from": "2026-03-01T09:00:00Z", "until": "2026-03-02T09:00:00Z", "member": True}
    assert world.store.people.about("ada")["passages"] == [{"persona": "Inactive", "person": "ada", **told}]
    assert world.store.people.about("bob")["passages"] == []


def test_every_column_about_a_person_is_in_what_is_told_of_them(world: World) -> None:
    """Holds a new column of the outbox to being told, or to being named here."""
    busy(world)
    (email,) = world.store.people.about("ada")["emails"]
    elsewhere = {"address": "recipient", "phase": "state", "token": None, "worker": None, "lease_until": None}
    columns = {column["name"] for column in _columns(world.store, "outbox")}
    assert columns - email.keys() == elsewhere.keys()


def test_who_was_erased_is_nobody_and_the_tombstone_tells_nothing(world: World) -> None:
    row = busy(world)
    world.tick(changes=(MembershipChange(world.tagging("ada", edge=Edge.UNTAGGED), "gone"),))
    world.store.people.erase(["ada"], world.now, "eve", suppress=True)
    with pytest.raises(RulekitError, match="nobody has the key `ada`"):
        world.store.people.about("ada")
    told = world.store.people.about(world.store.ticks.state().people[0])
    assert [(one["id"], one["state"], one["recipient"], one["message"]) for one in told["emails"]] == [
        (row, State.SENT.value, "", "")
    ]
    assert told["suppressions"] == []
