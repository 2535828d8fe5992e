"""The lanes of tests: each test is in one, none starts a program unawares, and the choice of how far to look is one."""

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from tests.lanes import MARKS, SLOWEST, ByFile, slowest
from tests.proofs import ALL, FIGURES, SWITCH, check_choice

ROOT = Path(__file__).parents[1]
LANES = dict(
    re.findall(r"^(\w+): \$\(READY\)\n\t.*pytest .* -m \"(.+)\"$", (ROOT / "Makefile").read_text(), re.MULTILINE)
)
NOTHING = [sys.executable, "-c", ""]


def test_a_test_that_starts_a_program_is_told_which_mark_it_needs() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"starts a program: .*@pytest.mark.starts_programs"):
        subprocess.run(NOTHING, check=True)


def test_nor_may_it_fork() -> None:
    with pytest.raises(pytest.fail.Exception, match="starts a program"):
        os.fork()


@pytest.mark.starts_programs
def test_with_the_mark_it_may() -> None:
    subprocess.run(NOTHING, check=True)


@pytest.mark.parametrize("marks", list(product([False, True], repeat=len(MARKS))), ids=str)
def test_every_test_is_in_a_lane_and_the_first_starts_nothing_but_proofs(marks: tuple[bool, ...]) -> None:
    has = dict(zip(MARKS, marks, strict=True))
    lanes = {lane for lane, expression in LANES.items() if eval(expression, {}, has)}
    assert lanes
    assert ("test" in lanes) is not has["starts_programs"]
    assert ("proofs" in lanes) is any(marks)


def test_ci_runs_both_lanes() -> None:
    gates = (ROOT / ".ci" / "run").read_text()
    assert list(LANES) == re.findall(r"make --silent (test|proofs)$", gates, re.MULTILINE) == ["test", "proofs"]
    assert "run: .ci/run\n" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def test_a_look_that_there_is_not_ends_pytest() -> None:
    with pytest.raises(pytest.UsageError, match=f"^{SWITCH} is `shrot`, .* set it to short, run, long$"):
        check_choice("shrot")


def test_a_longer_look_sees_no_less() -> None:
    short, run, long = ALL.values()
    assert FIGURES in (short, run, long)
    for figure in ("examples", "texts", "model_steps", "power_losses", "exported", "shared"):
        assert getattr(short, figure) <= getattr(run, figure) <= getattr(long, figure)
    for figure in ("power_loss_every", "disk_error_every"):
        assert getattr(short, figure) >= getattr(run, figure) >= getattr(long, figure)
    for kind in ("sqlite", "postgresql"):
        assert short.histories[kind] <= run.histories[kind] <= long.histories[kind]


def test_a_file_is_for_one_process_and_a_group_of_several_files_too() -> None:
    scope = ByFile.__new__(ByFile)._split_scope
    assert {scope("tests/test_a.py::TestB::test_c[x@y]"), scope("tests/test_a.py::test_d")} == {"tests/test_a.py"}
    assert {scope("tests/test_a.py::test_e@postgresql"), scope("tests/test_f.py::test_g[h]@postgresql")} == {
        "postgresql"
    }


def test_the_slowest_files_are_told_with_the_time_of_all_their_tests() -> None:
    told = [
        pytest.TestReport(f"tests/test_{n}.py::test_{m}", ("", 0, ""), {}, "passed", None, "call", duration=n)
        for n in range(SLOWEST + 2)
        for m in "ab"
    ]
    assert len(slowest(told)) == SLOWEST
    assert slowest(told)[0] == "   22.0 s  tests/test_11.py"
    assert slowest(told[: 2 * SLOWEST]) == []
