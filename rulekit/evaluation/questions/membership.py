"""Who is in which persona, and which companies are in which segment, at one instant; and who cannot be judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from typing import TYPE_CHECKING

from rulekit.evaluation.sql.predicates import segment_column
from rulekit.evaluation.sql.query_plan import Plan, build_plan, column_name
from rulekit.evaluation.sql.relations import Relations
from rulekit.evaluation.sql.statement import companies_statement, people_statement
from rulekit.evaluation.sql.truths import unknown_column
from rulekit.language.program import Program

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Membership:
    """Everybody, by code point of their keys, and for each persona and segment a bit per person in that order.

    A person is in a segment when their company is. `unjudged` has the personas in which somebody cannot be judged,
    because a value that the answer needs is unreadable, `unjudged_segments` the segments. Who is unjudged is not in.
    """

    people: list[str]
    personas: Mapping[str, "NDArray[np.bool_]"]
    segments: Mapping[str, "NDArray[np.bool_]"]
    unjudged: Mapping[str, "NDArray[np.bool_]"] = field(default_factory=dict)
    unjudged_segments: Mapping[str, "NDArray[np.bool_]"] = field(default_factory=dict)


def evaluate(plan: Plan, data: Relations, now: datetime) -> Membership:
    """Returns who is in the plan's personas and segments at `now`.

    Raises SourceError when the data cannot be evaluated.
    """
    found = people_statement(plan, data).run(data.connection, now).fetchnumpy()
    return Membership(
        people=found["person"].tolist(),
        personas={name: found[column_name("persona", name)] for name in plan.personas},
        segments={name: found[column_name("segment", name)] for name in plan.asked_segments},
        unjudged=_unjudged(found, "persona", plan.personas),
        unjudged_segments=_unjudged(found, "segment", plan.asked_segments),
    )


def _unjudged(
    found: Mapping[str, "NDArray[np.bool_]"], sort: str, names: Iterable[str]
) -> dict[str, "NDArray[np.bool_]"]:
    bits = {name: found.get(unknown_column(column_name(sort, name))) for name in names}
    return {name: unjudged for name, unjudged in bits.items() if unjudged is not None and unjudged.any()}


def companies_in_segments(program: Program, data: Relations, now: datetime) -> dict[str, frozenset[str]]:
    """Returns the segments of each company that is in any at `now`.

    Raises SourceError when the data cannot be evaluated.
    """
    names = tuple(program.segments)
    if not names:
        return {}
    plan = build_plan(program, personas=(), segments=names)
    found = companies_statement(plan, data).run(data.connection, now).fetchnumpy()
    inside = zip(*(found[segment_column(name)].tolist() for name in names), strict=True)
    segments = (frozenset(compress(names, bits)) for bits in inside)
    return {company: held for company, held in zip(found["company"].tolist(), segments, strict=True) if held}


def segment_members(program: Program, data: Relations, name: str, now: datetime) -> list[str]:
    """Returns the keys of the companies that certainly are in a segment at `now`, by code point.

    A company is what has a row of its own in the source; a key that only people carry is in no segment.
    Raises SourceError when the data cannot be evaluated.
    """
    return judge_segment(program, data, name, now)[0]


def judge_segment(program: Program, data: Relations, name: str, now: datetime) -> tuple[list[str], int]:
    """Returns the same keys, and how many companies cannot be judged."""
    plan = build_plan(program, personas=(), segments=(name,))
    found = companies_statement(plan, data).run(data.connection, now).fetchnumpy()
    inside: list[str] = found["company"][found[segment_column(name)]].tolist()
    unjudged = found.get(unknown_column(segment_column(name)))
    return inside, 0 if unjudged is None else int(unjudged.sum())
