"""Whether the new times in a field came by what happened since the last tick.

They did where an event of the person since then is a witness, and where no more are without one than ever: a file that
was misread, or that something filled, may have such a time for everybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rulekit.engine.tick.jumps import Peaks
from rulekit.engine.tick.measuring import Latest, Measured, What
from rulekit.evaluation.data.profile import HOUR, Column, Profile
from rulekit.evaluation.data.recent_times import STRETCHES
from rulekit.evaluation.questions.looking_back import Since

_STRETCHES = dict(zip((What.OF_A_DAY, What.OF_A_WEEK), STRETCHES, strict=True))
# so many of those who never had a new time without a witness may have one at once, and so many rows more
_SHARE = 0.15
_ROWS = 1.5


@dataclass(frozen=True, slots=True)
class NewTimes:
    """How many new times of fields have no witness, in rows by stretch, beside the highest shares of earlier ticks."""

    measured: tuple[Measured, ...]
    peaks: Peaks
    profile: Profile

    @classmethod
    def of(cls, profile: Profile, peaks: Peaks) -> "NewTimes":
        """Returns those of a tick."""
        rows = {column: profile.columns[column].rows for column in profile.recent if column in profile.columns}
        return cls(
            tuple(
                Measured((column, what), one.unwitnessed, of)
                for column, of in rows.items()
                for what, one in zip(_STRETCHES, profile.recent[column], strict=True)
                if of
            ),
            peaks,
            profile,
        )

    @property
    def columns(self) -> frozenset[Column]:
        """Returns the fields that have times."""
        return frozenset(one.thing[0] for one in self.measured)

    @property
    def usual(self) -> frozenset[Column]:
        """Returns the fields of which no more new times than ever are without a witness."""
        return self.columns - {one.thing[0] for one in self.measured if one.count > self._most(one)}

    def learned(self, vouched: Iterable[Column]) -> list[Measured]:
        """Returns what later ticks are compared with: what is usual, first seen, or `vouched` for by somebody."""
        believed = self.usual | frozenset(vouched)
        return [one for one in self.measured if one.thing[0] in believed or one.thing not in self.peaks]

    def explaining(self, passed: timedelta) -> dict[Column, float]:
        """Returns for how many of the rows a new time is believed after so long, by field."""
        place = next((place for place, stretch in enumerate(STRETCHES) if passed <= stretch), None)
        if place is None:
            return {}
        most = {one.thing[0]: self._most(one) for one in self.measured if one.thing[1] is list(_STRETCHES)[place]}
        recent = {column: self.profile.recent[column][place] for column in most}
        return {c: one.rows - one.unwitnessed + min(one.unwitnessed, most[c]) for c, one in recent.items()}

    def _most(self, one: Measured) -> float:
        peak = self.peaks.get(one.thing)
        return (peak.share + _SHARE * (1 - peak.share)) * one.of + _ROWS if peak is not None else 0.0


@dataclass(frozen=True, slots=True)
class Unheard:
    """How far before the last tick the newest time was that it knew of a field, and whether new ones need a witness."""

    before: timedelta
    needs_witness: bool


def find_unheard(new: NewTimes, latest: Latest | None, tick: datetime) -> dict[Column, Unheard]:
    """Returns what the last `tick` cannot have heard of, by field.

    An export that is made at night knows nothing of the morning, although the tick is later.
    """
    newest = latest.newest if latest is not None else {}
    known = {column: datetime.fromtimestamp(newest[column][0] * HOUR, UTC) for column in newest if newest[column]}
    usual = new.usual
    return {
        column: Unheard(max(tick - known.get(column, tick), timedelta(0)), column not in usual)
        for column in new.columns
    }


def since(unheard: Mapping[Column, Unheard], at: datetime, now: datetime) -> dict[Column, Since]:
    """Returns since when times are new beside a tick at an instant; what is longer ago is compared with nothing."""
    compared = now - at <= STRETCHES[-1]
    return {column: Since(at - one.before, one.needs_witness or not compared) for column, one in unheard.items()}
