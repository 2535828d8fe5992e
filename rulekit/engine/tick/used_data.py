"""Which data of the source decides who is in a persona, and what the emails of its triggers say and where they go."""

from collections.abc import Iterator

from jinja2 import nodes

from rulekit.email.addresses import ADDRESS_FIELD
from rulekit.evaluation.data.profile import LINK, Column
from rulekit.language.checking.templates.variables import RECORDS, member_of
from rulekit.language.expression_parts import Node, walk
from rulekit.language.program import Program, Template
from rulekit.language.typed_expressions import (
    Aggregate,
    Company,
    Condition,
    Did,
    Field,
    InPersona,
    InSegment,
    Sequence,
)

_LINK: Column = ("person", LINK)


def used_by(program: Program, persona: str) -> frozenset[Column]:
    """Returns the columns that a persona and its triggers use, through whatever; a kind of event is its column ""."""
    found = set(_of_condition(program, program.personas[persona].condition))
    for trigger in program.triggers.values():
        if trigger.persona == persona:
            found.add(("person", ADDRESS_FIELD))
            found.update(_of_template(program.templates[trigger.template]))
            if trigger.segment is not None:
                found.update(_of_node(program, InSegment(trigger.segment)))
    return frozenset(found)


def asks_of_companies(program: Program, persona: str) -> bool:
    """Returns whether it depends on a company of people, or on their having one, who is in a persona."""
    used = _of_condition(program, program.personas[persona].condition)
    return any(column == _LINK or column[0] == "company" for column in used)


def _of_condition(program: Program, condition: Condition) -> Iterator[Column]:
    for node in walk(condition):
        yield from _of_node(program, node)


def _of_node(program: Program, node: Node) -> Iterator[Column]:
    match node:
        case InPersona():
            yield from _of_condition(program, program.personas[node.name].condition)
        case InSegment():
            yield _LINK
            yield from _of_condition(program, program.segments[node.name].condition)
        case Company():
            yield _LINK
        case Field():
            yield from _of_field(node.owner, node.name)
        case Aggregate() | Did() | Sequence():
            yield from _of_events(node)


def _of_field(owner: str, name: str) -> Iterator[Column]:
    if owner == "company":
        yield _LINK
    yield owner, name


def _of_events(node: Aggregate | Did | Sequence) -> Iterator[Column]:
    if node.company:
        yield _LINK
    for part in node.steps if isinstance(node, Sequence) else (node,):
        for kind in part.events:
            yield kind, ""
            yield from _inside(kind, part.where)
    if isinstance(node, Aggregate) and node.property is not None:
        yield from ((kind, node.property) for kind in node.events)


def _inside(kind: str, where: Condition | None) -> Iterator[Column]:
    """Yields what `where` asks for: properties of the event, and maybe the person or their company."""
    for node in walk(where) if where is not None else ():
        if isinstance(node, Field):
            yield from _of_field(kind if node.owner == "event" else node.owner, node.name)


def _of_template(template: Template) -> Iterator[Column]:
    for tree in template.trees.values():
        for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
            member = member_of(node)
            if member is not None and member[0] in RECORDS:
                yield from _of_field(*member)
