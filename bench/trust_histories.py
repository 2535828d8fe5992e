"""Clean histories for `trust.py`: a project, and for each of its ticks the export of that instant.

Some are generated, one is the sample project's, and two are data that others published, where somebody has it.
"""

import csv
import gzip
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import trust_files as files
from trust_replay import Stage, Step, stage
from trust_world import DAY, EDGES, PERSONAS, START, Table, World, rules, subset

from rulekit.engine.project import open_project

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class History:
    """A clean history: `make` writes its project into a folder, `steps` yields when a tick is taken, and its data."""

    name: str
    people: str
    make: Callable[[Path], Stage]
    steps: Callable[[], Iterator[Step]]


# in which of them something is parked, and why; the page says so
STOPPED: dict[str, str] = {}


# generated ones


def daily(days: int) -> list[float]:
    """Returns one tick a day."""
    return [float(day) for day in range(days)]


def of_world(name: str, world: World, ticks: list[float], personas: list[str] | None = None) -> History:
    """Returns the history of a company, with ticks after that many days each."""

    def steps() -> Iterator[Step]:
        for day in ticks:
            moment = START + day * DAY
            export = world.export(moment)
            yield moment, lambda here, export=export: here.put(export)

    text = rules(subset(personas or list(PERSONAS)))
    return History(name, f"{world.people:,}", lambda folder: stage(folder, "csv", text), steps)


def working_days(day: date) -> float:
    """Nobody does anything at a weekend."""
    return 0.0 if day.weekday() > 4 else 1.3


def seasons(day: date) -> float:
    """A slow fortnight, a holiday of four days on which nobody comes, and a sale of three to which many come."""
    number = (day - START.date()).days
    if 20 <= number < 24:
        return 0.0
    return 3.0 if 30 <= number < 33 else 0.4 if number < 14 else 1.0


# what an export of the last weeks can answer
WINDOWED = [name for name, asked in PERSONAS.items() if "last " in asked or "(" not in asked]


def generated(days: int = 40) -> list[History]:
    """Returns the generated histories, each a company in which one thing is as it is in some companies."""
    hours = [day + hour / 24 for day in range(12) if day != 8 for hour in range(24) if day in (0, 7, 9)]
    with_outage = [day for day in daily(days) if not 20 <= day < 22]
    return [
        of_world("a small company", World(3, 1, 2 * days), daily(2 * days)),
        of_world("another small company", World(7, 2, 2 * days), daily(2 * days)),
        of_world("a company of 20", World(20, 3, days), daily(days)),
        of_world("a company of 50", World(50, 4, days), daily(days)),
        of_world("a company of 400", World(400, 5, days, lively=0.5), daily(days)),
        of_world("trials of 6 days", World(200, 6, days, growth=0.02, trial=6, on_trial=1), daily(days)),
        of_world("seasons", World(150, 7, days, rhythm=seasons), daily(days)),
        of_world("growth of 5 % a week", World(100, 8, 2 * days, growth=0.05 / 7), daily(2 * days)),
        of_world("an outage of rulekit of two days", World(150, 9, days), with_outage),
        of_world("hourly runs, and a day's outage", World(150, 10, 12), sorted([*daily(7), *hours])),
        of_world("weekends without events", World(150, 11, days, rhythm=working_days), daily(days)),
        of_world("people who are deleted", World(60, 12, days, deleted=1), daily(days)),
        of_world("late events", World(150, 13, days, late=0.2), daily(days)),
        of_world("fields that change", World(60, 14, days, lively=2.5), daily(days)),
        of_world("an export of the last 30 days", World(100, 15, days, kept=30), daily(days), WINDOWED),
    ]


# the sample project


@cache
def sample_data() -> dict[str, Table]:
    """Returns the sample project's tables."""
    found = {}
    for name in ("users", "accounts", "events"):
        with (ROOT / f"rules/data/{name}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        found[name] = Table(header, rows)
    return found


def sample(folder: Path) -> Stage:
    """Makes the sample project, without its data."""
    shutil.copytree(ROOT / "rules", folder, ignore=shutil.ignore_patterns("data", "state", "outbox"))
    (folder / "data").mkdir()
    settings = (folder / "rulekit.toml").read_text().replace("sqlite:///state/rulekit.db", "sqlite:///state.db")
    (folder / "rulekit.toml").write_text(settings)
    return Stage(folder, "csv", open_project(folder))


def sample_steps(days: int = 60) -> Iterator[Step]:
    """Yields the sample project's last days: the nightly export of each, and events up to the morning."""
    tables = sample_data()
    events = tables["events"]
    times = [row[2] for row in events.rows]
    for day in range(days):
        moment = datetime(2026, 3, 2, 7, tzinfo=UTC) - (days - 1 - day) * DAY
        night = moment.replace(hour=0)
        export = {
            "users.csv": files.as_csv(users_at(tables["users"], events, night)),
            "accounts.csv": files.as_csv(tables["accounts"]),
            "events.csv": files.as_csv(Table(events.header, events.rows[: bisect_right(times, stamp(moment))])),
        }
        yield moment, lambda here, export=export: files.put(here.data, export)


def users_at(users: Table, events: Table, night: datetime) -> Table:
    """Returns the people who had signed up by a night, and when they were last seen by then."""
    seen = {row[0]: row[2] for row in events.rows if row[1] == "logged_in" and row[2] < stamp(night)}
    created, last = users.place("created_at"), users.place("last_seen_at")
    there = [row for row in users.rows if row[created] < stamp(night)]
    rows = [[*row[:last], min(row[last], seen.get(row[0], row[created])), *row[last + 1 :]] for row in there]
    return Table(users.header, rows)


def stamp(moment: datetime) -> str:
    """Returns an instant as the sample's files have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# data that others published


def published(folder: Path, rules: Path, settings: str) -> Stage:
    """Makes a project of published data: the personas of the tests, and two triggers for each."""
    (folder / "data").mkdir(parents=True)
    text = rules.read_text()
    blocks = ['template Note:\n  subject "Hello"\n  text "Hello."\n']
    names = [line.split()[1].rstrip(":") for line in text.splitlines() if line.startswith("persona ")]
    blocks += [f"trigger {n}_{e}:\n  on {e}({n}) send template Note auto=true\n" for n in names for e in EDGES]
    with_email = text.replace("person:\n", "person:\n  email text\n", 1)
    (folder / "rules.rules").write_text(with_email + "\n" + "\n".join(blocks))
    (folder / "rulekit.toml").write_text(settings)
    return Stage(folder, "csv", open_project(folder))


PUBLISHED = """\
edition = 1
[source]
url = "files:data"
[source.person]
table = "people.csv"
[[source.events]]
table = "events.csv"
{kind}
[store]
url = "sqlite:///state.db"
[sender]
url = "folder:outbox"
from = "Ada <ada@example.com>"
[delivery]
max_auto_per_tick = 1_000_000
"""


def growing(
    people: list[tuple[datetime, list[str]]],
    events: list[tuple[datetime, list[str]]],
    heads: tuple[list[str], list[str]],
    moments: list[datetime],
) -> Iterator[Step]:
    """Yields exports of people and events that only grow, as of each moment."""
    people.sort()
    events.sort()
    since = [at for at, _ in people], [at for at, _ in events]
    for moment in moments:
        export = {
            "people.csv": Table(heads[0], [row for _, row in people[: bisect_right(since[0], moment)]]),
            "events.csv": Table(heads[1], [row for _, row in events[: bisect_right(since[1], moment)]]),
        }
        content = {name: files.as_csv(table) for name, table in export.items()}
        yield moment, lambda here, content=content: files.put(here.data, content)


def shoppers(folder: Path) -> Iterator[Step]:
    """Yields the days of the shop for music, of the sample of its customers."""
    bought: dict[str, datetime] = {}
    events = []
    for line in (folder / "cdnow" / "CDNOW_sample.txt").read_text().splitlines():
        _, key, day, _, amount = line.split()
        at = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
        again = "true" if key in bought and at > bought[key] else "false"
        bought.setdefault(key, at)
        events.append((at, [key, at.date().isoformat(), day, amount, again]))
    people = [(at, [key, f"{key}@example.com", key]) for key, at in bought.items()]
    heads = ["id", "email", "shopper"], ["person", "at", "day", "amount", "again"]
    moments = [datetime(1997, 1, 8, 6, tzinfo=UTC) + day * DAY for day in range(540)]
    return growing(people, events, heads, moments)


def applicants(folder: Path) -> Iterator[Step]:
    """Yields the days of the bank's applications for a loan."""
    began: dict[str, tuple[datetime, list[str]]] = {}
    events = []
    with gzip.open(folder / "bpic2012" / "events.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key, at = row["case"], datetime.fromisoformat(row["timestamp"])
            began.setdefault(key, (at, [key, f"{key}@example.com", row["amount_req"]]))
            kind = row["activity"].replace(" ", "_")
            events.append((at, [key, kind, row["timestamp"], row["transition"], row["resource"]]))
    heads = ["id", "email", "amount"], ["person", "kind", "at", "transition", "resource"]
    moments = [datetime(2011, 10, 8, 6, tzinfo=UTC) + day * DAY for day in range(165)]
    return growing(list(began.values()), events, heads, moments)


def real(data: Path) -> list[History]:
    """Returns the histories of published data, which lies in that folder."""
    rules = ROOT / "tests/real_data"
    shop = PUBLISHED.format(kind='event = "purchase"')
    bank = PUBLISHED.format(kind='name = "kind"')
    return [
        History(
            "CDNOW, 18 months",
            "2,357",
            lambda f: published(f, rules / "shoppers/shoppers.rules", shop),
            lambda: shoppers(data),
        ),
        History(
            "BPI Challenge 2012, 5 months",
            "13,087",
            lambda f: published(f, rules / "loans/loans.rules", bank),
            lambda: applicants(data),
        ),
    ]


def sample_history(days: int = 60) -> History:
    """Returns the sample project's history."""
    return History("the sample project", "2,349", sample, lambda: sample_steps(days))
