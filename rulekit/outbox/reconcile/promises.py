"""What must be true of every email, each as a query that finds those of which it is not.

A query asks about the emails from `first` to `last`. `steps` are the lines of their histories, each with what came
before it, whether it is the last, and when the email was last made again for another address: what left before that
was another message. All checks are one statement, so that a history is read once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import product
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from rulekit.outbox.database.tables import (
    ALL_MAIL,
    audit,
    messages,
    no_email,
    outbox,
    people,
    personas,
    suppressed_people,
    suppressions,
    ticks,
    triggers,
    waiting,
)
from rulekit.outbox.lifecycle.beginnings import MAKE_AGAIN, MAKE_MENDED, MAKE_MENDED_APPROVED
from rulekit.outbox.lifecycle.states import END_STATES
from rulekit.outbox.lifecycle.transition import Place, Transition
from rulekit.outbox.lifecycle.transitions import (
    CLAIM,
    MARK_DATA,
    READDRESS,
    READDRESS_APPROVED,
    READDRESS_FAILED,
    SEND,
    TRANSITIONS,
)
from rulekit.outbox.sending.claims import LEASE
from rulekit.outbox.ticks.recording import ALREADY
from rulekit.records import State

PROMISES = {
    "I1": "no email is known to have been accepted twice, but for copies that somebody asked for",
    "I2": "no email left before its approval, or before the hold after it was over",
    "I3": "no email left after its address, or its person, was suppressed",
    "I4": "every tagging that matched a trigger has one answer, and every email can reach an end",
    "I5": "an email is sent only with the word of who took it",
    "I6": "the bytes of every email are those that were made and approved",
    "I7": "no email came back from an end",
    "I8": "every change of an email is one line of its history, as the table of transitions allows it",
    "I9": "memberships and emails moved together, tick by tick",
    "I10": "no email that was due was passed over for one that was due later",
}

RESTORE = (
    "stop sending, and look at `rulekit outbox show ID`; if somebody changed the database by hand, restore it from a"
    " copy"
)
REPORT = "stop sending, and look at `rulekit outbox show ID`; report it if nobody changed the database by hand"
RUN = "run `rulekit run`, or start `rulekit serve`: it takes them from the worker that died"


@dataclass(frozen=True, slots=True)
class Breach:
    """One way to break a promise; `query` gives the ids of the emails that do."""

    promise: str
    problem: str
    help: str
    query: Select[tuple[int]]


def _names(*transitions: Transition) -> list[str]:
    return [one.name for one in transitions]


_FIRST, _LAST = (bindparam(name, type_=BigInteger()) for name in ("first", "last"))
_REMADE = case((audit.c.transition.in_(_names(READDRESS, READDRESS_APPROVED, READDRESS_FAILED)), audit.c.id), else_=0)
_STEPS = (
    select(
        *(audit.c.id.label("line"), audit.c.row, audit.c.at, audit.c.transition, audit.c.actor),
        *(audit.c.source, audit.c.source_phase, audit.c.target, audit.c.target_phase),
        func.lag(audit.c.target).over(partition_by=audit.c.row, order_by=audit.c.id).label("before"),
        func.lag(audit.c.target_phase).over(partition_by=audit.c.row, order_by=audit.c.id).label("before_phase"),
        func.lead(audit.c.id).over(partition_by=audit.c.row, order_by=audit.c.id).label("next_line"),
        func.max(_REMADE).over(partition_by=audit.c.row).label("remade"),
    )
    .where(audit.c.row.between(_FIRST, _LAST))
    .cte("steps")
)
_MAILS = select(outbox).where(outbox.c.id.between(_FIRST, _LAST)).cte("mails")
# the steps once more, for a query within a query
_OTHERS = _STEPS.alias("others")
_m, _s, _o = _MAILS.c, _STEPS.c, _OTHERS.c


def _mails(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    return select(_m.id).where(*conditions)


def _steps(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    return select(_s.row.label("id")).where(*conditions)


def _with(*conditions: ColumnElement[bool]) -> Select[tuple[int]]:
    """Returns the emails that have a step of which the conditions are true."""
    return select(_o.row).where(*conditions)


_MARKED = select(_m.id).join(_STEPS, and_(_s.row == _m.id, _s.transition == MARK_DATA.name))


def _tagging_in(table: Table, *more: str) -> ColumnElement[bool]:
    return and_(*(table.c[name] == _m[name] for name in ("trigger", "person", "episode", "edge", *more)))


def _place(state: ColumnElement[str], phase: ColumnElement[str]) -> ColumnElement[str]:
    return func.coalesce(state, "") + "/" + func.coalesce(phase, "")


def _written(place: Place | None) -> str:
    """Returns a place as `_place` writes it."""
    return f"{place.state.value}/{place.phase.value if place.phase else ''}" if place else "/"


_SOURCE, _TARGET = _place(_s.source, _s.source_phase), _place(_s.target, _s.target_phase)
_STEP = _s.transition + " " + _SOURCE + " " + _TARGET + " " + _s.actor


def _known_steps() -> Iterable[str]:
    """Returns every step that the table of transitions allows, written as `_STEP` writes one."""
    for one in TRANSITIONS:
        for source, actor in product(one.sources or (None,), one.actors):
            yield f"{one.name} {_written(source)} {_written(one.target)} {actor.value}"


def _letter(place: int) -> ColumnElement[str]:
    # one blank after the last, so that there is a fourth
    return func.substr(_m.reply + " ", place, 1)


# three digits of which the first is another than 2, then a blank or a hyphen
_SAYS_NO = and_(
    _letter(1).in_(("1", "3", "4", "5")),
    *(_letter(place).between("0", "9") for place in (2, 3)),
    _letter(4).in_((" ", "-")),
)

BREACHES = (
    Breach(
        "I1",
        "accepted more than once",
        REPORT,
        _steps(_s.target == State.SENT.value).group_by(_s.row).having(func.count() > 1),
    ),
    Breach(
        "I1",
        "a copy that nobody asked for",
        REPORT,
        _mails(
            _m.copy > 0,
            _m.id.not_in(_with(_o.transition.in_(_names(MAKE_AGAIN, MAKE_MENDED, MAKE_MENDED_APPROVED)))),
        ),
    ),
    Breach(
        "I2",
        "left before the approval, or before its hold was over",
        REPORT,
        _MARKED.where(
            _s.line > _s.remade,
            or_(
                _m.approved_at.is_(None),
                _s.at < _m.approved_at,
                and_(_s.at < _m.not_before, _m.id.not_in(_with(_o.target == State.RETRYING.value))),
            ),
        ),
    ),
    Breach(
        "I3",
        "left although the address had been suppressed",
        REPORT,
        _MARKED.join(
            suppressions,
            and_(suppressions.c.address == _m.address, suppressions.c.stream.in_((ALL_MAIL, _m.trigger))),
        ).where(_s.line > suppressions.c.last_line, _s.line > _s.remade),
    ),
    Breach(
        "I3",
        "left although its person had been suppressed",
        REPORT,
        _MARKED.join(
            suppressed_people,
            and_(suppressed_people.c.person == _m.person, suppressed_people.c.stream.in_((ALL_MAIL, _m.trigger))),
        ).where(_s.line > suppressed_people.c.last_line),
    ),
    Breach(
        "I4",
        "its tagging waits for `after` as well",
        RESTORE,
        select(_m.id).join(waiting, _tagging_in(waiting, "persona")),
    ),
    Breach(
        "I4",
        "its tagging has a reason for no email as well",
        RESTORE,
        select(_m.id).join(no_email, _tagging_in(no_email, "persona")).where(no_email.c.reason != ALREADY),
    ),
    Breach(
        "I4",
        "a copy of an email that is not there",
        RESTORE,
        _mails(_m.copy > 0, ~exists().where(_tagging_in(outbox), outbox.c.copy == 0)),
    ),
    Breach(
        "I4",
        "nothing can move it: its trigger, persona or person is not there",
        RESTORE,
        _mails(
            or_(
                _m.trigger.not_in(select(triggers.c.id)),
                _m.persona.not_in(select(personas.c.id)),
                ~exists().where(people.c.ordinal == _m.person),
            )
        ),
    ),
    Breach(
        "I4",
        "being sent, but the lease of its worker ended long ago",
        RUN,
        _mails(_m.state == State.SENDING.value, _m.lease_until < bindparam("long_ago")),
    ),
    Breach(
        "I5",
        "sent without an answer that says so",
        REPORT,
        _mails(
            _m.state == State.SENT.value,
            or_(
                func.coalesce(func.trim(_m.reply), "") == "",
                and_(_SAYS_NO, _m.id.in_(_with(_o.transition == SEND.name))),
            ),
        ),
    ),
    Breach(
        "I6",
        "its bytes are not those of its digest; they will not be sent",
        RESTORE,
        select(_m.id)
        .outerjoin(messages, messages.c.row == _m.id)
        .where(or_(messages.c.message.is_(None), func.encode(func.sha256(messages.c.message), "hex") != _m.digest)),
    ),
    Breach(
        "I6",
        "its `Date` is none of the times at which a worker took it up",
        REPORT,
        _mails(
            _m.dated_at.is_not(None),
            tuple_(_m.id, _m.dated_at).not_in(select(_o.row, _o.at).where(_o.transition == CLAIM.name)),
        ),
    ),
    Breach("I7", "it left an end", RESTORE, _steps(_s.source.in_([state.value for state in END_STATES]))),
    Breach("I8", "it has no history", RESTORE, _mails(_m.id.not_in(_with()))),
    Breach(
        "I8",
        "a line of its history does not begin where the one before it ended",
        RESTORE,
        _steps(_place(_s.before, _s.before_phase) != _SOURCE),
    ),
    Breach(
        "I8",
        "its history does not end where it stands",
        RESTORE,
        select(_m.id)
        .join(_STEPS, and_(_s.row == _m.id, _s.next_line.is_(None)))
        .where(_place(_m.state, _m.phase) != _TARGET),
    ),
    Breach(
        "I8",
        "a line of its history is no change that there is",
        RESTORE,
        _steps(_STEP.not_in(sorted(set(_known_steps())))),
    ),
    Breach("I8", "there is a history, but no email", RESTORE, _steps(_s.row.not_in(select(_m.id)))),
    Breach("I9", "no tick made it", RESTORE, _mails(_m.tick.not_in(select(ticks.c.sequence)))),
)


def _numbered(number: int, check: Breach) -> Select[tuple[int, int]]:
    found = check.query.subquery(f"found_{number}")
    return select(literal(number).label("number"), found.c.id).distinct()


_STATEMENT = union_all(*(_numbered(number, check) for number, check in enumerate(BREACHES))).order_by("number", "id")


def breaking(connection: Connection, first: int, last: int, now: datetime) -> list[tuple[Breach, int]]:
    """Returns what breaks a promise among the emails from one id to another, each with the id of an email."""
    _teach_digests(connection)
    # a lease that ended a moment ago is about to be noticed
    values = {"first": first, "last": last, "long_ago": now - LEASE}
    return [(BREACHES[line.number], line.id) for line in connection.execute(_STATEMENT, values)]


def _teach_digests(connection: Connection) -> None:
    """Gives SQLite the functions that PostgreSQL has."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("sha256", 1, _digest, deterministic=True)
        driver.create_function("encode", 2, lambda digest, form: digest and digest.hex(), deterministic=True)


def _digest(content: bytes | None) -> bytes | None:
    return None if content is None else sha256(content).digest()
