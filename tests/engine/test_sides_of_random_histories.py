"""Random histories of who is there, who can be read and who is in, against a naive account of one person's side."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rulekit.engine.project import Project, open_project
from rulekit.engine.tick.prepare import prepare_tick_on
from rulekit.evaluation.questions.membership import Membership
from rulekit.outbox.reconcile import reconcile
from rulekit.outbox.store import Store
from rulekit.records import Person

START = datetime(2026, 1, 1, 8, tzinfo=UTC)
ABSENT = timedelta(days=3)
# one person sees one of these each day
AWAY, UNREADABLE, IN, OUT = "away", "unreadable", "in", "out"
PEOPLE = ("ada", "bob", "cleo")


@dataclass
class Account:
    """One person as they are told about by hand: their side (None: never judged), and when they crossed."""

    side: bool | None = None
    seen: bool = False
    missed_at: datetime | None = None
    episode: int = 0
    mailed: list[tuple[datetime, str, int]] = field(default_factory=list)

    def look(self, what: str, now: datetime, is_first: bool) -> None:
        if what == AWAY:
            if self.seen:
                self.missed_at = self.missed_at or now
                if now - self.missed_at >= ABSENT:
                    # as if nobody had ever been in
                    self.side = False
            return
        is_new, self.seen, self.missed_at = not self.seen, True, None
        if what == UNREADABLE:
            return
        now_in = what == IN
        before = False if is_new and not is_first else self.side
        if now_in and before is not True:
            self.episode += 1
        if before is not None and now_in is not before:
            self.mailed.append((now, "Greet" if now_in else "Bye", self.episode))
        self.side = now_in


@dataclass(frozen=True)
class Seen:
    """What the data says at one instant, as `Snapshot` is asked for it."""

    now: datetime
    what: dict[str, str]
    kinds: frozenset[str] = frozenset()

    def membership(self) -> Membership:
        people = sorted(person for person, what in self.what.items() if what != AWAY)
        bits = {
            what: np.array([self.what[person] == what for person in people], dtype=np.bool_)
            for what in (IN, UNREADABLE)
        }
        unjudged = {"Pro": bits[UNREADABLE]} if bits[UNREADABLE].any() else {}
        return Membership(people, {"Pro": bits[IN], "Quiet": np.zeros(len(people), dtype=np.bool_)}, {}, unjudged, {})

    def people(self, keys: Any) -> dict[str, Person]:
        return {key: Person(key, {"email": f"{key}@example.com", "plan": "pro"}, None) for key in keys if self.has(key)}

    def field(self, name: str, keys: Any) -> dict[str, Any]:
        return {key: person.fields[name] for key, person in self.people(keys).items()}

    def because(self, persona: str, people: Any) -> dict[str, dict[str, str]]:
        return {key: {} for key in people}

    def profile(self) -> None:
        return None

    def unjudged(self, membership: Any) -> tuple[Any, ...]:
        return ()

    def strangers(self, known: Any, accepted: Any) -> dict[str, Any]:
        return {}

    def has(self, key: str) -> bool:
        return self.what.get(key, AWAY) != AWAY


@pytest.fixture
def opened(project: Any) -> Project:
    project.settings("people = 50", f'people = 50\nabsent = "{ABSENT.days}d"')
    triggers = (
        f"trigger {name}: on {edge}(Pro) send template Hello"
        for name, edge in (("Greet", "tagged"), ("Bye", "untagged"))
    )
    project.rules(*triggers)
    return open_project(project.folder)


DAYS = st.fixed_dictionaries({person: st.sampled_from([AWAY, AWAY, UNREADABLE, IN, IN, OUT, OUT]) for person in PEOPLE})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(DAYS, min_size=2, max_size=12))
def test_everybody_is_mailed_for_what_they_do_and_for_nothing_else(
    opened: Project, history: list[dict[str, str]]
) -> None:
    # somebody stays, so that no day has nobody
    accounts = {person: Account() for person in PEOPLE}
    mailed: dict[str, list[tuple[datetime, str, int]]] = {person: [] for person in PEOPLE}
    with Store.in_memory() as store:
        for number, what in enumerate(history):
            now = START + timedelta(days=number)
            record = prepare_tick_on(opened, Seen(now, {**what, "zoe": OUT}), store).record
            store.ticks.record(record)
            for row in record.rows:
                mailed[row.tagging.person].append((now, row.trigger, row.tagging.episode))
            for person, account in accounts.items():
                account.look(what[person], now, is_first=number == 0)
        assert mailed == {person: account.mailed for person, account in accounts.items()}
        assert reconcile(store, now).findings == ()
