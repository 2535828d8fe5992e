"""`rulekit test` over the sample project with fifty tests, as a whole process, beside a bare Python.

The sample's own tests are repeated under other titles until there are enough. Medians of several runs, in turn.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

SAMPLE = Path(__file__).parent.parent / "rules"


def main() -> None:
    """Makes the project, measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        project = Path(folder) / "rules"
        count = make_project(project, asked.tests)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            f"rulekit test, {count} tests": [sys.executable, "-m", "rulekit", "test", "--project", str(project)],
        }
        seconds = {name: median(times) for name, times in measure(commands, asked.rounds).items()}
    bare, ours = seconds.values()
    for name, taken in seconds.items():
        print(f"{name:28} {taken:6.2f} s")
    print(f"{'over bare Python':28} {ours - bare:6.2f} s")


def make_project(project: Path, wanted: int) -> int:
    """Copies the sample with so many tests; returns how many there are."""
    shutil.copytree(SAMPLE, project, ignore=shutil.ignore_patterns("tests", "data", "state"))
    tests = [test for path in sorted((SAMPLE / "tests").glob("*.rules")) for test in split(path.read_text("utf-8"))]
    repeated = [retitled(tests[number % len(tests)], number) for number in range(wanted)]
    (project / "tests").mkdir()
    (project / "tests" / "all.rules").write_text("\n".join(repeated), encoding="utf-8")
    return len(repeated)


def split(text: str) -> list[str]:
    """Returns the tests of a file, one text each."""
    return ['test "' + test.rstrip() + "\n" for test in text.split('test "')[1:]]


def retitled(test: str, number: int) -> str:
    """Returns a test under a title of its own."""
    return test.replace('test "', f'test "{number}: ', 1)


def measure(commands: dict[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of each run of each command, run in turn; one run of each before does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for counted in range(-1, rounds):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if counted >= 0:
                times[name].append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()
