"""What one tick reads from the store and what it writes there, as values.

A tick is one transaction: everything in a `TickRecord` is written, or nothing is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rulekit.outbox.lifecycle.bits import Bits
from rulekit.records import Tagging
from rulekit.uncertainty import Policy


@dataclass(frozen=True, slots=True)
class Parked:
    """Since when and why a persona's crossings are held back; `kept_at` is the tick whose sides it keeps."""

    at: datetime
    because: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """Somebody who was on another side of a persona while it was parked, and on the kept one again when that ended.

    `since` and `until` are when the parking began and ended. `member` says whether the kept side is in. That is by what
    the data said then, which may have been wrong: so it is a note, and no crossing.
    """

    persona: str
    person: str
    since: datetime
    until: datetime
    member: bool


@dataclass(frozen=True, slots=True)
class Crossed:
    """How many people joined and left a persona in one tick, but for those of whom it was explained by time."""

    at: datetime
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class TickState:
    """What the store remembers before a tick.

    `sequence` grows by one per tick (0: none yet). `people` are keys in the order of their ordinals, which are dense
    and never reused. `members` holds per known persona one bit per ordinal. `present` has the bit of everybody whom
    the last tick's source held. `triggers` are the names already seen. `kinds` are those of which it had any event.
    `parked` are the personas that are held back since an earlier tick. `conditions` are digests of what each asked; one
    of which a store of before kept none is not among them.

    `absent_since` has, by ordinal, the first tick that missed somebody whom no tick has seen again. `unjudged` has for
    each persona the bit of everybody who was seen and never judged in it. `unmarked` are the ordinals of people whose
    mailbox was never asked for. `passed` has for each parked persona the bit of everybody who was on another side than
    the kept one at some tick of the parking. `anonymous` are kinds that were believed although most of their events are
    of nobody; None where no tick has looked at that.
    """

    sequence: int
    at: datetime | None
    people: list[str]
    present: Bits
    members: Mapping[str, Bits]
    triggers: frozenset[str]
    waiting: tuple["Waiting", ...]
    kinds: frozenset[str] = frozenset()
    conditions: Mapping[str, str] = field(default_factory=dict)
    parked: Mapping[str, Parked] = field(default_factory=dict)
    absent_since: Mapping[int, datetime] = field(default_factory=dict)
    unjudged: Mapping[str, Bits] = field(default_factory=dict)
    passed: Mapping[str, Bits] = field(default_factory=dict)
    unmarked: frozenset[int] = frozenset()
    anonymous: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What ticks of a clock that was ahead did: the latest instant of one, and who crossed there and not again since.

    `crossed` has per persona, by the name that the store has for it, one bit per ordinal.
    """

    at: datetime
    crossed: Mapping[str, Bits]


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """A line of the change log; `reason` is `joined`, `left`, `gone`, `baseline` or `edited`.

    Who could not be judged before takes their `baseline` with a line of their own, which counts as one joining.
    """

    tagging: Tagging
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A tagging that becomes an email at `due`, if the person is still in then.

    `option` is what makes it wait: `after`, or `every`, whose time is not over. It is not kept.
    """

    trigger: str
    tagging: Tagging
    due: datetime
    option: str = field(default="after", compare=False)


@dataclass(frozen=True, slots=True)
class NoEmail:
    """Why a tagging that matched a trigger made no email."""

    trigger: str
    tagging: Tagging
    reason: str


@dataclass(frozen=True, slots=True)
class NewRow:
    """An email as it enters the outbox: rendered once, frozen.

    `recipient` is the bare address. `message` are the bytes that will be sent but for `Date`, `digest` their SHA-256
    in hex. `failure` says why no message could be made: the row is then born `failed`, with empty bytes. `origin` is
    where the trigger stands (`file:line`), `because` the values that put the person in, `zone` the name of the zone in
    which the person's nights are quiet, `uncertain` what the trigger says of an email that may have arrived.
    """

    trigger: str
    tagging: Tagging
    template: str
    recipient: str
    subject: str
    message_id: str
    message: bytes
    digest: str
    auto: bool
    keep: bool
    expires_at: datetime
    origin: str
    rules_digest: str
    template_digest: str
    because: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None
    zone: str | None = None
    uncertain: Policy | None = None


@dataclass(frozen=True, slots=True)
class Readdressing:
    """A waiting email whose person has another address: the `row` that it becomes, or why it is withdrawn instead.

    Of the row what the email is stays as it was: its tagging, its tick, its times and why its person was in.
    """

    email: int
    trigger: str
    row: NewRow | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Waiting emails to withdraw: those of a trigger for one person, or, with `person` None, all of the trigger."""

    trigger: str
    person: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class UnjudgedPeople:
    """How many people a tick cannot judge in a persona, and what of the columns behind that looks like.

    `columns` are named as in `person.plan`, the time of a kind of event by the kind alone; each has the commonest
    shapes of its unreadable values, and how many have each.
    """

    persona: str
    people: int
    columns: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """What is kept of what the data of a day's ticks was like, as values of JSON.

    `peaks` are the highest shares of that day. `latest` is what the next tick is compared with; of days before the
    last tick's it is None. `believed` unless something was parked for the data of the tick.
    """

    at: datetime
    believed: bool
    peaks: list[Any]
    latest: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class TickRecord:
    """Everything that one tick writes, after `TickState.sequence` was read.

    `new_people` get the next ordinals in order. `members` and `present` hold a bit per ordinal, new people included;
    `members` has every persona of the rules (a persona that is missing is forgotten). `baselines` are the personas of
    which this is the first sight: who is in at that moment has episode 1 without a line in the log.
    `personas_renamed` and `triggers_renamed` map old names to new ones and are applied first.
    `triggers` are those of the rules; one that leaves the rules stays known, so that its return mails nobody afresh.
    `conditions` are digests of what each persona asks; one that is not among them keeps that of before. `parked` says
    why of each persona that is held back. `explained` is how many joined and left by time alone, as far as was asked.
    `kinds` are the events of which the source has any. `vouched` says that a person has said that `at` is right: it
    may then be before the last tick, and what waits for a time ahead of it is brought back.

    `missed` are the ordinals of people whom this tick is the first not to see, `back` of those whom it sees again.
    `unjudged`, `passed` and `anonymous` are as in `TickState`, and hold after this tick. `passages` are of personas
    that are parked no more. `mailboxes` has the digests of the
    mailboxes that were asked for, by key. `not_judged` counts whom this tick could not judge, for those who watch.

    `matched` counts per trigger the taggings that it fires on; each of them is found in `rows`, `waiting` or
    `no_emails`. `waiting_done` are taken out of the waiting list, `waiting` put in. Unapproved rows that
    are past their `expires_at` at `at` expire in the same transaction. `profile` takes the place of those of the same
    day, and of what lies ahead of `at`.
    """

    sequence: int
    at: datetime
    rules_digest: str
    new_people: list[str]
    present: Bits
    members: Mapping[str, Bits]
    baselines: frozenset[str] = frozenset()
    triggers: frozenset[str] = frozenset()
    personas_renamed: Mapping[str, str] = field(default_factory=dict)
    triggers_renamed: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[MembershipChange, ...] = ()
    rows: tuple[NewRow, ...] = ()
    no_emails: tuple[NoEmail, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    waiting_done: tuple[Waiting, ...] = ()
    kinds: frozenset[str] = frozenset()
    missed: tuple[int, ...] = ()
    back: tuple[int, ...] = ()
    unjudged: Mapping[str, Bits] = field(default_factory=dict)
    passed: Mapping[str, Bits] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    anonymous: frozenset[str] = frozenset()
    mailboxes: Mapping[str, str] = field(default_factory=dict)
    not_judged: tuple[UnjudgedPeople, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    readdressings: tuple[Readdressing, ...] = ()
    matched: Mapping[str, int] = field(default_factory=dict)
    vouched: bool = False
    conditions: Mapping[str, str] = field(default_factory=dict)
    parked: Mapping[str, str] = field(default_factory=dict)
    explained: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    profile: KeptProfile | None = None


@dataclass(frozen=True, slots=True)
class TickOutcome:
    """What a tick wrote, counted. `rows` are new emails; those born `failed` or `suppressed` are among them.

    `readdressed` are those that waited, and were made again for another address of their person.
    """

    rows: int
    failed: int
    withdrawn: int
    expired: int
    suppressed: int = 0
    readdressed: int = 0
