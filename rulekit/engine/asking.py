"""Questions about the people of a project, which nothing is written for: who is in, and why somebody is or is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Literal

from rulekit.email.addresses import ADDRESS_FIELD
from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import Project
from rulekit.errors import RulekitError
from rulekit.evaluation.questions.explanation import Explanation, explain
from rulekit.evaluation.questions.membership import evaluate, judge_segment
from rulekit.evaluation.questions.people import find_person
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.suggestions import suggest


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a persona (`what` is "person") or a segment ("company"), by key in code-point order.

    `unjudged` counts who may be one too, which nobody can tell because some values cannot be read.
    """

    what: Literal["person", "company"]
    keys: list[str]
    unjudged: int = 0


def list_members(project: Project, name: str, now: datetime) -> Members:
    """Returns who is in the persona or segment of that name at `now`; raises RulekitError for an unknown name."""
    program = project.program
    if name not in program.personas and name not in program.segments:
        raise _unknown("persona or segment", name, [*program.personas, *program.segments])
    with open_project_data(project) as data:
        if name not in program.personas:
            return Members("company", *judge_segment(program, data, name, now))
        membership = evaluate(build_plan(program, personas=[name]), data, now)
        unjudged = int(membership.unjudged[name].sum()) if name in membership.unjudged else 0
        return Members("person", list(compress(membership.people, membership.personas[name])), unjudged)


def explain_member(project: Project, person: str, persona: str, now: datetime) -> Explanation:
    """Returns why a person, given by key or address, is in a persona at `now`, or why not.

    The name of a segment in the place of a persona's asks about the person's company. Raises RulekitError when either
    is unknown, or when several people have the address.
    """
    program = project.program
    if persona not in program.personas and persona not in program.segments:
        raise _unknown("persona or segment", persona, [*program.personas, *program.segments])
    with open_project_data(project) as data:
        found = find_person(data, person, ADDRESS_FIELD if ADDRESS_FIELD in program.schema.person else None)
        if len(found) > 1:
            keys = ", ".join(f"`{key}`" for key in found[:5])
            raise RulekitError(f"{len(found)} people have that address", help=f"give a key, one of {keys}")
        return explain(program, data, found[0] if found else person, persona, now, project.rules.sources)


def _unknown(what: str, name: str, known: Iterable[str]) -> RulekitError:
    nearest = suggest(name, known)
    return RulekitError(
        f"there is no {what} `{name}`", help=f"write `{nearest}`" if nearest else "look at the names in the rules"
    )
