"""The zones that people's data names: what is understood, and what is not guessed."""

from datetime import UTC, datetime, time, timedelta

import pytest

from rulekit.limits import QuietHours
from rulekit.outbox.sending.quiet import next_allowed
from rulekit.zones import _RAILS, find_clock, read_zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("AMERICA/ARGENTINA/BUENOS AIRES", "America/Argentina/Buenos_Aires"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("eastern time (us & canada)", "America/New_York"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("Berlin", "Europe/Berlin"),
        ("Mexico City", "America/Mexico_City"),
        ("Kyiv", "Europe/Kyiv"),
        ("Istanbul", "Europe/Istanbul"),
        ("utc", "UTC"),
        ("Z", "UTC"),
        ("Etc/GMT+2", "Etc/GMT+2"),
        ("+02:00", "+02:00"),
        ("+0530", "+05:30"),
        ("-5", "-05:00"),
        ("UTC+2", "+02:00"),
        ("utc + 2", "+02:00"),
        ("GMT-03:30", "-03:30"),
        ("+14:00", "+14:00"),
        ("UTC+0", "UTC"),
    ],
)
def test_a_zone_is_read_however_it_is_spelt(text: str, zone: str) -> None:
    assert find_clock(zone) is not None
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    found = find_clock(read_zone(text) or "")
    assert found is not None
    assert at.astimezone(found).utcoffset() == at.astimezone(find_clock(zone)).utcoffset()
    # what was read is read again, as when it stands in a store
    assert read_zone(read_zone(text) or "") == read_zone(text)


@pytest.mark.parametrize(
    "text",
    [
        "UTC+",
        "+02:00:00",
        "Central",
        "x" * 10_000,
        "+123",
        "",
        " ",
        "PST",
        "IST",
        "Mars/Olympus",
        "Germany",
        "+15:00",
        "+99",
        "+2:75",
        "12",
        "West",
        "../etc/passwd",
        "é\x00",
    ],
)
def test_what_is_not_certain_is_no_zone(text: str) -> None:
    assert read_zone(text) is None


def test_every_name_of_rails_is_a_zone_of_the_database() -> None:
    assert {shown: read_zone(shown) for shown in _RAILS} == _RAILS
    assert all(find_clock(zone) for zone in _RAILS.values())


def test_quiet_hours_go_by_an_offset() -> None:
    night = QuietHours(time(20), time(8))
    at = datetime(2026, 7, 1, 15, tzinfo=UTC)
    assert next_allowed(at, night, "+05:30") == datetime(2026, 7, 2, 2, 30, tzinfo=UTC)
    assert next_allowed(at, night, "-05:00") == at
    assert next_allowed(at, night, "+05:30") - at < timedelta(hours=12)
