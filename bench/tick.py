"""Measures a tick against hand-written SQL for the same personas over the same files, in the same run.

    python bench/tick.py --people 100000 --events 5000000

Both sides read the same Parquet files; the two are run in turn, and their members are compared person by person.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import company
import duckdb
import numpy as np
import shapes

from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import Project, open_project
from rulekit.engine.running import run
from rulekit.engine.stores import open_store
from rulekit.evaluation.questions.membership import Membership, evaluate
from rulekit.evaluation.sql.query_plan import build_plan

NOW = datetime.fromisoformat(company.NOW).replace(tzinfo=UTC)
SETTINGS = """\
edition = 1
[source]
url = "files:{folder}"
[source.person]
table = "people.parquet"
key = "id"
company = "account_id"
[source.company]
table = "companies.parquet"
key = "id"
[[source.events]]
table = "events.parquet"
person = "person"
at = "moment"
name = "name"
[store]
url = "sqlite:///state.db"
"""


def main() -> None:
    """Measures 10 and 50 personas, or, as `--alone`, one side in a process of its own for its peak of memory."""
    options = parse()
    with ExitStack() as stack:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        company.make_data(data, options.people, options.events)
        for number in options.personas:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            write_project(folder, data, number)
            if options.alone:
                run_alone(options.alone, folder, data, number)
            else:
                report(measure(folder, data, number, options.rounds), number, options, data)


def parse() -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--personas", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--rounds", type=int, default=7, help="how often each side runs")
    parser.add_argument("--data", type=Path, help="where the data is kept; it is made there when there is none")
    parser.add_argument("--alone", choices=["sql", "evaluate", "run"], help=argparse.SUPPRESS)
    return parser.parse_args()


def write_project(folder: Path, data: Path, number: int) -> None:
    """Writes a project whose source are the files where they lie."""
    (folder / "rulekit.toml").write_text(SETTINGS.format(folder=data.resolve()))
    (folder / "personas.rules").write_text(shapes.rules(shapes.personas(number)))


def by_hand(sql: str) -> dict[str, np.ndarray]:
    """Returns people and one column per persona, as the hand-written statement finds them."""
    with duckdb.connect() as connection:
        return dict(connection.execute(sql, {"now": NOW.replace(tzinfo=None)}).fetchnumpy())


def by_rulekit(project: Project) -> Membership:
    """Returns the same from rulekit: data opened, planned, evaluated."""
    with open_project_data(project) as data:
        return evaluate(build_plan(project.program), data, NOW)


def measure(folder: Path, data: Path, number: int, rounds: int) -> dict[str, list[float]]:
    """Returns the seconds of each side, after one run of each that is not counted; fails when members differ."""
    project = open_project(folder)
    sql = shapes.statement(shapes.personas(number), str(data))
    compare(by_rulekit(project), by_hand(sql))
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        take(times["sql"], lambda: by_hand(sql))
        in_parts(project, times)
        (folder / "state.db").unlink(missing_ok=True)
        take(times["first run"], lambda: one_run(project, NOW))
        take(times["next run"], lambda at=NOW + timedelta(minutes=15): one_run(project, at))
        take(times["check"], lambda: open_project(folder))
    return times


def in_parts(project: Project, times: dict[str, list[float]]) -> None:
    """Adds the seconds of opening the data, where what is wrong with it is counted, and of the statement."""
    start = perf_counter()
    with open_project_data(project) as data:
        opened = perf_counter()
        evaluate(build_plan(project.program), data, NOW)
        ended = perf_counter()
    times["open"].append(opened - start)
    times["statement"].append(ended - opened)
    times["evaluate"].append(ended - start)


def take(times: list[float], what: Callable[[], object]) -> None:
    """Adds the seconds that something takes."""
    start = perf_counter()
    what()
    times.append(perf_counter() - start)


def one_run(project: Project, now: datetime) -> None:
    """Runs `rulekit run`: the tick, its transaction, and the dispatch of nothing."""
    with open_store(project) as store:
        run(project, store, now, accept=True)


def compare(ours: Membership, theirs: dict[str, np.ndarray]) -> None:
    """Fails unless both sides have the same people in every persona."""
    if ours.people != theirs["id"].tolist():
        sys.exit("the two sides do not have the same people")
    for name, bits in ours.personas.items():
        different = int((bits != np.asarray(theirs[name], dtype=bool)).sum())
        if different:
            sys.exit(f"{name}: {different} people are in on one side only")


def run_alone(what: str, folder: Path, data: Path, number: int) -> None:
    """Runs one side once and prints its peak of memory."""
    if what == "sql":
        by_hand(shapes.statement(shapes.personas(number), str(data)))
    elif what == "evaluate":
        by_rulekit(open_project(folder))
    else:
        one_run(open_project(folder), NOW)
    print(peak_here())


def peak_here() -> int:
    """Returns the most memory that this process ever had, in MiB; what a child inherits from its parent not counted."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def peak(what: str, number: int, options: argparse.Namespace, data: Path) -> int:
    """Returns the most memory that one side takes in a process of its own, in MiB."""
    size = ["--people", str(options.people), "--events", str(options.events)]
    alone = ["--alone", what, "--personas", str(number), "--data", str(data)]
    done = subprocess.run([sys.executable, __file__, *size, *alone], capture_output=True, text=True, check=True)
    return int(done.stdout)


def report(times: dict[str, list[float]], number: int, options: argparse.Namespace, data: Path) -> None:
    """Prints one table."""
    base = statistics.median(times["sql"])
    print(f"\n{number} personas, {options.people:,} people, {options.events:,} events, {options.rounds} rounds")
    print(f"{'':30}{'median s':>10}{'least s':>10}{'ratio':>8}{'peak MiB':>10}")
    rows = {
        "hand-written SQL": ("sql", "sql"),
        "evaluate": ("evaluate", "evaluate"),
        "  open, count what is wrong": ("open", None),
        "  plan and run the statement": ("statement", None),
        "run, first (baseline)": ("first run", "run"),
        "run, 15 minutes later": ("next run", None),
        "read and check the rules": ("check", None),
    }
    for title, (what, alone) in rows.items():
        median = statistics.median(times[what])
        memory = f"{peak(alone, number, options, data):>10}" if alone else ""
        print(f"{title:30}{median:>10.3f}{min(times[what]):>10.3f}{median / base:>8.2f}{memory}")


if __name__ == "__main__":
    main()
