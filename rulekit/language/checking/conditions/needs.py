"""What a condition or value is missing without: fields of the person or company, and the company itself."""

from rulekit.language.expression_parts import children, leaves, operands
from rulekit.language.typed_expressions import (
    Aggregate,
    Company,
    Condition,
    Default,
    Did,
    Field,
    IsMissing,
    Sequence,
    Value,
)

Needed = frozenset[Field | Company]
NOTHING: Needed = frozenset()


def required(condition: Condition) -> Needed:
    """Returns what a condition compares, itself, that may be missing: fields, and the company for what it did."""
    match condition:
        case Did() | Sequence():
            return frozenset((Company(condition.span),)) if condition.company else NOTHING
        case _:
            return NOTHING.union(*map(needed, operands(condition)))


def needed(value: Value) -> Needed:
    """Returns what a value is missing without: fields, but for an event's own, and the company for what it did."""
    match value:
        case Aggregate():
            return frozenset((Company(value.span),)) if value.company else NOTHING
        case Company():
            return frozenset((value,))
        case Field():
            return NOTHING if value.owner == "event" else frozenset((value,))
        case Default():
            return NOTHING
        case _:
            return NOTHING.union(*map(needed, children(value)))


def defaulted(value: Value) -> Needed:
    """Returns the fields, and the company, whose lack a `default` in a value makes up for."""
    inside = NOTHING.union(*map(defaulted, children(value)))
    return inside | needed(value.operand) if isinstance(value, Default) else inside


def decided(condition: Condition) -> Needed:
    """Returns the fields, and the company, for which a condition says what becomes of a missing value."""
    found = NOTHING
    for leaf, _ in leaves(condition):
        if isinstance(leaf, IsMissing):
            found |= needed(leaf.operand)
        for value in operands(leaf):
            found |= defaulted(value)
    return found
