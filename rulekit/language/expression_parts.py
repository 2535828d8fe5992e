"""What stands inside of checked conditions and values: beside the unions in `typed_expressions`, part by part.

A kind of expression that is added to a union has to be added here too: mypy finds the `match` that lacks it.
"""

from collections.abc import Iterator
from typing import overload

from rulekit.language.typed_expressions import (
    Age,
    Aggregate,
    And,
    Arithmetic,
    Company,
    Comparison,
    Condition,
    Constant,
    Default,
    Did,
    Field,
    InList,
    InPersona,
    InSegment,
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

Node = Condition | Value


@overload
def children(node: Value) -> tuple[Value, ...]: ...
@overload
def children(node: Node) -> tuple[Node, ...]: ...
def children(node: Node) -> tuple[Node, ...]:
    """Returns the conditions and values directly below a node, outside the `where` of events."""
    match node:
        case And() | Or():
            return node.operands
        case Comparison() | TextTest() | InList() | Within():
            return operands(node)
        case Arithmetic():
            return (node.left, node.right)
        case Not() | IsMissing() | Negative() | Lower() | Default():
            return (node.operand,)
        case Age() | Midnight():
            return (node.of,)
        case Constant() | Field() | Company() | Aggregate() | Did() | Sequence() | InSegment() | InPersona():
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yields the node and everything below it, outside the `where` of events."""
    yield node
    for part in children(node):
        yield from walk(part)


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
