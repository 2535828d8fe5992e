"""Rights of files that count for root as well, so that tests of what may not be read need no other user."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# of <linux/capability.h>: the version of the interface, and root's rights to pass over those of files
_VERSION, _DAC_OVERRIDE, _DAC_READ_SEARCH = 0x20080522, 1, 2
_PASSING_OVER = 1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH


@contextmanager
def rights_that_count() -> Iterator[None]:
    """Takes from this thread, and from those that it starts, what lets root read what nobody may."""
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("here root may read everything")
    libc, header = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, held) == 0
    # the first of each three are those in force
    fewer = (ctypes.c_uint32 * 6)(held[0] & ~_PASSING_OVER, *held[1:])
    assert libc.capset(header, fewer) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0
