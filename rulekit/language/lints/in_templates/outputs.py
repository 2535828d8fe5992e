"""The fields whose values a template prints, as opposed to those that it only asks about."""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

from rulekit.language.checking.templates.variables import FieldName, member_of


@dataclass(frozen=True, slots=True)
class Printed:
    """A field whose value comes out, and the line."""

    field: FieldName
    line: int


def printed(node: nodes.Node) -> Iterator[Printed]:
    """Yields the fields that come out somewhere below a node, those behind filters too."""
    member = member_of(node)
    if member is not None:
        yield Printed(member, node.lineno)
        return
    for child in node.iter_child_nodes(exclude=_asked(node)):
        yield from printed(child)


def _asked(node: nodes.Node) -> tuple[str, ...]:
    match node:
        case nodes.If() | nodes.CondExpr() | nodes.Compare() | nodes.Test():
            return ("test", "node", "expr", "ops")
        case nodes.Filter(name="length"):
            return ("node",)
        case nodes.Assign():
            return ("target",)
        case _:
            return ()
