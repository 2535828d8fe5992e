"""What the store knows from earlier ticks, asked under today's names although it may hold yesterday's."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rulekit.language.program import Persona, Program, Trigger
from rulekit.outbox.lifecycle.tick_values import Ahead, Crossed, MembershipChange, TickState, Waiting, Withdrawal
from rulekit.outbox.rows.queries import Pending
from rulekit.outbox.store import Store
from rulekit.records import Tagging


@dataclass(frozen=True, slots=True)
class Past:
    """The state before a tick in today's names, and look-ups into the history.

    `personas_renamed` and `triggers_renamed` map old names to new ones; the store learns them with the tick.
    """

    store: Store
    state: TickState
    personas_renamed: Mapping[str, str]
    triggers_renamed: Mapping[str, str]

    @classmethod
    def read(cls, store: Store, program: Program) -> "Past":
        """Reads the state, with every `was` of the rules applied."""
        state = store.ticks.state()
        personas = _renames(program.personas, state.members)
        triggers = _renames(program.triggers, state.triggers)
        renamed = replace(
            state,
            members={personas.get(name, name): bits for name, bits in state.members.items()},
            parked={personas.get(name, name): parked for name, parked in state.parked.items()},
            conditions={personas.get(name, name): digest for name, digest in state.conditions.items()},
            unjudged={personas.get(name, name): bits for name, bits in state.unjudged.items()},
            passed={personas.get(name, name): bits for name, bits in state.passed.items()},
            triggers=frozenset(triggers.get(name, name) for name in state.triggers),
            waiting=tuple(_rename_waiting(wait, personas, triggers) for wait in state.waiting),
        )
        return cls(store, renamed, personas, triggers)

    def ahead(self, now: datetime) -> Ahead | None:
        """Returns what ticks of a clock that was ahead of `now` did, or None when there was none."""
        found = self.store.ticks.ahead(now)
        if found is None:
            return None
        return Ahead(found.at, {self.personas_renamed.get(name, name): bits for name, bits in found.crossed.items()})

    def kept_at(self, persona: str, default: datetime) -> datetime:
        """Returns the tick whose sides of a persona are kept: the last one, but for a parked persona."""
        parked = self.state.parked.get(persona)
        return parked.kept_at if parked is not None else self.state.at or default

    def crossed(self, personas: Sequence[str], since: datetime) -> dict[str, list[Crossed]]:
        """Returns how many people joined and left each persona by tick, in the order of time."""
        old = {_old_name(name, self.personas_renamed): name for name in personas}
        return {old[name]: found for name, found in self.store.ticks.crossed(list(old), since).items()}

    def episodes(self, persona: str, people: Iterable[str]) -> dict[str, int]:
        """Returns how often each of the people has joined the persona so far; 0 for never."""
        asked = list(people)
        if not asked:
            return {}
        found = self.store.ticks.episodes(_old_name(persona, self.personas_renamed), asked)
        return {person: found.get(person, 0) for person in asked}

    def episodes_after(
        self, changes: Iterable[MembershipChange], waiting: Iterable[Waiting]
    ) -> Callable[[str, str], int]:
        """Returns a look-up of episodes with this tick's changes applied, for the people who wait."""
        changed = {(c.tagging.persona, c.tagging.person): c.tagging.episode for c in changes}
        people: dict[str, list[str]] = {}
        for wait in waiting:
            people.setdefault(wait.tagging.persona, []).append(wait.tagging.person)
        before = {persona: self.episodes(persona, found) for persona, found in people.items()}
        return lambda persona, person: changed.get((persona, person)) or before[persona][person]

    def mailboxes(self, people: Iterable[str]) -> Mapping[str, str]:
        """Returns the digests of the mailboxes that people had at first sight, as far as they had one."""
        return self.store.ticks.mailboxes(people)

    def waiting_for_leavers(self) -> list[tuple[str, str]]:
        """Returns trigger and person of the emails for leaving that have not left and are not to be kept."""
        return [
            (self.triggers_renamed.get(trigger, trigger), person)
            for trigger, person in self.store.ticks.waiting_for_leavers()
        ]

    def count_withdrawn(self, withdrawals: Collection[Withdrawal]) -> Mapping[str, int]:
        """Returns how many waiting emails these withdrawals end, by trigger."""
        old = [replace(one, trigger=_old_name(one.trigger, self.triggers_renamed)) for one in withdrawals]
        counts = self.store.ticks.count_withdrawn(old) if old else {}
        return {self.triggers_renamed.get(name, name): count for name, count in counts.items()}

    def pending(self) -> list[Pending]:
        """Returns the emails that wait to be approved or sent and cannot have arrived."""
        return [
            replace(
                one,
                trigger=self.triggers_renamed.get(one.trigger, one.trigger),
                tagging=_rename(one.tagging, self.personas_renamed),
            )
            for one in self.store.ticks.pending()
        ]

    def last_emails(
        self,
        triggers: Mapping[str, Trigger],
        taggings: Mapping[str, Iterable[Tagging]],
        mailboxes: Callable[[Sequence[str]], Mapping[str, str]],
    ) -> Callable[[str, str], datetime | None]:
        """Returns a look-up of when a trigger last made an email for a person, or for whoever has the same mailbox.

        It knows of triggers that say `every`. `mailboxes` gives the normalised addresses of people.
        """
        found: dict[str, Mapping[str, datetime]] = {}
        for name, trigger in triggers.items():
            if trigger.every:
                people = {t.person for t in taggings[name]}
                people.update(w.tagging.person for w in self.state.waiting if w.trigger == name)
                found[name] = self._last_emails(name, sorted(people), mailboxes) if people else {}
        return lambda trigger, person: found[trigger].get(person)

    def _last_emails(
        self, trigger: str, people: Sequence[str], mailboxes: Callable[[Sequence[str]], Mapping[str, str]]
    ) -> Mapping[str, datetime]:
        addresses = mailboxes(people)
        to_person = self.store.ticks.last_emails(_old_name(trigger, self.triggers_renamed), people)
        to_mailbox = self.last_emails_to(trigger, set(addresses.values()))
        both = ((person, (to_person.get(person), to_mailbox.get(addresses.get(person, "")))) for person in people)
        return {person: max(filter(None, last)) for person, last in both if any(last)}

    def last_emails_to(self, trigger: str, addresses: Collection[str]) -> Mapping[str, datetime]:
        """Returns when a trigger last made an email for these normalised addresses, whoever it was for."""
        return self.store.ticks.last_emails_to(_old_name(trigger, self.triggers_renamed), sorted(addresses))

    def suppressed_among(self, trigger: str, people: Collection[str]) -> frozenset[str]:
        """Returns those of the people who asked not to get a trigger's emails, at whatever address."""
        return self.store.suppressions.among(_old_name(trigger, self.triggers_renamed), people)


def _renames(declared: Mapping[str, Persona] | Mapping[str, Trigger], known: Iterable[str]) -> dict[str, str]:
    stored = set(known)
    return {
        rule.was: name
        for name, rule in declared.items()
        if rule.was in stored and name not in stored and rule.was not in declared
    }


def _rename_waiting(wait: Waiting, personas: Mapping[str, str], triggers: Mapping[str, str]) -> Waiting:
    trigger = triggers.get(wait.trigger, wait.trigger)
    return replace(wait, trigger=trigger, tagging=_rename(wait.tagging, personas))


def _rename(tagging: Tagging, personas: Mapping[str, str]) -> Tagging:
    return replace(tagging, persona=personas.get(tagging.persona, tagging.persona))


def _old_name(name: str, renamed: Mapping[str, str]) -> str:
    return next((old for old, new in renamed.items() if new == name), name)
