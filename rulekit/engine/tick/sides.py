"""Who is on which side of each persona after a tick, who crossed, and which crossings nobody believes yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rulekit.engine.tick.absence import Absence
from rulekit.engine.tick.changes import Bits, Crossing, Numbered, compare, padded
from rulekit.engine.tick.clock_ahead import kept
from rulekit.engine.tick.judging import Judgement
from rulekit.engine.tick.past import Past
from rulekit.evaluation.data.profile import Column
from rulekit.evaluation.questions.looking_back import Since
from rulekit.evaluation.questions.membership import Membership
from rulekit.outbox.lifecycle.tick_values import TickState


class Look(Protocol):
    """What can be asked beyond one instant, as `DataSnapshot` answers it."""

    def membership_at(self, at: datetime, personas: Sequence[str] | None, since: Mapping[Column, Since]) -> Membership:
        """Returns who is in some personas (None: in all) at another instant by what is known now."""

    def company_numbers(self) -> NDArray[np.int64]:
        """Returns a number of the company of everybody, in the order of the membership; -1 without one."""


@dataclass(frozen=True, slots=True)
class Borders:
    """Who is in after the tick, and who crossed; `crossings` only for personas that were known before.

    `parked` says why, of each persona that stays as it was although people would cross. `undecided` and `unjudged` are
    as in `Judgement`. What people crossed of those that were `edited`, they crossed because the rules ask something
    else now.
    """

    numbered: Numbered
    members: Mapping[str, Bits]
    crossings: Mapping[str, Crossing]
    absence: Absence
    undecided: Mapping[str, Bits]
    unjudged: Mapping[str, Bits]
    parked: Mapping[str, str] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()

    @property
    def postponed(self) -> list[str]:
        """Returns the personas that take no baseline yet."""
        return [name for name in self.parked if name not in self.members]

    def is_member(self, persona: str, person: str) -> bool:
        """Returns whether a person is in after the tick."""
        return bool(self.members[persona][self.numbered.ordinals[person]])

    def is_gone(self, person: str) -> bool:
        """Returns whether the source has not had a person for so long that nobody waits for them."""
        ordinal = self.numbered.ordinals[person]
        return not (self.numbered.present[ordinal] or self.absence.away[ordinal])

    def is_undecided(self, persona: str, person: str) -> bool:
        """Returns whether nobody can tell now on which side a person is."""
        return bool(self.undecided[persona][self.numbered.ordinals[person]])

    def known_members(self, persona: str) -> list[str]:
        """Returns who is known to be in now: neither absent, nor kept there because nobody can tell."""
        known = self.members[persona] & self.numbered.present & ~self.undecided[persona]
        return [self.numbered.people[i] for i in np.flatnonzero(known)]


def find_members(
    past: Past,
    membership: Membership,
    numbered: Numbered,
    now: datetime,
    look: Look | None,
) -> dict[str, Bits]:
    """Returns who is in each persona now, after a clock was ahead by what that means for who crossed then."""
    members = {name: numbered.spread(column) for name, column in membership.personas.items()}
    ahead = past.ahead(now) if look is not None else None
    if look is None or ahead is None:
        return members
    return kept(members, past.state, ahead, numbered, look.membership_at(ahead.at, None, {}))


def find_edited(state: TickState, conditions: Mapping[str, str]) -> frozenset[str]:
    """Returns the personas that ask something else than at the last tick; none of which that is not known."""
    return frozenset(name for name, asked in state.conditions.items() if conditions.get(name, asked) != asked)


def find_crossings(state: TickState, judged: Judgement, numbered: Numbered) -> dict[str, Crossing]:
    """Returns who crossed the border of each persona that was known before."""
    return {
        name: compare(state.members[name], bits, numbered.present, judged.settled[name])
        for name, bits in judged.members.items()
        if name in state.members
    }


def find_borders(
    state: TickState,
    judged: Judgement,
    crossings: Mapping[str, Crossing],
    numbered: Numbered,
    absence: Absence,
    edited: frozenset[str],
    doubted: Mapping[str, str],
) -> Borders:
    """Returns who is in after the tick; a persona that is `doubted` stays as it was, for the reason that is given.

    Where it has no baseline yet, it takes none.
    """
    members, unjudged = dict(judged.members), dict(judged.unjudged)
    for name in doubted:
        if name in state.members:
            members[name] = padded(state.members[name], len(numbered.people))
            unjudged[name] = unjudged[name] | judged.settled[name]
        else:
            del members[name], unjudged[name]
    edited -= doubted.keys()
    return Borders(numbered, members, crossings, absence, judged.undecided, unjudged, doubted, edited)
