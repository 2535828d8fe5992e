"""Caps, quiet hours, rates and the breaker as pure decisions, against the slowest way to say the same."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulekit.limits import Cap, QuietHours, Rate, parse_cap, parse_quiet_hours, parse_rate
from rulekit.outbox.sending.breaker import FAULTS, LONGEST, Breaker
from rulekit.outbox.sending.caps import next_within
from rulekit.outbox.sending.quiet import next_allowed
from rulekit.outbox.sending.rates import take

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NIGHT = QuietHours(time(20), time(8))


@given(
    st.lists(st.integers(0, 200), max_size=12),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60)), min_size=1, max_size=3),
)
def test_a_cap_frees_at_the_first_minute_that_no_window_overfills(left, caps):
    instants = [START + minute * MINUTE for minute in left]
    now = START + 200 * MINUTE
    known = [Cap(count, length * MINUTE) for count, length in caps]

    def fits(at):
        return all(sum(one + cap.window > at for one in instants) < cap.count for cap in known)

    expected = next(now + minute * MINUTE for minute in range(400) if fits(now + minute * MINUTE))
    assert next_within(now, known, instants) == expected


@given(
    st.sampled_from(sorted(available_timezones())),
    st.datetimes(datetime(1999, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda hours: hours[0] != hours[1]),
)
def test_when_a_night_is_over_the_wall_clock_says_so(zone, now, hours):
    quiet = QuietHours(time(hours[0]), time(hours[1]))
    free = next_allowed(now, quiet, zone)
    wall = free.astimezone(ZoneInfo(zone)).time()
    inside = quiet.start <= wall < quiet.end if quiet.start < quiet.end else not quiet.end <= wall < quiet.start
    assert now <= free <= now + timedelta(hours=52)
    assert not inside
    assert next_allowed(free, quiet, zone) == free


@pytest.mark.parametrize(
    ("zone", "now", "free"),
    [
        # the clocks of Stockholm go forward on 29 March 2026 at 02:00 and back on 25 October at 03:00
        ("Europe/Stockholm", "2026-03-28T22:00Z", "2026-03-29T06:00Z"),
        ("Europe/Stockholm", "2026-10-24T22:00Z", "2026-10-25T07:00Z"),
        ("Asia/Kathmandu", "2026-06-01T15:00Z", "2026-06-02T02:15Z"),
        ("no such zone", "2026-06-01T21:00Z", "2026-06-02T08:00Z"),
    ],
)
def test_nights_across_changes_of_the_clock(zone, now, free):
    assert next_allowed(datetime.fromisoformat(now), NIGHT, zone) == datetime.fromisoformat(free)


def test_an_end_that_the_clock_repeats_is_its_second_time():
    hours = QuietHours(time(20), time(2, 30))
    free = next_allowed(datetime(2026, 10, 24, 22, tzinfo=UTC), hours, "Europe/Stockholm")
    assert free == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_end_that_the_clock_skips_is_the_jump():
    hours = QuietHours(time(20), time(2, 30))
    free = next_allowed(datetime(2026, 3, 28, 22, tzinfo=UTC), hours, "Europe/Stockholm")
    assert free == datetime(2026, 3, 29, 1, tzinfo=UTC)


@given(st.integers(1, 100), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 150)), max_size=40))
def test_in_no_time_of_its_length_a_rate_lets_out_more_than_its_count(count, steps):
    rate, now, next_at, let_out = Rate(count, MINUTE), START, None, []
    for seconds, wanted in steps:
        now += timedelta(seconds=seconds)
        granted, next_at, wait_until = take(now, next_at, rate, wanted)
        assert granted <= wanted
        assert wait_until >= now
        let_out += [now] * granted
    for at in let_out:
        assert sum(at <= other < at + MINUTE for other in let_out) <= count


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 400)), max_size=60))
def test_a_rate_holds_for_workers_who_looked_at_the_clock_at_different_times(turns):
    rate, clock, next_at, let_out = Rate(10, timedelta(seconds=1)), START, None, []
    for later, ago in turns:
        clock += timedelta(milliseconds=later)
        now = clock - timedelta(milliseconds=ago)
        granted, next_at, _ = take(now, next_at, rate, 4)
        let_out += [now] * granted
    for at in let_out:
        assert sum(at <= other < at + rate.per for other in let_out) <= rate.count


def test_what_a_slower_rate_left_behind_is_forgotten():
    _, next_at, _ = take(START, None, Rate(1, timedelta(days=1)), 1)
    _, _, wait_until = take(START, next_at, Rate(10, timedelta(seconds=1)), 1)
    assert wait_until - START < timedelta(minutes=1)


def test_a_rate_is_reached():
    rate, now, next_at, total = Rate(60, MINUTE), START, None, 0
    for _ in range(600):
        granted, next_at, _ = take(now, next_at, rate, 10)
        total += granted
        now += timedelta(seconds=1)
    assert total >= 570


def test_a_breaker_opens_longer_each_time_and_closes_by_one_success():
    breaker, now = Breaker(), START
    for _ in range(FAULTS):
        assert breaker.may_send(now) is None
        breaker = breaker.after_fault(now)
    pauses = []
    for _ in range(9):
        assert breaker.may_send(now) == 0
        pauses.append(breaker.open_until - now)
        now = breaker.open_until
        assert breaker.may_send(now) == 1
        breaker = breaker.probing(now)
        assert breaker.may_send(now) == 0
        assert breaker.after_fault(now) == breaker
    assert pauses[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert pauses[-1] == LONGEST
    assert breaker.after_success().may_send(now) is None


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *(
            (parse_cap, text)
            for text in ("", "3", "3 per", "0 per 1d", "3 per 0d", "-1 per 1d", "3 per 7 d", "x per 1d")
        ),
        *((parse_rate, text) for text in ("10", "10/s", "10 per second", "0 per 1s")),
        *((parse_quiet_hours, text) for text in ("20-08", "20:00-20:00", "24:00-08:00", "20:00 - 08:00")),
    ],
)
def test_what_is_no_limit_is_refused_with_an_example(parse, text):
    with pytest.raises(ValueError, match=r"write|has"):
        parse(text)


def test_limits_are_read():
    assert parse_cap("3 per 7d") == Cap(3, timedelta(days=7))
    assert parse_rate("10 per 1s") == Rate(10, timedelta(seconds=1))
    assert parse_quiet_hours("20:00-08:00") == NIGHT
