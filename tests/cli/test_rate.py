"""`[sender] rate` as cron meets it: a started `rulekit run` on the machine's own clock, and the mail server's ledger.

Never faster than the rate is exact: what counts are the instants that the store wrote before a first byte left. How
much slower it may be is generous, because other programs share the machine; `bench/rate.py` measures it.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from rulekit.engine.project import open_project
from rulekit.engine.running import take_tick
from rulekit.engine.stores import open_project_store, open_store
from rulekit.errors import TickLost
from rulekit.limits import parse_rate
from rulekit.outbox.sending.rates import LEEWAY
from tests.cli.test_serve import free_port, serving, wait_until

pytestmark = pytest.mark.starts_programs

RUN = (sys.executable, "-m", "rulekit", "run")
# seconds that starting and stopping may cost on a busy machine; a twentieth of the rates below takes longer
SLACK = 9


class Ledger:
    """A mail server that takes its time, and writes down what it takes."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.seconds = 0.0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken += envelope.rcpt_tos
        await asyncio.sleep(self.seconds)
        return "250 2.0.0 queued"


@pytest.fixture
def ledger() -> Iterator[tuple[Ledger, int]]:
    kept, port = Ledger(), free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture
def limited(project: Any, ledger: tuple[Ledger, int]) -> Callable[..., Any]:
    """Makes a project with a rate, and emails that are due."""

    def make(rate: str, emails: int, **more: object) -> Any:
        project.rules("trigger Greet: on tagged(Pro) send template Hello auto=true")
        options = "".join(f"{key} = {value}\n" for key, value in more.items())
        project.settings(
            'url = "folder:outbox"',
            f'url = "smtp://127.0.0.1:{ledger[1]}?tls=off"\nallow = ["*"]\nrate = "{rate}"\n{options}',
        )
        project.people(**dict.fromkeys(_names(emails) or ["nobody"], "free"))
        tick(project)
        enter(project, emails)
        return project

    return make


def _names(emails: int) -> list[str]:
    return [f"p{number}" for number in range(emails)]


def tick(project: Any) -> None:
    opened = open_project(project.folder)
    with open_store(opened) as store:
        for _ in range(9):
            # one of a worker may be first
            with suppress(TickLost):
                take_tick(opened, store, datetime.now(UTC).replace(microsecond=0), accept=True)
                return
    raise AssertionError("another tick was first nine times")


def enter(project: Any, emails: int) -> None:
    """Makes so many people somebody who is to be mailed."""
    if emails:
        project.people(**dict.fromkeys(_names(emails), "pro"))
        tick(project)


def start(project: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        RUN, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ)
    )


def finish(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def when_left(project: Any) -> list[datetime]:
    with open_project_store(project.folder) as store:
        return sorted(row.left_at for row in store.outbox.find() if row.left_at)


def test_with_nothing_due_a_run_ends(limited):
    assert "dispatch: 0 emails sent" in finish(start(limited("10 per 1s", 0)))


@pytest.mark.parametrize(
    ("rate", "emails", "seconds"),
    [
        # eight connections make up for a server that takes its time
        ("10 per 1s", 20, 0.7),
        ("100 per 1s", 150, 0.0),
        ("600 per 1m", 20, 0.0),
        ("36000 per 1h", 20, 0.0),
    ],
)
def test_emails_leave_as_fast_as_the_rate_and_never_faster(limited, ledger, rate, emails, seconds):
    project = limited(rate, emails)
    ledger[0].seconds = seconds
    assert f"dispatch: {emails} emails sent" in finish(start(project))
    check_rate(project, ledger[0], rate, emails)


def check_rate(project: Any, ledger: Ledger, rate: str, emails: int) -> None:
    assert sorted(ledger.taken) == sorted(f"{name}@example.com" for name in _names(emails))
    left, known = when_left(project), parse_rate(rate)
    expected = known.per / known.count * (emails - 1)
    assert max(sum(at <= other < at + known.per for other in left) for at in left) <= known.count
    assert expected - LEEWAY <= left[-1] - left[0] <= expected * 1.1 + timedelta(seconds=SLACK)


def test_three_workers_keep_one_rate(limited, ledger):
    project = limited("10 per 1s", 0)
    project.people(**dict.fromkeys(_names(60), "free"))
    tick(project)
    with serving(project) as one, serving(project) as two, serving(project) as three:
        workers = (one, two, three)
        for worker in workers:
            wait_until(lambda worker=worker: worker.events("serving"), 120)
        enter(project, 60)
        wait_until(lambda: len(ledger[0].taken) >= 60, 90)
        assert [worker.stop() for worker in workers] == [0, 0, 0]
    check_rate(project, ledger[0], "10 per 1s", 60)


def test_a_rate_that_would_keep_a_run_for_long_ends_it_and_says_when_to_run_again(limited, ledger):
    project = limited("1 per 1d", 5)
    said = finish(start(project))
    assert len(ledger[0].taken) == 1
    tomorrow = (when_left(project)[0] + timedelta(days=1)).date()
    assert (
        f"dispatch: 1 email sent\n  more is due, but `rate` under [sender] lets the next email leave at {tomorrow}"
        in said
    )
    assert "dispatch: 0 emails sent\n  more is due" in finish(start(project))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_while_it_waits_for_its_rate_leaves_the_others_as_they_were(limited, ledger, number):
    project = limited("1 per 50s", 3)
    process = start(project)
    wait_until(lambda: bool(ledger[0].taken), 60)
    time.sleep(0.5)
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, "dispatch: 1 email sent" in said) == (128 + number, True)
    assert "stopped; what is due waits for the next run" in said
    with open_project_store(project.folder) as store:
        assert {state.value: count for state, count in store.outbox.counts().items()} == {"sent": 1, "approved": 2}


def test_serve_keeps_the_rate_and_stops_while_it_waits(limited, ledger):
    project = limited("10 per 1s", 20)
    with serving(project) as served:
        wait_until(lambda: len(ledger[0].taken) >= 20, 60)
        assert served.stop() == 0
    check_rate(project, ledger[0], "10 per 1s", 20)


def test_at_an_instant_of_its_own_a_run_sends_what_the_rate_lets_go_then(limited, ledger):
    project = limited("10 per 1s", 3)
    (later,) = {row.created_at + timedelta(minutes=1) for row in store_rows(project)}
    said = project.cli("run", "--now", later.isoformat(), "--project", str(project.folder)).output
    assert "dispatch: 1 email sent\n  more is due" in said


def store_rows(project: Any) -> list[Any]:
    with open_project_store(project.folder) as store:
        return store.outbox.find()
