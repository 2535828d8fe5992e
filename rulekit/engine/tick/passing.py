"""Who passes through a persona while it is parked: on another side for a while, by what the data says, and back.

What a parked tick sees may be a file that was misread, and then nobody has crossed. So this is noted, and changes
nothing. Of somebody who is absent, or cannot be judged, nothing is seen; and what an edit does is told elsewhere.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from rulekit.engine.tick.changes import Bits, padded
from rulekit.engine.tick.judging import Judgement
from rulekit.engine.tick.sides import Borders
from rulekit.outbox.lifecycle.tick_values import Passage, TickState


@dataclass(frozen=True, slots=True)
class Passing:
    """Who was on another side so far of each parked persona, and those of personas that are believed again."""

    passed: Mapping[str, Bits]
    passages: tuple[Passage, ...]


def find_passing(
    state: TickState, judged: Judgement, borders: Borders, edited: Collection[str], now: datetime
) -> Passing:
    """Returns who passes through parked personas; `edited` are those that ask something else than before."""
    known = borders.parked.keys() & state.members.keys()
    over = state.passed.keys() & borders.members.keys() - borders.parked.keys() - set(edited)
    return Passing(
        {name: _passed(name, state, judged, borders, is_edited=name in edited) for name in known},
        tuple(passage for name in sorted(over) for passage in _passages(name, state, borders, now)),
    )


def _passed(name: str, state: TickState, judged: Judgement, borders: Borders, *, is_edited: bool) -> Bits:
    """Returns who is on another side now than the kept one, or was at an earlier tick of the parking."""
    present = borders.numbered.present
    before = padded(state.passed.get(name, present[:0]), len(present))
    if is_edited:
        return before
    # who cannot be judged is where they were, and who never could be is on neither side
    elsewhere = judged.members[name] ^ borders.members[name]
    return before | (elsewhere & present & ~borders.unjudged[name])


def _passages(name: str, state: TickState, borders: Borders, now: datetime) -> Iterator[Passage]:
    """Yields those of whom it is known that they are on the kept side again, in the order of their ordinals."""
    numbered, members = borders.numbered, borders.members[name]
    kept, passed = (padded(bits, len(members)) for bits in (state.members[name], state.passed[name]))
    back = passed & (members == kept) & numbered.present & ~borders.undecided[name]
    # a clock that was ahead may have begun it
    since = min(state.parked[name].at, now)
    for ordinal in np.flatnonzero(back):
        yield Passage(name, numbered.people[ordinal], since, now, bool(members[ordinal]))
