"""What happened to the people of one test in the order of time, shown around the moment at which something failed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rulekit.clock import format_instant
from rulekit.evaluation.questions.scalars import shown
from rulekit.language.program import Test
from rulekit.outbox.lifecycle.tick_values import TickRecord
from rulekit.outbox.rows.queries import AuditLine, OutboxRow
from rulekit.records import Scalar, State

# so many lines are shown before and after the moment
BEFORE, AFTER = 12, 4
_EVENT, _TICK, _EMAIL, _STEP, _LATER = range(5)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened; of one instant events come first, then what the tick did, then the emails."""

    at: datetime
    rank: int
    text: str

    @property
    def place(self) -> tuple[datetime, int]:
        """Returns where the entry stands in the order of time."""
        return self.at, self.rank


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that is known at the end of a test: its ticks, and its emails with every transition of each."""

    test: Test
    ticks: Sequence[TickRecord]
    emails: Sequence[tuple[OutboxRow, Sequence[AuditLine]]]

    def around(self, step: str, at: datetime, people: Collection[str], done: Mapping[int, int]) -> Iterator[str]:
        """Yields the lines around a step that concerns these people.

        `done` says how many transitions of each email were before it.
        """
        named = len(people) > 1
        moment = TimelineEntry(at, _STEP, step)
        entries = [*self._events(people, named), *self._ticks(people, named), *self._transitions(people, named, done)]
        entries += self._quiet_ticks({entry.at for entry in entries})
        entries.sort(key=lambda entry: entry.place)
        before = [entry for entry in entries if entry.place < moment.place]
        after = [entry for entry in entries if entry.place > moment.place]
        yield from _more(len(before) - BEFORE, "earlier")
        yield from _lines(before[-BEFORE:], at)
        yield f"> {shown(at, at)}: {step}"
        yield from _lines(after[:AFTER], at)
        yield from _more(len(after) - AFTER, "later")

    def _events(self, people: Collection[str], named: bool) -> Iterator[TimelineEntry]:
        for kind, row in ((kind, row) for kind, rows in self.test.events.items() for row in rows):
            at = row["at"]
            if row["person"] in people and isinstance(at, datetime):
                yield TimelineEntry(at, _EVENT, _named(_of_event(kind, row, at), str(row["person"]), named))

    def _ticks(self, people: Collection[str], named: bool) -> Iterator[TimelineEntry]:
        for tick in self.ticks:
            for person, text in _of_tick(tick):
                if person in people:
                    yield TimelineEntry(tick.at, _TICK, _named(text, person, named))

    def _quiet_ticks(self, eventful: Collection[datetime]) -> Iterator[TimelineEntry]:
        for tick in self.ticks:
            if tick.at not in eventful:
                yield TimelineEntry(tick.at, _TICK, "the rules were evaluated, and nothing changed")

    def _transitions(self, people: Collection[str], named: bool, done: Mapping[int, int]) -> Iterator[TimelineEntry]:
        for row, history in self.emails:
            for number, line in enumerate(history if row.tagging.person in people else ()):
                if line.target is State.SENDING:
                    continue  # what came of it follows
                rank = _EMAIL if number < done.get(row.id, 0) else _LATER
                reason = f": {line.reason}" if line.reason else ""
                text = f"{row.template} of {row.trigger} is {line.target.value}{reason}"
                yield TimelineEntry(line.at, rank, _named(text, row.tagging.person, named))


def _of_event(kind: str, row: Mapping[str, Scalar], at: datetime) -> str:
    given = {name: value for name, value in row.items() if name not in ("person", "at")}
    values = ", ".join(f"{name} = {shown(value, at)}" for name, value in given.items())
    return f"event {kind}" + (f" ({values})" if values else "")


def _of_tick(tick: TickRecord) -> Iterator[tuple[str, str]]:
    """Yields each person to whom a tick did something, and what."""
    for change in tick.changes:
        tagging = change.tagging
        reason = "" if change.reason in ("joined", "left") else f": {change.reason}"
        yield tagging.person, f"{tagging.edge.value} {tagging.persona}{reason}"
    for wait in tick.waiting:
        yield wait.tagging.person, f"{wait.trigger} waits for its `{wait.option}` until {format_instant(wait.due)}"
    for kept in tick.no_emails:
        yield kept.tagging.person, f"no email of {kept.trigger}: {kept.reason}"


def _lines(entries: Iterable[TimelineEntry], now: datetime) -> Iterator[str]:
    for entry in entries:
        yield f"  {shown(entry.at, now)}: {entry.text}"


def _more(count: int, which: str) -> Iterator[str]:
    if count > 0:
        yield f"  … {count} {which}"


def _named(text: str, person: str, named: bool) -> str:
    return f"{person}: {text}" if named else text
