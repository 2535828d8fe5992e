"""What is known about each value of a person: which values it can still have, and whether it can be missing."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from math import ceil, floor
from typing import Any

from rulekit.language.typed_expressions import (
    Age,
    Aggregate,
    Company,
    Comparison,
    Condition,
    Constant,
    Default,
    Did,
    Field,
    Function,
    InList,
    InSegment,
    IsMissing,
    Midnight,
    Operator,
    Sequence,
    Value,
    Within,
)
from rulekit.language.types import NUMBER, Kind

_COMPANY = Company()
_COUNTS = (Function.COUNT, Function.DISTINCT)
_OPPOSITE = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
}
_SWAPPED = {Operator.LT: Operator.GT, Operator.GT: Operator.LT, Operator.LE: Operator.GE, Operator.GE: Operator.LE}


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that are possible: between two bounds, among `allowed` (None: any), and none of `excluded`."""

    low: Any = None
    low_itself: bool = True
    high: Any = None
    high_itself: bool = True
    allowed: frozenset[Any] | None = None
    excluded: frozenset[Any] = frozenset()
    whole: bool = False

    def limited(self, operator: Operator, value: Any) -> "Domain":
        """Returns what is left of it where `x operator value` has to hold."""
        match operator:
            case Operator.EQ:
                return self.among(frozenset({value}))
            case Operator.NE:
                return replace(self, excluded=self.excluded | {value})
            case Operator.GT | Operator.GE:
                itself = operator is Operator.GE
                tighter = self.low is None or value > self.low or (value == self.low and not itself)
                return replace(self, low=value, low_itself=itself) if tighter else self
            case _:
                itself = operator is Operator.LE
                tighter = self.high is None or value < self.high or (value == self.high and not itself)
                return replace(self, high=value, high_itself=itself) if tighter else self

    def among(self, values: frozenset[Any]) -> "Domain":
        """Returns what is left of it where only some values are possible."""
        return replace(self, allowed=values if self.allowed is None else self.allowed & values)

    @property
    def is_empty(self) -> bool:
        """Returns whether no value is left."""
        if self.allowed is not None:
            return not any(map(self._holds, self.allowed))
        if self.low is None or self.high is None:
            return False
        if self.whole:
            return self._first_whole() > self._last_whole()
        if self.low == self.high:
            return not (self.low_itself and self.high_itself) or self.low in self.excluded
        return bool(self.low > self.high)

    def _holds(self, value: Any) -> bool:
        above = self.low is None or value > self.low or (self.low_itself and value == self.low)
        below = self.high is None or value < self.high or (self.high_itself and value == self.high)
        return above and below and value not in self.excluded and not (self.whole and value != floor(value))

    def _first_whole(self) -> int:
        first: int = ceil(self.low) if self.low_itself or ceil(self.low) != self.low else ceil(self.low) + 1
        while first in self.excluded:
            first += 1
        return first

    def _last_whole(self) -> int:
        last: int = floor(self.high)
        return last if self.high_itself or last != self.high else last - 1


@dataclass(frozen=True, slots=True)
class _Of:
    """The age, or the midnight, of what a key stands for, as a key of its own."""

    kind: type
    of: Hashable


@dataclass(slots=True)
class Known:
    """What has been required of one person so far: domains of values, presence, and conditions as they stand."""

    domains: dict[Hashable, Domain] = field(default_factory=dict)
    may_miss: dict[Hashable, bool] = field(default_factory=lambda: defaultdict(lambda: True))
    must_miss: set[Hashable] = field(default_factory=set)
    conditions: dict[Condition, bool] = field(default_factory=dict)

    def copy(self) -> "Known":
        """Returns the same as a value of its own."""
        missing: dict[Hashable, bool] = defaultdict(lambda: True, self.may_miss)
        return Known(dict(self.domains), missing, set(self.must_miss), dict(self.conditions))

    def require(self, condition: Condition, holds: bool) -> bool:
        """Takes a requirement in; returns False when it contradicts what was required before."""
        if self.conditions.setdefault(condition, holds) is not holds:
            return False
        match condition:
            case IsMissing():
                return self._require_missing(condition.operand, holds)
            case Did():
                count = Aggregate(
                    Function.COUNT, condition.events, None, condition.where, condition.period, condition.company,
                    NUMBER, False
                )  # fmt: skip
                return self._limit(count, Operator.GT, 0, holds)
            case InList():
                return self._require_list(condition, holds)
            case Within():
                return self._require_window(condition, holds)
            case Comparison():
                return self._require_comparison(condition, holds)
            case InSegment():
                return not holds or self._require_company()
            case Sequence():
                return not (holds and condition.company) or self._require_company()
            case _:
                return True

    def _require_missing(self, value: Value, holds: bool) -> bool:
        if not holds:
            return self._require_there(value)
        self.must_miss.add(_base(value))
        return self._is_possible(value)

    def _require_comparison(self, comparison: Comparison, holds: bool) -> bool:
        left, operator, right = comparison.left, comparison.operator, comparison.right
        if isinstance(left, Constant):
            left, operator, right = right, _SWAPPED.get(operator, operator), left
        if not isinstance(right, Constant) or isinstance(left, Constant):
            return True
        return self._limit(left, operator, right.value, holds)

    def _limit(self, value: Value, operator: Operator, limit: Any, holds: bool) -> bool:
        effective = operator if holds else _OPPOSITE[operator]
        # `=` is false of a missing value, and so are all but `!=`; the opposite is true of it
        needs_value = holds is not (operator is Operator.NE)
        return self._narrow(value, self._domain(value).limited(effective, limit), needs_value)

    def _require_list(self, condition: InList, holds: bool) -> bool:
        values = frozenset(item.value for item in condition.items)
        domain = self._domain(condition.operand)
        left = domain.among(values) if holds else replace(domain, excluded=domain.excluded | values)
        return self._narrow(condition.operand, left, holds)

    def _require_window(self, condition: Within, holds: bool) -> bool:
        if not holds:
            return True  # before or after it: that is no one stretch
        age, now = Age(condition.operand), timedelta(0)
        domain = self._domain(age)
        if condition.direction == "last":
            domain = domain.limited(Operator.GE, now).limited(Operator.LT, condition.length)
        else:
            domain = domain.limited(Operator.GE, -condition.length).limited(Operator.LT, now)
        return self._narrow(age, domain, True)

    def _domain(self, value: Value) -> Domain:
        return self.domains.get(_same(value)) or _at_first(value)

    def _narrow(self, value: Value, domain: Domain, needs_value: bool) -> bool:
        self.domains[_same(value)] = domain
        return self._require_there(value) if needs_value else self._is_possible(value)

    def _require_there(self, value: Value) -> bool:
        self.may_miss[_base(value)] = False
        return self._is_possible(value) and (not _is_of_company(value) or self._require_company())

    def _require_company(self) -> bool:
        self.may_miss[_COMPANY] = False
        return self._is_possible(_COMPANY)

    def _is_possible(self, value: Value) -> bool:
        base = _base(value)
        may_miss = self.may_miss[base] and not _is_always_there(base)
        may_be_there = base not in self.must_miss and not any(
            domain.is_empty for other, domain in self.domains.items() if _owner(other) == base
        )
        return may_miss or may_be_there


def _base(value: Value) -> Hashable:
    return _base(value.of) if isinstance(value, Age | Midnight) else _same(value)


def _owner(key: Hashable) -> Hashable:
    """Returns whose presence a key depends on: an age is there when its time is."""
    return _owner(key.of) if isinstance(key, _Of) else key


def _same(value: Value) -> Hashable:
    """Returns what one value is known by: a segment's company cannot be missing, the company of a person can."""
    if isinstance(value, Age | Midnight):
        return _Of(type(value), _same(value.of))
    return (value.owner, value.name) if isinstance(value, Field) else value


def _is_of_company(value: Value) -> bool:
    """Returns whether there is no such value without a company."""
    match value:
        case Age() | Midnight():
            return _is_of_company(value.of)
        case Field():
            return value.owner == "company"
        case Aggregate():
            return value.company
        case _:
            return False


def _is_always_there(value: Hashable) -> bool:
    """Returns whether a value is never missing, whatever the data lack; a company may be missing."""
    if isinstance(value, Aggregate):
        return value.function in _COUNTS and not value.company
    return isinstance(value, Default | Constant)


def _at_first(value: Value) -> Domain:
    if isinstance(value, Aggregate) and value.function in _COUNTS:
        return Domain(low=Decimal(0), whole=True)
    if value.type.kind is Kind.BOOL:
        return Domain(allowed=frozenset({True, False}))
    return Domain(allowed=frozenset(value.type.choices)) if value.type.kind is Kind.ONE_OF else Domain()
