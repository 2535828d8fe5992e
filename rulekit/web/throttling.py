"""Few lines of a log, however often a stranger makes the same thing happen."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# lines from one place of the code in so many seconds
LINES, SECONDS = 20, 60.0


class LogThrottle(logging.Filter):
    """Lets so many lines from each place of the code through in a while; the next one says how many were left out."""

    def __init__(
        self, lines: int = LINES, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._lines, self._seconds, self._clock = lines, seconds, clock
        self._counts: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether a line is logged, and adds the field `left_out` to the first one after some that were not."""
        place, now = (record.pathname, record.lineno), self._clock()
        since, count = self._counts.get(place, (now, 0))
        if now - since >= self._seconds:
            if count > self._lines:
                record.fields = {**getattr(record, "fields", {}), "left_out": count - self._lines}
            since, count = now, 0
        self._counts[place] = since, count + 1
        return count < self._lines


@contextmanager
def throttled(*names: str) -> Iterator[None]:
    """Throttles the loggers of these names while the block runs."""
    throttle = LogThrottle()
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addFilter(throttle)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(throttle)
