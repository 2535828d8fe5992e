"""How a command that goes on until it is stopped learns that it is to stop."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


def stop_at(stopping: Event, *signals: signal.Signals) -> list[int]:
    """Sets the event when one of the signals comes, and returns the list that its number is then put into.

    What runs goes on until it looks at the event: an exception in the middle of anything might be lost there. The next
    signal ends the process as if nobody listened.
    """
    signalled: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        for handled in signals:
            signal.signal(handled, signal.SIG_DFL)
        signalled.append(number)
        stopping.set()

    for handled in signals:
        signal.signal(handled, note)
    return signalled


@contextmanager
def stoppable(signalled: list[int], *signals: signal.Signals) -> Iterator[Callable[[], bool]]:
    """Lets signals stop the block, as `stop_at` says; gives what says whether it is to stop.

    The signal that came is put into `signalled` when the block has ended.
    """
    before = {number: signal.getsignal(number) for number in signals}
    stopping = Event()
    listening = stop_at(stopping, *signals)
    try:
        yield stopping.is_set
    finally:
        signalled += listening
        for number, handler in before.items():
            signal.signal(number, handler)
