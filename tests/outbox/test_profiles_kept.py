"""What the store keeps of the data of ticks: a line for each day, and of the last one what is compared next."""

from datetime import timedelta
from typing import Any

import pytest

from rulekit.outbox.lifecycle.tick_values import KeptProfile

LATEST = {"rows": {"person": 3}}


def kept(world: Any, share: float) -> KeptProfile:
    return KeptProfile(world.now, share < 0.5, [["person", "plan", "missing", share]], LATEST)


@pytest.fixture
def ticked(world: Any) -> Any:
    world.tick(new_people=["p1"], profile=kept(world, 0.1))
    return world


def test_what_is_written_is_read_again(ticked: Any) -> None:
    assert ticked.store.ticks.profiles() == [kept(ticked, 0.1)]


def test_a_day_has_one_line_and_only_the_last_what_is_compared(ticked: Any) -> None:
    ticked.later(hours=2)
    ticked.tick(new_people=["p2"], profile=kept(ticked, 0.2))
    ticked.later(days=1)
    ticked.tick(new_people=["p3"], profile=kept(ticked, 0.7))
    found = ticked.store.ticks.profiles()
    assert [(one.peaks[0][-1], one.believed, one.latest) for one in found] == [(0.2, True, None), (0.7, False, LATEST)]


def test_old_lines_go(ticked: Any) -> None:
    ticked.later(days=91)
    ticked.tick(new_people=["p2"], profile=kept(ticked, 0.2))
    assert [one.at for one in ticked.store.ticks.profiles()] == [ticked.now]


def test_lines_ahead_of_a_clock_that_was_mended_go(ticked: Any) -> None:
    ticked.later(days=20)
    ticked.tick(new_people=["p2"], profile=kept(ticked, 0.2))
    ticked.now -= timedelta(days=10)
    ticked.tick(new_people=["p3"], profile=kept(ticked, 0.3), vouched=True)
    assert [one.peaks[0][-1] for one in ticked.store.ticks.profiles()] == [0.1, 0.3]


def test_a_tick_that_brings_nothing_new_keeps_what_there_was(ticked: Any) -> None:
    ticked.tick(profile=kept(ticked, 0.4))
    ticked.tick()
    assert len(ticked.store.ticks.profiles()) == 1
