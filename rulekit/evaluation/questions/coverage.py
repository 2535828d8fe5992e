"""How often each comparison of the rules was true and false over many small fixtures, by the one statement of all.

A comparison is a part of a condition that has no part of its own; a `let` counts wherever it is used.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from rulekit.diagnostics.source import Span
from rulekit.evaluation.questions.batches import AT_THE_ROWS, Fixture, unroll
from rulekit.evaluation.sql.predicates import segment_column
from rulekit.evaluation.sql.query_plan import Plan, PlanColumn, plan_columns
from rulekit.evaluation.sql.statement import companies_statement, people_statement
from rulekit.language.program import Program
from rulekit.language.typed_expressions import And, Condition, InPersona, InSegment, Not, Or


@dataclass(frozen=True, slots=True)
class CoverageItem:
    """A comparison of a persona or segment (`owner`, as in "persona Quiet"), and where it stands."""

    owner: str
    condition: Condition
    span: Span


@dataclass(frozen=True, slots=True)
class Seen:
    """For how many people (or companies) and instants a comparison was true, and for how many it was false."""

    comparison: CoverageItem
    true: int
    false: int


def count_truths(program: Program, fixtures: Sequence[Fixture], zone: str) -> list[Seen]:
    """Returns the counts for every comparison of all personas, then of all segments, in the order of the text.

    Dates begin in `zone`. Raises SourceError when the fixtures cannot be evaluated.
    """
    of_people = [c for p in program.personas.values() for c in _comparisons(f"persona {p.name}", p.condition)]
    of_companies = [c for s in program.segments.values() for c in _comparisons(f"segment {s.name}", s.condition)]
    data = unroll(program.schema, fixtures, zone)
    with closing(data.connection):
        columns = [PlanColumn(_name(number), c.condition) for number, c in enumerate(of_people)]
        people = people_statement(plan_columns(program, columns), data)
        truths = people.run(data.connection, AT_THE_ROWS).fetchnumpy()
        seen = [_seen(c, truths[_name(number)]) for number, c in enumerate(of_people)]
        asked = tuple((_name(number), c.condition) for number, c in enumerate(of_companies))
        companies = companies_statement(Plan((), asked), data)
        truths = companies.run(data.connection, AT_THE_ROWS).fetchnumpy()
        return seen + [_seen(c, truths[segment_column(_name(number))]) for number, c in enumerate(of_companies)]


def _comparisons(owner: str, condition: Condition) -> Iterator[CoverageItem]:
    match condition:
        case And() if all(operand.span == condition.span for operand in condition.operands):
            yield CoverageItem(owner, condition, condition.span)  # `between`
        case And() | Or():
            for operand in condition.operands:
                yield from _comparisons(owner, operand)
        case Not(operand=And() | Or() | Not() | InPersona() | InSegment() as operand):
            yield from _comparisons(owner, operand)
        case Not() if condition.operand.span != condition.span:
            yield from _comparisons(owner, condition.operand)
        case InPersona() | InSegment():
            return  # its own comparisons count
        case _:
            # also `is present` and `not in (…)`, which are the opposite of something and written as one
            yield CoverageItem(owner, condition, condition.span)


def _seen(comparison: CoverageItem, truths: Any) -> Seen:
    true = int(truths.sum())
    return Seen(comparison, true, len(truths) - true)


def _name(number: int) -> str:
    return f"comparison {number}"
