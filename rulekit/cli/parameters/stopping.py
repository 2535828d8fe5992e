"""How a command that goes on until it is stopped hears that it is to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


def stop_at(stopping: Event, *signals: signal.Signals) -> list[int]:
    """Sets the event when one of the signals comes, and returns the list that its number is then put into.

    What runs goes on until it looks at the event: an exception in the middle of anything might be lost there. The next
    signal ends the process as if nobody listened.
    """
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        for handled in signals:
            signal.signal(handled, signal.SIG_DFL)
        heard.append(number)
        stopping.set()

    for handled in signals:
        signal.signal(handled, hear)
    return heard


@contextmanager
def stoppable(*signals: signal.Signals) -> Iterator[tuple[Event, list[int]]]:
    """Lets signals stop the block, as `stop_at` says; gives the event, and the list of what was heard."""
    before = {number: signal.getsignal(number) for number in signals}
    stopping = Event()
    try:
        yield stopping, stop_at(stopping, *signals)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
