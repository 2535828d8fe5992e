"""Companies for `trust.py`, made from a seed: what an export of each day holds, as tables of texts.

A world goes on for some days, and much of what can change about somebody changes within them, so that on every day
people cross the borders of most personas. All chance is `random.Random` with a seed of its own per person.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from math import log
from random import Random

DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
# so much of the past is in the first export
PAST = 70 * DAY

PEOPLE = (
    *("id", "email", "first_name", "plan", "seats", "balance", "subscribed"),
    *("created_at", "last_login", "trial_ends", "tags", "account_id"),
)
COMPANIES = ("id", "name", "industry", "arr", "renewal")
EVENTS = ("id", "person", "kind", "at", "amount", "sku", "severity", "urgent", "widget")

SCHEMA = """\
person:
  email       text
  first_name  text?
  plan        one of ("free", "pro", "enterprise")
  seats       number
  balance     number?
  subscribed  bool
  created_at  time
  last_login  time?
  trial_ends  date?
  tags        list of text

company:
  name      text
  industry  text?
  arr       number
  renewal   date?

event signed_up
event login
event viewed:
  widget  text
event purchase:
  amount  number
  sku     one of ("gift", "seat", "credit")
event ticket:
  severity  number
  urgent    bool
event project_created
event project_live

let idle = 6d

segment Large:
  arr >= 50_000
segment Busy:
  count(login, last 7d) >= 5
segment Renewing:
  renewal is present and renewal within next 7d
"""

PERSONAS: Mapping[str, str] = {
    "Inactive": "last_login > 10d",
    "Never_In": "last_login is missing",
    "Fresh": "created_at < 5d",
    "Pro": 'plan = "pro"',
    "Paying": 'plan != "free"',
    "Upper": 'plan in ("pro", "enterprise") and not plan = "pro"',
    "Team": "seats >= 5",
    "Rich": "balance > 100",
    "Unbilled": "balance is missing",
    "Listens": "subscribed",
    "Silent": "not subscribed",
    "Nameless": "first_name is missing",
    "Trial_Ends": "trial_ends within next 4d",
    "No_Trial": "trial_ends is missing and created_at < 20d",
    "Vip": 'tags contains "vip"',
    "Untagged": "tags is empty",
    "Company_Mail": 'email ends with "@example.com"',
    "Homeless": "company is missing",
    "Of_Large": "in Large",
    "Not_Of_Large": "not in Large and company is present",
    "Of_Busy": "in Busy",
    "Of_Renewing": "in Renewing",
    "In_Trade": 'company.industry = "trade"',
    "Away": "last(login) > idle",
    "Active": "count(login, last 5d) >= 3",
    "Cooling": "count(login, last 7d) < 50% of count(login, previous 7d)",
    "Stalled": "did(signed_up then project_created within 7d) and not did(project_live)",
    "Live": "did(signed_up then project_created then project_live)",
    "Spender": "sum(purchase.amount, last 20d) > 150",
    "Dear": "avg(purchase.amount) > 60",
    "Gifts": 'did(purchase where sku = "gift", last 10d)',
    "Last_Dear": "last(purchase.amount) > 80",
    "Idle": "not did(any, last 6d)",
    "Bought": "last(purchase) < 3d",
    "Cheap": "min(purchase.amount) < 10",
    "Trouble": "did(ticket where severity >= 3, last 7d)",
    "Urgent": "count(ticket where urgent) >= 1",
    "Calm": "did(ticket) and not did(ticket where urgent, last 14d)",
    "Curious": "distinct(viewed.widget, last 7d) >= 3",
    "Quiet_Company": "company.count(login, last 5d) < 4",
    "Big_Company": "company.sum(purchase.amount, last 20d) > 500",
    "Alone": "company is present and not company.did(ticket, last 10d)",
    "Risk": "in Inactive and in Paying",
}
"""One persona for each way in which rules can depend on data."""

SETTINGS = """\
edition = 1
[source]
url = "{url}"
[source.person]
table = "{people}"
company = "account_id"
[source.company]
table = "{companies}"
[[source.events]]
table = "{events}"
name = "kind"
[store]
url = "sqlite:///state.db"
[sender]
url = "folder:outbox"
from = "Ada <ada@example.com>"
[delivery]
max_auto_per_tick = 1_000_000
"""


def rules(personas: Mapping[str, str]) -> str:
    """Returns the rules: every persona mails by itself whoever joins it, and whoever leaves it."""
    blocks = ['template Note:\n  subject "Hello"\n  text "Hello."\n']
    for name, condition in personas.items():
        blocks.append(f"persona {name}:\n  {condition}\n")
        blocks += [f"trigger {name}_{edge}:\n  on {edge}({name}) send template Note auto=true\n" for edge in EDGES]
    for name, option in {"Inactive": "after=2d", "Active": "every=3d"}.items():
        if name in personas:
            blocks.append(f"trigger {name}_Later:\n  on tagged({name}) send template Note auto=true {option}\n")
    return SCHEMA + "\n" + "\n".join(blocks)


EDGES = ("tagged", "untagged")


@dataclass
class Table:
    """A table of texts, as files have them; empty is missing."""

    header: list[str]
    rows: list[list[str]]

    def place(self, column: str) -> int:
        """Returns which column it is."""
        return self.header.index(column)

    def copy(self) -> "Table":
        """Returns the same table, whose rows can be changed."""
        return Table(list(self.header), [list(row) for row in self.rows])


Export = dict[str, Table]


@dataclass
class Timeline:
    """A value that changes: what it is from each instant on."""

    since: list[datetime]
    values: list[str]

    def at(self, moment: datetime) -> str:
        """Returns the value at an instant, the first one before all of them."""
        return self.values[max(bisect_right(self.since, moment) - 1, 0)]


@dataclass
class Human:
    """One person, for all days of the world."""

    key: str
    created: datetime
    company: str
    fields: dict[str, Timeline]
    events: list[tuple[datetime, list[str]]]
    until: datetime | None = None
    logins: list[datetime] = field(default_factory=list)

    def row(self, moment: datetime) -> list[str]:
        """Returns the row of the export of that instant."""
        seen = bisect_right(self.logins, moment)
        known = {
            "id": self.key,
            "created_at": stamp(self.created),
            "last_login": stamp(self.logins[seen - 1]) if seen else "",
            "account_id": self.company,
        }
        return [known[c] if c in known else self.fields[c].at(moment) for c in PEOPLE]


def stamp(moment: datetime) -> str:
    """Returns an instant as an export has it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class World:
    """A company of so many people at its beginning; `days` ends it."""

    people: int
    seed: int
    days: int = 16
    # how much larger it is a day later
    growth: float = 0.01
    # how often values change and people come, beside a company in which something happens to everybody
    lively: float = 1.0
    rhythm: Callable[[date], float] = lambda day: 1.0
    # how many days a trial lasts, for whom; how many people are deleted in a day; what share of events comes a day or
    # two late; how many days of events an export holds
    trial: int = 21
    on_trial: float = 0.5
    deleted: float = 0.0
    late: float = 0.0
    kept: int | None = None

    @property
    def end(self) -> datetime:
        """Returns the instant of the last export."""
        return self.moment(self.days)

    def moment(self, day: int) -> datetime:
        """Returns the instant at which the export of a day is made, and read."""
        return START + day * DAY

    @cached_property
    def humans(self) -> list[Human]:
        """Returns everybody who ever is there, in the order of keys."""
        return [human(self, number, dice(self.seed, number)) for number in range(self.population)]

    @property
    def population(self) -> int:
        """Returns how many people there are in the end."""
        return round(self.people * (1 + self.growth) ** self.days)

    @cached_property
    def companies(self) -> list[tuple[list[str], Timeline, Timeline]]:
        """Returns the companies: what stays, `arr` and `renewal`."""
        return [company(self, number, dice(self.seed, f"c{number}")) for number in range(max(self.people // 8, 2))]

    @cached_property
    def history(self) -> tuple[list[datetime], list[list[str]]]:
        """Returns all events in the order in which they reach an export, beside when they do."""
        events = sorted((arrival(self, e), e[1]) for one in self.humans for e in one.events)
        return [at for at, _ in events], [[f"e{n}", *row] for n, (_, row) in enumerate(events)]

    def export(self, moment: datetime) -> Export:
        """Returns what the export of that instant holds."""
        there = [one for one in self.humans if one.created <= moment and (one.until is None or moment < one.until)]
        times, rows = self.history
        gone = {one.key for one in self.humans if one.until is not None and one.until <= moment}
        oldest = 0 if self.kept is None else bisect_right(times, moment - self.kept * DAY)
        events = rows[oldest : bisect_right(times, moment)]
        return {
            "people": Table(list(PEOPLE), [one.row(moment) for one in there]),
            "companies": Table(list(COMPANIES), [[*row, a.at(moment), r.at(moment)] for row, a, r in self.companies]),
            "events": Table(list(EVENTS), [row for row in events if row[1] not in gone] if gone else list(events)),
        }


def arrival(world: World, event: tuple[datetime, list[str]]) -> datetime:
    """Returns when an event is in an export: at once, or late."""
    at, row = event
    chance = dice(world.seed, f"{row[0]} {at}") if world.late else None
    return at if chance is None or chance.random() >= world.late else at + 2 * chance.random() * DAY


def dice(seed: int, what: object) -> Random:
    """Returns the chance of one thing."""
    return Random(f"{seed}/{what}")


def company(world: World, number: int, chance: Random) -> tuple[list[str], Timeline, Timeline]:
    """Returns one company."""
    row = [f"c{number}", f"Company {number}", chance.choice(["", "trade", "health", "food"])]
    arr = changing(world, chance, lambda: str(chance.randrange(5, 100) * 1_000), 0.3)
    renewal = (world.moment(0) + chance.randrange(-3, 90) * DAY).date().isoformat() if chance.random() < 0.7 else ""
    return row, arr, Timeline([START], [renewal])


def changing(world: World, chance: Random, value: Callable[[], str], often: float) -> Timeline:
    """Returns a value that changes with that probability within the world, a few times at most."""
    since, values = [START - PAST], [value()]
    while chance.random() < often * world.lively and len(since) < 4:
        since.append(since[-1] if len(since) > 1 else START)
        since[-1] = START + chance.random() * (world.end - START)
        values.append(value())
    return Timeline(sorted(since), values)


def human(world: World, number: int, chance: Random) -> Human:
    """Returns one person; those after the first `people` come while the world goes on."""
    late = number >= world.people
    created = arrived(world, number) if late else START - chance.random() * PAST
    created = created.replace(microsecond=0)
    key = str(1001 + number) if world.seed % 2 else f"p{number}"
    name = chance.choice(["Ada", "Bo", "Chi", "Dee", "Eve", "Fay"])
    domain = chance.choice(["example.com", "example.org", "example.net"])
    free = lambda: chance.choices(["free", "pro", "enterprise"], [5, 4, 2])[0]  # noqa: E731
    trial = (created + world.trial * DAY).date().isoformat() if chance.random() < world.on_trial else ""
    fields = {
        "email": Timeline([START], [f"{name.lower()}.{number}@{domain}"]),
        "first_name": changing(world, chance, lambda: name if chance.random() < 0.7 else "", 0.1),
        "plan": changing(world, chance, free, 0.4),
        "seats": changing(world, chance, lambda: str(chance.randrange(1, 12)), 0.3),
        "balance": changing(world, chance, lambda: amount(chance, 250) if chance.random() < 0.7 else "", 0.4),
        "subscribed": changing(world, chance, lambda: chance.choice(["true", "false"]), 0.3),
        "trial_ends": Timeline([START], [trial]),
        "tags": changing(world, chance, lambda: chance.choice(["", "vip", "beta", "vip;beta", "[]"]), 0.3),
    }
    home = f"c{chance.randrange(max(world.people // 8, 2))}" if chance.random() < 0.85 else ""
    one = Human(key, created, home, fields, [])
    if chance.random() * world.population < world.deleted * world.days:
        one.until = START + chance.random() * (world.end - START)
    one.events = [e for e in life(world, one, chance) if created <= e[0] <= world.end]
    one.logins = sorted(at for at, row in one.events if row[1] == "login")
    return one


def arrived(world: World, number: int) -> datetime:
    """Returns when the person with that number comes, where the company grows by a share a day."""
    return START + log((number + 1) / world.people) / log(1 + world.growth) * DAY


def amount(chance: Random, most: int) -> str:
    """Returns an amount of money."""
    return f"{chance.random() ** 2 * most:.2f}"


def life(world: World, one: Human, chance: Random) -> Iterator[tuple[datetime, list[str]]]:
    """Yields what a person does: milestones, and the events of stretches of more and less activity."""
    yield event(one.created, one.key, "signed_up")
    at = one.created
    for kind, odds in (("project_created", 0.7), ("project_live", 0.6)):
        at += chance.random() * 8 * DAY
        if chance.random() > odds:
            break
        yield event(at, one.key, kind)
    if chance.random() < 0.1:
        return
    day, rate = one.created, chance.choice([0.1, 0.3, 0.6])
    while day < world.end:
        if chance.random() < 0.08:
            rate = chance.choice([0.0, 0.0, 0.1, 0.3, 0.8])
        if chance.random() < rate * world.lively * world.rhythm(day.date()):
            yield from visit(day + chance.random() * DAY, one.key, chance)
        day += DAY


def visit(at: datetime, key: str, chance: Random) -> Iterator[tuple[datetime, list[str]]]:
    """Yields what a person does on a day on which they come."""
    yield event(at, key, "login")
    minute = timedelta(minutes=1)
    for _ in range(chance.randrange(3)):
        yield event(at + chance.random() * 50 * minute, key, "viewed", widget=f"w{chance.randrange(8)}")
    if chance.random() < 0.2:
        sku = chance.choice(["gift", "seat", "credit"])
        yield event(at + 51 * minute, key, "purchase", amount=amount(chance, 200), sku=sku)
    if chance.random() < 0.1:
        urgent = chance.choice(["true", "false", "false"])
        yield event(at + 55 * minute, key, "ticket", severity=str(chance.randrange(1, 5)), urgent=urgent)


def event(at: datetime, key: str, kind: str, **properties: str) -> tuple[datetime, list[str]]:
    """Returns an event and its time."""
    at = at.replace(microsecond=0)
    return at, [key, kind, stamp(at), *(properties.get(c, "") for c in EVENTS[4:])]


def subset(names: Sequence[str]) -> dict[str, str]:
    """Returns some of the personas, and those that they ask for."""
    asked = {other for name in names for other in re.findall(r"\bin (\w+)", PERSONAS[name])}
    return {name: condition for name, condition in PERSONAS.items() if name in names or name in asked}
