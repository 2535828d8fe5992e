"""What the author wrote inside of conditions: names, values, comparisons and calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal as OneOf

from rulekit.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written (without backquotes)."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text with its escapes resolved; the span includes the quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: text, number (`50%` is Decimal("0.5"), `percent` remembers the sign), bool, date, instant or duration.

    Whole numbers are int, others Decimal; instants are aware and in UTC.
    """

    value: str | int | Decimal | bool | date | datetime | timedelta
    span: Span
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A bare name: a field, a `let`, or an event property, depending on where it stands."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """`owner.name`, as in `company.arr` or `purchase.amount`."""

    owner: Name
    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Company:
    """`company` itself, in `company is missing` and `company is present`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    operator: OneOf["not", "-"]
    operand: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; the operator is its word or sign in one spelling.

    One of `or and = != < <= > >= + - * / of contains starts ends matches` (`starts` for `starts with`).
    """

    operator: str
    left: "Expression"
    right: "Expression"
    operator_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """`x between low and high`."""

    operand: "Expression"
    low: "Expression"
    high: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class InList:
    """`x in (a, b)` or `x not in (a, b)`."""

    operand: "Expression"
    items: tuple["Expression", ...]
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class InSet:
    """`in Enterprise`, `not in Inactive14`: a segment or a persona."""

    name: Name
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Presence:
    """`x is missing` (present False) or `x is present` (True)."""

    operand: "Expression"
    present: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Emptiness:
    """`tags is empty`: a list that is there and has nothing in it."""

    operand: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class WithinWindow:
    """`renewal_date within next 30d` or `within last 30d`."""

    operand: "Expression"
    direction: OneOf["next", "last"]
    length: "Expression"
    span: Span


@dataclass(frozen=True, slots=True)
class Window:
    """`last 14d`, `previous 14d` or `30d..14d ago` (start 30d, end 14d); `end` only for the last."""

    kind: OneOf["last", "previous", "ago"]
    start: "Expression"
    end: "Expression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call is about: an expression (a name, `purchase.amount`, …) with an optional `where`."""

    value: "Expression"
    where: "Expression | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`count(purchase where amount > 5, last 14d)`, `company.did(a then b within 7d)`, `default(x, 0)`, `lower(x)`.

    `subjects` are the parts joined by `then` (one without it). `arguments` are what follows the first comma:
    windows or plain expressions, in order. The grammar does not know the functions; the checker does.
    """

    company: bool
    function: Name
    subjects: tuple[Subject, ...]
    within: "Expression | None"
    arguments: tuple["Window | Expression", ...]
    span: Span


Expression = (
    Literal
    | Reference
    | Member
    | Company
    | Unary
    | Binary
    | Between
    | InList
    | InSet
    | Presence
    | Emptiness
    | WithinWindow
    | Call
)


def written_parts(node: Expression) -> Iterator[Expression]:
    """Yields an expression and every expression inside it, without recursion."""
    return (part for part, _ in written_depths(node))


def written_depths(node: Expression) -> Iterator[tuple[Expression, int]]:
    """Yields an expression and every expression inside it with how deep it is; `a and b and c` is one level."""
    waiting = [(node, 1)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        waiting.extend((inner, depth if _continues(inner, part) else depth + 1) for inner in _inside(part))


def _continues(inner: Expression, part: Expression) -> bool:
    if not (isinstance(inner, Binary) and isinstance(part, Binary)):
        return False
    return inner.operator == part.operator and part.operator in ("and", "or")


def _inside(node: Expression) -> list[Expression]:
    match node:
        case Unary() | Presence() | Emptiness():
            return [node.operand]
        case Binary():
            return [node.left, node.right]
        case Between():
            return [node.operand, node.low, node.high]
        case InList():
            return [node.operand, *node.items]
        case WithinWindow():
            return [node.operand, node.length]
        case Call():
            return _inside_call(node)
        case Literal() | Reference() | Member() | Company() | InSet():
            return []


def _inside_call(node: Call) -> list[Expression]:
    parts: list[Expression] = [] if node.within is None else [node.within]
    for subject in node.subjects:
        parts += [subject.value] if subject.where is None else [subject.value, subject.where]
    for argument in node.arguments:
        if isinstance(argument, Window):
            parts += [argument.start] if argument.end is None else [argument.start, argument.end]
        else:
            parts.append(argument)
    return parts
