"""What a tick sees of its data, and what of that it believes: who is on which side, and who is parked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from rulekit.engine.project import Project
from rulekit.engine.tick.absence import find_absence
from rulekit.engine.tick.askers import with_askers
from rulekit.engine.tick.believing import Belief, judge_data
from rulekit.engine.tick.changed_keys import find_changed_keys, find_mailboxes, refuse_changed_keys
from rulekit.engine.tick.changes import Bits, Crossing, Numbered, number_people
from rulekit.engine.tick.conditions import find_conditions
from rulekit.engine.tick.guard import NO_DOUBTS, Accept, Doubts, Guard, Memory, accepts, find_doubts
from rulekit.engine.tick.judging import judge
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
from rulekit.evaluation.questions.membership import Membership
from rulekit.evaluation.questions.snapshot import Snapshot


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
    doubts = _find_doubts(past, numbered, doubtful, guard, now, look)
    doubted = with_askers(program, {**doubts.reasons, **belief.doubted}, is_accepted)
    borders = find_borders(past.state, judged, crossings, numbered, absence, edited, doubted)
    passing = find_passing(past.state, judged, borders, edited, now)
    return TickSight(membership, borders, belief, mailboxes, frozenset(strangers), doubts.explained, passing)


def _find_doubts(
    past: Past, numbered: Numbered, crossings: Mapping[str, Crossing], guard: Guard, now: datetime, look: Look | None
) -> Doubts:
    if look is None:
        return NO_DOUBTS

    def then(at: datetime, personas: Sequence[str]) -> dict[str, Bits]:
        return {name: numbered.spread(column) for name, column in look(at, personas).personas.items()}

    memory = Memory({name: past.kept_at(name, now) for name in crossings}, then, past.crossed)
    return find_doubts(crossings, len(past.state.people), int(past.state.present.sum()), guard, memory, now)
