"""Which people have one mailbox, and who of them gets an email that a tick makes for several."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from rulekit.email.addresses import ADDRESS_FIELD
from rulekit.evaluation.questions.snapshot import Snapshot
from rulekit.outbox.lifecycle.tick_values import NewRow, NoEmail, Readdressing
from rulekit.outbox.rows.suppressions import normalise

SHARED = "another person with the same mailbox gets this email"


def mailboxes_of(snapshot: Snapshot, people: Sequence[str]) -> dict[str, str]:
    """Returns the normalised addresses of those of the people who have one, valid or not."""
    addresses = snapshot.field(ADDRESS_FIELD, people)
    return {person: normalise(text) for person, text in addresses.items() if isinstance(text, str) and text}


def find_shared(
    rows: Sequence[NewRow], suppressed_among: Callable[[str, Collection[str]], frozenset[str]]
) -> frozenset[int]:
    """Returns the places of the emails that are too many: one mailbox gets one email of a trigger in one tick.

    Of its people the one with the smallest key gets it, but for those who asked not to (`suppressed_among` says of a
    trigger who they are): what may not go to one of them may go to another.
    """
    too_many: set[int] = set()
    for trigger, shared in _shared_by_trigger(rows).items():
        people = {rows[place].tagging.person for places in shared for place in places}
        suppressed = suppressed_among(trigger, people)
        for places in shared:
            chosen = min(places, key=lambda place: _order(rows[place].tagging.person, suppressed))
            person = rows[chosen].tagging.person
            too_many.update(place for place in places if rows[place].tagging.person != person)
    return frozenset(too_many)


def settle_shared(
    rows: Sequence[NewRow],
    again: Sequence[Readdressing],
    suppressed_among: Callable[[str, Collection[str]], frozenset[str]],
) -> tuple[tuple[NewRow, ...], tuple[NoEmail, ...], tuple[Readdressing, ...]]:
    """Returns the new emails and those made again without the ones that are too many, and what becomes of these."""
    made = [one for one in again if one.row is not None]
    shared = find_shared([*rows, *(one.row for one in made if one.row is not None)], suppressed_among)
    giving_way = {one.email for place, one in enumerate(made, len(rows)) if place in shared}
    return (
        tuple(row for place, row in enumerate(rows) if place not in shared),
        tuple(NoEmail(row.trigger, row.tagging, SHARED) for place, row in enumerate(rows) if place in shared),
        tuple(replace(one, row=None, reason=SHARED) if one.email in giving_way else one for one in again),
    )


def _order(person: str, suppressed: frozenset[str]) -> tuple[bool, str]:
    return person in suppressed, person


def _shared_by_trigger(rows: Sequence[NewRow]) -> Mapping[str, list[list[int]]]:
    """Returns, by trigger, the places of emails that several people with one mailbox would get."""
    by_mailbox: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.failure is None:
            by_mailbox[row.trigger, normalise(row.recipient)].append(place)
    shared: defaultdict[str, list[list[int]]] = defaultdict(list)
    for (trigger, _), places in by_mailbox.items():
        if len({rows[place].tagging.person for place in places}) > 1:
            shared[trigger].append(places)
    return shared
