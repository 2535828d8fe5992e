"""Measures how much longer `rulekit --version` and a warm `rulekit check` take than bare Python, in turn.

python bench/startup.py
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
RULEKIT = Path(sys.executable).with_name("rulekit")


def main() -> None:
    """Prints medians and differences in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--project", type=Path, default=ROOT / "rules")
    options = parser.parse_args()
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "rulekit --version": [str(RULEKIT), "--version"],
        "rulekit check": [str(RULEKIT), "check", "--project", str(options.project)],
    }
    times = {name: [seconds(command)] for name, command in commands.items()}
    for _ in range(options.rounds):
        for name, command in commands.items():
            times[name].append(seconds(command))
    report({name: [1000 * t for t in taken[1:]] for name, taken in times.items()})


def seconds(command: list[str]) -> float:
    """Returns how long a command takes; ends the benchmark when it fails (1 means: findings, which is no failure)."""
    start = perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    taken = perf_counter() - start
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return taken


def report(times: dict[str, list[float]]) -> None:
    """Prints the table."""
    bare = statistics.median(times["python -c pass"])
    print(f"{'':24}{'median ms':>11}{'least ms':>10}{'over bare Python':>18}")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:24}{median:>11.1f}{min(taken):>10.1f}{median - bare:>18.1f}")


if __name__ == "__main__":
    main()
