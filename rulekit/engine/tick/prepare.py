"""One tick: who is in now, against who was, and what follows; computed whole before anything is written.

`prepare_tick_on` has the steps one after another: past, membership, borders, changes, firing, rows, record.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from rulekit.engine.project import Project
from rulekit.engine.tick.believing import Belief, postpone
from rulekit.engine.tick.changes import Crossing, Numbered
from rulekit.engine.tick.composing import compose_again, compose_rows
from rulekit.engine.tick.conditions import find_conditions
from rulekit.engine.tick.firing import (
    BASELINE,
    EDITED,
    GONE,
    JOINED,
    LEFT,
    Circumstances,
    Firing,
    fire,
    taggings_of,
    withdrawals,
    withdrawals_of_changed,
)
from rulekit.engine.tick.guard import Accept, refuse_unknown
from rulekit.engine.tick.mailboxes import mailboxes_of, settle_shared
from rulekit.engine.tick.moved import find_moved, space_out
from rulekit.engine.tick.past import Past
from rulekit.engine.tick.refusals import (
    refuse_clock,
)
from rulekit.engine.tick.seeing import see
from rulekit.engine.tick.sides import Borders, Look
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.membership import Membership
from rulekit.evaluation.questions.snapshot import DataSnapshot, Snapshot
from rulekit.evaluation.questions.unjudged import Unjudged
from rulekit.language.program import Program, Trigger
from rulekit.outbox.lifecycle.tick_values import MembershipChange, TickRecord, UnjudgedPeople, Withdrawal
from rulekit.outbox.rows.queries import Pending
from rulekit.outbox.store import Store
from rulekit.records import Edge, Tagging


@dataclass(frozen=True, slots=True)
class PersonaChange:
    """What a tick does to one persona, people by key in order; one that is `parked`, for that reason, is not written.

    `backfilled` are the triggers for which everybody who is in counts as having joined. Where the rules ask something
    else since the last tick (`edited`), `joined` and `left` are those who are in or out by that.
    """

    name: str
    members: int
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    baseline: bool = False
    parked: str | None = None
    edited: bool = False
    backfilled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedTick:
    """All that a tick would write, and what a person wants to know of it.

    `first_triggers` are seen for the first time and so take a baseline; `demoted` are those with `auto=true` whose
    emails go to unapproved because they are more than `delivery.max_auto_per_tick`. `withdrawn` counts emails that
    wait and lose their reason, by trigger; those in `removed_triggers` are no longer in the rules. `unjudged` are
    personas, and segments of triggers, in which somebody cannot be judged now. `not_parked` were accepted by name, and
    nothing would have parked them.
    """

    record: TickRecord
    personas: tuple[PersonaChange, ...]
    first_triggers: frozenset[str]
    demoted: frozenset[str]
    withdrawn: Mapping[str, int]
    removed_triggers: frozenset[str]
    unjudged: tuple[Unjudged, ...] = ()
    not_parked: tuple[str, ...] = ()

    @property
    def parked(self) -> list[str]:
        """Returns the personas whose change nobody believes without a person's word."""
        return [change.name for change in self.personas if change.parked]

    @property
    def because(self) -> Mapping[str, str]:
        """Returns why each of them is parked, by name."""
        return {change.name: change.parked for change in self.personas if change.parked is not None}

    @property
    def changes_anything(self) -> bool:
        """Returns whether writing the tick would tag, untag or mail anybody, withdraw an email, or take a baseline."""
        record = self.record
        made = record.rows or record.waiting or record.readdressings
        known = record.changes or record.baselines or self.first_triggers
        return bool(made or known or self.withdrawn)


def prepare_tick(project: Project, data: Data, store: Store, now: datetime, *, accept: Accept = False) -> PreparedTick:
    """Computes one tick at `now` over the data of a source, as `prepare_tick_on` does.

    Raises RulekitError for a persona to `accept` that the rules do not have.
    """
    refuse_unknown(accept, project.program.personas)
    snapshot = DataSnapshot(project.program, data, now, project.rules.sources)
    prepared = prepare_tick_on(project, snapshot, store, accept=accept, look=snapshot)
    if not isinstance(accept, frozenset):
        return prepared
    without = see(project, Past.read(store, project.program), snapshot, snapshot, accept=False).borders.parked
    return replace(prepared, not_parked=tuple(sorted(accept - without.keys())))


def prepare_tick_on(
    project: Project, snapshot: Snapshot, store: Store, *, accept: Accept = False, look: Look | None = None
) -> PreparedTick:
    """Computes one tick over what is seen at an instant, without writing anything.

    Raises SourceError when the source has nobody, far fewer people, or no events of a kind, although it had before, and
    RulekitError for an instant before the last tick or weeks after it. `accept` takes both as they are, or what has
    happened to personas that it names. `look` answers for other instants, as after a clock was ahead.
    """
    program, now = project.program, snapshot.now
    past = Past.read(store, program)
    if accept is not True:
        refuse_clock(past.state, now)
    seen = see(project, past, snapshot, look, accept=accept)
    borders, belief = seen.borders, seen.belief
    program = postpone(program, past.state, borders.parked)
    changes = _find_changes(borders, past)
    firing = _fire(program, past, seen.membership, borders, changes, snapshot)
    composed = compose_rows(project, snapshot, store, firing.fired, now)
    ending = _find_endings(program, past, borders, changes, pending := past.pending())
    moved = find_moved(pending, snapshot, _undoubted(program.triggers, belief), ending)
    again = space_out(compose_again(project, snapshot, store, moved, now), past, program.triggers, now)
    rows, shared, again_too = settle_shared(composed.rows, again, past.suppressed_among)
    record = TickRecord(
        sequence=past.state.sequence,
        at=now,
        rules_digest=program.digest,
        new_people=borders.numbered.new_people,
        present=borders.numbered.present,
        members=borders.members,
        baselines=frozenset(borders.members.keys() - past.state.members.keys()),
        triggers=frozenset(program.triggers),
        personas_renamed=past.personas_renamed,
        triggers_renamed=past.triggers_renamed,
        changes=tuple(changes),
        rows=rows,
        no_emails=(*firing.no_emails, *composed.vetoed, *shared),
        waiting=firing.waiting,
        waiting_done=firing.waiting_done,
        kinds=snapshot.kinds,
        anonymous=(past.state.anonymous or frozenset()) | seen.strangers,
        missed=borders.absence.missed,
        back=borders.absence.back,
        unjudged=borders.unjudged,
        passed=seen.passing.passed,
        passages=seen.passing.passages,
        mailboxes=seen.mailboxes,
        matched=firing.matched,
        vouched=accept is True,
        parked=borders.parked,
        explained=seen.explained,
        conditions=_conditions(project, borders),
        profile=belief.kept,
        withdrawals=ending,
        readdressings=again_too,
    )
    return _prepared(record, program, past, borders, composed.demoted, snapshot.unjudged(seen.membership))


def _conditions(project: Project, borders: Borders) -> dict[str, str]:
    """Returns what each persona asks; a parked one is still as it was before an edit."""
    return {name: asked for name, asked in find_conditions(project).items() if name not in borders.parked}


def _find_endings(
    program: Program, past: Past, borders: Borders, changes: list[MembershipChange], pending: Sequence[Pending]
) -> tuple[Withdrawal, ...]:
    gone = past.state.triggers - program.triggers.keys()
    return (
        *withdrawals(program.triggers, changes, gone),
        *withdrawals_of_changed(program.triggers, pending),
        *_find_emails_of_nobody(past, borders),
    )


def _prepared(
    record: TickRecord,
    program: Program,
    past: Past,
    borders: Borders,
    demoted: frozenset[str],
    unjudged: tuple[Unjudged, ...],
) -> PreparedTick:
    """Returns a tick with what a person wants to know of it."""
    first = frozenset(program.triggers.keys() - past.state.triggers)
    return PreparedTick(
        replace(record, not_judged=tuple(_kept(one) for one in unjudged if one.what == "persona")),
        _describe_personas(borders, _backfilling(program, first, borders.edited)),
        first_triggers=first,
        demoted=demoted,
        withdrawn=past.count_withdrawn(record.withdrawals),
        removed_triggers=past.state.triggers - program.triggers.keys(),
        unjudged=unjudged,
    )


def _kept(unjudged: Unjudged) -> UnjudgedPeople:
    return UnjudgedPeople(unjudged.name, unjudged.people, {one.name: dict(one.shapes) for one in unjudged.columns})


def _undoubted(triggers: Mapping[str, Trigger], belief: Belief) -> Mapping[str, Trigger]:
    """Returns the triggers whose waiting emails may be made again: of data in doubt nothing is written."""
    return {name: trigger for name, trigger in triggers.items() if trigger.persona not in belief.doubted}


def _find_changes(borders: Borders, past: Past) -> list[MembershipChange]:
    """Returns a line of the change log for each crossing, with its episode."""
    moved = {name: crossing for name, crossing in borders.crossings.items() if name not in borders.parked}
    return [change for name, crossing in moved.items() for change in _changes_of(name, crossing, borders, past)]


def _changes_of(name: str, crossing: Crossing, borders: Borders, past: Past) -> Iterator[MembershipChange]:
    joined, left = (EDITED, EDITED) if name in borders.edited else (JOINED, LEFT)
    moves = (
        (crossing.joined, Edge.TAGGED, joined),
        (crossing.left, Edge.UNTAGGED, left),
        (crossing.gone, Edge.UNTAGGED, GONE),
        (crossing.settled, Edge.TAGGED, BASELINE),
        (crossing.released, Edge.UNTAGGED, EDITED),
    )
    people = borders.numbered.people
    episodes = past.episodes(name, [people[i] for ordinals, _, _ in moves for i in ordinals])
    for ordinals, edge, reason in moves:
        step = 1 if edge is Edge.TAGGED else 0
        for person in (people[i] for i in ordinals):
            yield MembershipChange(Tagging(name, person, episodes[person] + step, edge), reason)


def _fire(
    program: Program,
    past: Past,
    membership: Membership,
    borders: Borders,
    changes: list[MembershipChange],
    snapshot: Snapshot,
) -> Firing:
    """Returns what the triggers make of the changes and of what waited."""
    taggings = {
        name: _taggings(trigger, past, borders, changes, is_first=name not in past.state.triggers)
        for name, trigger in program.triggers.items()
    }
    # nothing changes for a parked persona, so whoever waits because of it goes on waiting
    waiting = [wait for wait in past.state.waiting if wait.tagging.persona not in borders.parked]
    edited = {(one.tagging.persona, one.tagging.person) for one in changes if one.reason == EDITED}
    circumstances = Circumstances(
        is_gone=borders.is_gone,
        is_undecided=borders.is_undecided,
        is_member=borders.is_member,
        is_edited=lambda persona, person: (persona, person) in edited,
        episode=past.episodes_after(changes, waiting),
        in_segment=_segments(membership, borders.numbered),
        last_email=past.last_emails(program.triggers, taggings, partial(mailboxes_of, snapshot)),
    )
    return fire(program.triggers, taggings, waiting, circumstances, snapshot.now)


def _segments(membership: Membership, numbered: Numbered) -> Callable[[str, str], bool | None]:
    """Returns a look-up of whether a person's company is in a segment; None where nobody can tell."""
    inside = {name: numbered.spread(column) for name, column in membership.segments.items()}
    unknown = {name: numbered.spread(column) for name, column in membership.unjudged_segments.items()}

    def find(segment: str, person: str) -> bool | None:
        ordinal = numbered.ordinals[person]
        return None if segment in unknown and unknown[segment][ordinal] else bool(inside[segment][ordinal])

    return find


def _taggings(
    trigger: Trigger, past: Past, borders: Borders, changes: list[MembershipChange], *, is_first: bool
) -> list[Tagging]:
    """Returns what a trigger fires on: this tick's crossings, and what `backfill` asks for.

    That is everybody who is in at the trigger's first sight, and later those who are in by an edit.
    """
    if not is_first:
        return [*taggings_of(trigger, changes), *(_in_by_edit(trigger, changes) if _backfills(trigger) else ())]
    if not _backfills(trigger):
        return []
    members = borders.known_members(trigger.persona)
    joined = {c.tagging.person: c.tagging for c in changes if c.tagging.persona == trigger.persona}
    episodes = past.episodes(trigger.persona, members)
    # a baseline counts as one joining, and is written with this tick
    step = 0 if trigger.persona in past.state.members else 1
    return [joined.get(p) or Tagging(trigger.persona, p, episodes[p] + step, Edge.TAGGED) for p in members]


def _in_by_edit(trigger: Trigger, changes: list[MembershipChange]) -> list[Tagging]:
    taggings = (one.tagging for one in changes if one.reason == EDITED and one.tagging.persona == trigger.persona)
    return [tagging for tagging in taggings if tagging.edge is Edge.TAGGED]


def _backfills(trigger: Trigger) -> bool:
    """Says whether who is in because of a new or changed rule counts as having joined."""
    return trigger.backfill and trigger.edge is Edge.TAGGED


def _find_emails_of_nobody(past: Past, borders: Borders) -> list[Withdrawal]:
    """Returns emails for having left whose person is gone since: out already, so no change of a persona tells it.

    While a persona is parked the source is not believed, and nobody counts as gone.
    """
    if borders.parked:
        return []
    return [
        Withdrawal(trigger, person, "its person is gone from the source")
        for trigger, person in past.waiting_for_leavers()
        if borders.is_gone(person)
    ]


def _backfilling(program: Program, first: frozenset[str], edited: frozenset[str]) -> list[Trigger]:
    """Returns the triggers for which somebody counts as having joined who did not cross, by name."""
    return [
        one
        for name, one in sorted(program.triggers.items())
        if _backfills(one) and (name in first or one.persona in edited)
    ]


def _describe_personas(borders: Borders, backfilling: Sequence[Trigger]) -> tuple[PersonaChange, ...]:
    people = borders.numbered.people
    described = []
    for name, bits in sorted(borders.members.items()):
        backfilled = tuple(one.name for one in backfilling if one.persona == name)
        is_baseline = name not in borders.crossings
        change = PersonaChange(name, int(bits.sum()), baseline=is_baseline, backfilled=backfilled)
        if crossing := borders.crossings.get(name):
            change = replace(
                change,
                joined=tuple(sorted(people[i] for i in crossing.joined)),
                left=tuple(sorted(people[i] for i in crossing.left)),
                gone=tuple(sorted(people[i] for i in crossing.gone)),
                parked=borders.parked.get(name),
                edited=name in borders.edited,
            )
        described.append(change)
    # who has no baseline yet takes none of data that is in doubt
    later = [PersonaChange(name, 0, parked=borders.parked[name]) for name in borders.postponed]
    return tuple(sorted([*described, *later], key=lambda change: change.name))
