"""Measures emails per second from a filled outbox to a local SMTP server, beside what is possible and beside peers.

    python bench/smtp.py --emails 2000

All send the same bytes to the same server, in turn, each from processes of its own; the server counts, and the time
runs until it has taken the last one. The outbox does all that it does for every email: it claims the row, asks whether
the email may leave, marks it before the first byte leaves, and writes down the reply.

The peers are measured where they can be imported: `pip install huey procrastinate "psycopg[pool]"`. `smtp-source` is
Postfix's, and measured where it is installed.
"""

import argparse
import json
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import IO, Any

from smtp_sides import FILL, NOW, SENDER, Told

from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import Project, open_project
from rulekit.engine.stores import open_store
from rulekit.engine.tick.prepare import prepare_tick

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "outbox"))
# seconds after which a side that has not sent everything is given up
PATIENCE = 60
SETTINGS = """\
edition = 1
[source]
url = "files:."
[source.person]
table = "people.csv"
[store]
url = "{url}"
[sender]
url = "smtp://127.0.0.1:{port}?tls=off"
from = "Ada at Example <success@example.com>"
allow = ["*"]
connections = {connections}
[delivery]
max_auto_per_tick = 1000000
"""
RULES = """\
person:
  email       text
  first_name  text

persona Everyone:
  email is present

template Hello:
  subject "Hello, {{ person.first_name }}"
  html    "<h1>Hello, {{ person.first_name }}</h1><p>Your dashboards miss you. <a href='https://example.com'>Look</a></p>"

trigger Greet:
  on tagged(Everyone) send template Hello auto=true backfill=true
"""


@dataclass(frozen=True)
class Row:
    """A line of the table: a side, over which database, with how many workers of how many connections."""

    side: str
    database: str
    workers: int
    connections: int


@dataclass(frozen=True)
class Servers:
    """The SMTP server, and PostgreSQL with its databases."""

    sink: "subprocess.Popen[str]"
    port: int
    postgres: Any


def main() -> None:
    """Prints emails per second of all."""
    options = parse()
    rows = [row for row in list_rows(options.connections) if is_there(row.side)]
    rates: dict[Row, list[float]] = {row: [] for row in rows}
    with ExitStack() as stack:
        servers = stack.enter_context(run_servers())
        for number in range(options.rounds):
            for row in rows:
                with tempfile.TemporaryDirectory() as folder:
                    rates[row].append(measure(row, Path(folder), servers, options.emails))
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    show(rates, options)


def parse() -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emails", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8, help="of one worker, and threads of a peer's")
    return parser.parse_args()


def list_rows(connections: int) -> list[Row]:
    """Returns what is measured, in the order of the table."""
    return [
        *(Row("smtp-source", "", 1, number) for number in (1, connections)),
        *(Row("smtplib", "", 1, number) for number in (1, connections)),
        *(Row("outbox", name, workers, connections) for name in ("SQLite", "PostgreSQL") for workers in (1, 2)),
        Row("huey", "SQLite", 1, 1),
        *(Row("huey, synced", "SQLite", workers, number) for workers, number in ((1, 1), (1, connections))),
        *(Row("huey", "SQLite", workers, connections) for workers in (1, 2)),
        Row("procrastinate", "PostgreSQL", 1, 1),
        *(Row("procrastinate", "PostgreSQL", workers, connections) for workers in (1, 2)),
    ]


def is_there(side: str) -> bool:
    """Says whether a side can be measured here."""
    if side == "smtp-source":
        return shutil.which(side) is not None
    return side in ("smtplib", "outbox") or find_spec(side.partition(",")[0]) is not None


@contextmanager
def run_servers() -> Iterator[Servers]:
    """Runs the SMTP server in a process of its own, and the PostgreSQL of the tests."""
    from postgres_server import running_server

    with (
        running_server() as postgres,
        subprocess.Popen(
            [sys.executable, str(HERE / "sink.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        yield Servers(server, int(pipe(server.stdout).readline()), postgres)
        pipe(server.stdin).close()


def pipe(stream: IO[str] | None) -> IO[str]:
    """Returns a stream that was asked for."""
    assert stream is not None
    return stream


def measure(row: Row, folder: Path, servers: Servers, emails: int) -> float:
    """Returns the emails per second of a side, over a database that is made for it."""
    name = servers.postgres.make_database() if row.database == "PostgreSQL" else None
    told = Told(servers.port, row.connections, servers.postgres.url(name) if name else "")
    told.write(folder)
    # the emails are made by a tick; only the outbox keeps them where that left them
    project = fill_outbox(folder, told, emails, told.url if row.side == "outbox" else "")
    with open_store(project) as store:
        messages = [(one.recipient, store.outbox.message(one.id).decode()) for one in store.outbox.find()]
    (folder / "messages.json").write_text(json.dumps(messages))
    if row.side in FILL:
        FILL[row.side](folder, told)
    try:
        return emails / time_of(row, folder, servers, emails)
    finally:
        if name:
            servers.postgres.drop_database(name)


def fill_outbox(folder: Path, told: Told, emails: int, url: str) -> Project:
    """Makes a project and its emails, which are due."""
    people = "".join(f"p{i},person{i}@example.com,Ada {i}\n" for i in range(emails))
    (folder / "people.csv").write_text("id,email,first_name\n" + people)
    (folder / "hello.rules").write_text(RULES)
    url = url or "sqlite:///state.db"
    settings = SETTINGS.format(port=told.port, connections=told.connections, url=url)
    (folder / "rulekit.toml").write_text(settings)
    project = open_project(folder)
    with open_store(project) as store, open_project_data(project) as data:
        store.ticks.record(prepare_tick(project, data, store, NOW).record)
    return project


def time_of(row: Row, folder: Path, servers: Servers, emails: int) -> float:
    """Returns the seconds from when the workers may begin until the server has taken everything."""
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(command(row, folder, servers, emails))) for _ in range(row.workers)]
        for one in workers:
            if row.side != "smtp-source" and pipe(one.stdout).readline() != "ready\n":
                sys.exit(f"a worker of {row.side} did not start")
        begun = perf_counter()
        for one in workers:
            print("go", file=pipe(one.stdin), flush=True)
        print(emails, file=pipe(servers.sink.stdin), flush=True)
        if not select.select([servers.sink.stdout], [], [], PATIENCE)[0]:
            sys.exit(f"{row.side} has not sent {emails} emails after {PATIENCE} seconds")
        pipe(servers.sink.stdout).readline()
        taken = perf_counter() - begun
        if row.side == "outbox":
            sent = sum(int(pipe(one.stdout).readline()) for one in workers)
            if sent != emails:
                sys.exit(f"the outbox says that {sent} of {emails} emails were sent")
    return taken


def command(row: Row, folder: Path, servers: Servers, emails: int) -> list[str]:
    """Returns what runs as a worker of a side."""
    if row.side != "smtp-source":
        return [sys.executable, str(HERE / "smtp_sides.py"), row.side, str(folder)]
    recipient, text = json.loads((folder / "messages.json").read_text())[0]
    # it writes the line ends itself
    (folder / "message").write_text(text.replace("\r\n", "\n"), newline="\n")
    sizes = ["-s", str(row.connections), "-m", str(emails), "-F", str(folder / "message")]
    start = 'read go; exec "$@"'
    place = f"127.0.0.1:{servers.port}"
    return ["sh", "-c", start, "-", "smtp-source", "-d", *sizes, "-f", SENDER, "-t", recipient, place]


@contextmanager
def worker(words: list[str]) -> Iterator["subprocess.Popen[str]"]:
    """Runs a worker, and ends it."""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def show(rates: dict[Row, list[float]], options: argparse.Namespace) -> None:
    """Prints the table, and what is missing from it."""
    medians = {row: statistics.median(taken) for row, taken in rates.items()}
    bare = medians[Row("smtplib", "", 1, 1)]
    one = medians[Row("outbox", "SQLite", 1, options.connections)]
    print(f"{options.emails:,} emails, {options.rounds} rounds; emails per second")
    print(f"{'':16}{'':12}{'workers':>8}{'each':>6}{'median':>9}{'least':>8}{'most':>8}{'/smtplib':>10}{'/outbox':>9}")
    for row, median in medians.items():
        least, most = min(rates[row]), max(rates[row])
        print(f"{row.side:16}{row.database:12}{row.workers:>8}{row.connections:>6}{median:>9.0f}", end="")
        print(f"{least:>8.0f}{most:>8.0f}{median / bare:>10.2f}{median / one:>9.2f}")
    print(
        "each: connections or threads of one worker; /smtplib, /outbox: over one connection, over one worker on SQLite"
    )
    for side in ("huey", "procrastinate"):
        if not is_there(side):
            print(f'{side} is not installed: pip install {side} "psycopg[pool]"')


if __name__ == "__main__":
    main()
