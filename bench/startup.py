"""Measures what it costs to start each command: seconds of CPU of whole processes, over bare Python.

    python bench/startup.py --rounds 15

The commands work on the sample project with a store of two ticks, in turn and as an installed program does: what was
compiled once stays compiled. Each first run does not count. The floor is what no command that looks into a store can
do without.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# started beside the commands, to tell what is theirs
BARE = "python -c pass"
FLOORS = {BARE: "pass", "import click, sqlalchemy": "import click, sqlalchemy"}
# a way to use each command, and some of its parts
COMMANDS = (
    *("--version", "check", "completion bash", "doctor --offline", "erase {person} --suppress --yes", "explain RK101"),
    *(
        "explain u1999 Inactive14",
        "export",
        "fmt --check",
        "init {new}",
        "members Inactive14",
        "metrics",
        "outbox list",
    ),
    *("outbox show {email}", "plan --now 2026-03-04T08:00Z", "plugins", "reconcile", "run --now 2026-03-03T08:00Z"),
    *("sending status", "serve --help", "suppress list", "suppress add {address}", "test"),
)


def main() -> None:
    """Prints a table: the median seconds of CPU of each command, and how much of that is over bare Python."""
    options = parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{temporary}/compiled"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        emails = make_project(folder, environment)
        seconds: dict[str, list[float]] = {name: [] for name in (*FLOORS, *options.commands)}
        for number in range(options.rounds + 1):
            # what can be done only once is done to somebody else each time
            email, person = emails[-1 - number]
            words = {"email": email, "person": person, "new": f"../{number}", "address": f"{number}@example.com"}
            for name, taken in seconds.items():
                started = ["-c", FLOORS[name]] if name in FLOORS else ["-m", "rulekit", *name.format(**words).split()]
                cost = cpu_seconds([sys.executable, *started], folder, environment)
                taken += [cost] if number else []
    tell(seconds)


def parse() -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs")
    parser.add_argument("--commands", nargs="*", default=COMMANDS, help="what follows `rulekit`, each as one word")
    return parser.parse_args()


def make_project(folder: Path, environment: dict[str, str]) -> list[tuple[int, str]]:
    """Makes a project whose outbox has emails, and returns the id and the person of some of them."""

    def rulekit(*arguments: str) -> str:
        command = [sys.executable, "-m", "rulekit", *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    rulekit("init", str(folder))
    for day in (2, 3):
        rulekit("run", "--project", str(folder), "--now", f"2026-03-0{day}T08:00Z")
    listed = json.loads(rulekit("outbox", "list", "--project", str(folder), "--output", "json"))
    return [(email["id"], email["person"]) for email in listed["emails"]]


def cpu_seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Returns the seconds of CPU that a process takes; ends the benchmark when it fails."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{said[-2000:]}")
    return used.ru_utime + used.ru_stime


def tell(seconds: dict[str, list[float]]) -> None:
    """Prints the table."""
    bare = statistics.median(seconds[BARE])
    print(f"{'':40}{'median s':>10}{'least s':>10}{'over bare Python':>18}")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        told = name if name in FLOORS else f"rulekit {name}"
        print(f"{told:40}{median:>10.3f}{min(taken):>10.3f}{median - bare:>18.3f}")


if __name__ == "__main__":
    main()
