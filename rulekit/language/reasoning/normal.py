"""Conditions with every `not` moved to the inside: `and` and `or` over what is required of a person."""

from dataclasses import dataclass

from rulekit.language.typed_expressions import And, Condition, Not, Or


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition that is neither `and` nor `or` nor `not`, and whether it has to hold."""

    condition: Condition
    holds: bool


@dataclass(frozen=True, slots=True)
class Both:
    """All of the parts."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the parts."""

    parts: tuple["Node", ...]


Node = Requirement | Both | Either


def normal(condition: Condition, holds: bool = True) -> Node:
    """Returns what is required for a condition to hold, or not to hold."""
    match condition:
        case Not():
            return normal(condition.operand, not holds)
        case And() | Or():
            parts = tuple(normal(part, holds) for part in condition.operands)
            return Both(parts) if isinstance(condition, And) is holds else Either(parts)
        case _:
            return Requirement(condition, holds)
