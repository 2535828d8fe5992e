"""Measures emails per second from a filled outbox to a local SMTP server, beside a bare loop over `smtplib`.

    python bench/smtp.py --emails 1000

Both sides send the same bytes to the same server, which runs in a process of its own, in turn. The outbox's side does
all that it does for every email: it claims the row, marks it before the first byte leaves, and writes down the reply,
each in a transaction of its own.
"""

import argparse
import smtplib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from rulekit.engine import dispatch_due, open_project, open_project_data, open_store, prepare_tick

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SETTINGS = """\
edition = 1
[source]
url = "files:."
[source.person]
table = "people.csv"
[store]
url = "sqlite:///state.db"
[sender]
url = "smtp://127.0.0.1:{port}?tls=off"
from = "Ada at Example <success@example.com>"
allow = ["*"]
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


def main() -> None:
    """Prints emails per second for both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emails", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rates: dict[str, list[float]] = {"outbox": [], "smtplib": []}
    with sink() as port:
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                measure(Path(folder), port, options.emails, rates)
    bare = statistics.median(rates["smtplib"])
    print(f"{options.emails} emails, {options.rounds} rounds")
    print(f"{'':20}{'emails per second':>18}{'most':>8}{'ratio':>8}")
    for title, taken in rates.items():
        median = statistics.median(taken)
        print(f"{title:20}{median:>18.0f}{max(taken):>8.0f}{median / bare:>8.2f}")


@contextmanager
def sink() -> Iterator[int]:
    """Runs the server in a process of its own; gives its port."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sink.py"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.stdin.close()


def measure(folder: Path, port: int, emails: int, rates: dict[str, list[float]]) -> None:
    """Fills an outbox, sends it, and sends the same messages without it."""
    people = "".join(f"p{i},person{i}@example.com,Ada {i}\n" for i in range(emails))
    (folder / "people.csv").write_text("id,email,first_name\n" + people)
    (folder / "hello.rules").write_text(RULES)
    (folder / "rulekit.toml").write_text(SETTINGS.format(port=port))
    project = open_project(folder)
    with open_store(project) as store:
        with open_project_data(project) as data:
            store.record_tick(prepare_tick(project, data, store, NOW).record)
        messages = [(row.recipient, store.message(row.id)) for row in store.rows()]
        start = perf_counter()
        report = dispatch_due(project, store, lambda: NOW)
        rates["outbox"].append(emails / (perf_counter() - start))
    if report.sent != emails or len(messages) != emails:
        sys.exit(f"only {report.sent} of {emails} emails were sent: {report}")
    start = perf_counter()
    send_bare(messages, port)
    rates["smtplib"].append(emails / (perf_counter() - start))


def send_bare(messages: list[tuple[str, bytes]], port: int) -> None:
    """Sends every message over one connection."""
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for recipient, message in messages:
            connection.sendmail("success@example.com", [recipient], message)


if __name__ == "__main__":
    main()
