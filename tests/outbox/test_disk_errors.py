"""The disk is full or fails at any write: it is told plainly, and when it is well again everything goes on.

A long look tries every error at every write, sync and truncation; otherwise some of them are.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rulekit.outbox.store import Store
from tests.outbox.disk import history
from tests.proofs import FIGURES, IS_SHORT

pytestmark = pytest.mark.proof

# neither it nor a quarter of it divides by the ways in which an operation may fail, so that each has its turn
EVERY = FIGURES.disk_error_every
FULL = "the store rulekit.db: the disk is full"
BROKEN = "the store rulekit.db: the disk cannot be read or written"
TOLD = {
    "write SQLITE_FULL": FULL,
    "write SQLITE_IOERR_WRITE": BROKEN,
    "sync SQLITE_IOERR_FSYNC": BROKEN,
    "truncate SQLITE_IOERR_TRUNCATE": BROKEN,
    "delete SQLITE_IOERR_DELETE": BROKEN,
}
Run = dict[str, Any]


@pytest.fixture(scope="module", params=["new", "older"])
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> tuple[Path, list[Run]]:
    """The history played again and again on a failing disk, in a process of its own."""
    folder = tmp_path_factory.mktemp("failing")
    # little is written to bring a store up to date
    every = EVERY if request.param == "new" else max(1, EVERY // 4)
    command = [sys.executable, "-m", "tests.outbox.disk.fail", folder, str(every), request.param]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    hits = Counter(hit for run in runs for hit in run["hit"])
    sys.stdout.write(f"\ndisk errors, {request.param} store: {len(runs) - 1} runs, {dict(hits)}\n")
    return folder, runs


def test_a_disk_that_is_well_shows_nothing(runs: tuple[Path, list[Run]]) -> None:
    undisturbed = runs[1][0]
    assert (undisturbed["hit"], undisturbed["told"], undisturbed["wrong"]) == ([], [], [])
    assert {*undisturbed["given"], "bob"} == {"ann", "bob", "eve", "hal"}


def test_every_fault_is_met_and_told_in_the_terms_of_the_user(runs: tuple[Path, list[Run]]) -> None:
    # several connections do not share their commits alike each time, so that a play may end before its fault
    met = [run for run in runs[1][1:] if run["hit"]]
    assert len(met) >= 0.95 * len(runs[1][1:])
    assert IS_SHORT or {run["hit"][0].split()[0] for run in met} >= {"write", "sync"}
    for run in met:
        assert set(run["told"]) <= {FULL, BROKEN}
        assert TOLD[run["hit"][0]] in run["told"], run["project"]


def test_what_goes_on_ends_as_if_nothing_had_been(runs: tuple[Path, list[Run]]) -> None:
    same = [run for run in runs[1][1:] if run["goes_on"]]
    assert same
    assert {run["project"]: run["wrong"] for run in runs[1] if run["wrong"]} == {}


def test_the_next_process_goes_on_as_if_nothing_had_been(
    runs: tuple[Path, list[Run]], broken: Callable[[Path], dict[str, list[object]]]
) -> None:
    left = [run for run in runs[1][1:] if not run["goes_on"]]
    assert left
    found = {run["project"]: go_on(runs[0] / run["project"], run, broken) for run in left}
    assert {project: wrong for project, wrong in found.items() if wrong} == {}


def go_on(project: Path, run: Run, broken: Callable[[Path], dict[str, list[object]]]) -> list[str]:
    with Store.open(history.URL, project) as store:
        wrong = [*broken(project / history.FILE), *history.broken_promises(store, run["facts"])]
        receiver = history.Receiver(lambda fact: None, list(run["given"]))
        for minutes in history.RESUMED:
            history.play(store, receiver, minutes, lambda fact: None)
        return [*wrong, *history.wrong_ends(store, receiver), *broken(project / history.FILE)]
