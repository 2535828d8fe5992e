"""What stops a whole tick: a clock or a source that nobody should believe, until a person vouches for it."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from rulekit.clock import format_instant
from rulekit.engine.tick.changed_keys import shape
from rulekit.engine.tick.changes import Numbered, count_gone
from rulekit.engine.tick.guard import Guard
from rulekit.errors import RulekitError, SourceError
from rulekit.evaluation.questions.membership import Membership
from rulekit.evaluation.questions.snapshot import Snapshot
from rulekit.evaluation.questions.strangers import Strangers
from rulekit.language.program import Program
from rulekit.outbox.lifecycle.tick_values import TickState
from rulekit.outbox.sending.throttle import LEAP


def refuse_clock(state: TickState, now: datetime) -> None:
    """Refuses an instant before the last tick, or weeks after it."""
    refuse_going_back(state, now)
    refuse_leap(state, now)


def refuse_going_back(state: TickState, now: datetime) -> None:
    """Refuses an instant before the last tick."""
    if state.at is not None and now < state.at:
        raise RulekitError(
            f"the last tick was at {format_instant(state.at)}, which is later than {format_instant(now)}",
            help="mend the clock, or `--now`; if it was ahead then and is right now, look at `rulekit plan --accept`"
            " and run with `--accept`",
        )


def refuse_leap(state: TickState, now: datetime) -> None:
    """Refuses a clock that is weeks ahead: by it everybody would be inactive, and every hold over."""
    if state.at is not None and now - state.at > LEAP:
        days, at = (now - state.at).days, format_instant(state.at)
        raise RulekitError(
            f"the last tick was at {at}, {days} days before {format_instant(now)}; nobody was tagged or untagged",
            help="mend the clock, or `--now`; if it is right, look at `rulekit plan --accept` and run with `--accept`",
        )


def refuse_nobody(state: TickState, membership: Membership) -> None:
    """Refuses a source without people that had some before."""
    if not membership.people and state.present.any():
        raise SourceError(
            f"the source has no people, but had {int(state.present.sum())} before; nobody was removed",
            help="look at the table of `[source.person]` and at what fills it; if everybody has left, add `--accept`",
        )


def refuse_mass_leave(state: TickState, numbered: Numbered, guard: Guard) -> None:
    """Refuses a source that only half came: each persona may be too small to be parked for it."""
    gone, before = count_gone(state.present, numbered), int(state.present.sum())
    if guard.is_beyond(gone, before):
        raise SourceError(
            f"the source lacks {gone:,} of the {before:,} people that it had before; nobody was removed",
            help="look at the table of `[source.person]` and at what fills it; if they have left, add `--accept`",
        )


def find_new_strangers(state: TickState, snapshot: Snapshot, numbered: Numbered) -> Mapping[str, Strangers]:
    """Returns kinds of event that are mostly of nobody, and were not so at an earlier tick."""
    known = [numbered.people[ordinal] for ordinal in np.flatnonzero(~numbered.present)]
    return snapshot.strangers(known, state.anonymous or ())


def refuse_strangers(state: TickState, strangers: Mapping[str, Strangers]) -> None:
    """Refuses events of which most are of nobody: their people are written in another way, or are not there.

    The first tick that looks at that has nothing to compare with, so it believes what is there.
    """
    if state.anonymous is None:
        return
    for kind, found in sorted(strangers.items()):
        written = shape(found.key), shape(found.person)
        forms = f": they are of `{written[0]}`, and people are `{written[1]}`" if written[0] != written[1] else ""
        raise SourceError(
            f"{found.of_nobody:,} of the {found.events:,} `{kind}` events are of nobody in the source{forms};"
            " nobody was tagged or untagged",
            help="look at `person` of the table of these events, and at the `key` of `[source.person]`; if it is right,"
            " as for visitors who are not signed in, add `--accept` once",
        )


def refuse_silence(silent: frozenset[str], program: Program) -> None:
    """Refuses a source without events of a declared kind that it had before."""
    declared = sorted(silent & program.schema.events.keys())
    if declared:
        raise SourceError(
            f"the source has no `{declared[0]}` events any more; nobody was tagged or untagged",
            help="look at the table of these events; if it is right that there are none, run again with `--accept`",
        )
