"""Walks over checked conditions and written expressions, parts first reached from the outside."""

from collections.abc import Iterator

from rulekit.language import tree
from rulekit.language.typed_expressions import (
    Age,
    Aggregate,
    And,
    Arithmetic,
    Company,
    Comparison,
    Condition,
    Default,
    Did,
    Field,
    InList,
    IsMissing,
    Lower,
    Midnight,
    Negative,
    Not,
    Or,
    Sequence,
    TextTest,
    Value,
    Within,
)


def operands(condition: Condition) -> tuple[Value, ...]:
    """Returns the values that a condition compares itself, not those of its parts; none for `is missing`."""
    match condition:
        case Comparison():
            return (condition.left, condition.right)
        case TextTest():
            return (condition.operand, condition.argument)
        case InList() | Within():
            return (condition.operand,)
        case _:
            return ()


def leaves(condition: Condition, negated: bool = False) -> Iterator[tuple[Condition, bool]]:
    """Yields the conditions that are not `and`, `or` or `not`, each with whether an odd number of `not` is around."""
    match condition:
        case And() | Or():
            for part in condition.operands:
                yield from leaves(part, negated)
        case Not():
            yield from leaves(condition.operand, not negated)
        case _:
            yield condition, negated


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
        case Age() | Midnight():
            return needed(value.of)
        case Negative() | Lower():
            return needed(value.operand)
        case Arithmetic():
            return needed(value.left) | needed(value.right)
        case _:
            return NOTHING


def defaulted(value: Value) -> Needed:
    """Returns the fields, and the company, whose lack a `default` in a value makes up for."""
    match value:
        case Default():
            return needed(value.operand) | defaulted(value.operand)
        case Age() | Midnight():
            return defaulted(value.of)
        case Negative() | Lower():
            return defaulted(value.operand)
        case Arithmetic():
            return defaulted(value.left) | defaulted(value.right)
        case _:
            return NOTHING


def decided(condition: Condition) -> Needed:
    """Returns the fields, and the company, for which a condition says what becomes of a missing value."""
    found = NOTHING
    for leaf, _ in leaves(condition):
        if isinstance(leaf, IsMissing):
            found |= needed(leaf.operand)
        for value in operands(leaf):
            found |= defaulted(value)
    return found


def written_parts(node: tree.Expression) -> Iterator[tree.Expression]:
    """Yields an expression and every expression inside it, without recursion."""
    return (part for part, _ in written_depths(node))


def written_depths(node: tree.Expression) -> Iterator[tuple[tree.Expression, int]]:
    """Yields an expression and every expression inside it with how deep it is; `a and b and c` is one level."""
    waiting = [(node, 1)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        waiting.extend((inner, depth if _continues(inner, part) else depth + 1) for inner in _inside(part))


def _continues(inner: tree.Expression, part: tree.Expression) -> bool:
    if not (isinstance(inner, tree.Binary) and isinstance(part, tree.Binary)):
        return False
    return inner.operator == part.operator and part.operator in ("and", "or")


def _inside(node: tree.Expression) -> list[tree.Expression]:
    match node:
        case tree.Unary() | tree.Presence() | tree.Emptiness():
            return [node.operand]
        case tree.Binary():
            return [node.left, node.right]
        case tree.Between():
            return [node.operand, node.low, node.high]
        case tree.InList():
            return [node.operand, *node.items]
        case tree.WithinWindow():
            return [node.operand, node.length]
        case tree.Call():
            return _inside_call(node)
        case _:
            return []


def _inside_call(node: tree.Call) -> list[tree.Expression]:
    parts: list[tree.Expression] = [] if node.within is None else [node.within]
    for subject in node.subjects:
        parts += [subject.value] if subject.where is None else [subject.value, subject.where]
    for argument in node.arguments:
        if isinstance(argument, tree.Window):
            parts += [argument.start] if argument.end is None else [argument.start, argument.end]
        else:
            parts.append(argument)
    return parts
