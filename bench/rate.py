"""Measures emails per second of started `rulekit run`s under `[sender] rate`, by the ledger of a local SMTP server.

    python bench/rate.py --rate "10 per 1s" --emails 100 --workers 3

Each worker is a process on the machine's own clock. The store is SQLite, or PostgreSQL with `--postgres`.
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from smtp import RULES, SETTINGS

from rulekit.engine.project import open_project
from rulekit.engine.running import take_tick
from rulekit.engine.stores import open_store
from rulekit.limits import parse_rate

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "outbox"))
RUN = (sys.executable, "-m", "rulekit", "run")


class Ledger:
    """A mail server that takes `seconds` for each email, and writes down when it came."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at: list[float] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Takes an email."""
        self.at.append(time.time())
        await asyncio.sleep(self.seconds)
        return "250 2.0.0 taken"


def main() -> None:
    """Prints the rate that was asked for and the one that the server saw."""
    options = parse()
    asked = parse_rate(options.rate)
    with database(options.postgres) as url, tempfile.TemporaryDirectory() as name:
        ledger = Ledger(options.seconds)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        controller = Controller(ledger, hostname="127.0.0.1", port=port)
        controller.start()
        fill(Path(name), port, url, options)
        for worker in [subprocess.Popen(RUN, cwd=name, stdout=subprocess.DEVNULL) for _ in range(options.workers)]:
            worker.wait()
        controller.stop()
    at = sorted(ledger.at)
    wanted = asked.count / asked.per.total_seconds()
    reached = (len(at) - 1) / (at[-1] - at[0])
    print(f"{options.rate}, {options.workers} workers: {len(at)} emails, {wanted:.2f} a second asked for,", end=" ")
    print(f"{reached:.2f} reached ({reached / wanted:.0%})")


def parse() -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", default="10 per 1s")
    parser.add_argument("--emails", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--connections", type=int, default=8, help="of each worker")
    parser.add_argument("--seconds", type=float, default=0.0, help="that the server takes for each email")
    parser.add_argument("--postgres", action="store_true")
    return parser.parse_args()


@contextmanager
def database(postgres: bool) -> Iterator[str]:
    """Gives the URL of a store."""
    if not postgres:
        yield "sqlite:///state.db"
        return
    from postgres_server import running_server

    with running_server() as server:
        yield server.url(server.make_database())


def fill(folder: Path, port: int, url: str, options: argparse.Namespace) -> None:
    """Makes a project whose emails are due."""
    people = "".join(f"p{number},person{number}@example.com,Ada\n" for number in range(options.emails))
    (folder / "people.csv").write_text("id,email,first_name\n" + people)
    (folder / "hello.rules").write_text(RULES)
    settings = SETTINGS.format(port=port, connections=options.connections, url=url)
    (folder / "rulekit.toml").write_text(settings.replace("[delivery]", f'rate = "{options.rate}"\n[delivery]'))
    project = open_project(folder)
    with open_store(project) as store:
        take_tick(project, store, datetime.now(UTC).replace(microsecond=0))


if __name__ == "__main__":
    main()
