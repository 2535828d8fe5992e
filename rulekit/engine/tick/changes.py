"""Who joined and who left: two memberships compared by bits, people numbered densely and for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A membership by ordinals: `people` are all keys ever seen, in the order of their ordinals.

    `present` has the bit of everybody who is in the source now; `places` says for each person of the membership, in
    its order, which ordinal they have; `ordinals` is the inverse of `people`.
    """

    people: list[str]
    ordinals: Mapping[str, int]
    new_people: list[str]
    present: Bits
    places: NDArray[np.int64]

    def spread(self, column: Bits) -> Bits:
        """Returns a column over the membership's people as one over all ordinals; absent people are False."""
        bits = np.zeros(len(self.people), dtype=np.bool_)
        bits[self.places] = column
        return bits


def number_people(known: list[str], current: list[str]) -> Numbered:
    """Returns the current people by ordinal; unknown ones get the next ordinals in the order given."""
    ordinals = {key: ordinal for ordinal, key in enumerate(known)}
    new_people = [key for key in current if key not in ordinals]
    ordinals.update((key, len(known) + i) for i, key in enumerate(new_people))
    places = np.fromiter((ordinals[key] for key in current), dtype=np.int64, count=len(current))
    present = np.zeros(len(ordinals), dtype=np.bool_)
    present[places] = True
    return Numbered([*known, *new_people], ordinals, new_people, present, places)


def count_gone(before: Bits, numbered: Numbered) -> int:
    """Returns how many of those who were in the source before are not in it now."""
    return int((padded(before, len(numbered.present)) & ~numbered.present).sum())


def padded(bits: Bits, length: int) -> Bits:
    """Returns the bits with False for every ordinal that is newer than they are."""
    return np.concatenate([bits, np.zeros(length - len(bits), dtype=np.bool_)])


@dataclass(frozen=True, slots=True)
class Crossing:
    """Who crossed the border of one persona, as ordinals in ascending order; `gone` left with the source.

    `settled` are in, and were on neither side before: to take a baseline is no crossing. `released` are out
    likewise, and stayed in after an edit only because nobody could tell.
    """

    joined: NDArray[np.int64]
    left: NDArray[np.int64]
    gone: NDArray[np.int64]
    before: int
    settled: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    released: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def moved(self) -> int:
        """Returns how many people crossed the border in the larger of both directions."""
        return max(len(self.joined), len(self.left) + len(self.gone))


def compare(before: Bits, after: Bits, present: Bits, settled: Bits | None = None) -> Crossing:
    """Returns who crossed between two memberships of one persona; `before` may be shorter, by new people.

    `settled` are judged for the first time.
    """
    stored = padded(before, len(after))
    left, joined = stored & ~after, after & ~stored
    first = np.zeros(len(after), dtype=np.bool_) if settled is None else settled
    return Crossing(
        joined=np.flatnonzero(joined & ~first),
        left=np.flatnonzero(left & present & ~first),
        gone=np.flatnonzero(left & ~present),
        before=int(before.sum()),
        settled=np.flatnonzero(joined & first),
        released=np.flatnonzero(left & first),
    )
