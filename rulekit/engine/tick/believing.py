"""Whether a tick's data is believed: what of it jumped, which personas are parked for it, and what is kept of it.

What jumped is not believed while a persona that uses it has not been accepted: it goes on being compared with what it
was when it was last believed, so that nothing creeps in by waiting. Everything else is believed tick by tick.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rulekit.engine.tick.changes import Numbered, count_gone
from rulekit.engine.tick.jumps import Jump, Peak, Peaks, believe, find_jumps, is_jump
from rulekit.engine.tick.measuring import Arrivals, Latest, Mark, Measured, Thing, column_of, measure
from rulekit.engine.tick.new_times import NewTimes, Unheard, find_unheard
from rulekit.engine.tick.past import Past
from rulekit.engine.tick.remembered import Remembered, keep
from rulekit.engine.tick.used_data import used_by
from rulekit.evaluation.data.profile import Column, Profile
from rulekit.evaluation.questions.snapshot import Snapshot
from rulekit.language.program import Program
from rulekit.outbox.lifecycle.tick_values import KeptProfile, TickState

# what a sentence names of many jumps
_NAMED = 3
# days after which everything can jump
_LONG = 1_000


@dataclass(frozen=True, slots=True)
class Belief:
    """Why personas are parked for what the data is like, by name, and what is kept of it (None: nothing is).

    `unheard` says of the times of fields which of them the last tick cannot have heard of.
    """

    doubted: Mapping[str, str] = field(default_factory=dict)
    kept: KeptProfile | None = None
    unheard: Mapping[Column, Unheard] = field(default_factory=dict)


def judge_data(
    past: Past, program: Program, snapshot: Snapshot, numbered: Numbered, is_accepted: Callable[[str], bool]
) -> Belief:
    """Returns which personas a tick parks for what its data is like; `is_accepted` says of which somebody vouches."""
    profile = snapshot.profile()
    if profile is None:
        return Belief()
    before = int(past.state.present.sum())
    gone = count_gone(past.state.present, numbered) / before if before else 0.0
    return judge(
        profile,
        Remembered.of(past.store.ticks.profiles(), snapshot.now),
        snapshot.now,
        Arrivals(len(numbered.new_people), gone),
        {persona: used_by(program, persona) for persona in program.personas},
        is_accepted,
    )


def judge(
    profile: Profile,
    remembered: Remembered,
    now: datetime,
    arrivals: Arrivals,
    used: Mapping[str, frozenset[Column]],
    is_accepted: Callable[[str], bool],
) -> Belief:
    """Returns which personas to park at `now`; `used` has the columns that each persona uses."""
    before = remembered.latest
    new = NewTimes.of(profile, remembered.peaks)
    measured = measure(profile, before, now, arrivals, new.explaining(now - (remembered.at or now)))
    jumps = find_jumps(measured, remembered.peaks)
    parking, accepted = _sort_out(jumps, used, is_accepted, before)
    compared = {one.thing[0] for one in measured}
    doubted = {column for found in parking.values() for jump in found for column in jump.of(compared)}
    learned = new.learned(_vouched(new.columns, used, is_accepted))
    peaks = _peaks([*measured, *learned], jumps, remembered, doubted)
    latest = _next(profile, before or Latest(), now, doubted, _not_by_all(before, accepted, doubted))
    said = {persona: _say(found) for persona, found in parking.items()}
    unheard = find_unheard(new, before, remembered.at or now)
    return Belief(said, keep(now, peaks, latest, believed=not said), unheard)


def _sort_out(
    jumps: Sequence[Jump],
    used: Mapping[str, frozenset[Column]],
    is_accepted: Callable[[str], bool],
    before: Latest | None,
) -> tuple[dict[str, list[Jump]], dict[str, dict[Thing, float]]]:
    """Returns by persona which jumps park it, and which, and how high, somebody has accepted for it."""
    parking: dict[str, list[Jump]] = {}
    accepted: dict[str, dict[Thing, float]] = {}
    for persona, columns in used.items():
        for one in (jump for jump in jumps if jump.of(columns)):
            if is_accepted(persona) or _was_accepted(one.measured, persona, before):
                accepted.setdefault(persona, {})[one.measured.thing] = one.measured.share
            else:
                parking.setdefault(persona, []).append(one)
    return parking, accepted


def _vouched(
    columns: Iterable[Column], used: Mapping[str, frozenset[Column]], is_accepted: Callable[[str], bool]
) -> list[Column]:
    """Returns the columns of which everything that uses them is accepted."""
    doubted = {column for persona, uses in used.items() if not is_accepted(persona) for column in uses}
    return [column for column in columns if column not in doubted]


def _peaks(
    measured: Sequence[Measured], jumps: Sequence[Jump], remembered: Remembered, doubted: Collection[Column]
) -> Peaks:
    """Returns the peaks of the day; of what is in doubt those of before go on, so that they are not forgotten."""
    kept = {thing: peak for thing, peak in remembered.peaks.items() if thing[0] in doubted} | dict(remembered.today)
    believed = [one for one in measured if one.thing[0] not in doubted]
    return believe(believed, [jump.measured.thing for jump in jumps], kept)


def _not_by_all(
    before: Latest | None, accepted: Mapping[str, Mapping[Thing, float]], doubted: Collection[Column]
) -> dict[str, dict[Thing, float]]:
    """Returns what is accepted for some personas and for others not yet, now or earlier."""
    found: dict[str, dict[Thing, float]] = {}
    for shares in (before.accepted if before is not None else {}, accepted):
        for persona, things in shares.items():
            for thing, share in things.items():
                if thing[0] in doubted:
                    found.setdefault(persona, {})[thing] = share
    return found


def _was_accepted(one: Measured, persona: str, before: Latest | None) -> bool:
    """Returns whether somebody has accepted for a persona, at an earlier tick, what others are still parked for."""
    share = before.accepted.get(persona, {}).get(one.thing) if before is not None else None
    return share is not None and not is_jump(one, Peak(share, _LONG))


def _say(jumps: Sequence[Jump]) -> str:
    """Returns a sentence for each column or kind, the first that there is, and of many how many there are."""
    said = list({jump.column: jump.sentence for jump in reversed(jumps)}.values())[::-1]
    more = len(said) - _NAMED
    return "; ".join(said[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _next(
    profile: Profile,
    old: Latest,
    now: datetime,
    doubted: Collection[Column],
    accepted: Mapping[str, Mapping[Thing, float]],
) -> Latest:
    """Returns what the next tick is compared with: this one's figures, and those of before of what is in doubt."""
    marks = {name: Mark.of(kind, now) for name, kind in profile.kinds.items()}
    marks |= {name: old.marks.get(name) for name in marks if (name, "") in doubted}
    return Latest(
        rows={"person": profile.people, "company": profile.companies},
        marks={name: mark for name, mark in marks.items() if mark is not None},
        followed={
            owner: {
                typed: old.followed.get(owner, {}).get(typed, {}) if (owner, column_of(typed)) in doubted else values
                for typed, values in columns.items()
            }
            for owner, columns in profile.followed.items()
        },
        engine=profile.engine,
        newest={
            column: old.newest.get(column, ()) if column in doubted else hours
            for column, hours in profile.newest.items()
        },
        accepted=accepted,
    )


def postpone(program: Program, state: TickState, doubted: Mapping[str, str]) -> Program:
    """Returns the rules without doubted personas that are new, and without triggers of theirs that are.

    Their first sight comes once the data is believed: a baseline of wrong data would mail people when it is right.
    """
    new = doubted.keys() - state.members.keys()
    later = {name for name, t in program.triggers.items() if t.persona in new and name not in state.triggers}
    return replace(
        program,
        personas={name: persona for name, persona in program.personas.items() if name not in new},
        triggers={name: trigger for name, trigger in program.triggers.items() if name not in later},
    )
