"""From the triggers that fired to the rows of the outbox: people fetched, templates rendered, reasons noted."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from rulekit.email.addresses import ADDRESS_FIELD, address_domain
from rulekit.email.compose import Composed, Composer, make_message_id
from rulekit.email.unsubscribe import unsubscribe_link
from rulekit.engine.project import Project
from rulekit.engine.tick.firing import Fired
from rulekit.errors import ComposeError, SettingsError
from rulekit.evaluation.questions.snapshot import Snapshot
from rulekit.language.checking.templates.variables import fields_named
from rulekit.language.program import Program, Template, Trigger
from rulekit.outbox.lifecycle.tick_values import NewRow, NoEmail, Readdressing
from rulekit.outbox.rows.queries import Pending
from rulekit.outbox.store import Store
from rulekit.records import ComposedEmail, Person, Tagging
from rulekit.zones import ZONE_FIELDS, read_zone

# what there is of an email that could not be made
_NOTHING = Composed("", "", "", b"", sha256(b"").hexdigest())


@dataclass(frozen=True, slots=True)
class ComposedRows:
    """The rows that a tick adds, what plugins kept out, and the triggers that lost `auto` to the volume guard."""

    rows: tuple[NewRow, ...] = ()
    vetoed: tuple[NoEmail, ...] = ()
    demoted: frozenset[str] = frozenset()


def compose_rows(
    project: Project, snapshot: Snapshot, store: Store, fired: Sequence[Fired], now: datetime
) -> ComposedRows:
    """Returns one row, or one reason for none, for each trigger that fired.

    A reason is a plugin's veto, or what the template says of a person and nobody can read. An email that cannot be made
    for another reason is a failed row.

    Raises SettingsError when nothing says who the emails are from.
    """
    if not fired:
        return ComposedRows()
    counts = Counter(f.trigger.name for f in fired if f.trigger.auto)
    demoted = frozenset(name for name, count in counts.items() if count > project.settings.delivery.max_auto_per_tick)
    desk = _Desk(project, store, now, demoted)
    people = snapshot.people([f.tagging.person for f in fired])
    reasons = _reasons(snapshot, fired)
    rows: list[NewRow] = []
    vetoed: list[NoEmail] = []
    for f in fired:
        if (unreadable := _find_unreadable(f.trigger, people[f.tagging.person], project.program)) is not None:
            vetoed.append(NoEmail(f.trigger.name, f.tagging, unreadable))
            continue
        row = desk.row(f.trigger, people[f.tagging.person], f.tagging, reasons[f.tagging.persona][f.tagging.person])
        veto = desk.veto(row)
        if veto is None:
            rows.append(row)
        else:
            vetoed.append(NoEmail(row.trigger, row.tagging, veto))
    return ComposedRows(tuple(rows), tuple(vetoed), demoted)


def compose_again(
    project: Project, snapshot: Snapshot, store: Store, moved: Sequence[Pending], now: datetime
) -> list[Readdressing]:
    """Returns the emails that waiting ones become whose person has another address now, or the reason against it.

    Raises SettingsError as `compose_rows` does. What a person had to approve, or has to by the rules of today, asks.
    """
    if not moved:
        return []
    desk = _Desk(project, store, now, frozenset())
    people = snapshot.people(sorted({one.tagging.person for one in moved}))
    again: list[Readdressing] = []
    for one in moved:
        trigger, person = project.program.triggers[one.trigger], people[one.tagging.person]
        if (unreadable := _find_unreadable(trigger, person, project.program)) is not None:
            again.append(Readdressing(one.id, one.trigger, None, unreadable))
            continue
        row = desk.row(trigger, person, one.tagging, {})
        veto = desk.veto(row)
        made = replace(row, auto=row.auto and one.auto) if veto is None else None
        again.append(Readdressing(one.id, one.trigger, made, veto or ""))
    return again


def _find_unreadable(trigger: Trigger, person: Person, program: Program) -> str | None:
    """Returns why nobody can tell what an email would say: its template reads what cannot be read of the person."""
    if not person.unreadable:
        return None
    read = frozenset().union(*map(fields_named, program.templates[trigger.template].trees.values()))
    names = [name if owner == "person" else f"{owner}.{name}" for owner, name in sorted(read & person.unreadable)]
    return f"its {' and '.join(f'`{name}`' for name in names)} cannot be read" if names else None


def _reasons(snapshot: Snapshot, fired: Sequence[Fired]) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    people: defaultdict[str, set[str]] = defaultdict(set)
    for f in fired:
        people[f.tagging.persona].add(f.tagging.person)
    return {persona: snapshot.because(persona, sorted(found)) for persona, found in people.items()}


class _Desk:
    """Where emails of one tick are written: what is the same for all of them, prepared once."""

    def __init__(self, project: Project, store: Store, now: datetime, demoted: frozenset[str]) -> None:
        self._project = project
        self._store_id = store.store_id()
        self._secret = store.secret()
        self._now = now
        self._demoted = demoted

    def row(self, trigger: Trigger, person: Person, tagging: Tagging, because: Mapping[str, str]) -> NewRow:
        template = self._project.program.templates[trigger.template]
        self._require_sender(template)
        token = self._token(trigger, tagging)
        try:
            composed, failure = self._compose(trigger, person, token), None
        except ComposeError as error:
            composed, failure = self._nothing(token), error.message
        return NewRow(
            trigger=trigger.name,
            tagging=tagging,
            template=template.name,
            recipient=composed.recipient,
            subject=composed.subject,
            message_id=composed.message_id,
            message=composed.message,
            digest=composed.digest,
            auto=trigger.auto and trigger.name not in self._demoted,
            keep=trigger.keep,
            expires_at=self._now + trigger.expires,
            origin=self._origin(trigger),
            rules_digest=self._project.program.digest,
            template_digest=_template_digest(template),
            because=because,
            failure=failure,
            zone=_zone(person),
            uncertain=trigger.uncertain,
        )

    def veto(self, row: NewRow) -> str | None:
        if row.failure is not None:
            return None
        return self._project.plugins.veto(
            ComposedEmail(row.trigger, row.tagging.person, row.recipient, row.subject, row.message)
        )

    def _compose(self, trigger: Trigger, person: Person, token: str) -> Composed:
        url = self._unsubscribe_url(trigger, person)
        return self._composer(trigger).compose(person, token=token, unsubscribe_url=url)

    def _nothing(self, token: str) -> Composed:
        """Returns what there is of an email that could not be made, and so is from nobody yet."""
        domain = address_domain(self._project.settings.sender.from_)
        return replace(_NOTHING, message_id=make_message_id(token, domain))

    def _composer(self, trigger: Trigger) -> Composer:
        composers = self._project.composers
        if trigger.name not in composers:
            settings = self._project.settings
            composers[trigger.name] = Composer(
                self._project.program.templates[trigger.template],
                trigger,
                self._project.program.personas[trigger.persona],
                sender=settings.sender.from_,
                timezone=settings.timezone,
                postal_address=settings.delivery.postal_address,
            )
        return composers[trigger.name]

    def _require_sender(self, template: Template) -> None:
        if not (template.sender or self._project.settings.sender.from_):
            raise SettingsError(
                f"nothing says who the emails of `{template.name}` are from",
                help='write `from = "Ada at Example <success@example.com>"` under `[sender]`',
            )

    def _token(self, trigger: Trigger, tagging: Tagging) -> str:
        """Returns what is the same whenever this email is made, and tells nobody who it is for."""
        identity = [self._store_id, trigger.name, tagging.person, str(tagging.episode), tagging.edge.value]
        return sha256("\0".join([self._secret, *identity]).encode()).hexdigest()[:32]

    def _unsubscribe_url(self, trigger: Trigger, person: Person) -> str | None:
        base = self._project.settings.delivery.unsubscribe_url
        address = person.fields.get(ADDRESS_FIELD)
        if not base or not isinstance(address, str):
            return None
        return unsubscribe_link(base, self._secret, address, trigger.name)

    def _origin(self, trigger: Trigger) -> str:
        source = self._project.rules.sources[trigger.span.path]
        return f"{trigger.span.path}:{source.position(trigger.span.start).line}"


def _zone(person: Person) -> str | None:
    """Returns the zone that a person, or else their company, says they live in, where that is one."""
    for fields in (person.fields, person.company or {}):
        for name in ZONE_FIELDS:
            value = fields.get(name)
            if isinstance(value, str) and (zone := read_zone(value)):
                return zone
    return None


def _template_digest(template: Template) -> str:
    parts = (template.subject, template.html, template.markdown, template.text, template.preheader)
    return sha256("\0".join(part.text if part else "" for part in parts).encode()).hexdigest()
