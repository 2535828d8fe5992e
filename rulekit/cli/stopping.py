"""How a command that goes on until it is stopped hears that it is to stop."""

import signal
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
