"""A small project in a temporary folder whose data and rules a test rewrites between two ticks."""

import csv
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

# what tests share is imported as `tests.…`, however pytest is started
ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

FIGURES = "figures"
SETTINGS = """\
edition = 1
[source]
url = "files:data"
[source.person]
table = "people.csv"
key = "id"
company = "account"
[source.company]
table = "accounts.csv"
key = "id"
[[source.events]]
table = "events.csv"
person = "who"
at = "at"
name = "event"
[store]
url = "sqlite:///state/rulekit.db"
[guard]
people = 50
[sender]
url = "folder:outbox"
from = "Ada at Example <ada@example.com>"
"""
SCHEMA = """\
person:
  email  text
  plan   text
company:
  size   number
event login
event export
segment Large "Large companies":
  size >= 100
persona Pro "Paying people":
  plan = "pro"
persona Quiet "Quiet people":
  not did(login, last 7d)
template Hello:
  subject "Hello, {{ person.plan }} user"
  text "Dear {{ person.email }}, you are on {{ person.plan }}.{% if unsubscribe_url %} {{ unsubscribe_url }}{% endif %}"
"""
TRIGGER = "trigger Greet: on tagged(Pro) send template Hello"
PEOPLE_COLUMNS = ("id", "email", "plan", "account")

# taggings that matched a trigger, with how many answers each has: a row, a wait or a reason. One is right. Where the
# trigger names a segment, none is right too
TAGGINGS_WITHOUT_ONE_ANSWER = """
SELECT t.name, p.key, c.episode, c.edge, count(a.kind) AS answers
FROM change_log AS c
JOIN personas AS s ON s.id = c.persona
JOIN people AS p ON p.ordinal = c.person
JOIN declared AS d ON d.persona = s.name AND d.edge = c.edge
JOIN triggers AS t ON t.name = d.name AND t.seen_at < c.at
LEFT JOIN (SELECT "trigger", person, episode, edge, 'row' AS kind FROM outbox
           UNION ALL SELECT "trigger", person, episode, edge, 'wait' FROM waiting
           UNION ALL SELECT "trigger", person, episode, edge, 'reason' FROM no_email) AS a
  ON (a."trigger", a.person, a.episode, a.edge) = (t.id, c.person, c.episode, c.edge)
WHERE c.reason IN ('joined', 'left')
GROUP BY t.name, p.key, c.episode, c.edge
HAVING count(a.kind) > 1 OR count(a.kind) = 0 AND NOT max(d.in_segment)
"""


@dataclass
class Playground:
    """The project, and short ways to change it, run it and look at what the store holds."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def rules(self, *triggers: str, schema: str = SCHEMA) -> None:
        self.write("main.rules", "\n".join((schema, *triggers)) + "\n")

    def settings(self, old: str = "", new: str = "", more: str = "") -> None:
        """Writes the settings with one text replaced, and more at their end."""
        assert old in SETTINGS
        self.write("rulekit.toml", SETTINGS.replace(old, new) + more)

    def people(self, **plans: str | None) -> None:
        """Writes the people by key with their plan; `None` stands for a missing one."""
        self.person_rows([key, f"{key}@example.com", plan or "", "acme"] for key, plan in plans.items())

    def person_rows(self, rows: Iterable[Iterable[str]]) -> None:
        self._csv("people.csv", PEOPLE_COLUMNS, rows)

    def accounts(self, **sizes: int) -> None:
        self._csv("accounts.csv", ("id", "size"), ([key, str(size)] for key, size in sizes.items()))

    def events(self, *rows: tuple[str, str, str]) -> None:
        """Writes events as (person, kind, instant)."""
        self._csv("events.csv", ("who", "event", "at"), rows)

    def _csv(self, name: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        path = self.folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)

    def cli(self, *arguments: str, input: str | None = None) -> Result:
        """Runs a command in this process; what a terminal would show is `output`."""
        from rulekit.cli import main

        return CliRunner().invoke(main, [*arguments], input=input)

    def run(self, now: str, *, accept: bool | frozenset[str] = False) -> Any:
        """Runs one tick through the engine, over the project as it stands on the disk now."""
        from rulekit.engine.project import open_project
        from rulekit.engine.running import run
        from rulekit.engine.stores import open_store

        project = open_project(self.folder)
        with open_store(project) as store:
            return run(project, store, self.instant(now), accept=accept)

    @staticmethod
    def instant(text: str) -> datetime:
        from rulekit.clock import parse_instant

        return parse_instant(text)

    def ask(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "state/rulekit.db")) as connection:
            return connection.execute(query, values).fetchall()

    def emails(self) -> list[tuple[str, str, str]]:
        """Returns (trigger, person, state) of each row, in the order in which they were made."""
        return self.ask(
            'SELECT t.name, p.key, o.state FROM outbox o JOIN triggers t ON t.id = o."trigger" '
            "JOIN people p ON p.ordinal = o.person ORDER BY o.id"
        )

    def reasons(self) -> list[tuple[str, str, str]]:
        """Returns (trigger, person, reason) of taggings without an email."""
        return self.ask(
            'SELECT t.name, p.key, n.reason FROM no_email n JOIN triggers t ON t.id = n."trigger" '
            "JOIN people p ON p.ordinal = n.person ORDER BY n.id"
        )

    def waiting(self) -> list[tuple[str, str]]:
        return self.ask(
            'SELECT t.name, p.key FROM waiting w JOIN triggers t ON t.id = w."trigger" '
            "JOIN people p ON p.ordinal = w.person ORDER BY p.key"
        )

    def log(self) -> list[tuple[str, str, int, str]]:
        """Returns (persona, person, episode, reason) of every line of the change log."""
        return self.ask(
            "SELECT s.name, p.key, c.episode, c.reason FROM change_log c JOIN personas s ON s.id = c.persona "
            "JOIN people p ON p.ordinal = c.person ORDER BY c.id"
        )

    def unaccounted(self) -> list[tuple[Any, ...]]:
        """Returns taggings that matched a trigger of today's rules and do not have exactly one answer."""
        from rulekit.language.project_rules import load_rules

        program = load_rules(self.folder).program
        store = self.folder / "state/rulekit.db"
        if program is None or not store.exists():
            return []
        declared = [(t.name, t.persona, t.edge.value, t.segment is not None) for t in program.triggers.values()]
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("CREATE TEMP TABLE declared (name, persona, edge, in_segment)")
            connection.executemany("INSERT INTO declared VALUES (?, ?, ?, ?)", declared)
            return connection.execute(TAGGINGS_WITHOUT_ONE_ANSWER).fetchall()

    def sent(self) -> list[str]:
        """Returns the names of what the folder sender wrote."""
        return sorted(path.name for path in (self.folder / "outbox").rglob("*") if path.is_file())

    def dump(self) -> Mapping[str, object]:
        """Returns everything that a run may write: the whole store as SQL, and every file of the outbox folder."""
        store = self.folder / "state/rulekit.db"
        lines: list[str] = []
        if store.exists():
            with closing(sqlite3.connect(store)) as connection:
                lines = list(connection.iterdump())
        mails = {p.name: p.read_bytes() for p in (self.folder / "outbox").rglob("*") if p.is_file()}
        return {"store": lines, "mails": mails}


@pytest.fixture(autouse=True, scope="session")
def user_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps what checks remember out of the caches of who runs the tests."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
        yield


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Playground]:
    """Makes a project with two people on plans, one company, one event of each kind, and one trigger."""

    def make(folder: Path) -> Playground:
        playground = Playground(folder)
        playground.settings()
        playground.rules(TRIGGER)
        playground.people(ada="free", bob="free")
        playground.accounts(acme=10)
        playground.events(("ada", "login", "2026-01-01T00:00Z"), ("ada", "export", "2026-01-01T00:00Z"))
        return playground

    return make


@pytest.fixture
def project(make_project: Callable[[Path], Playground], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Playground:
    """A new project, whose folder is the current one."""
    monkeypatch.chdir(tmp_path)
    return make_project(tmp_path)


@pytest.fixture
def record_figures(record_property: Callable[[str, object], None]) -> Callable[[str, Mapping[str, int]], None]:
    """Keeps what a proof counted, to be printed when all tests are over; those of one name are added up."""
    return lambda name, figures: record_property(FIGURES, json.dumps([name, figures]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the figures of the proofs; they come from the processes of all cores."""
    totals: dict[str, Counter[str]] = {}
    for report in [report for reports in terminalreporter.stats.values() for report in reports]:
        for name, told in getattr(report, "user_properties", ()):
            # a test has a report for each of its phases
            if name == FIGURES and report.when == "call":
                proof, figures = json.loads(told)
                totals.setdefault(proof, Counter()).update(figures)
    if totals:
        terminalreporter.section("figures of the proofs")
    for proof, figures in sorted(totals.items()):
        terminalreporter.write_line(f"{proof}: {', '.join(f'{count:,} {what}' for what, count in figures.items())}")
