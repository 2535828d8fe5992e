"""Sets of people as bits, one per ordinal, and as the store keeps them: packed, without trailing zero bytes.

So equal sets are equal bytes, however many people there are. numpy is slow to import, and most commands never look
into a set: here alone the outbox imports it, when a set is made.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Bits: TypeAlias = "NDArray[np.bool_]"


def pack(bits: Bits) -> bytes:
    """Returns bits as bytes, without trailing zero bytes."""
    import numpy as np

    return np.packbits(bits).tobytes().rstrip(b"\0")


def unpack(packed: bytes, count: int) -> Bits:
    """Returns the first `count` bits of bytes made by `pack`; those beyond its end are false."""
    import numpy as np

    bits = np.zeros(count, dtype=np.bool_)
    stored = np.unpackbits(np.frombuffer(packed, dtype=np.uint8)).astype(np.bool_)[:count]
    bits[: len(stored)] = stored
    return bits


def everybody(count: int) -> Bits:
    """Returns the set of all people."""
    import numpy as np

    return np.ones(count, dtype=np.bool_)


def replay(before: Bits, moves: Iterable[tuple[int, int]]) -> Bits:
    """Returns who is in after moves of people by ordinal: 1 in, -1 out. Who was in twice is not in."""
    import numpy as np

    standing = before.astype(np.int64)
    for person, moved in moves:
        standing[person] += moved
    members: Bits = standing == 1
    return members
