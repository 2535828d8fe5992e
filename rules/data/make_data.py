"""Makes the sample data of Fernhill: people, their companies, and what they did.

The same seed gives the same bytes on every run, machine and Python version: all chance comes from
`random.Random.random`, whose sequence Python keeps stable. Run `python rules/data/make_data.py [FOLDER]`.

Milestones (signing up, going live) go back to each person's first day; everything else is kept from `ACTIVITY_FROM`.
`users.csv` and `accounts.csv` are a nightly export, taken at `EXPORT`. `events.csv` goes on until `END`.
"""

import csv
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

SEED = 10
COMPANIES = 250
SINGLES = 140
LAUNCH = datetime(2025, 2, 3, tzinfo=UTC)
ACTIVITY_FROM = datetime(2025, 12, 1, tzinfo=UTC)
EXPORT = datetime(2026, 3, 2, tzinfo=UTC)
END = datetime(2026, 3, 6, tzinfo=UTC)
DAY = timedelta(days=1)

WEEKDAYS = (1.0, 1.05, 1.05, 1.0, 0.8, 0.07, 0.05)
HOLIDAYS = (date(2025, 12, 22), date(2026, 1, 4))


def words(text: str) -> tuple[str, ...]:
    """Returns the words of a text."""
    return tuple(text.split())


# what a name looks like in an address stands after the colon, where it is not the name without accents
FIRST_NAMES = words("""
Ada Anna Astrid Björn:bjorn Søren:soren Ingrid Lars Maja Nils Freja Oskar Aino Mikko
James Olivia Grace Harry Chloe Liam Aoife Siobhán:siobhan Rhys Cerys Callum Fiona
Lucas Léa:lea Chloé:chloe Mathis Élodie:elodie Hugo Camille Jürgen:juergen Greta Klaus Anneliese Fritz Lotte Sanne Daan
Sofía:sofia Mateo Lucía:lucia José:jose Inês:ines João:joao Beatriz Giulia Matteo Chiara Lorenzo Valentina Thiago
Agnieszka Paweł:pawel Łukasz:lukasz Zofia Jiří:jiri Tereza Ștefan:stefan Ioana Dimitra Nikos Olena Dmytro
Katarína:katarina Ayşe:ayse Mehmet Yusuf Fatima Omar Layla Noor Amir Yael Avi Shirin Farid Amal Tariq
Priya Arjun Ananya Rohan Lakshmi Vikram Sanjay Nimali Farhan Ayesha Bilal Tenzin
Yuki Haruto Sakura 美咲:misaki 健太:kenta Wei Xiu Jian Minh Linh Nguyệt:nguyet Jisoo 지훈:jihoon Siti Budi Dewi
Kai Leilani Chinedu Ngozi Adaeze Kwame Ama Thabo Zanele Amina Tunde Wanjiru Kofi Abebe Selam Nia Malik Tashi
""")

LAST_NAMES = words("""
Berg Lindqvist Åkesson:akesson Sørensen:sorensen Virtanen Hansen Dahl Nyström:nystrom
Smith Walker O'Connor:oconnor Murphy Hughes Campbell Evans Taylor Novak Müller:mueller Schäfer:schaefer Vogel Weber
Dubois Lefèvre:lefevre Moreau García:garcia Fernández:fernandez Silva Carvalho Rossi Ferrari Conti
Kowalska Wiśniewski:wisniewski Dvořák:dvorak Horváth:horvath Popescu Papadopoulos Shevchenko Kovalenko
Yılmaz:yilmaz Demir Haddad Khalil Rahimi Levi Mizrahi Nasser
Patel Sharma Iyer Singh Perera Khan Chowdhury Rana
Tanaka Sato 山本:yamamoto Chen Wang Nguyen Trần:tran Kim Park Santoso Wijaya Kealoha
Okafor Adeyemi Mensah Owusu Dlamini Nkosi Mwangi Tesfaye Diallo Traoré:traore
""")

COMPANY_WORDS = words("""
Alder Amber Arbor Aspen Beacon Birch Bluebell Bramble Bridgewater Brook Canyon Cedar Cinder Clover
Cobalt Copper Coral Crane Dalton Delta Drift Elm Ember Falcon Fjord Flint Foxglove Garnet Glacier Granite Harbour Hazel
Heron Hollow Indigo Juniper Kestrel Larch Lantern Linden Maple Meadow Merlin Mistral Nettle Oak Onyx Orchard Osprey
Pebble Pine Quarry Raven Reed Rowan Saffron Sorrel Tamarind Teal Thistle Umber Willow
""")

COMPANY_KINDS = {
    "Logistics": "transport",
    "Freight": "transport",
    "Foods": "food",
    "Bakeries": "food",
    "Clinics": "health",
    "Dental": "health",
    "Energy": "energy",
    "Hotels": "travel",
    "Studios": "media",
    "Press": "media",
    "Academy": "education",
    "Robotics": "manufacturing",
    "Textiles": "manufacturing",
    "Legal": "services",
    "Partners": "services",
    "Labs": "software",
}
COUNTRIES = (
    "SE",
    "SE",
    "GB",
    "GB",
    "DE",
    "DE",
    "FR",
    "NL",
    "PL",
    "ES",
    "IT",
    "US",
    "US",
    "CA",
    "IN",
    "JP",
    "BR",
    "NG",
    "ZA",
)
DASHBOARDS = words("overview sales support finance stock deliveries hiring uptime")

USER_COLUMNS = ("id", "email", "first_name", "last_name", "role", "account_id", "created_at", "last_seen_at")
ACCOUNT_COLUMNS = ("id", "name", "plan", "arr", "employees", "industry", "country", "trial_ends", "renewal_date")
EVENT_COLUMNS = ("user_id", "event", "occurred_at", "dashboard", "format", "pages")

T = TypeVar("T")


class Dice:
    """Chance with a seed; every draw is one call of `random()`."""

    def __init__(self, seed: str) -> None:
        self.random: Callable[[], float] = random.Random(seed).random  # noqa: S311 (sample data, not a secret)

    def chance(self, probability: float) -> bool:
        """Returns True that often."""
        return self.random() < probability

    def whole(self, low: int, high: int) -> int:
        """Returns a whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def skewed(self, low: int, high: int) -> int:
        """Returns a whole number from low to high, small ones more often."""
        return low + int(self.random() * self.random() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """Returns one of the items."""
        return items[int(self.random() * len(items))]

    def moment(self, start: datetime, end: datetime) -> datetime:
        """Returns a whole second in [start, end)."""
        return start + timedelta(seconds=int(self.random() * (end - start).total_seconds()))


@dataclass(frozen=True, slots=True)
class Account:
    """A company: its row, and what its people's lives depend on; nobody there works with Fernhill after `given_up`."""

    row: tuple[str, ...]
    key: str
    domain: str
    since: datetime
    people: int
    given_up: date


@dataclass(frozen=True, slots=True)
class Event:
    """A line of `events.csv`."""

    person: str
    kind: str
    at: datetime
    properties: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class Stretch:
    """From the one day up to the other, how often the person turns up on a working day, and how much they look at."""

    start: date
    end: date
    rate: float
    views: float


@dataclass(frozen=True, slots=True)
class Habits:
    """How one person works: on which days, from what hour (UTC), and how exports go."""

    stretches: tuple[Stretch, ...]
    hour: int
    exports: float
    trouble: float


# companies


def make_accounts(seed: int) -> list[Account]:
    """Returns the companies in the order of their keys; no two have one name."""
    names = Dice(f"{seed}/names")
    taken: set[str] = set()
    accounts: list[Account] = []
    while len(accounts) < COMPANIES:
        name = f"{names.pick(COMPANY_WORDS)} {names.pick(tuple(COMPANY_KINDS))}"
        if name not in taken:
            taken.add(name)
            accounts.append(make_account(f"a{len(accounts) + 1:03}", name, seed))
    return accounts


def make_account(key: str, name: str, seed: int) -> Account:
    """Returns one company; a small one has few people, a young one may be on trial."""
    dice = Dice(f"{seed}/{key}")
    size = dice.random()
    people, employees = company_size(dice, size)
    since = dice.moment(LAUNCH if dice.chance(0.55) else EXPORT - 90 * DAY, EXPORT - 3 * DAY)
    trial_ends = next_friday(since.date() + 28 * DAY)
    plan = "trial" if trial_ends >= EXPORT.date() else dice.pick(plans_for(size))
    arr = {"trial": 0, "team": 588 * people, "business": 1_440 * people, "enterprise": 2_400 * people + 30_000}[plan]
    row = (
        key,
        name,
        plan,
        str(arr),
        str(employees),
        "" if dice.chance(0.12) else COMPANY_KINDS[name.split()[1]],
        dice.pick(COUNTRIES),
        trial_ends.isoformat() if plan == "trial" else "",
        "" if plan == "trial" else next_anniversary(since + 30 * DAY).isoformat(),
    )
    given_up = EXPORT.date() - dice.whole(8, 60) * DAY if dice.chance(0.1) else END.date()
    return Account(row, key, name.replace(" ", "-").lower() + ".example.com", since, people, given_up)


def company_size(dice: Dice, size: float) -> tuple[int, int]:
    """Returns how many people use the product, and how many work there."""
    if size < 0.55:
        return dice.skewed(1, 7), dice.skewed(2, 40)
    if size < 0.88:
        return dice.whole(5, 14), dice.whole(30, 250)
    return dice.whole(14, 34), dice.whole(200, 4_000)


def plans_for(size: float) -> tuple[str, ...]:
    """Returns the plans that companies of that size are on, one as likely as the other."""
    if size < 0.55:
        return ("team", "team", "team", "business")
    return ("team", "business", "business") if size < 0.88 else ("business", "enterprise", "enterprise")


def next_friday(day: date) -> date:
    """Returns the day if it is a Friday, else the first one after it: trials end on Fridays."""
    return day + (4 - day.weekday()) % 7 * DAY


def next_anniversary(start: datetime) -> date:
    """Returns the first yearly return of the day that is not before the export; 28 stands for 29 to 31."""
    day = start.date().replace(day=min(start.day, 28))
    while day < EXPORT.date():
        day = day.replace(year=day.year + 1)
    return day


# people


def make_people(seed: int, accounts: Sequence[Account]) -> Iterator[tuple[tuple[str, ...], list[Event]]]:
    """Yields each person's row of `users.csv` with the person's events, in the order of keys."""
    homes = [(account, place == 0) for account in accounts for place in range(account.people)]
    places: list[tuple[Account | None, bool]] = [*homes, *[(None, True)] * SINGLES]
    addresses: set[str] = set()
    for number, (account, owns) in enumerate(places, start=1):
        yield make_person(f"u{number:04}", account, owns, seed, addresses)


def make_person(
    key: str, account: Account | None, owns: bool, seed: int, addresses: set[str]
) -> tuple[tuple[str, ...], list[Event]]:
    """Returns one person's row and events; `owns` the first of a company, `addresses` those already given away."""
    dice = Dice(f"{seed}/{key}")
    first, first_slug = spell(dice.pick(FIRST_NAMES))
    last, last_slug = spell(dice.pick(LAST_NAMES))
    domain = account.domain if account else dice.pick(("example.org", "example.net"))
    email = free_address(f"{first_slug}.{last_slug}", domain, addresses)
    created = office_hours(dice, account.since if account and owns else first_day(dice, account))
    events = live(key, created, account.given_up if account else END.date(), dice)
    row = (
        key,
        email,
        "" if dice.chance(0.11) else first,
        "" if dice.chance(0.17) else last,
        "owner" if owns else dice.pick(("admin", "member", "member", "member", "member", "viewer", "viewer")),
        account.key if account else "",
        stamp(created),
        stamp(max([e.at for e in events if e.kind == "logged_in" and e.at < EXPORT], default=created)),
    )
    return row, events


def spell(entry: str) -> tuple[str, str]:
    """Returns a name, and how it is written in an address."""
    name, _, slug = entry.partition(":")
    return name, slug or name.lower()


def free_address(local: str, domain: str, taken: set[str]) -> str:
    """Returns an address that nobody has yet, and takes it."""
    number = 1
    while (address := f"{local}{number if number > 1 else ''}@{domain}") in taken:
        number += 1
    taken.add(address)
    return address


def first_day(dice: Dice, account: Account | None) -> datetime:
    """Returns the day a person signed up: in a company mostly soon after the first of them."""
    since = account.since if account else LAUNCH
    latest = EXPORT - DAY
    if account and dice.chance(0.6):
        latest = min(latest, since + 45 * DAY)
    day = dice.moment(since, max(latest, since + DAY))
    return day if day.weekday() < 5 or dice.chance(0.1) else max(day - 2 * DAY, since)


def office_hours(dice: Dice, day: datetime) -> datetime:
    """Returns a moment of that day when people work."""
    midnight = day.replace(hour=0, minute=0, second=0)
    return dice.moment(midnight + timedelta(hours=7), midnight + timedelta(hours=17))


# what they do


def live(key: str, created: datetime, end: date, dice: Dice) -> list[Event]:
    """Returns all events of a person until that day, in order of time; the milestones are taken all the same."""
    habits = make_habits(dice, created, end)
    events = [*milestones(key, created, habits, dice)]
    for stretch in habits.stretches:
        day = stretch.start
        while day < stretch.end:
            if dice.chance(stretch.rate * rhythm(day)):
                events += working_day(key, day, stretch, habits, dice)
            day += DAY
    kept = [e for e in events if e.at < END and (e.kind in MILESTONES or e.at >= created)]
    return sorted(kept, key=lambda e: (e.at, e.kind))


MILESTONES = ("signed_up", "profile_completed", "project_created", "project_live")


# how likely each step is after the one before, and the days within which it is taken
NEXT_STEPS = (("profile_completed", 0.86, 2), ("project_created", 0.74, 6), ("project_live", 0.76, 24))


def make_habits(dice: Dice, created: datetime, given_up: date) -> Habits:
    """Returns how a person works: steadily, until they leave, with a long pause, or less and less."""
    start, end = created.date() + DAY, END.date()
    rate = dice.pick((0.12, 0.2, 0.3, 0.45, 0.7))
    views = dice.pick((0.5, 1.0, 1.5, 2.5))
    course = dice.random()
    if course < 0.41:
        stretches = [Stretch(start, end, rate, views)]
    elif course < 0.69:
        stretches = [Stretch(start, start + dice.skewed(1, 260) * DAY, rate, views)]
    elif course < 0.82:
        stretches = paused(dice, start, end, rate, views)
    elif course < 0.92:
        stretches = cooled(dice, start, end)
    else:
        stretches = []
    return Habits(
        tuple(Stretch(s.start, min(s.end, given_up), s.rate, s.views) for s in stretches),
        hour=dice.pick((5, 6, 6, 7, 7, 7, 8, 8, 9, 13, 14, 15)),
        exports=dice.pick((0.0, 0.04, 0.08, 0.2)),
        trouble=dice.pick((0.02, 0.02, 0.02, 0.6)),
    )


def paused(dice: Dice, start: date, end: date, rate: float, views: float) -> list[Stretch]:
    """Returns a life with a pause of one to three months, most often ended on a Monday by a look at everything."""
    back = end - dice.whole(1, 75) * DAY
    if dice.chance(0.7):
        back -= back.weekday() * DAY
    gone = back - dice.whole(26, 95) * DAY
    return [
        Stretch(start, gone, rate, views),
        Stretch(back, back + DAY, 1.0, 2.5),
        Stretch(back + DAY, end, rate, views),
    ]


def cooled(dice: Dice, start: date, end: date) -> list[Stretch]:
    """Returns a life of someone keen, who in the last weeks looked at less and less."""
    turn = end - dice.whole(8, 40) * DAY
    return [Stretch(start, turn, 0.75, 2.2), Stretch(max(turn, start), end, 0.45, 0.7)]


def milestones(key: str, created: datetime, habits: Habits, dice: Dice) -> Iterator[Event]:
    """Yields signing up and as many of the next steps as the person took; the last is the one most often left out."""
    yield Event(key, "signed_up", created)
    yield Event(key, "logged_in", created)
    at = created
    for kind, odds, slowest in (
        ("profile_completed", 0.86, 2),
        ("project_created", 0.74, 6),
        ("project_live", 0.76, 24),
    ):
        at += timedelta(minutes=dice.skewed(4, slowest * 24 * 60))
        if not dice.chance(odds):
            return
        if at.hour < 6 or at.hour >= 18:
            at = office_hours(dice, at + timedelta(hours=6))
        yield Event(key, kind, at)


def rhythm(day: date) -> float:
    """Returns how lively a day is: quiet at weekends and over the holidays."""
    quiet = 0.25 if HOLIDAYS[0] <= day <= HOLIDAYS[1] else 1.0
    return WEEKDAYS[day.weekday()] * quiet


def working_day(key: str, day: date, stretch: Stretch, habits: Habits, dice: Dice) -> Iterator[Event]:
    """Yields a login and what follows from it; nothing but the login before the activity is kept."""
    start = datetime(day.year, day.month, day.day, habits.hour, tzinfo=UTC)
    at = dice.moment(start, start + timedelta(hours=3))
    yield Event(key, "logged_in", at)
    for _ in range(dice.whole(0, int(stretch.views * 2))):
        at += timedelta(seconds=dice.whole(20, 1_500))
        yield Event(key, "dashboard_viewed", at, (dice.pick(DASHBOARDS), "", ""))
    if dice.chance(habits.exports):
        yield from export(key, at, habits, dice)
    if dice.chance(0.012):
        yield Event(key, "teammate_invited", at + timedelta(minutes=dice.whole(1, 30)))


def export(key: str, at: datetime, habits: Habits, dice: Dice) -> Iterator[Event]:
    """Yields an export, after failed attempts for those who have trouble with it."""
    form = dice.pick(("csv", "pdf", "pdf", "xlsx"))
    while dice.chance(habits.trouble):
        at += timedelta(seconds=dice.whole(30, 300))
        yield Event(key, "export_failed", at, ("", form, ""))
    yield Event(key, "report_exported", at + timedelta(seconds=45), ("", form, str(dice.skewed(1, 60))))


# files


def stamp(at: datetime) -> str:
    """Returns an instant as the files write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_csv(path: Path, columns: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """Writes a table with a header, in UTF-8 with plain line feeds."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_data(folder: Path, seed: int = SEED) -> None:
    """Writes `users.csv`, `accounts.csv` and `events.csv` into the folder."""
    accounts = make_accounts(seed)
    people = list(make_people(seed, accounts))
    events = [e for _, lived in people for e in lived if e.kind in MILESTONES or e.at >= ACTIVITY_FROM]
    events.sort(key=lambda e: (e.at, e.person, e.kind))
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "accounts.csv", ACCOUNT_COLUMNS, (account.row for account in accounts))
    write_csv(folder / "users.csv", USER_COLUMNS, (row for row, _ in people))
    write_csv(folder / "events.csv", EVENT_COLUMNS, ((e.person, e.kind, stamp(e.at), *e.properties) for e in events))


if __name__ == "__main__":
    write_data(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
