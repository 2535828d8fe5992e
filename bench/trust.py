"""Measures whom damaged exports, and edits of rules, mail wrongly, and what is stopped while all is as it should be.

    python bench/trust.py --sizes 3 20 400 --data ../shared/data --write docs/explanation/trust.md

Each damage is done to the export of a day after clean ones, in projects whose personas ask for everything that rules
can ask for and whose triggers all have `auto=true`; the same days undamaged say who is to be mailed.
"""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter

import trust_histories as histories
import trust_page
import trust_runs
from trust_damages import DAMAGES
from trust_edits import EDITS
from trust_runs import MANY, Setup
from trust_verdicts import Result

PARTS = ("damages", "edits", "histories")


def main() -> None:
    """Plays what is asked for, prints the tables, and writes them into the page that is named."""
    options = parse()
    results = trust_page.read(options.results) if options.results and options.results.exists() else []
    with ProcessPoolExecutor(options.jobs) as pool:
        started = perf_counter()
        for part in pool.map(_do, jobs(options)):
            results = trust_page.merged(results, part)
            print(f"{perf_counter() - started:.0f} s", flush=True)
            if options.results:
                trust_page.keep(results, options.results)
    print(trust_page.tables(results))
    if options.write:
        trust_page.write(results, options.write)


def parse() -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)}; all of them")
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 20, 400], help="people of the damaged companies")
    parser.add_argument("--forms", nargs="+", default=["csv"], help="of csv, gzip, json, parquet, duckdb")
    parser.add_argument("--seeds", type=int, default=3, help="companies of each size below a thousand")
    parser.add_argument("--only", nargs="+", default=[""], help="parts of the names of what is played")
    parser.add_argument("--damaged", type=int, default=2, help="days that are damaged")
    parser.add_argument("--after", type=int, default=2, help="clean days after them")
    parser.add_argument("--data", type=Path, help="the folder with `cdnow` and `bpic2012`")
    parser.add_argument("--ticks", type=int, help="of a history, at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--results", type=Path, help="a file that keeps results, of other runs too")
    parser.add_argument("--write", type=Path, help="the page whose tables are written")
    parser.add_argument("--verbose", action="store_true", help="tell who was mailed wrongly, and what rulekit said")
    return parser.parse_args()


def jobs(options: argparse.Namespace) -> Iterator[Callable[[], list[Result]]]:
    """Yields what each process does, the longest first."""
    if "histories" in options.parts:
        real = histories.real(options.data) if options.data else []
        names = [one.name for one in (*real, histories.sample_history(), *histories.generated())]
        yield from (partial(_history, name, options) for name in names if chosen(name, options.only))
    for size in sorted(options.sizes, reverse=True):
        for seed in range(1, 1 + (1 if size > MANY else options.seeds)):
            if "damages" in options.parts:
                days = {"damaged": options.damaged, "after": options.after}
                setups = [Setup(size, seed, form, **days) for form in options.forms]
                yield from (partial(_damages, setup, options) for setup in setups)
            if "edits" in options.parts and 3 < size < MANY and seed == 1:
                yield partial(_edits, Setup(size, seed, clean=3, damaged=1, after=2), options)


def chosen(name: str, parts: Iterable[str]) -> bool:
    """Says whether something with that name was asked for."""
    return any(part in name for part in parts)


def _do(job: Callable[[], list[Result]]) -> list[Result]:
    return job()


def _damages(setup: Setup, options: argparse.Namespace) -> list[Result]:
    there = [one for one in DAMAGES if setup.form in one.forms and chosen(one.name, options.only)]
    return list(told(trust_runs.damages(setup, there), options))


def _edits(setup: Setup, options: argparse.Namespace) -> list[Result]:
    return list(told(trust_runs.edits(setup, [one for one in EDITS if chosen(one.name, options.only)]), options))


def _history(name: str, options: argparse.Namespace) -> list[Result]:
    known = (
        *(histories.real(options.data) if options.data else []),
        histories.sample_history(),
        *histories.generated(),
    )
    return list(told((trust_runs.history(one, options.ticks) for one in known if one.name == name), options))


def told(results: Iterable[Result], options: argparse.Namespace) -> Iterator[Result]:
    """Yields results, and prints at once what is not as it should be, or on demand everything."""
    for one in results:
        if options.verbose or not one.is_right:
            print(one.line, *(f"    {line}" for line in one.details), sep="\n", flush=True)
        yield one


if __name__ == "__main__":
    main()
