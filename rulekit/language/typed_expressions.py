"""What conditions mean: values and conditions, resolved and typed. The checker makes them, the evaluator reads them.

Expressions are frozen and compare by meaning: their places (`span`) do not count, so equal conditions are one
condition. Names of `let` are gone (replaced by their expressions); conditions never are missing.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Literal as OneOf

from rulekit.diagnostics.source import Span
from rulekit.language.types import DURATION, TEXT, TIME, Type

NOWHERE = Span("", 0, 0)


# values: may be missing where `optional` says so


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: str, int, Decimal, bool, date, aware datetime (UTC), timedelta or texts, as its type says."""

    value: str | int | Decimal | bool | date | datetime | timedelta | tuple[str, ...]
    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    optional = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the person or their company, or inside `where` a property of the event.

    In a segment, and for a person without a company, `owner` "company" is the company in question; a field of no
    company is missing.
    """

    owner: OneOf["person", "company", "event"]
    name: str
    type: Type
    optional: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Company:
    """The person's company itself, as its key; missing for who has none. Only `is missing` asks for it."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)

    type = TEXT
    optional = True


@dataclass(frozen=True, slots=True)
class Age:
    """`now - of` for a time or a date (its midnight); a duration, negative for what lies ahead."""

    of: "Value"
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    type = DURATION

    @property
    def optional(self) -> bool:
        """Returns whether the age may be missing."""
        return self.of.optional


@dataclass(frozen=True, slots=True)
class Midnight:
    """The instant at which a date begins, in the project's time zone: what a date is beside a time."""

    of: "Value"
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    type = TIME

    @property
    def optional(self) -> bool:
        """Returns whether the instant may be missing."""
        return self.of.optional


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`; missing when either is, or on division by zero.

    number with number; duration `+ -` duration; duration `* /` number; time `+ -` duration; time - time.
    """

    operator: OneOf["+", "-", "*", "/"]
    left: "Value"
    right: "Value"
    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def optional(self) -> bool:
        """Returns whether the result may be missing."""
        return self.operator == "/" or self.left.optional or self.right.optional


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`, for numbers and durations."""

    operand: "Value"
    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def optional(self) -> bool:
        """Returns whether the result may be missing."""
        return self.operand.optional


@dataclass(frozen=True, slots=True)
class Lower:
    """`lower(operand)`."""

    operand: "Value"
    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def optional(self) -> bool:
        """Returns whether the result may be missing."""
        return self.operand.optional


@dataclass(frozen=True, slots=True)
class Default:
    """`default(operand, fallback)`: the fallback where the operand is missing."""

    operand: "Value"
    fallback: Constant
    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    optional = False


@dataclass(frozen=True, slots=True)
class Period:
    """The half-open stretch `(now - start, now - end]` of history; `last D` is (D, 0), `previous D` is (2D, D)."""

    start: timedelta
    end: timedelta = timedelta(0)


class Function(Enum):
    """An aggregate over events; the value is the author's word."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    DISTINCT = "distinct"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`count(purchase where …, last 14d)` and its kin, over one person's events or the whole company's.

    `events` holds one name, or every declared name for `any`. `property` is None for `count` and for `first` and
    `last` of an event's time. `where` is None for all. `period` None means all of history up to now. `company` True:
    over everyone in the person's company (in a segment: in the company), and missing for a person without one.
    `did(E)` is `count(E) > 0` (see `Did`).
    """

    function: Function
    events: tuple[str, ...]
    property: str | None
    where: "Condition | None"
    period: Period | None
    company: bool
    type: Type
    optional: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Value = Constant | Field | Company | Age | Midnight | Arithmetic | Negative | Lower | Default | Aggregate


# conditions: true or false, never missing


class Operator(Enum):
    """A comparison; the value is its sign."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right` of one type (texts and `one of` count as one).

    False when either side is missing, except `!=`, which is the exact opposite of `=`. A bare bool value as a
    condition is `value = true`.
    """

    operator: Operator
    left: Value
    right: Value
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InList:
    """`operand in (items)`; false when the operand is missing. `not in` is `Not` of it."""

    operand: Value
    items: tuple[Constant, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class TextOperator(Enum):
    """A test on texts; the value is the author's word."""

    CONTAINS = "contains"
    STARTS = "starts with"
    ENDS = "ends with"
    MATCHES = "matches"


@dataclass(frozen=True, slots=True)
class TextTest:
    """`operand contains "x"` and its kin, exact; `matches` is an RE2 pattern against the whole value.

    `contains` on a list asks for an equal element. False when a side is missing. The pattern is always a constant.
    """

    operator: TextOperator
    operand: Value
    argument: Value
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IsMissing:
    """`operand is missing`; `is present` is `Not` of it."""

    operand: Value
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Within:
    """`operand within last D` is `now - D < operand <= now`; `within next D` is `now < operand <= now + D`.

    The operand is a time or a date (its midnight); false when it is missing.
    """

    operand: Value
    direction: OneOf["next", "last"]
    length: timedelta
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Did:
    """`did(purchase where …, last 14d)`: at least one such event. Fields as in `Aggregate`; false without a company."""

    events: tuple[str, ...]
    where: "Condition | None"
    period: Period | None
    company: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence. Fields as in `Aggregate`."""

    events: tuple[str, ...]
    where: "Condition | None"
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """`did(a then b then c within D, window)`: each step strictly later than the one before.

    `within` bounds the last step minus the first, inclusive; None for no bound. All steps lie in the period.
    """

    steps: tuple[Step, ...]
    within: timedelta | None
    period: Period | None
    company: bool
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InSegment:
    """The person's company is in the segment; false without a company."""

    name: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InPersona:
    """The person is in another persona."""

    name: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The exact opposite."""

    operand: "Condition"
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """`a and b and …`."""

    operands: tuple["Condition", ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """`a or b or …`."""

    operands: tuple["Condition", ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Condition = (
    Comparison | InList | TextTest | IsMissing | Within | Did | Sequence | InSegment | InPersona | Not | And | Or
)
