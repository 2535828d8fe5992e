"""What earlier ticks remember of their data, as values, and as the store keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from rulekit.engine.tick.jumps import Peak, Peaks
from rulekit.engine.tick.measuring import Latest, Mark, Thing, What
from rulekit.outbox.lifecycle.tick_values import KeptProfile

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Remembered:
    """The highest shares of all days that are kept, those of the day of `now` alone, and the latest tick to compare.

    `at` is when that was.
    """

    peaks: Peaks = field(default_factory=dict)
    today: Peaks = field(default_factory=dict)
    latest: Latest | None = None
    at: datetime | None = None

    @classmethod
    def of(cls, kept: Iterable[KeptProfile], now: datetime) -> "Remembered":
        """Returns what is remembered at an instant; what lies ahead of it is not."""
        peaks: dict[Thing, Peak] = {}
        today: dict[Thing, Peak] = {}
        latest, at = None, None
        for one in kept:
            if one.at > now:
                continue
            for thing, peak in _read_peaks(one.peaks):
                before = peaks.get(thing, Peak(0.0, 0))
                total = before.total + peak.share
                peaks[thing] = Peak(max(before.share, peak.share), before.days + peak.days, total)
                if one.at.astimezone(UTC).date() == now.astimezone(UTC).date():
                    today[thing] = peak
            if one.latest is not None:
                latest, at = _read_latest(one.latest), one.at
        return cls(peaks, today, latest, at)


def keep(at: datetime, peaks: Peaks, latest: Latest, *, believed: bool) -> KeptProfile:
    """Returns what the store keeps of a tick."""
    lines = [[*column, what.value, round(peak.share, _DIGITS)] for (column, what), peak in peaks.items()]
    return KeptProfile(at, believed, lines, _written(latest))


def _read_peaks(lines: Iterable[Any]) -> Iterable[tuple[Thing, Peak]]:
    return ((((owner, name), What(what)), Peak(share)) for owner, name, what, share in lines)


def _written(latest: Latest) -> dict[str, Any]:
    accepted = {
        persona: [[*column, what.value, share] for (column, what), share in things.items()]
        for persona, things in latest.accepted.items()
    }
    marks = {kind: asdict(mark) for kind, mark in latest.marks.items()}
    return {
        "rows": dict(latest.rows),
        "marks": marks,
        "followed": {owner: {c: dict(v) for c, v in columns.items()} for owner, columns in latest.followed.items()},
        "engine": latest.engine,
        "newest": [[*column, *hours] for column, hours in latest.newest.items()],
        "accepted": accepted,
    }


def _read_latest(found: Mapping[str, Any]) -> Latest:
    marks = {
        kind: Mark(mark["at"], mark["until"], mark["before"], tuple(mark["days"]))
        for kind, mark in found["marks"].items()
    }
    accepted = {
        persona: {((owner, name), What(what)): share for owner, name, what, share in things}
        for persona, things in found["accepted"].items()
    }
    newest = {(owner, name): tuple(hours) for owner, name, *hours in found.get("newest", ())}
    return Latest(found["rows"], marks, found["followed"], found["engine"], newest, accepted)
