"""The tables of the store, for SQLite and PostgreSQL alike.

What must always be true of a row is a constraint here, so that not even a mistake in the code can break it. A name
that people may change (of a persona, of a trigger) stands once, in its own table; everything else refers to it by id.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from rulekit.outbox.database.columns import FreeText, Id, Instant
from rulekit.outbox.lifecycle.states import END_STATES, Phase
from rulekit.records import State
from rulekit.uncertainty import POLICIES

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in sorted(values))})"


_ENDS = [state.value for state in END_STATES]
_EDGES = ["tagged", "untagged"]


def _tagging() -> list[Column[Any]]:
    return [
        Column("persona", Id, ForeignKey("personas.id"), nullable=False),
        Column("person", Id, ForeignKey("people.ordinal"), nullable=False),
        Column("episode", Integer, nullable=False),
        Column("edge", String(8), nullable=False),
    ]


def _trigger() -> Column[Any]:
    return Column("trigger", Id, ForeignKey("triggers.id"), nullable=False)


# `store_id` and `secret`, made with the store and never changed
meta = Table("meta", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False))

# one line: the last tick, whose sequence every tick compares and sets. `anonymous` are the kinds of event that were
# believed although most of them are of nobody. `not_judged` counts the people whom it could not judge, by persona
last_tick = Table(
    "last_tick",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant),
    Column("rules_digest", String(64), nullable=False),
    Column("present", LargeBinary, nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("anonymous", JSON(none_as_null=True)),
    Column("not_judged", JSON(none_as_null=True)),
    CheckConstraint("id = 1", name="one_line"),
)

# `explained` is, by the id of a persona, how many joined and left it by time alone, where somebody asked
ticks = Table(
    "ticks",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("rules_digest", String(64), nullable=False),
    Column("changes", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("explained", JSON(none_as_null=True)),
)

# what the data of ticks was like, a line for the last tick of each day (UTC) and as far back as it is compared:
# `profile` has the highest shares of the day, `latest` what the next tick is compared with and is empty in all lines
# but the last; `believed` unless something was parked for it
profiles = Table(
    "profiles",
    metadata,
    Column("tick", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("believed", Boolean, nullable=False),
    Column("profile", JSON, nullable=False),
    Column("latest", JSON(none_as_null=True)),
)

# one line: how sending goes, over all workers. `claims` is the latest fencing token; `clock_at` the latest instant of
# a claim; `next_at` when the rate lets the next email be claimed, and `next_mark_at` when the next message leave;
# `open_until` until when the breaker lets none go; `refusals` how often in a row emails were refused for good with
# `refusal`; `halted_*` says who stopped all sending; `place` is where the database lay when it last sent; `attempts`
# and `faults_ever` only grow
sending = Table(
    "sending",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("claims", Integer, nullable=False),
    Column("clock_at", Instant),
    Column("next_at", Instant),
    Column("faults", Integer, nullable=False),
    Column("trips", Integer, nullable=False),
    Column("open_until", Instant),
    Column("fault", FreeText),
    Column("halted_at", Instant),
    Column("halted_by", FreeText),
    Column("halt_reason", FreeText),
    Column("place", Text),
    Column("attempts", Id, nullable=False, server_default=text("0")),
    Column("faults_ever", Id, nullable=False, server_default=text("0")),
    Column("next_mark_at", Instant),
    Column("refusals", Integer, nullable=False, server_default=text("0")),
    Column("refusal", Text),
    # what of the two names nobody, and may stand in a log
    Column("fault_text", FreeText),
    Column("halt_text", FreeText),
    CheckConstraint("id = 1", name="one_line"),
    CheckConstraint("claims >= 0 AND faults >= 0 AND trips >= 0", name="counters"),
    CheckConstraint("attempts >= 0 AND faults_ever >= 0", name="totals"),
    CheckConstraint("refusals >= 0", name="refusals"),
    CheckConstraint(
        "(halted_at IS NULL) = (halted_by IS NULL) AND (halted_at IS NULL) = (halt_reason IS NULL)",
        name="halted_by_somebody",
    ),
)

# `absent_since` is the first tick whose source did not have somebody who was there before; empty while it has them.
# `mailbox` is a digest of the normalised address that they had at first sight, or the empty text where they had none
people = Table(
    "people",
    metadata,
    Column("ordinal", Id, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("absent_since", Instant),
    Column("mailbox", String(32)),
    CheckConstraint("ordinal >= 0", name="ordinal"),
)

# `bits` packs one bit per ordinal, without trailing zero bytes; NULL where the rules no longer have the persona.
# `condition` is the digest of what it last asked. `unjudged` packs likewise who was seen and never judged. While it is
# parked, `parked_at` and `parked_because` say since when and why, and `passed` packs who was on another side meanwhile
personas = Table(
    "personas",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("bits", LargeBinary),
    Column("members", Integer, nullable=False),
    Column("condition", String(64)),
    Column("unjudged", LargeBinary),
    Column("parked_at", Instant),
    Column("parked_because", Text),
    Column("passed", LargeBinary),
    CheckConstraint("bits IS NOT NULL OR members = 0", name="members"),
)

# who was in when a persona was first seen (or seen again after it had left the rules); each counts as one joining
baselines = Table(
    "baselines",
    metadata,
    Column("persona", Id, ForeignKey("personas.id"), primary_key=True),
    Column("tick", Integer, primary_key=True),
    Column("bits", LargeBinary, nullable=False),
)

# who was on another side than the one that was kept (`member`) while a persona was parked, and was back in the end
passages = Table(
    "passages",
    metadata,
    Column("persona", Id, ForeignKey("personas.id"), primary_key=True, autoincrement=False),
    Column("person", Id, ForeignKey("people.ordinal"), primary_key=True, autoincrement=False),
    Column("since", Instant, primary_key=True),
    Column("until", Instant, nullable=False),
    Column("member", Boolean, nullable=False),
    Index(None, "person"),
)

change_log = Table(
    "change_log",
    metadata,
    Column("id", Id, primary_key=True),
    *_tagging(),
    Column("tick", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", String(32), nullable=False),
    UniqueConstraint("persona", "person", "edge", "episode"),
    CheckConstraint("episode >= 1", name="episode"),
    CheckConstraint(_one_of("edge", _EDGES), name="edge"),
)

triggers = Table(
    "triggers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("seen_at", Instant, nullable=False),
)

# how many taggings of a tick matched a trigger; each must be found again as a row, a wait or a reason for no email
ledger = Table(
    "ledger",
    metadata,
    Column("tick", Integer, primary_key=True, autoincrement=False),
    Column("trigger", Id, ForeignKey("triggers.id"), primary_key=True, autoincrement=False),
    Column("matched", Integer, nullable=False),
)

waiting = Table(
    "waiting",
    metadata,
    Column("id", Id, primary_key=True),
    _trigger(),
    *_tagging(),
    Column("due", Instant, nullable=False),
    UniqueConstraint("trigger", "persona", "person", "episode", "edge"),
    CheckConstraint(_one_of("edge", _EDGES), name="edge"),
)

no_email = Table(
    "no_email",
    metadata,
    Column("id", Id, primary_key=True),
    _trigger(),
    *_tagging(),
    Column("tick", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", FreeText, nullable=False),
    UniqueConstraint("trigger", "persona", "person", "episode", "edge"),
    CheckConstraint(_one_of("edge", _EDGES), name="edge"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    _trigger(),
    *_tagging(),
    # 0, or the number of the copy of an email that somebody wanted sent again after it had failed
    Column("copy", Integer, nullable=False, server_default=text("0")),
    Column("state", String(16), nullable=False),
    Column("phase", String(16)),
    Column("template", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("auto", Boolean, nullable=False),
    Column("keep", Boolean, nullable=False),
    Column("origin", Text, nullable=False),
    Column("rules_digest", String(64), nullable=False),
    Column("template_digest", String(64), nullable=False),
    Column("because", JSON, nullable=False),
    Column("tick", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    # the zone of its person, whose nights are quiet
    Column("zone", Text),
    # what its trigger says is done when nobody can tell whether it arrived; empty: what the settings say then
    Column("uncertain", String(16)),
    Column("approved_at", Instant),
    Column("approved_by", FreeText),
    Column("not_before", Instant),
    Column("attempts", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("worker", FreeText),
    Column("lease_until", Instant),
    # when the message left, or was about to; empty again when the server is known not to have taken it
    Column("left_at", Instant),
    # when the server may have taken it first, of an email that was sent again without anybody knowing
    Column("doubted_at", Instant),
    # what its `Date` says: when it was taken up to be sent; empty before, and where an older version stored a Date
    Column("dated_at", Instant),
    Column("reply", FreeText),
    Column("reason", FreeText),
    Column("finished_at", Instant),
    UniqueConstraint("trigger", "person", "episode", "edge", "copy"),
    CheckConstraint("episode >= 1", name="episode"),
    CheckConstraint(_one_of("edge", _EDGES), name="edge"),
    CheckConstraint(_one_of("state", [state.value for state in State]), name="state"),
    CheckConstraint(
        f"phase IS NULL AND state <> 'sending' OR state = 'sending' AND {_one_of('phase', [p.value for p in Phase])}",
        name="phase_while_sending",
    ),
    CheckConstraint("(state = 'sending') = (worker IS NOT NULL)", name="worker_while_sending"),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease_while_sending"),
    CheckConstraint(f"({_one_of('state', _ENDS)}) = (finished_at IS NOT NULL)", name="finished_at_the_end"),
    CheckConstraint("state <> 'sent' OR reply IS NOT NULL", name="sent_needs_a_reply"),
    CheckConstraint(
        "state NOT IN ('approved', 'sending', 'retrying', 'uncertain', 'sent') OR approved_at IS NOT NULL",
        name="nothing_leaves_unapproved",
    ),
    CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approved_by_somebody"),
    CheckConstraint("(approved_at IS NULL) = (not_before IS NULL)", name="approved_with_a_time"),
    CheckConstraint(
        "state IN ('unapproved', 'approved', 'sending', 'sent') OR reason IS NOT NULL", name="reason_is_told"
    ),
    CheckConstraint("attempts >= 0 AND token >= 0", name="counters"),
    CheckConstraint("copy >= 0", name="copy"),
    CheckConstraint("length(digest) = 64", name="digest"),
    CheckConstraint(
        "left_at IS NOT NULL OR state NOT IN ('uncertain', 'sent') AND (phase IS NULL OR phase <> 'data')",
        name="left_at_when_it_left",
    ),
    CheckConstraint(f"uncertain IS NULL OR {_one_of('uncertain', list(POLICIES))}", name="uncertain"),
    CheckConstraint("doubted_at IS NULL OR left_at IS NOT NULL", name="doubted_at_when_it_left"),
    *(Index(None, "state", "not_before"), Index(None, "trigger", "state", "copy"), Index(None, "message_id")),
    *(Index(None, "person", "left_at"), Index(None, "address", "left_at")),
)

messages = Table(
    "messages",
    metadata,
    Column("row", Id, ForeignKey("outbox.id"), primary_key=True, autoincrement=False),
    Column("message", LargeBinary, nullable=False),
)

# one line per transition; `source` NULL for a new row
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("row", Id, ForeignKey("outbox.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("transition", String(32), nullable=False),
    Column("source", String(16)),
    Column("source_phase", String(16)),
    Column("target", String(16), nullable=False),
    Column("target_phase", String(16)),
    Column("actor", String(16), nullable=False),
    Column("actor_name", FreeText, nullable=False),
    Column("reason", FreeText, nullable=False),
)

# what notices say of an email after it left; `identity` names the notice, so that the same one twice is one
events = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("row", Id, ForeignKey("outbox.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("detail", FreeText, nullable=False),
    Column("source", FreeText, nullable=False),
    Column("identity", Text, nullable=False),
    UniqueConstraint("row", "identity"),
)

# every mail to an address, for `suppressions.stream`; any other stream is the id of a trigger
ALL_MAIL = 0

# `address` is normalised by `rulekit.outbox.rows.suppressions.normalise`
suppressions = Table(
    "suppressions",
    metadata,
    Column("address", Text, primary_key=True),
    Column("stream", Id, primary_key=True, autoincrement=False, server_default=text("0")),
    Column("reason", FreeText, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_name", FreeText, nullable=False),
    # the last line of `audit` at that moment: what left before it has a smaller number; empty where it is not known
    Column("last_line", Id),
    # whether somebody asked for it, so that it holds for the people with this address as well (`suppressed_people`)
    Column("asked", Boolean, nullable=False, server_default=false()),
)

# who is not mailed at any other address either, because of which line of the list; `last_line` as there
suppressed_people = Table(
    "suppressed_people",
    metadata,
    *(Column("address", Text, primary_key=True), Column("stream", Id, primary_key=True, autoincrement=False)),
    Column("person", Id, ForeignKey("people.ordinal"), primary_key=True, autoincrement=False),
    Column("last_line", Id),
    ForeignKeyConstraint(["address", "stream"], ["suppressions.address", "suppressions.stream"]),
    Index(None, "person", "stream"),
)
