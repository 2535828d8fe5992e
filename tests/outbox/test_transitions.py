"""The table itself, and that the documentation shows it as it is."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from rulekit.outbox.lifecycle import states
from rulekit.outbox.lifecycle.states import END_STATES, Phase
from rulekit.outbox.lifecycle.transition import Given
from rulekit.outbox.lifecycle.transitions import APPROVE, CLAIM, TRANSITIONS, UNAPPROVE
from rulekit.records import State
from tests.docs.state_diagram import PAGE, state_diagram, transition_table

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REFRESH = "run `python tests/docs/refresh.py states`"


def test_the_page_about_states_is_current():
    page = PAGE.read_text(encoding="utf-8")
    assert f"```mermaid\n{state_diagram()}\n```\n" in page, REFRESH
    assert page.endswith(f"\n{transition_table()}\n"), REFRESH


@pytest.mark.parametrize("state", list(State))
def test_the_page_has_a_paragraph_for_every_state(state):
    assert f"\n**{state.value}" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("state", list(State))
def test_the_paragraph_of_a_state_says_who_brings_a_row_there_and_who_takes_it_out(state):
    ways = [({place.state for place in t.sources}, t.target.state, t.actors) for t in TRANSITIONS]
    bringing = [actors for sources, target, actors in ways if target is state and sources != {state}]
    taking = [actors for sources, target, actors in ways if target is not state and state in sources]
    (said,) = re.findall(rf"^`{state.name}`:.*?^In: (.*?)\. (?:Out: (.*?)|End)\.$", states.__doc__, re.M | re.S)
    assert [set(filter(None, names.split(", "))) for names in said] == [
        {actor.value for actors in each for actor in actors} for each in (bringing, taking)
    ]


def test_names_are_unique():
    assert len({transition.name for transition in TRANSITIONS}) == len(TRANSITIONS)


def test_nothing_leads_out_of_an_end_state():
    assert not [t.name for t in TRANSITIONS for place in t.sources if place.state in END_STATES]


def test_a_phase_is_said_exactly_while_sending():
    places = {place for t in TRANSITIONS for place in (*t.sources, t.target)}
    assert all((place.phase is not None) == (place.state is State.SENDING) for place in places)


def test_every_state_is_reached_and_every_open_one_is_left_towards_an_end():
    reached = {t.target.state for t in TRANSITIONS}
    assert reached == set(State)
    ends = set(END_STATES)
    while True:
        more = {place.state for t in TRANSITIONS if t.target.state in ends for place in t.sources} - ends
        if not more:
            break
        ends |= more
    assert ends == set(State)


def test_only_the_data_mark_lets_a_message_go():
    assert [t.name for t in TRANSITIONS if t.target.phase is Phase.DATA] == ["mark data"]


def test_an_end_is_stamped_and_a_lease_given_back():
    row = SimpleNamespace(attempts=0, token=1, changed_at=NOW, left_at=NOW, doubted_at=None, dated_at=None)
    for transition in TRANSITIONS:
        written = transition.written(row, Given(NOW, "w"))
        assert ("finished_at" in written) == (transition.target.state in END_STATES)
        if transition.target.state is not State.SENDING:
            assert written["worker"] is None
            assert written["lease_until"] is None


@pytest.mark.parametrize(
    ("digest", "suppressed", "expires", "allowed"),
    [("d", False, 1, True), ("other", False, 1, False), ("d", True, 1, False), ("d", False, 0, False)],
)
def test_guards_read_values_too(digest, suppressed, expires, allowed):
    row = SimpleNamespace(digest="d", suppressed=suppressed, expires_at=NOW + timedelta(hours=expires))
    assert bool(APPROVE.condition(row, Given(NOW, "ada", digest=digest))) is allowed


@pytest.mark.parametrize(("minutes", "open_to"), [(9, UNAPPROVE), (10, CLAIM)])
def test_at_the_end_of_the_hold_unapproving_ends_and_claiming_begins(minutes, open_to):
    row = SimpleNamespace(
        not_before=NOW + timedelta(minutes=10), attempts=0, state="approved", expires_at=NOW, absent=False
    )
    given = Given(NOW + timedelta(minutes=minutes), "w")
    assert [t for t in (UNAPPROVE, CLAIM) if t.condition(row, given)] == [open_to]
