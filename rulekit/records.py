"""Records that travel between rooms and to plugins; they hold values.

Times are aware datetimes in UTC. A value of a person, company or event is a str, int, float, Decimal, bool, date,
datetime, timedelta, a list of str, or None where it is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Protocol

from rulekit.layouts import TextLayout as TextLayout
from rulekit.layouts import TextSource as TextSource
from rulekit.mail_notice import Notice as Notice
from rulekit.mail_notice import NoticeKind as NoticeKind
from rulekit.reason import Reason as Reason
from rulekit.value_spelling import Spellings as Spellings

Scalar = str | int | float | Decimal | bool | date | datetime | timedelta | list[str] | None


class Edge(Enum):
    """Which way a person crossed the border of a persona."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the source has them at a tick: declared fields by name, and those of their company, if any.

    `unreadable` are those whose value is there and cannot be read, as ("person", "plan") or ("company", "arr"); among
    the fields they are None.
    """

    key: str
    fields: Mapping[str, Scalar]
    company: Mapping[str, Scalar] | None
    unreadable: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Tagging:
    """One crossing of a persona's border: the `episode`-th time that the person joined, or the end of it."""

    persona: str
    person: str
    episode: int
    edge: Edge


class State(Enum):
    """Where an email in the outbox stands; the value is the word for it in rules. From `SENT` on none is left again."""

    UNAPPROVED = "unapproved"
    APPROVED = "approved"
    SENDING = "sending"
    RETRYING = "retrying"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    ERASED = "erased"


# for plugins: sources


class ArrowStream(Protocol):
    """Anything that speaks the Arrow C stream interface: a pyarrow Table or RecordBatchReader, a polars frame, …."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Returns the stream as a capsule."""


@dataclass(frozen=True, slots=True)
class QueryTable:
    """A table that the engine reads where it lies: exactly one DuckDB SELECT.

    `setup` are statements to run once before, in order (`ATTACH … (READ_ONLY)`). When those of all tables have run, the
    engine reads nothing more of the machine and the network than what `reads` names: paths of files, and folders or
    beginnings of URLs, which end with `/`. With `load` the engine reads the table once per tick and keeps the rows,
    instead of reading it again for each kind of event: for what is dear to read, as text files are. With `any_column`
    every column that is asked for is there and missing: a format that names columns in its rows has none without rows.
    `unusable` says of names in small letters why the table cannot give such a column: an error where one is wanted.
    """

    sql: str
    setup: tuple[str, ...] = ()
    load: bool = False
    reads: tuple[str, ...] = ()
    any_column: bool = False
    unusable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamTable:
    """A table from something without a query language; `open` is called once per tick."""

    open: Callable[[], ArrowStream]


Table = QueryTable | StreamTable


@dataclass(frozen=True, slots=True)
class RecordMapping:
    """How a table of people or companies is read: the key column, and columns whose name differs from the field's."""

    table: str | None = None
    query: str | None = None
    key: str = "id"
    company: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    layout: TextLayout | None = None
    spellings: Spellings = field(default_factory=Spellings)


@dataclass(frozen=True, slots=True)
class EventMapping:
    """How a table of events is read: one kind (`event`), or many told apart by the column `name`.

    `kinds` has the kind that is meant by what stands in that column, where it is called otherwise.
    """

    table: str | None = None
    query: str | None = None
    person: str = "person"
    at: str = "at"
    name: str | None = None
    event: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    layout: TextLayout | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    spellings: Spellings = field(default_factory=Spellings)


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """Where people, companies and events stand in a source."""

    person: RecordMapping
    company: RecordMapping | None
    events: tuple[EventMapping, ...]


class Source(Protocol):
    """A place where people and their events live, opened read-only.

    Every method raises `rulekit.errors.SourceError` with what is wrong and what to do.
    """

    def table(self, name: str) -> Table:
        """Returns the table of that name, as `rulekit.toml` gives it."""

    def query(self, sql: str) -> Table:
        """Returns the result of a query in the source's own language as a table."""

    def default_mapping(self) -> SourceMapping | None:
        """Returns the mapping to use where `rulekit.toml` has none, or None when the source cannot know."""


class ListedSource(Source, Protocol):
    """A source that can say which tables it has; the method is optional, for any source."""

    def tables(self) -> Sequence[str]:
        """Returns the names that `table` takes, in order; `rulekit schema pull` looks at them all."""


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a source is opened with: its URL with the environment filled in, and where relative paths in it start.

    That is the project's folder, or that of the settings where `--config` names them.
    """

    url: str
    project: Path


SourceFactory = Callable[[SourceRequest], Source]


# for plugins: senders. Each `reason` may be a `Reason`: of any other text nothing is logged


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who an email is from and to at the transport: one sender, one recipient, both bare addresses."""

    sender: str
    recipient: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiving side took responsibility; `reply` is its word for it, kept as proof."""

    reply: str


class RefusalClass(Enum):
    """What a refusal says about: the one email, its address, or the sender as a whole."""

    MESSAGE = "message"
    ADDRESS = "address"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiving side said no for good; nothing was delivered.

    `code` is a server's answer as in `550 5.1.1` (RFC 5321, section 4.2; RFC 3463), empty where none answered. Where a
    sender leaves it out, it is looked for in the reason.
    """

    reason: str
    about: RefusalClass = RefusalClass.MESSAGE
    code: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was delivered, and another attempt may succeed; `about` SENDER burns no attempt of the email."""

    reason: str
    about: RefusalClass = RefusalClass.MESSAGE


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell whether the email was delivered: the last byte left and no answer came."""

    reason: str


Outcome = Sent | Refused | Later | Unknown


class Sender(Protocol):
    """A way for emails to leave; used by one worker at a time."""

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        """Sends one message and says what became of it.

        `mark_data` must be called once, after the receiving side is ready for the message and before its first byte
        leaves. It raises to forbid the sending; the sender then gives nothing away and lets the exception pass.
        """

    def close(self) -> None:
        """Gives back connections; the sender is not used afterwards."""


@dataclass(frozen=True, slots=True)
class SenderRequest:
    """What a sender is opened with: its URL with the environment filled in, and where relative paths in it start.

    That is the project's folder, or that of the settings where `--config` names them.
    """

    url: str
    project: Path


SenderFactory = Callable[[SenderRequest], Sender]


@dataclass(frozen=True, slots=True)
class IdempotentSender:
    """What opens a sender whose provider drops an email that it has taken before, known by its Message-ID or a key.

    `register_senders` may return it in the place of a function. `window` is how long after it took an email the
    provider still drops a repeat, less the longest time that handing one over takes. Raises ValueError when that is
    nothing.
    """

    open: SenderFactory
    window: timedelta

    def __post_init__(self) -> None:
        if self.window <= timedelta(0):
            raise ValueError("the window of an `IdempotentSender` must be longer than nothing")

    def __call__(self, request: SenderRequest) -> Sender:
        """Opens the sender."""
        return self.open(request)


# for plugins: checks of `rulekit doctor`


class Verdict(Enum):
    """What a check found: all is well, something worth knowing, something to look at, or something to mend."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of `rulekit doctor`: what was looked at and what was found; it holds no secret and no person's address.

    `help` says what to do and begins with a verb.
    """

    name: str
    verdict: Verdict
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What a plugin that checks gets to know of the project; nothing in it is secret.

    `sender` is the address that emails are from, and `server` the host that they are handed to; each is empty where the
    settings name none. `options` are those that the settings have for the plugin. Offline, nothing is asked of the
    network. A check that takes longer than `seconds` is not waited for.
    """

    project: Path
    sender: str
    server: str
    unsubscribe_url: str
    options: Mapping[str, object]
    offline: bool
    seconds: float


class CheckedSender(Sender, Protocol):
    """A sender that can say whether it would work; the method is optional, for any sender."""

    def check(self) -> CheckResult:
        """Goes as far as it can without an email: connects and logs in, for instance. `close` is called afterwards."""


# for plugins: lifecycle


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """What a project's settings have for a plugin: its `options`, and the folder where relative paths in them start."""

    project: Path
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ComposedEmail:
    """An email that is about to enter the outbox, for `email_composed`; `message` are its bytes but for `Date`."""

    trigger: str
    person: str
    recipient: str
    subject: str
    message: bytes


@dataclass(frozen=True, slots=True)
class OutboxChange:
    """A committed transition of one outbox row, for `outbox_changed`: from one `State` to another, by their values.

    `source` is None for a new row.
    """

    row: int
    trigger: str
    person: str
    source: str | None
    target: str
    at: datetime
    reason: str
