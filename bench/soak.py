"""Sends very many emails while the worker is killed again and again, and asks the mail server what became of them.

    python bench/soak.py --emails 1000000 --kill-every 60
    python bench/soak.py --emails 100000 --kill-every 0        # nobody is killed: does the memory stay flat?

The server runs in this process and counts how often it took each email. After a kill the next worker starts at once;
when nothing is due any more the clock goes on, so that what the dead had in hand is taken back. In the end each email
must have been taken once, but for those of which the outbox says that nobody knows (*uncertain*), and nothing may be
missing from the ledger. Exits with 1 when that is not so.
"""

import argparse
import asyncio
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import perf_counter

from sink import Sink
from smtp import HERE, fill_outbox
from smtp_sides import NOW, Told

from rulekit.engine.project import open_project
from rulekit.engine.running import dispatch_due
from rulekit.engine.stores import open_store
from rulekit.outbox.rows.queries import RowFilter
from rulekit.outbox.store import Store
from rulekit.records import State

# a lease, and the longest wait before another attempt that is not used up by then
LATER = timedelta(minutes=40)
# emails between two looks at the memory of a worker
LOOK = 5000
MESSAGE_ID = re.compile(rb"(?mi)^message-id: *(\S+)")
ENDED = {State.SENT, State.UNCERTAIN}


@dataclass
class Ledger(Sink):
    """The server, which knows how often it took each email."""

    times: Counter[str] = field(default_factory=Counter)

    def take(self, message: bytes) -> int:
        """Counts the email under its Message-ID."""
        found = MESSAGE_ID.search(message)
        assert found is not None, message[:300]
        self.times[found[1].decode()] += 1
        return super().take(message)


def main() -> None:
    """Fills an outbox, lets it be sent, and judges."""
    if sys.argv[1:2] == ["--worker"]:
        work(Path(sys.argv[2]), timedelta(seconds=float(sys.argv[3])))
        return
    if sys.argv[1:2] == ["--fill"]:
        port, connections, emails = map(int, sys.argv[3:])
        fill_outbox(Path(sys.argv[2]), Told(port, connections), emails, "")
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emails", type=int, default=100_000)
    parser.add_argument("--kill-every", type=float, default=60, help="seconds; 0: never")
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ledger, port = stack.enter_context(serving())
        print(f"making {options.emails:,} emails …", flush=True)
        # in a process of its own: a worker would take over the most memory that this one ever had
        subprocess.run(begin("--fill", folder, port, options.connections, options.emails), check=True)
        begun = perf_counter()
        kills = send_all(folder, ledger, options.kill_every)
        seconds = perf_counter() - begun
        with open_store(open_project(folder)) as store:
            fine = judge(store, ledger, options.emails)
    print(f"{options.emails / seconds:.0f} emails per second, {kills} kills")
    if not fine:
        sys.exit(1)


@contextmanager
def serving() -> Iterator[tuple[Ledger, int]]:
    """Runs the server in a thread; gives its ledger and its port."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ledger = Ledger()
    starting = asyncio.start_server(ledger.serve, "127.0.0.1", 0, limit=2**24)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    try:
        yield ledger, server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def begin(role: str, *words: object) -> list[str]:
    """Returns what runs this script in another role."""
    return [sys.executable, str(HERE / "soak.py"), role, *map(str, words)]


def send_all(folder: Path, ledger: Ledger, kill_every: float) -> int:
    """Runs one worker after the other until nothing is left to send; returns how many were killed."""
    kills, later, quiet = 0, timedelta(0), 0
    # what the dead had in hand is due only after a lease, and then after the wait for another attempt
    while quiet < 3:
        before = ledger.taken
        with subprocess.Popen(begin("--worker", folder, later.total_seconds())) as worker:
            try:
                worker.wait(kill_every or None)
            except subprocess.TimeoutExpired:
                worker.send_signal(signal.SIGKILL)
                kills += 1
                print(f"killed after {ledger.taken:,} emails", flush=True)
                continue
        if worker.returncode:
            sys.exit("a worker failed")
        later += LATER
        quiet = 0 if ledger.taken > before else quiet + 1
    return kills


def work(folder: Path, later: timedelta) -> None:
    """Is a worker: sends what is due at an instant, and tells what memory it takes."""
    project = open_project(folder)
    begun = perf_counter()

    def tell(done: int) -> None:
        if done // LOOK > tell.told:
            tell.told = done // LOOK
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{done:>9,} emails {done / (perf_counter() - begun):>6.0f}/s  at most {peak} MB", flush=True)

    tell.told = 0
    with open_store(project) as store:
        dispatch_due(project, store, lambda: NOW + later, tell)


def judge(store: Store, ledger: Ledger, emails: int) -> bool:
    """Compares the outbox with the server's ledger, prints the figures and returns whether all is well."""
    rows = store.outbox.find(RowFilter())
    states = Counter(row.state for row in rows)
    lost = sum(row.state is State.SENT and not ledger.times[row.message_id] for row in rows)
    unended = sum(count for state, count in states.items() if state not in ENDED)
    twice = sum(times > 1 for times in ledger.times.values())
    uncertain = [row for row in rows if row.state is State.UNCERTAIN]
    arrived = sum(ledger.times[row.message_id] for row in uncertain)
    print(f"{len(rows):,} emails in the outbox: {', '.join(f'{n:,} {state.value}' for state, n in states.items())}")
    print(f"the server took {ledger.taken:,}: {lost} said to be sent and not taken, {twice} taken twice")
    print(f"of {len(uncertain)} of which nobody knows, {arrived} arrived")
    return not lost and not twice and not unended and len(rows) == emails


if __name__ == "__main__":
    main()
