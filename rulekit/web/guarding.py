"""What keeps strangers from using up the server: places for connections, and a time for each request.

A connection that sends nothing costs whoever opens it nothing, and this process a file descriptor, of which sending
needs some, too. So there are few places. Where all are taken, whoever holds most of them loses the one that has waited
longest for the rest of its request: who sends a whole request is answered, however many others hold their places, and
who sends it slowly from elsewhere, too.
"""

import asyncio
import logging
from collections import Counter
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

# seconds for a request to arrive, head and body; a phone on a bad line needs a few for the kilobyte that it is
REQUEST_SECONDS = 30.0
# connections at once where there are descriptors for them, and new ones that are taken up in one go
MOST_PLACES, MOST_WAITING = 200, 64
# descriptors that a process has where the system does not say
USUAL_DESCRIPTORS = 512

_log = logging.getLogger(__name__)


class GuardedProtocol(H11Protocol):
    """A connection whose requests arrive in time, or which is dropped; it is also dropped to make room for another.

    uvicorn's `limit_concurrency` is a number that is never reached: there it would answer nobody any more.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes a place; where there is none left, somebody else's or its own is given up."""
        super().connection_made(transport)
        self._wait()
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            _make_room([cast(GuardedProtocol, one) for one in self.connections])

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives the place back."""
        self._late.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Gives the next request on this connection its own time."""
        super().on_response_complete()
        self._late.cancel()
        self._wait()

    @property
    def is_answered(self) -> bool:
        """Returns whether a request has arrived whole and its answer is being made."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    @property
    def host(self) -> str:
        """Returns who is at the other end; behind a web server that is the web server."""
        return self.client[0] if self.client else ""

    def drop(self) -> None:
        """Ends the connection at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _wait(self) -> None:
        self.waits_since = self.loop.time()
        self._late = self.loop.call_later(REQUEST_SECONDS, self._drop_late)

    def _drop_late(self) -> None:
        if not self.is_answered:
            self.drop()


def _make_room(connections: list[GuardedProtocol]) -> None:
    """Drops one of the connections; the newest at least is not being answered."""
    held = Counter(one.host for one in connections)
    waiting = (one for one in connections if not one.is_answered)
    min(waiting, key=lambda one: (-held[one.host], one.waits_since)).drop()
    _log.warning("too many connections at once; the one that waited longest was dropped")


def places() -> tuple[int, int]:
    """Returns how many connections there may be at once, and how many more are taken up in one go.

    Together they use three eighths of the file descriptors at most; the others are for the store and for sending.
    """
    descriptors = _descriptors()
    return max(1, min(MOST_PLACES, descriptors // 4)), max(1, min(MOST_WAITING, descriptors // 8))


def _descriptors() -> int:
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return USUAL_DESCRIPTORS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else MOST_PLACES * 8
