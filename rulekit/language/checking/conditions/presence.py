"""Which fields cannot be missing for the people that a condition lets in; errs on the side of missing.

A comparison is false for a missing value, so whoever it lets in has the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rulekit.language.checking.conditions.needs import Needed, needed, required
from rulekit.language.program import Persona, Schema, Segment, Trigger
from rulekit.language.typed_expressions import (
    And,
    Company,
    Comparison,
    Condition,
    InPersona,
    InSegment,
    IsMissing,
    Not,
    Operator,
    Or,
)
from rulekit.records import Edge

Known = frozenset[tuple[str, str]]
NOTHING: Known = frozenset()
# stands for the company itself: a person in a segment has one
COMPANY = ("company", "")


@dataclass(frozen=True, slots=True)
class Sets:
    """The personas and segments that conditions name, without those that had errors."""

    schema: Schema
    personas: Mapping[str, Persona]
    segments: Mapping[str, Segment]

    def reached_by(self, trigger: Trigger) -> Known:
        """Returns the fields, as owner and name, that everybody has whom a trigger writes to."""
        joined = self.persona(trigger.persona) if trigger.edge is Edge.TAGGED else NOTHING
        known = joined | (self.segment(trigger.segment) if trigger.segment else NOTHING)
        return self.declared_present(known)

    def declared_present(self, known: Known) -> Known:
        """Returns what is known with the fields declared without `?`; the company's only where there is one."""
        person = {("person", name) for name, field in self.schema.person.items() if not field.optional}
        has_company = any(owner == "company" for owner, _ in known)
        company = {("company", name) for name, field in self.schema.company.items() if not field.optional}
        return known | person | (company if has_company else set())

    def is_declared(self, field: tuple[str, str]) -> bool:
        """Returns whether the schema has a field."""
        owner, name = field
        return name in (self.schema.person if owner == "person" else self.schema.company)

    def persona(self, name: str) -> Known:
        """Returns the fields that everybody in a persona has."""
        return self.known(self.personas[name].condition) if name in self.personas else NOTHING

    def segment(self, name: str) -> Known:
        """Returns the fields of their company that everybody in a segment has."""
        return frozenset({COMPANY}) | (self.known(self.segments[name].condition) if name in self.segments else NOTHING)

    def known(self, condition: Condition, holds: bool = True) -> Known:
        """Returns the fields that are present wherever a condition holds, or does not hold."""
        match condition:
            case Not():
                return self.known(condition.operand, not holds)
            case And() | Or():
                every = isinstance(condition, And) is holds
                parts = [self.known(part, holds) for part in condition.operands]
                return NOTHING.union(*parts) if every else parts[0].intersection(*parts)
            case InPersona():
                return self.persona(condition.name) if holds else NOTHING
            case InSegment():
                return self.segment(condition.name) if holds else NOTHING
            case IsMissing():
                return NOTHING if holds else _names(needed(condition.operand))
            case _:
                return _names(required(condition)) if _needs_values(condition) is holds else NOTHING


def _needs_values(condition: Condition) -> bool:
    return not (isinstance(condition, Comparison) and condition.operator is Operator.NE)


def _names(values: Needed) -> Known:
    return frozenset(COMPANY if isinstance(value, Company) else (value.owner, value.name) for value in values)
