"""The demo runs from start to end, tells its story in few lines, and leaves nothing behind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts_programs
ROOT = Path(__file__).parents[2]
SHIM = f"""#!/bin/sh
PYTHONPATH='{ROOT}' exec '{sys.executable}' -c 'from rulekit.cli import main; main(prog_name="rulekit")' "$@"
"""


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Returns what `make demo` printed; where there is no `.venv`, `rulekit` is the one under test."""
    rulekit = tmp_path_factory.mktemp("bin") / "rulekit"
    rulekit.write_text(SHIM)
    rulekit.chmod(0o755)
    environment = {**os.environ, "PATH": f"{rulekit.parent}:{os.environ['PATH']}", "TMPDIR": str(temporary), "KEEP": ""}
    # the environment is taken as it is, and not made anew amid the tests
    command = ["make", "--silent", "--old-file=.venv/ready", "demo"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_it_is_short_enough_to_read(told: str) -> None:
    assert len(told.splitlines()) < 90


def test_it_leaves_nothing_behind(told: str, temporary: Path) -> None:
    assert told
    assert list(temporary.iterdir()) == []


def test_the_second_run_tags_and_untags_a_readable_number_of_people(told: str) -> None:
    tuesday = told.split("--now 2026-03-03T08:00Z\n")[1].split("\n#")[0]
    moves = {name: (int(j), int(g)) for name, j, g in re.findall(r"^  (\w+) +[\d,]+ +\+(\d+) +-(\d+)", tuesday, re.M)}
    assert 5 <= moves["Inactive14"][0] <= 40
    assert all(5 <= crossed <= 40 for crossed in (*moves["Away28"], *moves["Cooling"], moves["Stalled"][0]))


def test_one_trigger_sends_at_once_and_another_waits(told: str) -> None:
    assert re.search(r"^  Enterprise_Nudge: \d+ emails approved \(auto\)$", told, re.M)
    assert re.search(r"^  Win_Back: \d+ emails unapproved$", told, re.M)


def test_the_approved_email_is_shown_as_it_was_sent(told: str) -> None:
    approved = re.search(r"^email \d+ to (\S+): approved$", told, re.M)
    assert approved is not None
    assert f"\nTo: {approved[1]}\n" in told
    assert "\nList-Unsubscribe: <https://mail.example.com/u?token=" in told
