"""People who were known and are not in the source: absent at first, and gone when that has lasted for long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from rulekit.engine.tick.changes import Bits, Numbered, padded
from rulekit.outbox.lifecycle.tick_values import TickState

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Absence:
    """Who is not in the source at this tick.

    `away` has the bit of everybody who is absent, and not gone yet. As ordinals, `missed` are those whom this tick is
    the first not to see, and `back` those whom it sees again.
    """

    away: Bits
    missed: tuple[int, ...]
    back: tuple[int, ...]


def find_absence(state: TickState, numbered: Numbered, now: datetime, lasting: timedelta) -> Absence:
    """Returns who is not in the source; after `lasting` (`guard.absent`) they are gone.

    Of whom the store does not say since when they are not there, they are gone: an older version untagged them.
    """
    since = state.absent_since
    is_missed = padded(state.present, len(numbered.people)) & ~numbered.present
    missed = [int(ordinal) for ordinal in np.flatnonzero(is_missed) if ordinal not in since]
    away = np.zeros(len(numbered.people), dtype=np.bool_)
    # ahead of now it was a clock that was ahead, and they are missed from now on
    away[[o for o, at in since.items() if max(now - at, _NONE) < lasting]] = True
    away[missed] = lasting > _NONE
    back = tuple(ordinal for ordinal in since if numbered.present[ordinal])
    return Absence(away & ~numbered.present, tuple(missed), back)
