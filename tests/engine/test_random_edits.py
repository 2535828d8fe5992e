"""Random edits of rules between two ticks over the same data, against an account of who may be mailed by hand.

Whoever crosses a persona that asks what it asked before is mailed as without the edit; whoever is in or out by the edit
is not, but where `backfill=true` says so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st

from rulekit.clock import format_instant
from rulekit.engine.project import open_project
from rulekit.engine.running import take_tick
from rulekit.engine.stores import open_store
from tests.proofs import FIGURES, IS_LONG

pytestmark = pytest.mark.proof

START = datetime(2026, 3, 10, 8, tzinfo=UTC)
FOLLOWING = timedelta(days=2)
SCHEMA = """\
person:
  email  text
  plan   text
  seats  number
  seen   time
company:
  size   number
event login
"""
TEMPLATE = """\
template Hello:
  subject "Hello"
  text "Dear {{ person.email }}"
"""
BASE, PRO, QUIET = "Base", "Pro", "Quiet"


@dataclass(frozen=True)
class Somebody:
    """One row of the people, with the age of what they did in days before the start."""

    plan: str
    seats: int
    seen: float
    size: int
    logins: tuple[float, ...]


@dataclass(frozen=True)
class Part:
    """One comparison as rules write it, and whether it holds of somebody so many days after the start."""

    text: str
    holds: Callable[[Somebody, float], bool]


def quiet(days: int) -> Part:
    return Part("seen > quiet", lambda one, at: one.seen + at > days)


def rare(days: int, times: int) -> Part:
    return Part(
        f"count(login, last {days}d) < {times}",
        lambda one, at: sum(age + at <= days for age in one.logins if age + at >= 0) < times,
    )


def done(days: int) -> Part:
    return Part(f"did(login, last {days}d)", lambda one, at: any(0 <= age + at <= days for age in one.logins))


@dataclass(frozen=True)
class Rules:
    """Rules with the same three personas whatever is edited; `names` says what they, and the triggers, are called."""

    days: int
    size: int
    few: int
    parts: Mapping[str, tuple[str, ...]]
    joint: Mapping[str, str]
    triggers: Mapping[str, tuple[str, str, bool, bool]]
    names: Mapping[str, str] = field(default_factory=dict)
    layout: int = 0

    def part(self, key: str) -> Part:
        """Returns one of the comparisons that personas are made of."""
        name, _, rest = key.partition(" ")
        numbers = [int(text) for text in rest.split()]
        match name:
            case "quiet":
                return quiet(self.days)
            case "rare":
                return rare(*numbers)
            case "done":
                return done(*numbers)
            case "large":
                return Part("in Large", lambda one, at: one.size >= self.size)
            case "few":
                return Part("seats < few", lambda one, at: one.seats < self.few)
            case "seats":
                return Part(f"seats > {numbers[0]}", lambda one, at: one.seats > numbers[0])
            case "pro":
                return Part('plan = "pro"', lambda one, at: one.plan == "pro")
            case _:
                return Part(f"in {self.called(BASE)}", lambda one, at: self.is_in(BASE, one, at))

    def is_in(self, persona: str, one: Somebody, at: float) -> bool:
        choose = all if self.joint[persona] == "and" else any
        return choose(self.part(key).holds(one, at) for key in self.parts[persona])

    def asks(self, persona: str) -> object:
        """Returns what compares equal where the same is asked in other words."""
        joint, found = self.joint[persona], set()
        for key in self.parts[persona]:
            asked: object = {
                "quiet": ("quiet", self.days),
                "large": ("large", self.size),
                "few": ("few", self.few),
            }.get(key, self.asks(BASE) if key == "base" else key)
            is_same = isinstance(asked, tuple) and asked[0] == joint
            found |= asked[1] if is_same else {asked}
        return (joint, frozenset(found)) if len(self.parts[persona]) > 1 else next(iter(found))

    def called(self, name: str) -> str:
        return self.names.get(name, name)

    def declared(self, name: str) -> str:
        return f"{self.names[name]} was {name}" if name in self.names else name

    def text(self) -> str:
        """Returns the rules as somebody has written them."""
        remark = ["", "# said anew\n", "\n\n"][self.layout % 3]
        personas = [
            f"persona {self.declared(name)}:\n  " + f" {self.joint[name]} ".join(self._texts(name))
            for name in (BASE, PRO, QUIET)
        ]
        triggers = [
            f"trigger {self.declared(name)}: on {edge}({self.called(persona)}){' in Large' if inside else ''} "
            f"send template Hello{' backfill=true' if backfill else ''}"
            for name, (persona, edge, inside, backfill) in self.triggers.items()
        ]
        lets = f"let quiet = {self.days}d\nlet few = {self.few}\nsegment Large: size >= {self.size}"
        blocks = [lets, *personas, *triggers]
        return SCHEMA + TEMPLATE + "".join(f"{remark}{block}\n" for block in blocks[:: -1 if self.layout > 2 else 1])

    def _texts(self, persona: str) -> list[str]:
        keys = self.parts[persona]
        return [self.part(key).text for key in (reversed(keys) if self.layout % 2 else keys)]


PARTS = st.sampled_from(["quiet", "rare 7 1", "rare 30 2", "done 3", "done 10", "large", "few", "seats 2", "pro"])
DETAILS: Mapping[str, st.SearchStrategy[Any]] = {
    "days": st.sampled_from([3, 6, 14]),
    "size": st.sampled_from([10, 100]),
    "few": st.sampled_from([2, 4]),
    "layout": st.integers(0, 5),
    "joint": st.fixed_dictionaries({name: st.sampled_from(["and", "or"]) for name in (BASE, PRO, QUIET)}),
    "names": st.lists(st.sampled_from([BASE, PRO, QUIET, "Greet", "Bye", "Call"]), unique=True).map(
        lambda names: {name: f"New_{name}" for name in names}
    ),
}
KEYS = st.fixed_dictionaries(
    {
        BASE: st.lists(PARTS, min_size=1, max_size=2, unique=True),
        PRO: st.lists(PARTS | st.just("base"), min_size=1, max_size=3, unique=True),
        QUIET: st.lists(PARTS | st.just("base"), min_size=1, max_size=2, unique=True),
    }
).map(lambda parts: {name: tuple(keys) for name, keys in parts.items()})
TRIGGERS = st.fixed_dictionaries(
    {
        "Greet": st.tuples(st.just(PRO), st.just("tagged"), st.booleans(), st.booleans()),
        "Bye": st.tuples(st.just(PRO), st.just("untagged"), st.booleans(), st.booleans()),
    },
    optional={"Call": st.tuples(st.sampled_from([BASE, QUIET]), st.just("tagged"), st.just(False), st.booleans())},
)
DAY = st.integers(0, 40).map(lambda quarter: 0.25 + quarter / 2)
PEOPLE = st.lists(
    st.builds(
        Somebody,
        plan=st.sampled_from(["pro", "free"]),
        seats=st.integers(1, 4),
        seen=DAY,
        size=st.sampled_from([5, 50, 500]),
        logins=st.lists(DAY, max_size=3).map(tuple),
    ),
    min_size=3,
    max_size=8,
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Rules, Rules]:
    """Returns rules, and the same with some of their details edited."""
    first = {name: draw(one) for name, one in DETAILS.items() if name not in ("names", "layout")}
    before = Rules(parts=draw(KEYS), triggers=draw(TRIGGERS), **first)
    drawn = {**DETAILS, "parts": KEYS, "triggers": TRIGGERS}
    edited = {name: draw(drawn[name]) for name in draw(st.sets(st.sampled_from(sorted(drawn)), min_size=1, max_size=2))}
    after = replace(before, **edited)
    known = {BASE, PRO, QUIET, *before.triggers}
    return before, replace(after, names={old: new for old, new in after.names.items() if old in known})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("edits")
    return (root / str(number) for number in count())


@settings(
    max_examples=FIGURES.edits,
    # an example takes half a second, so what fails is not made smaller
    phases=[Phase.generate],
    derandomize=not IS_LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(rules=edits(), people=PEOPLE, days=st.sampled_from([0, 0, 1, 4, 10]))
def test_an_edit_alone_mails_nobody(
    folders: Iterator[Path],
    make_project: Any,
    rules: tuple[Rules, Rules],
    people: list[Somebody],
    days: int,
) -> None:
    before, after = rules
    note(f"{before.text()}\n{after.text()}")
    project = make_project(next(folders))
    write(project, people)
    assert mailed(project, before, START) == (everybody_in(before, people) if any_backfill(before) else set())
    event("edited" if before.asks(PRO) != after.asks(PRO) else "not edited")
    edited = START + timedelta(days=days)
    assert mailed(project, after, edited) == expected(before, after, people, 0, days)
    then = days + FOLLOWING.days
    assert mailed(project, after, edited + FOLLOWING) == expected(after, after, people, days, then)


def any_backfill(rules: Rules) -> bool:
    return any(backfill for _, _, _, backfill in rules.triggers.values())


def everybody_in(rules: Rules, people: list[Somebody]) -> set[tuple[str, str]]:
    """Returns whom the first tick mails."""
    nobody = replace(rules, triggers={})
    return expected(nobody, rules, people, 0, 0)


def expected(before: Rules, after: Rules, people: list[Somebody], then: float, now: float) -> set[tuple[str, str]]:
    """Returns (trigger, person) of whom a tick may mail; what the triggers are called does not matter."""
    found = set()
    for name, (persona, edge, inside, backfill) in after.triggers.items():
        is_new, is_edited = name not in before.triggers, before.asks(persona) != after.asks(persona)
        for key, one in enumerate(people):
            was, is_ = before.is_in(persona, one, then), after.is_in(persona, one, now)
            crossed = is_ and not was if edge == "tagged" else was and not is_
            filled = backfill and edge == "tagged" and (is_ if is_new else is_edited and crossed)
            done = crossed and not is_new and not is_edited
            if (done or filled) and (not inside or one.size >= after.size):
                found.add((name, f"p{key}"))
    return found


def mailed(project: Any, rules: Rules, now: datetime) -> set[tuple[str, str]]:
    """Runs one tick with the rules and returns (trigger, person) of whom it made an email for."""
    project.write("main.rules", rules.text())
    opened = open_project(project.folder)
    called = {rules.called(name): name for name in rules.triggers}
    with open_store(opened) as store:
        record = take_tick(opened, store, now).tick.record
        assert record.parked == {}
    return {(called[row.trigger], row.tagging.person) for row in record.rows}


def write(project: Any, people: list[Somebody]) -> None:
    """Writes the data, which stays the same."""
    project.settings()
    rows = [
        f"p{key},p{key}@example.com,{one.plan},c{key},{one.seats},{ago(one.seen)}" for key, one in enumerate(people)
    ]
    project.write("data/people.csv", "\n".join(["id,email,plan,account,seats,seen", *rows]) + "\n")
    project.accounts(**{f"c{key}": one.size for key, one in enumerate(people)})
    # an event of long ago, so that there is one
    project.events(
        ("p0", "login", "2025-01-01T00:00Z"),
        *((f"p{key}", "login", ago(age)) for key, one in enumerate(people) for age in one.logins),
    )


def ago(days: float) -> str:
    return format_instant(START - timedelta(days=days))
