"""What a template's text uses: its fields with what guards them, and what it may not use.

Jinja2 parses; the tables of `template_names` decide. A missing value is false in a condition and empty in a loop, and
only printing it, or giving it to a filter other than `default`, needs it to be there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

FieldName = tuple[str, str]
Guards = frozenset[FieldName]
NONE: Guards = frozenset()
RECORDS = ("person", "company")
# a test whose answer for a missing value is not an error
_TOLERANT_TESTS = ("defined", "undefined")


@dataclass(frozen=True, slots=True)
class Use:
    """A field that is printed or computed with, the line, and the fields known to be present there."""

    field: FieldName
    line: int
    guards: Guards


def member_of(node: nodes.Node) -> tuple[str, str] | None:
    """Returns the name and what follows it for `name.x` and `name["x"]`, otherwise None."""
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return node.node.name, node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and isinstance(node.arg, nodes.Const):
        return (node.node.name, node.arg.value) if isinstance(node.arg.value, str) else None
    return None


def fields_named(tree: nodes.Node) -> frozenset[FieldName]:
    """Returns every field that a text names, also where a missing value does no harm."""
    members = map(member_of, tree.find_all((nodes.Getattr, nodes.Getitem)))
    return frozenset(member for member in members if member is not None and member[0] in RECORDS)


def uses(node: nodes.Node, guards: Guards = NONE, needed: bool = True) -> Iterator[Use]:
    """Yields the fields whose values are needed below a node; `needed` False where a missing value does no harm."""
    member = member_of(node)
    if member is not None:
        if needed and member[0] in RECORDS:
            yield Use(member, node.lineno, guards)
        return
    for child, known, is_needed in _children(node, needed):
        yield from uses(child, guards | known, is_needed)


Child = tuple[nodes.Node, Guards, bool]


def _children(node: nodes.Node, needed: bool) -> Iterator[Child]:
    match node:
        case nodes.If():
            return _branches(node)
        case nodes.CondExpr():
            return _choice(node, needed)
        case nodes.For():
            return _loop(node)
        case nodes.Or():
            return iter(((node.left, NONE, False), (node.right, facts(node.left)[1], needed)))
        case nodes.And():
            return iter(((node.left, NONE, needed), (node.right, facts(node.left)[0], needed)))
        case nodes.Operand():
            return iter(((node.expr, NONE, needed),))
        case _:
            return ((child, NONE, _is_needed(child, node)) for child in node.iter_child_nodes())


def _is_needed(child: nodes.Node, node: nodes.Node) -> bool:
    match node:
        case nodes.Not() | nodes.Compare():
            return False
        case nodes.Filter(name="default"):
            return child is not node.node
        case nodes.Test():
            return node.name not in _TOLERANT_TESTS
        case _:
            return True


def _choice(node: nodes.CondExpr, needed: bool) -> Iterator[Child]:
    present, absent = facts(node.test)
    yield node.test, NONE, False
    yield node.expr1, present, needed
    if node.expr2 is not None:
        yield node.expr2, absent, needed


def _branches(node: nodes.If) -> Iterator[Child]:
    known = NONE
    for branch in (node, *node.elif_):
        present, absent = facts(branch.test)
        yield branch.test, known, False
        yield from ((child, known | present, True) for child in branch.body)
        known |= absent
    yield from ((child, known, True) for child in node.else_)


def _loop(node: nodes.For) -> Iterator[Child]:
    member = member_of(node.iter)
    yield node.iter, NONE, False
    if node.test is not None:
        yield node.test, NONE, False
    yield from ((child, frozenset({member}) if member else NONE, True) for child in node.body)
    yield from ((child, NONE, True) for child in node.else_)


def facts(test: nodes.Node) -> tuple[Guards, Guards]:
    """Returns the fields that are present where a test is true, and those where it is false."""
    member = member_of(test)
    if member is not None:
        return frozenset({member}), NONE
    match test:
        case nodes.Not():
            present, absent = facts(test.node)
            return absent, present
        case nodes.And():
            (left, not_left), (right, not_right) = facts(test.left), facts(test.right)
            return left | right, not_left & not_right
        case nodes.Or():
            (left, not_left), (right, not_right) = facts(test.left), facts(test.right)
            return left & right, not_left | not_right
        case nodes.Test(name="defined"):
            return facts(test.node)
        case nodes.Test(name="undefined"):
            return NONE, _mentioned(test.node)
        case nodes.Compare():
            return _compared(test)
        case _:
            return NONE, NONE


def _mentioned(node: nodes.Node) -> Guards:
    member = member_of(node)
    return frozenset({member}) if member else NONE


def _compared(test: nodes.Compare) -> tuple[Guards, Guards]:
    # nothing but `!=` and `not in` is true of a missing value
    sides = _mentioned(test.expr).union(*(_mentioned(operand.expr) for operand in test.ops))
    operators = {operand.op for operand in test.ops}
    if operators <= {"ne", "notin"}:
        return NONE, sides if len(operators) == 1 and len(test.ops) == 1 else NONE
    return (sides if not operators & {"ne", "notin"} else NONE), NONE
