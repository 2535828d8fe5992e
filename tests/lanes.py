"""The two lanes of tests: `make test` starts no program but for short looks at the proofs, `make proofs` does the rest.

A test that starts a program says so by a mark, which keeps it out of the first lane; one that does not say so fails.
Processes that share the tests get whole files, so that what a file shares is made once, or what is marked as a group.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

from tests.proofs import CHOSEN, check_choice

# whoever has one of these may start programs
MARKS = ("starts_programs", "proof")
STARTS = frozenset({"subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"})
# of what needs the server of PostgreSQL, which one process starts
ON_POSTGRES = [pytest.mark.starts_programs, pytest.mark.xdist_group("postgresql")]
SLOWEST = 10


class Guard:
    """Hears of every program that is to be started, and knows whether that may be."""

    def __init__(self) -> None:
        self.may_start = True

    def hear(self, event: str, arguments: Any) -> None:
        if event in STARTS and not self.may_start:
            pytest.fail("this test starts a program: mark it with @pytest.mark.starts_programs, for `make proofs`")


GUARD = Guard()


def pytest_configure(config: pytest.Config) -> None:
    """Refuses a look at the proofs that there is not, and begins to hear of programs."""
    check_choice(CHOSEN)
    sys.addaudithook(GUARD.hear)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Guards each test that has no mark, from its fixtures to their end."""
    GUARD.may_start = any(item.get_closest_marker(mark) for mark in MARKS)
    try:
        return (yield)
    finally:
        GUARD.may_start = True


class ByFile(LoadGroupScheduling):
    """Gives each process a file at a time, or a group."""

    def _split_scope(self, nodeid: str) -> str:
        return super()._split_scope(nodeid).split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """Has `--dist loadgroup` keep files together."""
    return ByFile(config, log) if config.getvalue("dist") == "loadgroup" else None


def slowest(reports: Iterable[object]) -> list[str]:
    """Returns a line for each of the files that took longest, the longest first; none where there are few files."""
    seconds = Counter[str]()
    for report in reports:
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid.split("::")[0]] += report.duration
    few = len(seconds) <= SLOWEST
    return [] if few else [f"{took:7.1f} s  {file}" for file, took in seconds.most_common(SLOWEST)]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints which files took longest."""
    lines = slowest(chain.from_iterable(terminalreporter.stats.values()))
    if lines:
        terminalreporter.section(f"the {SLOWEST} slowest files")
    for line in lines:
        terminalreporter.write_line(line)
