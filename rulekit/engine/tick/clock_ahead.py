"""Borders that were crossed ahead of time, by a clock that was ahead, count until their time has come."""

from collections.abc import Mapping

import numpy as np

from rulekit.engine.tick.changes import Bits, Numbered, padded
from rulekit.evaluation.questions.membership import Membership
from rulekit.outbox.lifecycle.tick_values import Ahead, TickState


def kept(
    members: Mapping[str, Bits], state: TickState, ahead: Ahead, numbered: Numbered, then: Membership
) -> dict[str, Bits]:
    """Returns who is in each persona; who crossed ahead, and only needs time to be there rightly, stays there.

    `then` is who will be in at the latest instant of the clock that was ahead, by what is known now. Who will be on
    that side stays there: otherwise they would cross back now and once more then, and be mailed for it twice. Who did
    something meanwhile that leads to the other side also then crosses back at once.
    """
    found = dict(members)
    for name, crossed in ahead.crossed.items():
        if name in state.members and name in found:
            before, later = padded(state.members[name], len(numbered.people)), numbered.spread(then.personas[name])
            stays = padded(crossed, len(before)) & (later == before)
            found[name] = np.where(stays, before, found[name])
    return found
