"""On which side people are whom a tick cannot judge: where they were; and who is judged for the first time.

A tick acts on what it knows. Nothing is known of somebody who is absent, and of somebody whose answer depends on a
value that cannot be read. Who was never judged in a persona is on neither side of it, and takes the side where they
are once they can be: that is their baseline, and mails nobody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from rulekit.engine.tick.changes import Bits, Numbered, padded
from rulekit.evaluation.questions.membership import Membership
from rulekit.outbox.lifecycle.tick_values import TickState


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a tick can say of people, a bit for each of them and persona.

    `members` are in, or were when they could be judged last. `undecided` cannot be judged now. `unjudged` never could
    be; `settled` are judged now for the first time although they were seen before, or under another key.
    """

    members: Mapping[str, Bits]
    undecided: Mapping[str, Bits]
    unjudged: Mapping[str, Bits]
    settled: Mapping[str, Bits]


def judge(
    state: TickState,
    members: Mapping[str, Bits],
    membership: Membership,
    numbered: Numbered,
    away: Bits,
    edited: Collection[str] = (),
    same: Collection[int] = (),
) -> Judgement:
    """Returns who is on which side, of the people whom the data puts into `members`.

    Of a persona that is new or `edited` everybody who cannot be judged is unjudged. `same` are the ordinals of new
    people who are somebody who is `away`, under another key.
    """
    sides: dict[str, Bits] = {}
    undecided: dict[str, Bits] = {}
    unjudged: dict[str, Bits] = {}
    settled: dict[str, Bits] = {}
    nobody = np.zeros(len(numbered.people), dtype=np.bool_)
    renamed, is_new = nobody.copy(), nobody.copy()
    renamed[list(same)] = True
    is_new[len(state.people) :] = True
    for name, inside in members.items():
        unreadable = membership.unjudged.get(name)
        unknown = away if unreadable is None else away | numbered.spread(unreadable)
        never = renamed | padded(state.unjudged.get(name, nobody[:0]), len(nobody))
        undecided[name] = unknown
        sides[name] = np.where(unknown, padded(state.members.get(name, nobody[:0]), len(nobody)), inside)
        # who is gone is not among them: they are judged like everybody new when they are back
        unjudged[name] = unknown & (never | is_new if name in state.members and name not in edited else ~nobody)
        settled[name] = never & numbered.present & ~unknown
    return Judgement(sides, undecided, unjudged, settled)
