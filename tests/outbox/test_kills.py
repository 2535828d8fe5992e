"""Killed at any point, and several processes at once: nothing is lost, sent twice or sent early."""

import importlib.util
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from rulekit.outbox.states import Phase, State
from rulekit.outbox.store import Store

SCRIPT = Path(__file__).with_name("kill_points.py")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("kill_points", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ledger_of(project):
    path = project / "ledger"
    lines = path.read_text().splitlines() if path.exists() else []
    return Counter(line.split()[0] for line in lines), dict(line.split() for line in lines)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the scenario is forked")
def test_killed_at_every_point_nothing_is_lost_or_sent_twice(tmp_path, script, broken, environment):
    done = subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    projects = sorted(tmp_path.iterdir())
    assert len(projects) == int(done.stdout) > 30
    for project in projects:
        judge(project, script, broken)


def judge(project, script, broken):
    with Store.open(script.URL, project) as store:
        left_in_data = {row.message_id for row in store.rows() if row.phase is Phase.DATA}
        receiver = script.Receiver(project / "ledger", script.Fuse(None))
        for minutes in (10, 30, 60):
            script.go_on(store, receiver, script.START + timedelta(minutes=minutes))
        # approved anew only after the crash: its hold has begun then
        script.go_on(store, receiver, script.START + timedelta(minutes=75))
        rows = {row.message_id: row for row in store.rows()}
        copies, digests = ledger_of(project)
        assert sorted(rows) == ["<ann@example.org>", "<bob@example.org>"], project.name
        assert store.episodes("Inactive", ["ann", "bob"]) == {"ann": 1, "bob": 1}
        for message_id, row in rows.items():
            doubtful = message_id in left_in_data
            assert row.state is (State.UNCERTAIN if doubtful else State.SENT), (project.name, row)
            assert copies[message_id] in ((0, 1) if doubtful else (1,)), (project.name, row)
            if copies[message_id]:
                assert digests[message_id] == row.digest == sha256(store.message(row.id)).hexdigest()
    assert broken(project / "rulekit.db") == {}, project.name


AT_ONCE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
import kill_points
from rulekit.errors import TickLost
from rulekit.outbox.store import Store

project, name = Path(sys.argv[1]), sys.argv[2]
store = Store.open(kill_points.URL, project)
sequence = store.tick_state().sequence
(project / name).touch()
while len(list(project.glob("ready*"))) < 2:
    time.sleep(0.01)
try:
    store.record_tick(kill_points.first_tick(sequence))
    print("won")
except TickLost:
    print("lost")
for _ in range(3):
    kill_points.go_on(store, kill_points.Receiver(project / "ledger", kill_points.Fuse(None)), kill_points.START)
"""


def test_of_two_ticks_at_once_one_loses_and_nothing_is_doubled(tmp_path, script, broken, environment):
    with Store.open(script.URL, tmp_path) as store:
        running = [
            subprocess.Popen(
                [sys.executable, "-c", AT_ONCE, tmp_path, f"ready{i}", SCRIPT.parent],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for i in range(2)
        ]
        assert sorted(process.communicate(timeout=60)[0].strip() for process in running) == ["lost", "won"]
        assert store.tick_state().sequence == 1
        assert store.counts() == {State.SENT: 1, State.APPROVED: 1}
    assert ledger_of(tmp_path)[0] == {"<ann@example.org>": 1}
    assert broken(tmp_path / "rulekit.db") == {}
