"""Importing what others say of addresses and of emails that left, batch by batch, into the store.

A list is vouched for by the person who imports it: its addresses are suppressed, unless its words say that they are
well, or are not known. A notice is not: it counts only for an email of ours that left for its address.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from rulekit.email.notices.exports import Harmless, Item, ListedAddress, UnknownWords, Unreadable
from rulekit.email.notices.notice_files import ImportFormat, find_format, read_items
from rulekit.email.notices.vocabulary import is_wish, plain
from rulekit.outbox.people.recorded_notices import Intake
from rulekit.outbox.store import Store
from rulekit.records import Notice

BATCH = 1_000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import and how; `reason` stands where a list gives none, and `trigger` limits a list to its emails.

    `words` are those that suppress although they are not known here.
    """

    path: Path
    now: datetime
    actor: str
    format: ImportFormat | None = None
    trigger: str | None = None
    reason: str = ""
    words: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(slots=True)
class Imported:
    """What an import did, or would do; `unreadable` holds the first of those that nobody can read.

    `unknown` is how many lines have only words that are not known, by the first of them.
    """

    lines: int = 0
    suppressed: int = 0
    already: int = 0
    ended: int = 0
    recorded: int = 0
    again: int = 0
    not_ours: int = 0
    sent: int = 0
    failed: int = 0
    harmless: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    unreadable_count: int = 0
    unreadable: tuple[Unreadable, ...] = ()


class _Sets:
    """What the batches brought together: in a dry run a later one does not know of an earlier one."""

    def __init__(self) -> None:
        self._seen: dict[str, set[object]] = {}

    def new(self, name: str, values: frozenset[object]) -> int:
        """Returns how many of the values are new under that name, and keeps them."""
        seen = self._seen.setdefault(name, set())
        before = len(seen)
        seen.update(values)
        return len(seen) - before


def import_notices(store: Store, request: ImportRequest, progress: Callable[[int], None] | None = None) -> Imported:
    """Imports what stands at a path; `progress` hears how many lines and messages are done. Raises SourceError.

    What was imported before changes nothing. Each batch is written as a whole; an import that was stopped is simply
    run again.
    """
    done, seen = Imported(), _Sets()
    items = _accept(read_items(request.path, request.format or find_format(request.path)), request.words)
    while batch := list(islice(items, BATCH)):
        _count(done, batch)
        _keep(done, seen, _record(store, request, batch))
        if progress is not None:
            progress(done.lines)
    return done


def _accept(items: Iterator[Item], words: tuple[str, ...]) -> Iterator[Item]:
    """Yields the items, with an address in place of a word that the one who imports knows."""
    known = {plain(word) for word in words}
    for item in items:
        yield item.entry if isinstance(item, UnknownWords) and plain(item.word) in known else item


def _record(store: Store, request: ImportRequest, batch: list[Item]) -> Iterator[Intake]:
    entries = [item for item in batch if isinstance(item, ListedAddress)]
    notices = [item for item in batch if isinstance(item, Notice)]
    # rulekit's own lists say for each line which trigger it is about
    for trigger in dict.fromkeys(entry.trigger for entry in entries):
        yield from _record_list(store, request, [entry for entry in entries if entry.trigger == trigger])
    if notices:
        yield store.audit.record_notices(notices, request.now, request.actor, dry_run=request.dry_run)


def _record_list(store: Store, request: ImportRequest, entries: list[ListedAddress]) -> Iterator[Intake]:
    """Suppresses the addresses of a list, all for the same trigger."""
    trigger = request.trigger or entries[0].trigger
    fallback = request.reason or f"on the list {request.path.name}"
    reasons = {entry.address: entry.reason or fallback for entry in entries}
    # a list without words may say by its name what it is of
    said = request.reason or request.path.stem
    wished = {entry.address for entry in entries if is_wish(entry.reason or said)}
    for asked in (True, False):
        some = {address: reason for address, reason in reasons.items() if (address in wished) is asked}
        if some:
            yield store.suppressions.add_listed(
                some, request.now, request.actor, trigger, asked=asked, dry_run=request.dry_run
            )


def _count(done: Imported, batch: list[Item]) -> None:
    unreadable = [item for item in batch if isinstance(item, Unreadable)]
    done.lines += len(batch)
    done.harmless += sum(isinstance(item, Harmless) for item in batch)
    done.unknown = dict(Counter(done.unknown) + Counter(item.word for item in batch if isinstance(item, UnknownWords)))
    done.unreadable_count += len(unreadable)
    done.unreadable = (*done.unreadable, *unreadable)[:SHOWN]


def _keep(done: Imported, seen: _Sets, intake: Iterator[Intake]) -> None:
    for part in intake:
        suppressed = seen.new("suppressed", part.suppressed)
        recorded = seen.new("recorded", part.recorded)
        done.suppressed += suppressed
        done.already += part.already + len(part.suppressed) - suppressed
        done.ended += seen.new("ended", part.ended)
        done.recorded += recorded
        done.again += part.again + len(part.recorded) - recorded
        done.not_ours += part.not_ours
        done.sent += seen.new("sent", part.sent)
        done.failed += seen.new("failed", part.failed)
