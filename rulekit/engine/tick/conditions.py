"""What each persona asks, as a digest: its condition with all that it names, and how what it uses is read.

Layout, comments, and the names of personas, segments and `let` leave no trace in it, nor does the order of operands. It
is made of a text by rules of its own, so that it is the same in every process, on every Python and in every release: a
digest that changes is an edit, and whoever is in or out by it is not mailed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from rulekit.engine.project import Project
from rulekit.evaluation.sql.query_plan import Plan, build_plan
from rulekit.language.typed_expressions import Aggregate, And, Company, Did, Field, InList, InSegment, Or, Step
from rulekit.language.types import DATE, TIME
from rulekit.settings.model import Settings, SourceSection

# what says nothing about who is in: places, whether a value may be missing, and how far events reach back
_LEFT_OUT = frozenset({"span", "optional"})
_NOT_READING = frozenset({"url", "timezone", "history", "person", "company", "events"})


def find_conditions(project: Project) -> Mapping[str, str]:
    """Returns the digest of what each persona asks, in 64 hex digits."""
    for name in project.program.personas.keys() - project.conditions.keys():
        project.conditions[name] = _digest(build_plan(project.program, [name]), project.settings)
    return project.conditions


def _digest(plan: Plan, settings: Settings) -> str:
    (column,) = plan.columns
    segments = {name: _plain(condition, {}) for name, condition in plan.segments}
    asked = [_plain(column.node, segments), _reading(plan, settings)]
    return sha256(_text(asked).encode()).hexdigest()


def _text(plain: object) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _plain(value: Any, segments: Mapping[str, object]) -> object:
    """Returns a value, or a node of a condition, as lists, texts and numbers that compare by meaning."""
    match value:
        case And() | Or():
            return [type(value).__name__, _set_of(_plain(part, segments) for part in _flat(value, type(value)))]
        case InList():
            return ["InList", _plain(value.operand, segments), _set_of(_plain(one, segments) for one in value.items)]
        case InSegment():
            return ["InSegment", segments[value.name]]
        case _ if is_dataclass(value):
            return [type(value).__name__, {name: _plain(part, segments) for name, part in _parts(value)}]
        case tuple() | list():
            return [_plain(part, segments) for part in value]
        case dict():
            return {str(key): _plain(part, segments) for key, part in value.items()}
        case _:
            return _scalar(value)


def _scalar(value: object) -> object:
    match value:
        case None | bool() | str():
            return value
        case Enum():
            return _scalar(value.value)
        case int() | Decimal() | float():
            return ["number", _number(Decimal(str(value)))]
        case timedelta():
            return ["duration", value // timedelta(microseconds=1)]
        case datetime() | date():
            return [type(value).__name__, value.isoformat()]
        case _:
            raise TypeError(f"a condition holds a {type(value).__name__}, which has no text")


def _number(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _flat(node: And | Or, kind: type[And | Or]) -> Iterator[object]:
    for part in node.operands:
        if isinstance(part, kind):
            yield from _flat(part, kind)
        else:
            yield part


def _set_of(parts: Iterable[object]) -> list[object]:
    return [json.loads(text) for text in sorted({_text(part) for part in parts})]


def _parts(node: Any) -> Iterator[tuple[str, Any]]:
    """Yields what a node is made of; what is as it is by default may have come with a later release."""
    for one in fields(node):
        part = getattr(node, one.name)
        if one.name not in _LEFT_OUT and (one.default is MISSING or part != one.default):
            yield one.name, part


def _nodes(value: Any) -> Iterator[Any]:
    """Yields every node of a condition, also those inside of `where`."""
    if isinstance(value, tuple):
        for part in value:
            yield from _nodes(part)
    elif is_dataclass(value):
        yield value
        for _, part in _parts(value):
            yield from _nodes(part)


def _reading(plan: Plan, settings: Settings) -> object:
    """Returns what the settings say of how the tables and columns are read that a condition uses."""
    nodes = [*_nodes(plan.columns[0].node), *_nodes(tuple(condition for _, condition in plan.segments))]
    source, kinds, types = settings.source, _kinds(nodes), {node.type for node in nodes if isinstance(node, Field)}
    told: dict[str, object] = {
        "source": _said(source, set(), _NOT_READING),
        "person": _said(source.person, _names(nodes, "person")),
        "events": _events(source, kinds, _names(nodes, "event")),
    }
    if any(map(_is_of_company, nodes)):
        told["company"] = _said(source.company, _names(nodes, "company"))
    if kinds or types & {TIME, DATE}:
        told["zone"] = source.timezone
    if DATE in types:
        told["dates"] = settings.timezone
    return _plain(told, {})


def _kinds(nodes: Iterable[object]) -> set[str]:
    return {kind for node in nodes if isinstance(node, Aggregate | Did | Step) for kind in node.events}


def _names(nodes: Iterable[object], owner: str) -> set[str]:
    """Returns the fields of people, companies or events that nodes use."""
    found = {node.name for node in nodes if isinstance(node, Field) and node.owner == owner}
    if owner == "event":
        found |= {node.property for node in nodes if isinstance(node, Aggregate) and node.property is not None}
    return found


def _is_of_company(node: object) -> bool:
    if isinstance(node, Field):
        return node.owner == "company"
    return isinstance(node, Company | InSegment) or getattr(node, "company", False) is True


def _events(source: SourceSection, kinds: set[str], properties: set[str]) -> list[object]:
    sections = [one for one in source.events if kinds and (one.name is not None or one.event in kinds)]
    return _set_of(_plain(_said(one, kinds | properties), {}) for one in sections)


def _said(
    section: BaseModel | None, names: set[str], left_out: frozenset[str] = frozenset({"history"})
) -> dict[str, object]:
    """Returns what a section says beyond the defaults; of what it says by name only what is about these names."""
    said = section.model_dump(exclude_defaults=True, exclude=set(left_out)) if section is not None else {}
    chosen = {key: _about(value, names) if isinstance(value, dict) else value for key, value in said.items()}
    return {key: value for key, value in chosen.items() if value != {}}


def _about(said: dict[str, object], names: set[str]) -> dict[str, object]:
    return {
        key: value
        for key, value in said.items()
        if key != value and (key in names or (isinstance(value, str) and value in names))
    }
