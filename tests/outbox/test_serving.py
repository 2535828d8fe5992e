"""Which clock `rulekit serve` goes by where the machine's is not that of the store."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from psycopg.sql import SQL, Identifier

from rulekit.clock import system_now
from rulekit.engine.clock_steps import Steps, monotonic_seconds
from rulekit.engine.project import open_project
from rulekit.engine.serving import Schedule, Serving
from rulekit.engine.stores import open_store

SETTINGS = """\
edition = 1
[source]
url = "files:data"
[source.person]
table = "people.csv"
[store]
url = "{url}"
[sender]
url = "folder:outbox"
from = "Ada <ada@example.com>"
"""
RULES = """\
person:
  email  text
  plan   text
persona Pro "Paying people":
  plan = "pro"
"""
# whoever asks this database for the time gets another one than the machine's
AHEAD = (
    "CREATE SCHEMA ahead",
    "CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE "
    "AS $$ SELECT pg_catalog.clock_timestamp() + interval '3 hours' $$",
    "GRANT USAGE ON SCHEMA ahead TO rulekit",
)


def write_project(folder: Path, url: str) -> None:
    (folder / "data").mkdir()
    (folder / "data/people.csv").write_text("id,email,plan\n1,ann@example.com,pro\n")
    (folder / "rulekit.toml").write_text(SETTINGS.format(url=url))
    (folder / "main.rules").write_text(RULES)


@pytest.mark.starts_programs
@pytest.mark.xdist_group("postgresql")
def test_serve_ticks_by_the_time_of_the_store(postgres, database: str, tmp_path: Path) -> None:
    name = database.partition("@/")[2].partition("?")[0]
    with postgres.admin(name) as connection:
        for statement in AHEAD:
            connection.execute(statement)
        path = SQL("ALTER DATABASE {} SET search_path = ahead, pg_catalog, public")
        connection.execute(path.format(Identifier(name)))
    write_project(tmp_path, database)
    serve_until_it_ticked(tmp_path)
    with postgres.admin(name) as connection:
        (at,) = connection.execute("SELECT at FROM public.ticks").fetchone()
    assert timedelta(hours=2) < at - system_now() < timedelta(hours=4)


def test_a_clock_that_steps_halts_sending_and_stops_the_ticks(tmp_path: Path) -> None:
    write_project(tmp_path, "sqlite:///state/rulekit.db")
    passed = [0.0]
    stopping = Event()
    project = open_project(tmp_path)
    with open_store(project) as store:
        schedule, steps = Schedule(timedelta(seconds=0.2), monotonic), Steps(lambda: monotonic() + passed[0])
        loop = Thread(target=Serving(project, store, schedule, stopping, steps).run)
        loop.start()
        try:
            wait_until(lambda: store.ticks.state().sequence > 0)
            assert store.sending.state().halted_at is None
            # so many seconds have passed, and the store's clock knows nothing of them
            passed[0] += 3 * 3600
            wait_until(lambda: store.sending.state().halted_at is not None)
            halted, at = store.sending.state(), store.ticks.state().at
            assert halted.halted_by == "rulekit"
            assert "the store's clock went back by 0d 3h 0m while `rulekit serve` ran" in halted.halt_reason
            sleep(1.5)
            assert store.ticks.state().at == at
            store.sending.resume(store.clock())
            wait_until(lambda: store.ticks.state().at > at)
            assert store.sending.state().halted_at is None
        finally:
            stopping.set()
            loop.join()


@pytest.mark.parametrize(
    ("wall", "steady", "step"),
    [
        (60, 60, None),
        # a night in which the machine slept
        (8 * 3600, 8 * 3600, None),
        (3, 302, None),
        (3, 304, -301),
        (3600 + 3, 3, 3600),
        (-86400 + 3, 3, -86400),
    ],
)
def test_a_clock_may_drift_and_not_step(wall: int, steady: int, step: int | None) -> None:
    seconds = [1000.0]
    steps, now = Steps(lambda: seconds[0]), system_now()
    assert steps.since_last(now) is None
    seconds[0] += steady
    now += timedelta(seconds=wall)
    assert steps.since_last(now) == (None if step is None else timedelta(seconds=step))
    # it is told once, and from then on this clock is the one
    seconds[0] += 5
    assert steps.since_last(now + timedelta(seconds=5)) is None


def test_the_seconds_are_those_since_the_machine_started() -> None:
    first, began = monotonic_seconds(), monotonic()
    sleep(0.05)
    assert abs((monotonic_seconds() - first) - (monotonic() - began)) < 0.05


def wait_until(happened: Callable[[], bool]) -> None:
    end = monotonic() + 30
    while not happened():
        assert monotonic() < end
        sleep(0.05)


def serve_until_it_ticked(folder: Path) -> None:
    stopping = Event()
    project = open_project(folder)
    with open_store(project) as store:
        loop = Thread(target=Serving(project, store, Schedule(timedelta(hours=1), monotonic), stopping).run)
        loop.start()
        end = monotonic() + 30
        while not store.ticks.state().sequence and monotonic() < end:
            sleep(0.05)
        stopping.set()
        loop.join()
