"""Local times are read by the zone database that quiet hours and templates go by, not by that of the engine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import duckdb
import pytest
from sqlglot import exp

from rulekit.evaluation.data.wall_clock import to_local, to_utc
from rulekit.zones import offset_changes

# two changes in a month, one of half an hour, at midnight, a day left out, summer time that goes below, five days of it
STRANGE = ["Africa/Casablanca", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Europe/Dublin"]
STRANGE += ["Africa/Freetown", "Europe/Stockholm", "Etc/GMT+12"]
SOME = Random(6).sample(sorted(available_timezones()), 4)


def instants(zone: str, random: Random) -> Iterator[datetime]:
    """Yields times of all years, those around every change of the clocks, and nights of change far away."""
    for years, count in ((range(1000, 9999), 300), (range(1840, 2140), 500)):
        for _ in range(count):
            day = datetime(random.choice(years), random.randint(1, 12), random.randint(1, 28))
            yield day + timedelta(microseconds=random.randrange(86_400_000_000))
    for change in offset_changes(zone)[1:]:
        at = change.at.replace(tzinfo=None)
        for seconds in (-7201, -3601, -3600, -1800, -1, 0, 1, 1800, 3599, 3600, 7200):
            yield from (at + timedelta(seconds=seconds), at + change.offset + timedelta(seconds=seconds))
    for year in (2129, 2130, 2200, 2400, 5000, 9998):
        for month in (3, 10, 11):
            yield from (datetime(year, month, day, hour, 30) for day in range(1, 31) for hour in (0, 1, 2, 3))
    yield from (datetime(2128, 12, 31, 23, 59), datetime(2129, 1, 1), datetime(1839, 12, 31, 23))


@pytest.mark.parametrize("zone", [*STRANGE, *SOME])
def test_local_times_are_those_of_python(zone: str) -> None:
    times = sorted(set(instants(zone, Random(zone))))
    column = exp.column("x")
    both = exp.select(to_utc(column, zone), to_local(column, zone)).from_("times").order_by("x").sql(dialect="duckdb")
    with duckdb.connect() as connection:
        # nothing depends on where the engine thinks that it is
        connection.execute("SET TimeZone = 'Asia/Kathmandu'")
        texts = [time.isoformat(" ") for time in times]
        connection.execute("CREATE TABLE times AS SELECT unnest($1::TIMESTAMP[]) AS x", [texts])
        found = connection.execute(both).fetchall()
    clock = ZoneInfo(zone)
    assert found == [(instant(time, clock), local(time, clock)) for time in times]


def instant(local: datetime, clock: ZoneInfo) -> datetime:
    """Returns the second of two instants; of a time that clocks skip, the one with the offset from before."""
    first, second = (local.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(first, second).replace(tzinfo=None)


def local(instant: datetime, clock: ZoneInfo) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(clock).replace(tzinfo=None)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
def test_times_that_no_year_has_stay_unread(zone: str) -> None:
    column = exp.column("x")
    query = exp.select(to_utc(column, zone)).from_("times").sql(dialect="duckdb")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE times AS SELECT unnest(['infinity', '-infinity', NULL]::TIMESTAMP[]) AS x")
        found = connection.execute(f"SELECT count(*) FROM ({query}) AS t(u) WHERE isfinite(u)").fetchall()
    assert found == [(0,)]


def test_a_zone_that_is_none_is_no_offset() -> None:
    with pytest.raises(KeyError):
        offset_changes("Mars/Olympus")
