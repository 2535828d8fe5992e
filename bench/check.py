"""Measures start-up over bare Python, and the check of a large project beside peers over as many files.

    python bench/check.py --declarations 1000

The peers (sqlfluff, sigma-cli, dbt-core with dbt-duckdb) are installed from the package index into a virtual
environment each, which is thrown away unless `--environments DIR` keeps them.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import declarations

ROOT = Path(__file__).parent.parent
RULEKIT = Path(sys.executable).with_name("rulekit")


@dataclass(frozen=True)
class Peer:
    """A tool: what to install, how its files are written and edited, and the command that reads them."""

    packages: tuple[str, ...]
    write: Callable[[Path, int], None]
    command: tuple[str, ...]
    edit: Callable[[Path], None] | None = None
    failures: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Returns the name of the package that is measured."""
        return self.packages[0].partition("<")[0]


PEERS = {
    "sqlfluff lint": Peer(
        ("sqlfluff",), declarations.write_sql, ("sqlfluff", "lint", "--dialect", "ansi", "."), failures=(1,)
    ),
    "sigma check": Peer(("sigma-cli",), declarations.write_sigma, ("sigma", "check", "."), failures=(1,)),
    # later ones depend on a parser that is not on the package index
    "dbt parse": Peer(
        ("dbt-core<1.11", "dbt-duckdb"),
        declarations.write_dbt,
        ("dbt", "parse", "--profiles-dir", ".", "--no-send-anonymous-usage-stats"),
        declarations.edit_dbt,
    ),
}


def main() -> None:
    """Prints a table of the start-up and one of the large project."""
    options = parse()
    measure_start(options)
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        measure_large(options, temporary)


def parse() -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--declarations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=25, help="how often each command of the start-up runs")
    parser.add_argument("--project", type=Path, default=ROOT / "rules", help="the small project of the start-up")
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--peer-timeout", type=float, default=600, help="seconds after which a peer is given up")
    parser.add_argument("--environments", type=Path, help="where the peers' environments are kept")
    return parser.parse_args()


def measure_start(options: argparse.Namespace) -> None:
    """Prints medians and differences in milliseconds; the commands run in turn, and each first run does not count."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "rulekit --version": [str(RULEKIT), "--version"],
        "rulekit check": [str(RULEKIT), "check", "--project", str(options.project)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(options.rounds + 1):
        for name, command in commands.items():
            taken = seconds(command, ROOT, (1,))
            times[name] += [1000 * taken] if number and taken is not None else []
    bare = statistics.median(times["python -c pass"])
    print(f"{'':24}{'median ms':>11}{'least ms':>10}{'over bare Python':>18}")
    for name, taken_all in times.items():
        median = statistics.median(taken_all)
        print(f"{name:24}{median:>11.1f}{min(taken_all):>10.1f}{median - bare:>18.1f}")


def measure_large(options: argparse.Namespace, temporary: Path) -> None:
    """Prints the seconds of rulekit and of each peer, without anything cached and after one edit."""
    project = temporary / "rulekit"
    declarations.write_rules(project, options.declarations)
    command = [str(RULEKIT), "check", "--project", str(project)]
    cold = seconds(command, project, ())
    declarations.edit_rules(project)
    rows = [("rulekit check", version(RULEKIT), cold, seconds(command, project, ()))]
    for name in options.peers:
        rows.append(measure_peer(name, options, temporary))
        print(f"measured {name}", file=sys.stderr)
    print(f"\n{options.declarations:,} declarations, as many files of each peer")
    print(f"{'':44}{'cold s':>14}{'ratio':>8}{'one edit s':>14}{'ratio':>8}")
    for name, number, first, second in rows:
        texts = [shown(first, rows[0][2], options), shown(second, rows[0][3], options)]
        print(f"{name:16}{number[:27]:28}{texts[0]}{texts[1]}")


def measure_peer(
    name: str, options: argparse.Namespace, temporary: Path
) -> tuple[str, str, float | None, float | None]:
    """Returns a peer's name, version and seconds; None where it took longer than it may."""
    peer = PEERS[name]
    binaries = install(peer, (options.environments or temporary / "environments") / peer.name)
    folder = temporary / peer.name
    peer.write(folder, options.declarations)
    command = [str(binaries / peer.command[0]), *peer.command[1:]]
    cold = seconds(command, folder, peer.failures, options.peer_timeout)
    again = cold  # a tool that keeps nothing does everything again
    if peer.edit is not None and cold is not None:
        peer.edit(folder)
        again = seconds(command, folder, peer.failures, options.peer_timeout)
    python = [str(binaries / "python"), "-c"]
    ask = f"from importlib.metadata import version; print(version({peer.name!r}))"
    number = subprocess.run([*python, ask], capture_output=True, text=True, check=True).stdout.strip()
    return name, number, cold, again


def install(peer: Peer, folder: Path) -> Path:
    """Returns the folder of the programs of an environment that has the peer."""
    binaries = folder / "bin"
    if not (binaries / peer.command[0]).exists():
        venv.create(folder, with_pip=True)
        pip = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *peer.packages], check=True)
    return binaries


def seconds(command: list[str], folder: Path, failures: tuple[int, ...], limit: float = 600) -> float | None:
    """Returns how long a command takes, None when longer than the limit; ends the benchmark when it fails.

    `failures` are exit codes that mean findings.
    """
    start = perf_counter()
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    taken = perf_counter() - start
    if done.returncode not in (0, *failures):
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return taken


def version(program: Path) -> str:
    """Returns the last word of what `--version` prints."""
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def shown(taken: float | None, ours: float | None, options: argparse.Namespace) -> str:
    """Returns seconds and their ratio to ours, or what is known when a peer was given up."""
    assert ours is not None
    if taken is None:
        return f"{'> ' + format(options.peer_timeout, '.0f'):>14}{'> ' + format(options.peer_timeout / ours, '.0f'):>8}"
    return f"{taken:>14.2f}{taken / ours:>8.1f}"


if __name__ == "__main__":
    main()
