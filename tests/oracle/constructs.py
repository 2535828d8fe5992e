"""Which constructs of the language a project uses, so that a run can tell that it has met them all."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from tests.oracle.projects import Rules

NODES = {
    "Age",
    "And",
    "Comparison",
    "Default",
    "Did",
    "InList",
    "InPersona",
    "InSegment",
    "IsMissing",
    "Lower",
    "Midnight",
    "Negative",
    "Not",
    "Or",
    "Sequence",
    "Within",
}
WORDS = {
    "between": r" between ",
    "is present": r" is present",
    "is missing": r" is missing",
    "company is": r"\bcompany is (missing|present)",
    "is empty": r" is empty",
    "not in (…)": r" not in \(",
    "not in a set": r"(^|[^\w`]) *not in [A-Z]",
    "of": r"% of ",
    "last D": r", last \d",
    "previous D": r", previous \d",
    "A..B ago": r"\.\.\w+ ago",
    "window of a let": r", (last|previous) let_\d",
    "let": r"(?<!let )let_\d",
    "any": r"\bany\b",
    "sequence within": r" then .* within \w+[,)]",
    "within next": r" within next ",
    "within last": r" within last ",
    "company.did": r"company\.did\(",
    "company.count": r"company\.count\(",
    "company.field": r"company\.(\w+|`\w+`)(?!\()",
    "brackets for or": r"\(.* or .*\) and ",
    "negative literal": r"[ (]-\d",
}
FUNCTIONS = {"count", "sum", "avg", "min", "max", "distinct", "first", "last", "first(E)", "last(E)"}
SIGNS = {"=", "!=", "<", "<=", ">", ">=", "contains", "starts with", "ends with", "matches"}
ARITHMETIC = {f"{kind} {sign}" for kind in ("number", "duration") for sign in "+-*/"} | {"time +", "time -"}
ALL = NODES | set(WORDS) | FUNCTIONS | SIGNS | ARITHMETIC


def constructs(rules: Rules) -> set[str]:
    """Returns the constructs that a project's personas and segments use."""
    conditions = [*rules.meaning.personas.values(), *rules.meaning.segments.values()]
    nodes = {label for condition in conditions for node in walk(condition) for label in labels(node)}
    return (nodes | {word for word, pattern in WORDS.items() if re.search(pattern, rules.text, re.MULTILINE)}) & ALL


def walk(node: Any) -> Iterator[Any]:
    """Returns a node and everything below it."""
    yield node
    if is_dataclass(node):
        for field in fields(node):
            value = getattr(node, field.name)
            for part in value if isinstance(value, tuple) else [value]:
                if is_dataclass(part) or isinstance(part, Enum):
                    yield from walk(part)


def labels(node: Any) -> Iterator[str]:
    """Returns what a node counts as."""
    yield type(node).__name__
    if isinstance(node, Enum):
        yield str(node.value)
    if type(node).__name__ == "Arithmetic":
        yield f"{node.type} {node.operator}"
    if type(node).__name__ == "Aggregate" and node.property is None:
        yield f"{node.function.value}(E)"
