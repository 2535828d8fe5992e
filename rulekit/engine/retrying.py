"""Emails that could not be made, or were cancelled, made anew once their template or their person is mended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rulekit.engine.data_source import open_project_data
from rulekit.engine.project import Project
from rulekit.engine.tick.changes import Bits, Numbered, number_people, padded
from rulekit.engine.tick.composing import compose_rows
from rulekit.engine.tick.firing import Fired, crossed_since, no_longer_fires
from rulekit.engine.tick.past import Past
from rulekit.errors import TransitionRefused
from rulekit.evaluation.questions.membership import Membership
from rulekit.evaluation.questions.snapshot import DataSnapshot
from rulekit.language.program import Program
from rulekit.outbox.lifecycle.tick_values import NewRow
from rulekit.outbox.people.actions import Refusals
from rulekit.outbox.people.resending import Retried, why_never
from rulekit.outbox.rows.queries import OutboxRow
from rulekit.outbox.store import Store
from rulekit.records import Edge, Tagging


def make_anew(
    project: Project,
    store: Store,
    rows: Sequence[OutboxRow],
    now: datetime,
    actor: str,
    reason: str = "",
    *,
    dry_run: bool = False,
) -> Retried:
    """Makes each email anew from today's rules and data, and says why not the others.

    One of a trigger with `auto` leaves when the hold is over, but for more than `delivery.max_auto_per_tick` of one
    trigger; any other waits for approval. Raises SourceError when the data cannot be read.
    """
    drafts, refused = _draft(project, store, rows, now)
    hold = project.settings.delivery.hold
    every = {name: trigger.every for name, trigger in project.program.triggers.items() if trigger.every}
    done = store.desk.make_anew(drafts, now, actor, reason, hold, every, dry_run=dry_run)
    return replace(done, refused={**refused, **done.refused})


def _draft(
    project: Project, store: Store, rows: Sequence[OutboxRow], now: datetime
) -> tuple[dict[int, NewRow], Refusals]:
    """Returns what stands in the place of each email, and why nothing does."""
    refused: Refusals = {}
    fired: dict[int, Fired] = {}
    with open_project_data(project) as data:
        snapshot = DataSnapshot(project.program, data, now, project.rules.sources)
        today = _Today.see(project.program, Past.read(store, project.program), snapshot.membership())
        for row in rows:
            why_not = today.why_not(row)
            if why_not is None:
                fired[row.id] = today.fired(row)
            else:
                refused[row.id] = why_not
        composed = compose_rows(project, snapshot, store, list(fired.values()), now)
    made = {Fired(project.program.triggers[one.trigger], one.tagging): one for one in composed.rows}
    vetoed = {Fired(project.program.triggers[one.trigger], one.tagging): one.reason for one in composed.vetoed}
    drafts = {id: made[one] for id, one in fired.items() if one in made and made[one].failure is None}
    for id, one in fired.items():
        if id not in drafts:
            refused[id] = _still_not(id, vetoed.get(one) or made[one].failure or "")
    return drafts, refused


def _still_not(id: int, why: str) -> TransitionRefused:
    return TransitionRefused(
        f"email {id} still cannot be made: {why}", help="mend the template or the data, then retry it"
    )


@dataclass(frozen=True, slots=True)
class _Today:
    """Whom today's data puts where, and beside it the last run (`before`): both by ordinal."""

    program: Program
    past: Past
    numbered: Numbered
    members: Mapping[str, Bits]
    before: Mapping[str, Bits]

    @classmethod
    def see(cls, program: Program, past: Past, membership: Membership) -> "_Today":
        numbered = number_people(past.state.people, membership.people)
        members = {name: numbered.spread(column) for name, column in membership.personas.items()}
        before = {name: padded(bits, len(numbered.people)) for name, bits in past.state.members.items()}
        return cls(program, past, numbered, members, before)

    def fired(self, row: OutboxRow) -> Fired:
        """Returns the trigger and the tagging of an email, under today's names."""
        return Fired(self.program.triggers[self._trigger(row)], self._tagging(row))

    def why_not(self, row: OutboxRow) -> TransitionRefused | None:
        """Returns why an email may not be made anew, or None."""
        over = no_longer_fires(self._trigger(row), self._tagging(row), self.program.triggers) or self._crossed(row)
        if over is None:
            return why_never(row)
        return why_never(row) or TransitionRefused(
            f"email {row.id} is not made anew: {over}",
            help="another one is made when its person joins or leaves the persona again",
        )

    def _crossed(self, row: OutboxRow) -> str | None:
        one = self.fired(row)
        persona, person = one.tagging.persona, one.tagging.person
        ordinal = self.numbered.ordinals.get(person)
        if ordinal is None or not self.numbered.present[ordinal]:
            return "its person is not in the source now"
        # who crossed since the last run is in by one of them alone, and the next run has an answer to that
        sides = {bool(self.members[persona][ordinal]), persona in self.before and bool(self.before[persona][ordinal])}
        is_tagged = one.tagging.edge is Edge.TAGGED
        holds = one.trigger.keep or sides == {is_tagged}
        crossed = crossed_since(
            one.tagging,
            is_gone=False,
            is_member=is_tagged if holds else not is_tagged,
            episode=self.past.episodes(persona, [person])[person],
        )
        return crossed and f"its person {crossed}"

    def _trigger(self, row: OutboxRow) -> str:
        return self.past.triggers_renamed.get(row.trigger, row.trigger)

    def _tagging(self, row: OutboxRow) -> Tagging:
        persona = row.tagging.persona
        return replace(row.tagging, persona=self.past.personas_renamed.get(persona, persona))
