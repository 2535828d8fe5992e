"""What a tick sees of its data, and what of that it believes: who is on which side, and who is parked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from rulekit.engine.project import Project
from rulekit.engine.tick.absence import find_absence
from rulekit.engine.tick.askers import with_askers
from rulekit.engine.tick.believing import Belief, judge_data
from rulekit.engine.tick.changed_keys import find_changed_keys, find_mailboxes, refuse_changed_keys
from rulekit.engine.tick.changes import Numbered, number_people
from rulekit.engine.tick.conditions import find_conditions
from rulekit.engine.tick.guard import NO_DOUBTS, Accept, Guard, Memory, Then, accepts, find_doubts
from rulekit.engine.tick.judging import judge
from rulekit.engine.tick.new_times import since
from rulekit.engine.tick.passing import Passing, find_passing
from rulekit.engine.tick.past import Past
from rulekit.engine.tick.refusals import (
    find_new_strangers,
    refuse_mass_leave,
    refuse_nobody,
    refuse_silence,
    refuse_strangers,
)
from rulekit.engine.tick.sides import Borders, Look, find_borders, find_crossings, find_edited, find_members
from rulekit.engine.tick.used_data import asks_of_companies
from rulekit.evaluation.questions.membership import Membership
from rulekit.evaluation.questions.snapshot import Snapshot
from rulekit.language.program import Program


@dataclass(frozen=True, slots=True)
class TickSight:
    """What the data says, on which side everybody is by it, what is believed of it, and new mailboxes.

    `strangers` are the kinds of which most events belong to nobody, as no tick before has found. `explained` is how
    many joined and left by time alone, where the guard asked. `passing` has who is elsewhere only while it is parked.
    """

    membership: Membership
    borders: Borders
    belief: Belief
    mailboxes: Mapping[str, str]
    strangers: frozenset[str]
    explained: Mapping[str, tuple[int, int]]
    passing: Passing


def see(
    project: Project,
    past: Past,
    snapshot: Snapshot,
    look: Look | None,
    *,
    accept: Accept,
) -> TickSight:
    """Looks at the data of a tick; `accept` and `look` are as in `prepare_tick_on`.

    Raises SourceError for a source that nobody should believe.
    """
    now, program = snapshot.now, project.program
    membership = snapshot.membership()
    numbered = number_people(past.state.people, membership.people)
    absence = find_absence(past.state, numbered, now, project.settings.guard.absent)
    mailboxes = find_mailboxes(program, snapshot, past, numbered)
    strangers = find_new_strangers(past.state, snapshot, numbered)
    changed_keys = find_changed_keys(past, numbered, absence, mailboxes)
    guard = Guard.of(project.settings.guard)
    if accept is not True:
        refuse_changed_keys(changed_keys, numbered, absence)
        refuse_nobody(past.state, membership)
        refuse_mass_leave(past.state, numbered, guard)
        refuse_silence(past.state.kinds - snapshot.kinds, program)
        refuse_strangers(past.state, strangers)
    members = find_members(past, membership, numbered, now, look)
    is_accepted = partial(accepts, accept)
    belief = judge_data(past, program, snapshot, numbered, is_accepted)
    same = [numbered.ordinals[one.new] for one in changed_keys]
    edited = find_edited(past.state, find_conditions(project))
    judged = judge(past.state, members, membership, numbered, absence.away, edited, same)
    crossings = find_crossings(past.state, judged, numbered)
    doubtful = {name: found for name, found in crossings.items() if name not in edited and not is_accepted(name)}
    memory = _remember(program, past, numbered, belief, now, look) if look is not None else None
    doubts = find_doubts(doubtful, past.state, guard, memory, now) if memory is not None else NO_DOUBTS
    doubted = with_askers(program, {**doubts.reasons, **belief.doubted}, is_accepted)
    borders = find_borders(past.state, judged, crossings, numbered, absence, edited, doubted)
    passing = find_passing(past.state, judged, borders, edited, now)
    return TickSight(membership, borders, belief, mailboxes, frozenset(strangers), doubts.explained, passing)


def _remember(program: Program, past: Past, numbered: Numbered, belief: Belief, now: datetime, look: Look) -> Memory:
    """Returns what the guard may ask about before."""
    last = past.state.at or now

    def then(at: datetime, personas: Sequence[str]) -> dict[str, Then]:
        found = look.membership_at(at, personas, since(belief.unheard, at, now))
        nobody = np.zeros(len(found.people), dtype=np.bool_)
        return {
            name: Then(numbered.spread(found.personas[name]), numbered.spread(found.unjudged.get(name, nobody)))
            for name in personas
        }

    @cache
    def deciders() -> NDArray[np.int64]:
        """Returns the company of everybody who has one, and a number of their own for everybody else."""
        alone = np.arange(len(numbered.people))
        companies = look.company_numbers()
        alone[numbered.places] = np.where(companies < 0, numbered.places, companies + len(alone))
        return alone

    return Memory(
        {name: past.kept_at(name, last) for name in program.personas},
        then,
        past.crossed,
        lambda persona: deciders() if asks_of_companies(program, persona) else None,
    )
