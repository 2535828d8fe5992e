"""Emails that wait while their person's address changes: which they are, and which of them go to the new one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from rulekit.clock import format_duration
from rulekit.email.addresses import ADDRESS_FIELD
from rulekit.engine.tick.past import Past
from rulekit.evaluation.questions.snapshot import Snapshot
from rulekit.language.program import Trigger
from rulekit.outbox.lifecycle.tick_values import Readdressing, Withdrawal
from rulekit.outbox.rows.queries import Pending
from rulekit.outbox.rows.suppressions import normalise
from rulekit.records import Scalar, State


def find_moved(
    pending: Iterable[Pending], snapshot: Snapshot, triggers: Mapping[str, Trigger], withdrawals: Iterable[Withdrawal]
) -> list[Pending]:
    """Returns those of the emails that wait which go elsewhere than where their person's mail goes now.

    Left out are those that this tick ends anyway, and those of people whom the source does not have.
    """
    ending = {(one.trigger, one.person) for one in withdrawals}
    waiting = [
        one
        for one in pending
        if one.trigger in triggers
        and (one.trigger, one.tagging.person) not in ending
        and (one.state is State.APPROVED or one.expires_at > snapshot.now)
    ]
    addresses = snapshot.field(ADDRESS_FIELD, sorted({one.tagging.person for one in waiting}))
    return [
        one
        for one in waiting
        if one.tagging.person in addresses and _mailbox(addresses[one.tagging.person]) != one.address
    ]


def _mailbox(address: Scalar) -> str:
    return normalise(address) if isinstance(address, str) else ""


def space_out(
    again: Sequence[Readdressing], past: Past, triggers: Mapping[str, Trigger], now: datetime
) -> list[Readdressing]:
    """Returns the same, but withdrawn where the new address had an email of the trigger within its `every`."""
    addresses: defaultdict[str, set[str]] = defaultdict(set)
    for one in again:
        if one.row is not None and triggers[one.trigger].every:
            addresses[one.trigger].add(normalise(one.row.recipient))
    last = {trigger: past.last_emails_to(trigger, found - {""}) for trigger, found in addresses.items()}
    return [_space_out(one, triggers[one.trigger], last.get(one.trigger, {}), now) for one in again]


def _space_out(one: Readdressing, trigger: Trigger, last: Mapping[str, datetime], now: datetime) -> Readdressing:
    latest = None if one.row is None else last.get(normalise(one.row.recipient))
    if latest is None or trigger.every is None or latest + trigger.every <= now:
        return one
    return replace(one, row=None, reason=f"another email of this trigger within {format_duration(trigger.every)}")
