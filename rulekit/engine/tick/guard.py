"""What a tick believes by itself, by `[guard]` of the settings, and what waits for a person's word.

Of a persona that more people crossed than the guard lets through, the tick looks back: by today's data, on which side
were they at the last tick already? Who is where they are now since before it did not cross by what happened since:
what is known of the past has changed. Whoever was on the other side then crossed by time, or by what they did, and that
is believed however many they are.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from rulekit.engine.tick.changes import Bits, Crossing, padded
from rulekit.errors import RulekitError
from rulekit.outbox.lifecycle.tick_values import Crossed, TickState
from rulekit.settings.model import GuardSection
from rulekit.suggestions import suggest

# everything, or these personas
Accept = bool | frozenset[str]

# so many people whom no tick has seen before, or who join a persona with few members, need no look
FEW = 50
# how far back a persona's own history counts, how much more than it is believed, and how far a short one is stretched
HISTORY = timedelta(days=90)
_MARGIN = 1.5
_STRETCHED = 4.0


def accepts(accept: Accept, persona: str) -> bool:
    """Returns whether a person vouches for what happened to a persona."""
    return accept is True or (accept is not False and persona in accept)


def refuse_unknown(accept: Accept, personas: Iterable[str]) -> None:
    """Refuses a word for a persona that the rules do not have."""
    known = list(personas)
    for name in sorted(accept) if isinstance(accept, frozenset) else ():
        if name not in known:
            nearest = suggest(name, known)
            help = f"write `--accept {nearest}`" if nearest else "look at the names in the rules"
            raise RulekitError(f"there is no persona `{name}` to accept", help=help)


@dataclass(frozen=True, slots=True)
class Then:
    """Who was in at an earlier instant by what is known now, and of whom nobody knows it any more."""

    inside: Bits
    unknown: Bits


@dataclass(frozen=True, slots=True)
class Crossers:
    """Who crossed a border, as ordinals: people who were known when the sides were kept, and `new` ones."""

    joined: NDArray[np.int64]
    left: NDArray[np.int64]
    new: NDArray[np.int64]

    @classmethod
    def of(cls, crossing: Crossing, known: int) -> "Crossers":
        """Returns the people of a crossing; `known` is how many people the last tick knew."""
        old = crossing.joined < known
        return cls(crossing.joined[old], crossing.left, crossing.joined[~old])

    def unexplained(self, then: "Then") -> "Crossers":
        """Returns those who were on this side already by what is known now of the past."""
        inside, outside = then.inside, ~(then.inside | then.unknown)
        return Crossers(self.joined[inside[self.joined]], self.left[outside[self.left]], self.new[inside[self.new]])

    def by(self, deciders: NDArray[np.int64]) -> "Crossers":
        """Returns who decided that they cross, once each; `deciders` has their numbers by ordinal of a person."""
        return Crossers(*(np.unique(deciders[moved]) for moved in (self.joined, self.left, self.new)))

    def __str__(self) -> str:
        joined = len(self.joined) + len(self.new)
        return f"too many people crossed at once, and not by what happened since: {joined:,} in, {len(self.left):,} out"


@dataclass(frozen=True, slots=True)
class Guard:
    """How many people may cross one border in one tick, or leave the source, before a person has to accept it.

    Beyond it is more than `people` and more than `share` of those who were on the side that they left. Who is not in
    the source keeps their sides for `absent`.
    """

    people: int
    share: float
    absent: timedelta

    @classmethod
    def of(cls, section: GuardSection) -> "Guard":
        """Returns the guard that the settings say."""
        return cls(section.people, section.share, section.absent)

    def is_beyond(self, moved: int, before: int, usual: float = 0) -> bool:
        """Returns whether so many of those who were there before are too many; as many as `usual` are not."""
        return moved > self.people and moved > self.share * before and moved > usual

    def doubts(self, moved: Crossers, members: int, others: int, usual: tuple[float, float] = (0, 0)) -> bool:
        """Returns whether more people crossed than are believed.

        `members` were in before, `others` were out; so many joined and left usually.
        """
        joined, left = usual
        return (
            self.is_beyond(len(moved.left), members, left)
            or self.is_beyond(len(moved.joined), others, joined)
            or self.is_beyond(len(moved.joined), members, max(joined, FEW))
            or self.is_beyond(len(moved.new), members + others, max(joined, FEW))
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """What the guard asks about before: at which instant the kept sides were right, and what a persona usually does.

    `look(at, personas)` gives who was in then by what is known now. `history(personas, since)` gives what was crossed
    by tick, in the order of time. `companies(persona)` gives by ordinal who decides on crossing a persona that asks
    for something of companies: the company, or the person who has none; None for other personas.
    """

    kept_at: Mapping[str, datetime]
    look: Callable[[datetime, Sequence[str]], Mapping[str, Then]]
    history: Callable[[Sequence[str], datetime], Mapping[str, Sequence[Crossed]]]
    companies: Callable[[str], NDArray[np.int64] | None]


@dataclass(frozen=True, slots=True)
class Doubts:
    """Why personas are not believed, and how many joined and left those that were looked back at, explained by time."""

    reasons: Mapping[str, str]
    explained: Mapping[str, tuple[int, int]]


NO_DOUBTS = Doubts({}, {})


def find_doubts(
    crossings: Mapping[str, Crossing], state: TickState, guard: Guard, memory: Memory, now: datetime
) -> Doubts:
    """Returns which crossings since a state are too large to believe; nothing is asked while none is."""
    there = int(state.present.sum())
    moved = {name: Crossers.of(crossing, len(state.people)) for name, crossing in crossings.items()}
    sides = {name: (crossing.before, max(there - crossing.before, 0)) for name, crossing in crossings.items()}
    suspicious = [name for name, found in moved.items() if guard.doubts(found, *sides[name])]
    if not suspicious:
        return NO_DOUBTS
    left_over = _look_back(suspicious, moved, memory)
    history = memory.history(suspicious, now - HISTORY)
    usual = {name: _usual(history.get(name, ()), now - memory.kept_at[name]) for name in suspicious}
    doubted = {
        name: str(left_over[name])
        for name in suspicious
        if guard.doubts(left_over[name], *sides[name], usual[name])
        and _is_of_many(left_over[name], name, state, guard, memory.companies(name))
    }
    explained = {name: _difference(moved[name], left_over[name]) for name in suspicious}
    return Doubts(doubted, explained)


def _is_of_many(
    moved: Crossers, persona: str, state: TickState, guard: Guard, deciders: NDArray[np.int64] | None
) -> bool:
    """Returns whether too many decided that so many crossed: one company may move all of its people at once.

    That is so where there are several of them: what one of two does is what half of all people do.
    """
    if deciders is None:
        return True
    there = padded(state.present, len(deciders))
    # whoever has no company decides by themselves, under their own ordinal
    companies = deciders[there & (deciders >= len(deciders))]
    if len(np.unique(companies)) * guard.share < 1:
        return True
    were_in = padded(state.members[persona], len(deciders))
    were_out = there & ~were_in
    return guard.doubts(moved.by(deciders), len(np.unique(deciders[were_in])), len(np.unique(deciders[were_out])))


def _look_back(names: Sequence[str], moved: Mapping[str, Crossers], memory: Memory) -> dict[str, Crossers]:
    found: dict[str, Crossers] = {}
    for at in sorted({memory.kept_at[name] for name in names}):
        asked = [name for name in names if memory.kept_at[name] == at]
        then = memory.look(at, asked)
        found.update((name, moved[name].unexplained(then[name])) for name in asked)
    return found


def _difference(moved: Crossers, left_over: Crossers) -> tuple[int, int]:
    joined = len(moved.joined) + len(moved.new) - len(left_over.joined) - len(left_over.new)
    return joined, len(moved.left) - len(left_over.left)


def _usual(history: Sequence[Crossed], passed: timedelta) -> tuple[float, float]:
    """Returns how many joined and left at most in as much time as has passed, and half as many more."""
    times = [one.at for one in history]
    return (
        _MARGIN * _most(times, [one.joined for one in history], passed),
        _MARGIN * _most(times, [one.left for one in history], passed),
    )


def _most(times: Sequence[datetime], counts: Sequence[int], passed: timedelta) -> float:
    """Returns the most of a stretch of that length; what happened once only is not taken for usual."""
    if len(counts) < 2:
        return 0
    usual = sorted(counts)[-2]
    clipped = [min(count, usual) for count in counts]
    span = times[-1] - times[0]
    if span < passed:
        return sum(clipped) * min(passed / span, _STRETCHED) if span else usual
    until = [0, *accumulate(clipped)]
    return max(until[place + 1] - until[bisect_right(times, at - passed)] for place, at in enumerate(times))
