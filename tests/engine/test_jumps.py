"""What of a profile jumps, beside what earlier ones showed: the limits as tables, without data or a store."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rulekit.engine.tick.believing import Belief, judge
from rulekit.engine.tick.jumps import Peak, believe, find_jumps, is_jump
from rulekit.engine.tick.measuring import Arrivals, Latest, Measured, What, measure
from rulekit.engine.tick.remembered import Remembered
from rulekit.evaluation.data.profile import LINK, ColumnFigures, KindFigures, Profile, hour_of
from rulekit.outbox.lifecycle.tick_values import KeptProfile

PLAN, SEATS, SEEN = ("person", "plan"), ("person", "seats"), ("person", "seen")
LOGIN = ("login", "")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "of", "peak", "more", "jumps"),
    [
        # one of three is chance, two are none
        (1, 3, 0.0, {}, False),
        (2, 3, 0.0, {}, True),
        (2, 20, 0.0, {}, False),
        (3, 20, 0.0, {}, True),
        (21, 400, 0.0, {}, False),
        (22, 400, 0.0, {}, True),
        (61, 100, 0.02, {}, True),
        (61, 100, 0.6, {}, False),
        # of new rows all may be without a value
        (20, 120, 0.0, {"arrived": 20}, False),
        (28, 120, 0.0, {"arrived": 20}, True),
        (60, 100, 0.0, {"slack": 60.0}, False),
    ],
)
def test_a_level_is_compared_with_the_highest_seen(
    count: int, of: int, peak: float, more: Mapping[str, float], jumps: bool
) -> None:
    for what in (What.MISSING, What.PRESENT, What.UNREADABLE, What.ORPHANS):
        assert is_jump(Measured((PLAN, what), count, of, **more), Peak(peak)) is jumps
        # before there is anything to compare with nothing jumps
        assert not is_jump(Measured((PLAN, what), count, of, **more), None)


@pytest.mark.parametrize(
    ("what", "count", "of", "peak", "jumps"),
    [
        (What.LOST, 1, 4, 0.0, False),
        (What.LOST, 2, 4, 0.0, True),
        (What.LOST, 21, 1_000, 0.0, False),
        (What.LOST, 22, 1_000, 0.0, True),
        (What.LOST, 60, 1_000, 0.03, False),
        (What.MORE, 13, 100, 0.0, False),
        (What.MORE, 14, 100, 0.0, True),
        (What.MORE, 30, 100, 0.15, False),
        (What.TWICE, 1, 1, 0.0, False),
        (What.TWICE, 2, 2, 0.0, True),
        (What.TWICE, 1_000, 1_000, 0.0, True),
        (What.FEWER, 21, 100, 0.0, False),
        (What.FEWER, 22, 100, 0.0, True),
    ],
)
def test_the_past_changes_little(what: What, count: int, of: int, peak: float, jumps: bool) -> None:
    assert is_jump(Measured((LOGIN, what), count, of), Peak(peak)) is jumps


@pytest.mark.parametrize(
    ("count", "of", "peak", "jumps"),
    [
        (1, 2, Peak(0.0, 9), False),
        (2, 2, Peak(0.0, 9), True),
        (2, 3, Peak(0.0, 9), False),
        (3, 3, Peak(0.0, 9), True),
        (64, 64, Peak(0.0, 3), False),
        (16, 64, Peak(0.0, 4), False),
        (17, 64, Peak(0.0, 4), True),
        # what changes by nature is known after more days, and what changes for everybody never jumps
        (64, 64, Peak(0.1, 9), False),
        (64, 64, Peak(0.1, 10), True),
        (64, 64, Peak(0.6, 99), False),
    ],
)
def test_other_values_jump_when_values_did_not_change_so_before(count: int, of: int, peak: Peak, jumps: bool) -> None:
    assert is_jump(Measured((SEATS, What.CHANGED), count, of), peak) is jumps


@pytest.mark.parametrize(
    ("what", "count", "of", "slack", "jumps"),
    [
        # one of three is enough, unless its evidence is weak
        (What.SCALED, 1, 3, 0.0, True),
        (What.SCALED, 1, 1, 0.5, False),
        (What.SCALED, 2, 2, 1.0, True),
        (What.SCALED, 1, 5, 0.0, False),
        (What.SCALED, 6, 64, 0.0, False),
        (What.SCALED, 7, 64, 0.0, True),
        (What.SCALED, 12, 64, 9.0, False),
        (What.REWRITTEN, 1, 2, 0.0, True),
        (What.REWRITTEN, 1, 1, 0.35, True),
        (What.REWRITTEN, 1, 2, 0.35, False),
        (What.FILLED, 1, 9, 0.0, True),
        (What.FILLED, 1, 10, 0.0, False),
        (What.RESHAPED, 1, 1, 0.0, False),
        (What.RESHAPED, 2, 2, 0.0, True),
        (What.RESHAPED, 17, 64, 0.0, True),
        (What.EMPTIED, 1, 1, 0.0, False),
        (What.EMPTIED, 2, 2, 0.0, True),
        (What.EMPTIED, 2, 3, 0.0, False),
    ],
)
def test_what_became_of_values_jumps_by_how_telling_it_is(
    what: What, count: int, of: int, slack: float, jumps: bool
) -> None:
    assert is_jump(Measured((SEATS, what), count, of, slack=slack), Peak(0.0, 1)) is jumps


@pytest.mark.parametrize(
    ("column", "what", "count", "of", "peak", "jumps"),
    [
        (("person", LINK), What.UNREADABLE, 1, 19, Peak(0.0, 4), True),
        (("person", LINK), What.UNREADABLE, 1, 19, Peak(0.0, 3), False),
        (("person", LINK), What.UNREADABLE, 1, 19, Peak(0.01, 9), False),
        (("person", LINK), What.UNREADABLE, 1, 20, Peak(0.0, 9), False),
        (PLAN, What.UNREADABLE, 1, 3, Peak(0.0, 9), False),
        (("purchase", "amount"), What.EMPTIED, 1, 4, Peak(0.0, 4), True),
        (("purchase", "amount"), What.EMPTIED, 1, 4, Peak(0.0, 3), False),
        (("purchase", "amount"), What.EMPTIED, 1, 4, Peak(0.1, 9), False),
        (("purchase", "amount"), What.EMPTIED, 1, 5, Peak(0.0, 9), False),
        (SEATS, What.EMPTIED, 1, 1, Peak(0.0, 9), False),
    ],
)
def test_a_single_one_is_too_much_where_there_never_was_any(
    column: tuple[str, str], what: What, count: int, of: int, peak: Peak, jumps: bool
) -> None:
    assert is_jump(Measured((column, what), count, of), peak) is jumps


@pytest.mark.parametrize(
    ("count", "of", "seen", "rate", "jumps"),
    [
        # one of two changed once: two at once are something else
        (2, 2, 0.5, 0.01, True),
        (3, 3, 0.67, 0.02, True),
        (3, 3, 1.0, 0.04, False),
        (3, 3, 0.34, 0.02, True),
        # what changes for one of four each day does so for three of them now and then
        (3, 4, 0.34, 0.2, False),
        (3, 4, 0.34, 0.02, True),
        (64, 64, 0.34, 0.2, True),
    ],
)
def test_how_many_values_change_at_once_is_compared_with_how_often_they_do(
    count: int, of: int, seen: float, rate: float, jumps: bool
) -> None:
    assert is_jump(Measured((SEATS, What.CHANGED), count, of), Peak(seen, 30, 30 * rate)) is jumps


def test_of_what_people_do_not_do_nothing_is_learned() -> None:
    taught = believe([Measured((SEATS, what), 1, 2) for what in (What.EMPTIED, What.CHANGED, What.SCALED)], (), {})
    assert taught == {(SEATS, What.EMPTIED): Peak(0.5), (SEATS, What.CHANGED): Peak(0.5)}


@pytest.mark.parametrize(
    ("other", "jumps"),
    [((LOGIN, What.LOST, 1, 4), True), ((LOGIN, What.LOST, 0, 4), False), ((PLAN, What.CHANGED, 1, 3), False)],
)
def test_a_single_row_is_a_jump_beside_another_one(other: tuple[Any, What, int, int], jumps: bool) -> None:
    thing, what, count, of = other
    single = Measured((thing, what), count, of)
    lost = Measured((("purchase", ""), What.LOST), 9, 20)
    peaks = {(thing, what): Peak(0.0, 9), (("purchase", ""), What.LOST): Peak(0.0, 9)}
    assert find_jumps([single], peaks) == []
    assert [jump.measured for jump in find_jumps([single, lost], peaks)] == [single] * jumps + [lost]


def test_a_lag_is_beside_the_longest_one_and_the_longest_gap() -> None:
    stale = Measured((LOGIN, What.LAG), 80, 1, known=20)
    assert is_jump(stale, Peak(30, 7))
    assert not is_jump(stale, Peak(30, 6))
    assert not is_jump(stale, Peak(37, 7))
    assert not is_jump(replace(stale, known=37), Peak(30, 7))


@pytest.mark.parametrize(
    ("before", "gone", "now", "back"),
    [
        # hours ago; the newest of all is now's first
        ((10, 20, 30), 0, (150, 160), 130),
        ((10, 20, 30), 0, (5, 10), 0),
        # the newest person is deleted, or changed
        ((10, 200, 300), 0, (200, 300), 0),
        ((10, 200, 300), 1, (200, 300), 0),
        # so are two of three: nobody can tell
        ((10, 20, 300), 2, (300, 400), None),
        ((10, 20, 30, 300), 2, (300, 400), 0),
        ((10, 20, 30, 31), 2, (300, 400), 269),
        # a time that one person has is compared with none
        ((10,), 0, (300, 400), None),
        ((10, 20), 0, (), None),
    ],
)
def test_newest_times_go_back_by_more_than_who_is_gone_explains(
    before: tuple[int, ...], gone: int, now: tuple[int, ...], back: int | None
) -> None:
    for owner in ("person", "company"):
        seen = (owner, "seen")
        rows = 10 - gone
        latest = Latest({owner: 10}, newest={seen: tuple(hour_of(START) - hours for hours in before)})
        newest = {seen: tuple(hour_of(START) - hours for hours in now)} if now else {}
        profile = Profile(rows, rows, newest=newest)
        measured = measure(profile, latest, START, Arrivals(gone=gone / 10))
        assert [one.count for one in measured if one.thing == (seen, What.BACK)] == [back] * (back is not None)


@pytest.mark.parametrize(
    ("back", "peak", "jumps"),
    [
        (24, Peak(0.0, 4), False),
        (25, Peak(0.0, 4), True),
        (25, Peak(0.0, 3), False),
        # what went back before is known after more days
        (100, Peak(10, 9), False),
        (100, Peak(10, 10), True),
        (100, Peak(50, 10), False),
    ],
)
def test_times_that_go_back_by_a_day_jump_where_they_did_not_before(back: int, peak: Peak, jumps: bool) -> None:
    assert is_jump(Measured((SEEN, What.BACK), back, 1), peak) is jumps


class Days:
    """Ticks day by day over one company of 20 people: what the last one made of its profile."""

    def __init__(self) -> None:
        self.kept: list[KeptProfile] = []
        self.number = 0
        self.used = {"A": frozenset({PLAN}), "B": frozenset({PLAN, LOGIN}), "C": frozenset({SEATS})}
        self.missing = 0
        self.events = dict.fromkeys(range(hour_of(START) - 30 * 24, hour_of(START) + 40 * 24, 7), 2)
        self.lost: Callable[[int], bool] = lambda hour: False
        # the newest times of people are so many days old
        self.stale = 0

    @property
    def now(self) -> datetime:
        return START + timedelta(days=self.number)

    def profile(self) -> Profile:
        hours = {h: n for h, n in self.events.items() if h <= hour_of(self.now) and not self.lost(h)}
        total = sum(hours.values())
        return Profile(
            20,
            0,
            {PLAN: ColumnFigures(*PLAN, 20, self.missing, 0), SEATS: ColumnFigures(*SEATS, 20, 0, 0)},
            {"login": KindFigures(total, 0, 0, total, max(hours), hours)},
            newest={SEEN: tuple(hour_of(self.now) - 24 * self.stale - 7 * ago for ago in range(20))},
        )

    def tick(self, *accepted: str) -> Belief:
        self.number += 1
        remembered = Remembered.of(self.kept, self.now)
        belief = judge(self.profile(), remembered, self.now, Arrivals(), self.used, lambda one: one in accepted)
        assert belief.kept is not None
        self.kept = [replace(one, latest=None) for one in self.kept] + [belief.kept]
        return belief


@pytest.fixture
def days() -> Days:
    found = Days()
    for _ in range(3):
        assert found.tick().doubted == {}
    return found


def test_what_is_accepted_for_one_persona_goes_on_parking_the_others(days: Days) -> None:
    days.missing = 12
    assert set(days.tick().doubted) == {"A", "B"}
    assert set(days.tick("A").doubted) == {"B"}
    assert set(days.tick().doubted) == {"B"}
    # what was accepted is no more than what was looked at
    days.missing = 20
    assert set(days.tick().doubted) == {"A", "B"}
    days.missing = 12
    assert set(days.tick().doubted) == {"B"}
    # with the last of them it is believed
    assert days.tick("B").doubted == {}
    assert days.tick().doubted == {}


def test_what_goes_back_is_compared_as_before(days: Days) -> None:
    days.missing = 12
    assert set(days.tick("A").doubted) == {"B"}
    days.missing = 0
    assert days.tick().doubted == {}
    days.missing = 12
    assert set(days.tick().doubted) == {"A", "B"}


def test_lost_events_are_counted_in_the_past_of_the_last_believed_tick(days: Days) -> None:
    until = hour_of(days.now)
    days.lost = lambda hour: hour % 2 == 0 and hour < until
    for _ in range(20):
        assert set(days.tick().doubted) == {"B"}
    days.lost = lambda hour: False
    assert days.tick().doubted == {}


def test_accepted_losses_teach_nothing(days: Days) -> None:
    until = hour_of(days.now)
    days.lost = lambda hour: hour % 2 == 0 and hour < until
    assert days.tick("A", "B", "C").doubted == {}
    assert days.tick().doubted == {}
    again = hour_of(days.now)
    days.lost = lambda hour: (hour % 2 == 0 and hour < until) or (hour % 3 == 0 and hour < again)
    assert set(days.tick().doubted) == {"B"}


def test_an_export_of_the_last_days_only_loses_its_first_days(days: Days) -> None:
    for _ in range(30):
        first = hour_of(days.now) - 8 * 24
        days.lost = lambda hour, first=first: hour < first  # type: ignore[misc]
        if not days.kept[-1].believed or days.number == 3:
            assert set(days.tick().doubted) <= {"B"}
            days.tick("A", "B", "C")
        else:
            assert days.tick().doubted == {}


def test_a_stale_file_parks_who_uses_any_field_of_its_table(days: Days) -> None:
    days.used["D"] = frozenset({LOGIN})
    for _ in range(3):
        assert days.tick().doubted == {}
    # nothing of it is believed, neither at once nor by waiting
    days.stale, days.missing = 5, 1
    for _ in range(4):
        belief = days.tick()
        assert set(belief.doubted) == {"A", "B", "C"}
        days.stale += 1
    assert belief.doubted["C"] == "`seen` of `[source.person]`: the newest is 89h older than what was read before"
    assert Remembered.of(days.kept, days.now).peaks[PLAN, What.MISSING].share == 0
    days.stale = 0
    assert days.tick().doubted == {}


def test_a_stale_file_that_is_accepted_is_believed(days: Days) -> None:
    for _ in range(3):
        assert days.tick().doubted == {}
    days.stale = 5
    assert set(days.tick("A").doubted) == {"B", "C"}
    assert set(days.tick("B").doubted) == {"C"}
    assert days.tick("C").doubted == {}
    days.stale = 6
    assert days.tick().doubted == {}


def test_what_nobody_uses_is_believed_at_once(days: Days) -> None:
    days.used = {"C": frozenset({SEATS})}
    days.missing = 12
    assert days.tick().doubted == {}
    days.used["A"] = frozenset({PLAN})
    assert days.tick().doubted == {}


def test_several_ticks_of_a_day_count_as_one_day(days: Days) -> None:
    days.kept[-1:] = []
    days.number -= 1
    before = Remembered.of(days.kept, days.now).peaks[PLAN, What.MISSING].days
    days.tick()
    assert Remembered.of(days.kept, days.now).peaks[PLAN, What.MISSING].days == before + 1


def test_a_sentence_shows_a_difference() -> None:
    (jump,) = find_jumps([Measured((PLAN, What.MISSING), 600, 10_000)], {(PLAN, What.MISSING): Peak(0.004)})
    assert jump.sentence == "`plan` of `[source.person]`: missing 0 % → 6 %"
    (jump,) = find_jumps(
        [Measured((("login", "size"), What.MISSING), 9, 9)], {(("login", "size"), What.MISSING): Peak(0)}
    )
    assert jump.sentence == "`size` of `login` events: missing 0 % → 100 %"
