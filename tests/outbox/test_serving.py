"""Which clock `rulekit serve` goes by where the machine's is not that of the store."""

from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

from psycopg.sql import SQL, Identifier

from rulekit.clock import system_now
from rulekit.engine.project import open_project, open_store
from rulekit.engine.serving import Schedule, Serving

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


def test_serve_ticks_by_the_time_of_the_store(postgres, database: str, tmp_path: Path) -> None:
    name = database.partition("@/")[2].partition("?")[0]
    with postgres.admin(name) as connection:
        for statement in AHEAD:
            connection.execute(statement)
        path = SQL("ALTER DATABASE {} SET search_path = ahead, pg_catalog, public")
        connection.execute(path.format(Identifier(name)))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/people.csv").write_text("id,email,plan\n1,ann@example.com,pro\n")
    (tmp_path / "rulekit.toml").write_text(SETTINGS.format(url=database))
    (tmp_path / "main.rules").write_text(RULES)
    serve_until_it_ticked(tmp_path)
    with postgres.admin(name) as connection:
        (at,) = connection.execute("SELECT at FROM public.ticks").fetchone()
    assert timedelta(hours=2) < at - system_now() < timedelta(hours=4)


def serve_until_it_ticked(folder: Path) -> None:
    stopping = Event()
    project = open_project(folder)
    with open_store(project) as store:
        loop = Thread(target=Serving(project, store, Schedule(timedelta(hours=1), monotonic), stopping).run)
        loop.start()
        end = monotonic() + 30
        while not store.tick_state().sequence and monotonic() < end:
            sleep(0.05)
        stopping.set()
        loop.join()
