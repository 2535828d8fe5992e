from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rulekit.clock import format_duration, format_instant, midnight, parse_duration, parse_instant, system_now


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T09:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("2026-01-31T09:00:30.25Z", datetime(2026, 1, 31, 9, 0, 30, 250_000, tzinfo=UTC)),
        ("2026-01-31T09:00+02:00", datetime(2026, 1, 31, 7, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_instants_are_in_utc(text, instant):
    assert parse_instant(text) == instant
    assert parse_instant(format_instant(instant)) == instant


def test_an_instant_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="has no offset"):
        parse_instant("2026-01-31T09:00")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "2026-13-01T00:00Z"])
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the standard library's
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [("2w", timedelta(14)), ("14d", timedelta(14)), ("36h", timedelta(hours=36)), ("0m", timedelta(0))],
)
def test_durations_have_exact_lengths(text, length):
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["14", "d", "1.5d", "-1d", "14 d", "1y", "９d", "99999999999999d", "40000d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["14d", "36h", "90m", "1s", "0d"])
def test_durations_are_written_in_the_largest_unit_that_divides_them(text):
    assert format_duration(parse_duration(text)) == text


def test_the_machine_gives_an_aware_instant():
    assert system_now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        (date(2026, 1, 31), "UTC", "2026-01-31T00:00:00Z"),
        (date(2026, 1, 31), "Asia/Kolkata", "2026-01-30T18:30:00Z"),
        # clocks in Havana go from 00:00 to 01:00, and in autumn from 01:00 back to 00:00
        (date(2026, 3, 8), "America/Havana", "2026-03-08T05:00:00Z"),
        (date(2026, 11, 1), "America/Havana", "2026-11-01T05:00:00Z"),
    ],
)
def test_a_day_begins_at_its_midnight(day, zone, instant):
    assert format_instant(midnight(day, ZoneInfo(zone))) == instant
