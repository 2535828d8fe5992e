"""Random worlds, full of edges: instants on the border of windows, missing values, strange texts and numbers."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from rulekit.language import program as p
from rulekit.language.types import Kind, Type
from tests.oracle.naive import UNREADABLE, Row, World
from tests.oracle.vocabulary import DAY, HOUR, MORE_TEXTS, NOWS, NUMBERS, OFFSETS, TEXTS, TICK, Declared

FORMS = ["whole", "decimal", "mixed", "double"]
DOUBLES = [0.1, 0.2, 0.3, 1 / 3, 1e-7, -0.0, 2.0**53]


def make_world(random: Random, schema: p.Schema, now: datetime) -> World:
    """Returns people with and without companies, empty companies, and events, also ahead of `now` and of nobody."""
    companies = ["c1", "ü", "empty"][: random.choice([0, 3, 2, 3, 1])] if schema.company else []
    keys = ["p1", "p2", "P2", "\U0001d521", "～", "p3", "10", "9"][: random.choice([8, 8, 8, 2, 0])]
    homes = [None, *companies[:2], *companies[:2], "unknown"]
    about_people = make_rows(random, schema.person, now, len(keys))
    about_companies = make_rows(random, schema.company, now, len(companies))
    return World(
        [{"person": key, "company": random.choice(homes), **row} for key, row in zip(keys, about_people, strict=True)],
        [{"company": key, **row} for key, row in zip(companies, about_companies, strict=True)],
        {kind: make_events(random, declared, now, keys) for kind, declared in schema.events.items()},
    )


def damage(random: Random, schema: p.Schema, world: World) -> World:
    """Returns the world with values that are there and cannot be read, in some of its columns; a text always can be."""
    return World(
        damage_rows(random, world.people, columns(schema.person)),
        damage_rows(random, world.companies, columns(schema.company)),
        {
            kind: damage_rows(random, world.events[kind], columns(declared), times=True)
            for kind, declared in schema.events.items()
        },
    )


def columns(declared: Declared) -> list[str]:
    return [name for name, field in declared.items() if field.type.kind is not Kind.TEXT]


def damage_rows(random: Random, rows: list[Row], fields: list[str], *, times: bool = False) -> list[Row]:
    hit = [name for name in fields if random.random() < 0.6]
    hit += ["at"] if times and random.random() < 0.3 else []
    return [
        {**row, **{name: UNREADABLE for name in hit if row[name] is not None and random.random() < 0.4}} for row in rows
    ]


def make_events(random: Random, declared: Declared, now: datetime, keys: list[str]) -> list[Row]:
    """Returns events, most of them of two people, so that they meet; one without a time never happened."""
    rows = make_rows(random, declared, now, random.choice([0, 6, 12, 12]))
    people = [*keys[:2] * 3, *keys, "nobody"]
    return [
        {"person": random.choice(people), "at": None if random.random() < 0.05 else make_instant(random, now), **row}
        for row in rows
    ]


def make_rows(random: Random, declared: Declared, now: datetime, number: int) -> list[Row]:
    """Returns rows of values; one may be missing although its field has no `?`: bad data is data, too."""
    forms = {name: random.choice(FORMS) for name in declared}
    return [
        {
            field.name: make_value(random, field.type, now, forms[field.name])
            if random.random() < (0.75 if field.optional else 0.9)
            else None
            for field in declared.values()
        }
        for _ in range(number)
    ]


def make_instant(random: Random, now: datetime) -> datetime:
    """Returns an instant on the edge of a window, or a microsecond beside it, now and then ahead of `now`."""
    away = random.choice(OFFSETS) * random.choice([-1, -1, -1, -1, 1])
    return now + away + random.choice([timedelta(0), timedelta(0), timedelta(0), TICK, -TICK])


def make_number(random: Random, form: str) -> int | Decimal | float:
    """Returns a number as one column holds them: whole, decimal, mixed, or doubles, most of them multiples of 1/8."""
    if form == "double":
        return random.choice(DOUBLES) if random.random() < 0.2 else random.choice([0, 4, 8, 16, -8, 80, -18, 1]) / 8
    number = random.choice([n for n in NUMBERS if form != "whole" or isinstance(n, int)])
    return Decimal(number) if form == "decimal" else number


def make_value(random: Random, kind: Type, now: datetime, form: str) -> Any:
    """Returns a value of a type as data holds it."""
    match kind.kind:
        case Kind.NUMBER:
            return make_number(random, form)
        case Kind.TEXT:
            return make_text(random)
        case Kind.ONE_OF:
            return random.choice(kind.choices)
        case Kind.BOOL:
            return random.random() < 0.5
        case Kind.TIME:
            return NOWS[0] - 7 * DAY if random.random() < 0.1 else make_instant(random, now)
        case Kind.DATE:
            return (now - random.randint(-4, 7) * DAY).date()
        case Kind.DURATION:
            return random.choice([*OFFSETS, -HOUR, -DAY])
        case Kind.LIST:
            return [make_text(random) for _ in range(random.randint(0, 3))]


def make_text(random: Random) -> str:
    return random.choice(random.choice([MORE_TEXTS, TEXTS, TEXTS[:6], TEXTS[:6]]))
