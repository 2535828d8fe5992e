import os
import signal
import subprocess
import sys
from pathlib import Path
from queue import Queue
from threading import Thread
from time import monotonic
from typing import Any

import pytest

pytestmark = pytest.mark.starts_programs

ROOT = Path(__file__).parents[2]


class Watched:
    """A real `rulekit check --watch`, and the lines that it has printed."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rulekit", "check", "--watch", "--select", "RK1"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: Queue[str] = Queue()
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.rstrip("\n"))

    def until(self, words: str) -> list[str]:
        """Returns the lines up to one with these words; fails after half a minute."""
        seen: list[str] = []
        end = monotonic() + 30
        while not seen or words not in seen[-1]:
            seen.append(self.lines.get(timeout=max(0.01, end - monotonic())))
        return seen

    def interrupt(self) -> int:
        """Returns the exit code after Ctrl-C; fails with what it is doing when it does not end."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.reader.join()
            pytest.fail("it goes on after Ctrl-C:\n" + "\n".join(self.lines.queue))


def test_it_checks_again_after_each_change_and_ends_with_control_c(desk: Any) -> None:
    desk.rules('persona P:\n  email = "a"\n')
    watched = Watched(desk.folder)
    try:
        assert "1 file checked, nothing to report" in watched.until("Ctrl-C")
        # files of others do not matter; had this one, there would be another report before the next
        desk.write("data/people.csv", "email\n")
        desk.rules('persona P:\n  emial = "a"\n')
        assert any("RK102" in line for line in watched.until("Ctrl-C"))
        desk.rules('persona P:\n  email = "a"\n')
        assert "1 file checked, nothing to report" in watched.until("Ctrl-C")
        assert watched.interrupt() == 0
    finally:
        watched.process.kill()
        watched.process.wait()
        watched.reader.join()
    assert "Traceback" not in "".join(watched.lines.queue)
