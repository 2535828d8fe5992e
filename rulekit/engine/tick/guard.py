"""What a tick believes by itself, by `[guard]` of the settings, and what waits for a person's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from rulekit.engine.tick.changes import Crossing
from rulekit.settings.model import GuardSection


@dataclass(frozen=True, slots=True)
class Guard:
    """How many people may cross one border in one tick, or leave the source, before a person has to accept it.

    Beyond it is more than `people` and more than `share` of those who were there: of the members of a persona, in
    either direction, or of the people of the source. Who is not in the source keeps their sides for `absent`.
    """

    people: int
    share: float
    absent: timedelta

    @classmethod
    def of(cls, section: GuardSection) -> "Guard":
        """Returns the guard that the settings say."""
        return cls(section.people, section.share, section.absent)

    def parks(self, crossing: Crossing) -> bool:
        """Returns whether a crossing is too large to believe without a person's word."""
        return self.is_beyond(crossing.moved, crossing.before)

    def is_beyond(self, moved: int, before: int) -> bool:
        """Returns whether so many of those who were there before are too many."""
        return moved > self.people and moved > self.share * before


def parked(crossings: Mapping[str, Crossing], guard: Guard) -> frozenset[str]:
    """Returns the personas whose crossing is beyond the guard."""
    return frozenset(name for name, crossing in crossings.items() if guard.parks(crossing))
