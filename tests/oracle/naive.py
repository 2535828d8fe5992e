"""Who is in, by the plainest reading of the language: one person at a time, one event after another, no query.

Written from the language's description alone, so that it can contradict the evaluator. It is slow and simple on
purpose; nothing here may be shared with `rulekit.evaluation`.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from itertools import pairwise, product
from typing import Any
from zoneinfo import ZoneInfo

from rulekit.language import program as p
from rulekit.language import typed_expressions as x

Row = Mapping[str, Any]
"""A person ("person", "company" and fields), a company ("company" and fields) or an event ("person", "at" and
properties); an absent key is a missing value, UNREADABLE one that is there and cannot be read."""


class Lost(Enum):
    """What stands for a value that nobody can tell."""

    UNREADABLE = "unreadable"


UNREADABLE = Lost.UNREADABLE
Answer = bool | None
"""Whether something holds; None where that is unknown."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is known: people, companies, and events by kind."""

    people: list[Row]
    companies: list[Row]
    events: Mapping[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a condition is about: a person with their company, or (in a segment) a company without a person."""

    person: Row | None
    company: str | None


def members(program: p.Program, world: World, now: datetime, zone: str = "UTC") -> dict[str, set[str]]:
    """Returns the keys of the people who certainly are in each persona at `now`; dates begin in `zone`."""
    return {name: keys_with(True, found) for name, found in judge_people(program, world, now, zone).items()}


def unjudged(program: p.Program, world: World, now: datetime, zone: str = "UTC") -> dict[str, set[str]]:
    """Returns the keys of the people of whom it is unknown whether they are in each persona at `now`."""
    return {name: keys_with(None, found) for name, found in judge_people(program, world, now, zone).items()}


def judge_people(program: p.Program, world: World, now: datetime, zone: str) -> dict[str, dict[str, Answer]]:
    """Returns for each persona the answer for each person."""
    judge = Judge(program, world, now, zone)
    return {
        name: {who["person"]: judge.in_persona(name, Who(who, who.get("company"))) for who in world.people}
        for name in program.personas
    }


def segment_members(program: p.Program, world: World, name: str, now: datetime, zone: str = "UTC") -> set[str]:
    """Returns the keys of the companies that certainly are in a segment at `now`; dates begin in `zone`."""
    return keys_with(True, judge_companies(program, world, name, now, zone))


def judge_companies(program: p.Program, world: World, name: str, now: datetime, zone: str = "UTC") -> dict[str, Answer]:
    """Returns for each company whether it is in a segment."""
    judge = Judge(program, world, now, zone)
    return {company["company"]: judge.in_segment(name, company["company"]) for company in world.companies}


def keys_with(wanted: Answer, found: Mapping[str, Answer]) -> set[str]:
    return {key for key, answer in found.items() if answer is wanted}


def every(answers: Iterable[Answer]) -> Answer:
    """Returns `and`: no where one is no, otherwise unknown where one is unknown."""
    found = list(answers)
    return False if False in found else None if None in found else True


def some(answers: Iterable[Answer]) -> Answer:
    """Returns `or`: yes where one is yes, otherwise unknown where one is unknown."""
    found = list(answers)
    return True if True in found else None if None in found else False


def opposite(answer: Answer) -> Answer:
    return None if answer is None else not answer


def known(found: Any, result: Callable[[Any], Any]) -> Any:
    """Returns what is made of a value: what cannot be read stays so, what is missing stays missing."""
    return found if found is None or found is UNREADABLE else result(found)


COMPARE = {
    x.Operator.LT: operator.lt,
    x.Operator.LE: operator.le,
    x.Operator.GT: operator.gt,
    x.Operator.GE: operator.ge,
}


class Judge:
    """Answers questions about one world at one instant; a missing value is None everywhere, as is an unknown answer."""

    def __init__(self, program: p.Program, world: World, now: datetime, zone: str = "UTC") -> None:
        self.zone = ZoneInfo(zone)
        self.program = program
        self.world = world
        self.now = now

    # --- conditions ---------------------------------------------------------------------------------------------

    def in_persona(self, name: str, who: Who) -> Answer:
        return self.holds(self.program.personas[name].condition, who)

    def in_segment(self, name: str, company: str | None) -> Answer:
        if not any(known["company"] == company for known in self.world.companies):
            return False
        return self.holds(self.program.segments[name].condition, Who(None, company))

    def holds(self, condition: x.Condition, who: Who, event: Row | None = None) -> Answer:
        match condition:
            case x.And(operands):
                return every(self.holds(part, who, event) for part in operands)
            case x.Or(operands):
                return some(self.holds(part, who, event) for part in operands)
            case x.Not(operand):
                return opposite(self.holds(operand, who, event))
            case x.InPersona(name):
                return self.in_persona(name, who)
            case x.InSegment(name):
                return self.in_segment(name, who.company)
            case x.Did(kinds, where, period, company):
                events = self.events(kinds, where, period, company, who)
                return None if events is UNREADABLE else bool(events)
            case x.Sequence():
                return self.did_in_order(condition, who)
            case _:
                return self.compares(condition, who, event)

    def compares(self, condition: x.Condition, who: Who, event: Row | None) -> Answer:
        values = [self.value(operand, who, event) for operand in operands_of(condition)]
        return None if UNREADABLE in values else self.compares_known(condition, values)

    def compares_known(self, condition: x.Condition, values: list[Any]) -> bool:
        match condition:
            case x.IsMissing():
                return values[0] is None
            case x.Comparison(sign):
                return compare(sign, *values)
            case x.InList(_, items):
                return any(compare(x.Operator.EQ, values[0], exact(item.value)) for item in items)
            case x.TextTest(test):
                return text_test(test, *values)
            case x.Within(_, direction, length):
                [found] = values
                if found is None:
                    return False
                if direction == "last":
                    return self.now - length < self.instant(found) <= self.now
                return self.now < self.instant(found) <= self.now + length
        raise AssertionError(condition)

    def did_in_order(self, sequence: x.Sequence, who: Who) -> Answer:
        candidates = [
            self.events(step.events, step.where, sequence.period, sequence.company, who) for step in sequence.steps
        ]
        if UNREADABLE in candidates:
            return None
        for chain in product(*candidates):
            times = [event["at"] for event in chain]
            in_order = all(earlier < later for earlier, later in pairwise(times))
            if in_order and (sequence.within is None or times[-1] - times[0] <= sequence.within):
                return True
        return False

    # --- events -------------------------------------------------------------------------------------------------

    def events(
        self,
        kinds: tuple[str, ...],
        where: x.Condition | None,
        period: x.Period | None,
        company: bool,
        who: Who,
        read: str | None = None,
    ) -> Any:
        """Returns the events of a person, or of everyone in their company, that the clauses let through.

        UNREADABLE where there is one of which nobody can tell whether it counts, or what its property `read` is.
        """
        counted = []
        for event in (event for kind in kinds for event in self.world.events.get(kind, [])):
            if not self.is_by(event, company, who):
                continue
            if event["at"] is not UNREADABLE and not self.is_in(event["at"], period):
                continue
            let_through = True if where is None else self.holds(where, who, event)
            if let_through is False:
                continue
            if let_through is None or event["at"] is UNREADABLE:
                return UNREADABLE
            if read is not None and event.get(read) is UNREADABLE:
                return UNREADABLE
            counted.append(event)
        return counted

    def company_of(self, who: Who) -> Row | None:
        """Returns the row of the company that somebody belongs to; without a row there is no company."""
        return next((known for known in self.world.companies if known["company"] == who.company), None)

    def is_by(self, event: Row, company: bool, who: Who) -> bool:
        if company:
            return self.company_of(who) is not None and any(
                person["person"] == event["person"] and person.get("company") == who.company
                for person in self.world.people
            )
        return who.person is not None and event["person"] == who.person["person"]

    def is_in(self, at: datetime | None, period: x.Period | None) -> bool:
        if at is None or at > self.now:
            return False
        return period is None or self.now - period.start < at <= self.now - period.end

    # --- values -------------------------------------------------------------------------------------------------

    def value(self, value: x.Value, who: Who, event: Row | None = None) -> Any:
        match value:
            case x.Constant(constant):
                return list(constant) if isinstance(constant, tuple) else exact(constant)
            case x.Field(owner, name):
                return self.field(owner, name, who, event)
            case x.Company():
                company = self.company_of(who)
                return None if company is None else company["company"]
            case x.Age(of) | x.Midnight(of):
                begins = known(self.value(of, who, event), self.instant)
                return known(begins, lambda at: self.now - at) if isinstance(value, x.Age) else begins
            case x.Arithmetic(sign, left, right):
                sides = self.value(left, who, event), self.value(right, who, event)
                return UNREADABLE if UNREADABLE in sides else calculate(sign, *sides)
            case x.Negative(operand):
                return known(self.value(operand, who, event), operator.neg)
            case x.Lower(operand):
                return known(self.value(operand, who, event), lowered)
            case x.Default(operand, fallback):
                found = self.value(operand, who, event)
                return self.value(fallback, who, event) if found is None else found
            case x.Aggregate():
                return self.aggregate(value, who)
        raise AssertionError(value)

    def instant(self, value: datetime | date) -> datetime:
        """Returns the instant of a time, or when a date begins."""
        return value if isinstance(value, datetime) else midnight(value, self.zone)

    def field(self, owner: str, name: str, who: Who, event: Row | None) -> Any:
        if owner == "event":
            row = event
        elif owner == "person":
            row = who.person
        else:
            row = self.company_of(who)
        return None if row is None else exact(row.get(name))

    def aggregate(self, what: x.Aggregate, who: Who) -> Any:
        if what.company and self.company_of(who) is None:
            return None
        events = self.events(what.events, what.where, what.period, what.company, who, what.property)
        return UNREADABLE if events is UNREADABLE else self.aggregate_of(what, events)

    def aggregate_of(self, what: x.Aggregate, events: list[Row]) -> Any:
        if what.function in (x.Function.FIRST, x.Function.LAST):
            return first_or_last(what.function, what.property, events)
        if what.function is x.Function.COUNT:
            return Fraction(len(events))
        assert what.property is not None
        values = [exact(event[what.property]) for event in events if event.get(what.property) is not None]
        match what.function:
            case x.Function.DISTINCT:
                return Fraction(sum(value not in values[:i] for i, value in enumerate(values)))
            case x.Function.SUM:
                return sum((nine_decimals(value) for value in values), Fraction(0))
            case _ if not values:
                return None
            case x.Function.AVG:
                return float(sum((nine_decimals(value) for value in values), Fraction(0)) / len(values))
            case x.Function.MIN:
                return min(values)
            case x.Function.MAX:
                return max(values)
        raise AssertionError(what)


def operands_of(condition: x.Condition) -> list[x.Value]:
    """Returns the values that a comparison needs."""
    match condition:
        case x.Comparison(_, left, right):
            return [left, right]
        case x.TextTest(_, operand, argument):
            return [operand, argument]
        case x.IsMissing(operand) | x.InList(operand) | x.Within(operand):
            return [operand]
    raise AssertionError(condition)


def lowered(text: str) -> str:
    return "".join(character.lower()[0] for character in text)


def first_or_last(function: x.Function, prop: str | None, events: list[Row]) -> Any:
    """Returns the earliest or latest instant, or the value of a property then (at one instant the greatest)."""
    if not events:
        return None
    pick = min if function is x.Function.FIRST else max
    at = pick(event["at"] for event in events)
    if prop is None:
        return at
    values = [exact(event[prop]) for event in events if event["at"] == at and event.get(prop) is not None]
    return max(values, default=None)


@cache
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Returns when a date begins: at its midnight, the second one if there are two, its first instant if none."""
    before = datetime.combine(day, time(), UTC) - timedelta(days=1)
    minutes = [before + timedelta(minutes=n) for n in range(2 * 24 * 60)]
    clocks = [(minute, minute.astimezone(zone)) for minute in minutes]
    midnights = [minute for minute, clock in clocks if clock.date() == day and clock.time() == time()]
    return midnights[-1] if midnights else next(minute for minute, clock in clocks if clock.date() == day)


def exact(value: Any) -> Any:
    """Returns whole numbers and decimals as exact fractions and every other value as it is."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Fraction(value)
    return value


def nine_decimals(number: Fraction | float) -> Fraction:
    """Returns a number as sums take it: exact as it is, a double rounded to nine decimals."""
    return number if isinstance(number, Fraction) else Fraction(round(Decimal(number), 9))


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Returns both numbers as doubles when one of them is a double, and all other values as they are."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def compare(sign: x.Operator, left: Any, right: Any) -> bool:
    """Returns whether a comparison holds; with a missing side it is false, and `!=` the opposite of `=`."""
    if sign is x.Operator.NE:
        return not compare(x.Operator.EQ, left, right)
    if left is None or right is None:
        return False
    left, right = alike(left, right)
    return bool(left == right if sign is x.Operator.EQ else COMPARE[sign](left, right))


def calculate(sign: str, left: Any, right: Any) -> Any:
    """Returns the result of a calculation; missing when a side is, or when it divides by zero."""
    if left is None or right is None:
        return None
    if isinstance(left, timedelta) and isinstance(right, Fraction | float):
        return scale(sign, left, right)
    if sign == "/":
        return None if right == 0 else float(left) / float(right)
    left, right = alike(left, right)
    return {"+": operator.add, "-": operator.sub, "*": operator.mul}[sign](left, right)


def scale(sign: str, length: timedelta, number: Fraction | float) -> timedelta | None:
    """Returns a duration times or through a number, in whole microseconds."""
    if sign == "/":
        if number == 0:
            return None
        number = 1 / Fraction(number)
    return timedelta(microseconds=round(Fraction(length // timedelta(microseconds=1)) * Fraction(number)))


def text_test(test: x.TextOperator, operand: Any, argument: Any) -> bool:
    """Returns whether a text (or, for `contains`, a list) passes; a missing side never does."""
    if operand is None or argument is None:
        return False
    match test:
        case x.TextOperator.CONTAINS:
            return argument in operand
        case x.TextOperator.STARTS:
            return bool(operand.startswith(argument))
        case x.TextOperator.ENDS:
            return bool(operand.endswith(argument))
        case x.TextOperator.MATCHES:
            return re.fullmatch(argument, operand, re.ASCII) is not None
    raise AssertionError(test)
