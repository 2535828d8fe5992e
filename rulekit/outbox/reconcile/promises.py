"""What must be true of every email, each as SQL that finds those of which it is not.

A query asks about the emails from `:first` to `:last`. `steps` are the lines of their histories, each with what came
before it, whether it is the last, and when the email was last made again for another address: what left before that
was another message. All checks are one statement, so that a history is read once.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import product
from string import Template
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, text

from rulekit.outbox.database.columns import Instant
from rulekit.outbox.lifecycle.beginnings import MAKE_AGAIN, MAKE_MENDED, MAKE_MENDED_APPROVED
from rulekit.outbox.lifecycle.states import END_STATES
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
    """One way to break a promise; `query` gives the ids of the emails that do; its `$words` are below."""

    promise: str
    problem: str
    help: str
    query: str


def _quoted(words: Any) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


_ENDS = _quoted(state.value for state in END_STATES)
_PLACE = "coalesce({0}, '') || '/' || coalesce({0}_phase, '')"
_STEP = f"transition || ' ' || {_PLACE.format('source')} || ' ' || {_PLACE.format('target')} || ' ' || actor"


def _known_steps() -> str:
    """Returns every step that the table of transitions allows, written as `_STEP` writes one."""
    known = set()
    for one in TRANSITIONS:
        target = f"{one.target.state.value}/{one.target.phase.value if one.target.phase else ''}"
        sources = [f"{at.state.value}/{at.phase.value if at.phase else ''}" for at in one.sources] or ["/"]
        known |= {f"{one.name} {source} {target} {actor.value}" for source, actor in product(sources, one.actors)}
    return _quoted(known)


_STEPS = """
WITH steps AS (
    SELECT id AS line, "row", at, transition, source, source_phase, target, target_phase, actor,
        lag(target) OVER history AS before, lag(target_phase) OVER history AS before_phase,
        lead(id) OVER history AS next_line,
        max(CASE WHEN transition IN ($readdress) THEN id ELSE 0 END) OVER (PARTITION BY "row") AS remade
    FROM audit WHERE "row" BETWEEN :first AND :last WINDOW history AS (PARTITION BY "row" ORDER BY id)
), mails AS (SELECT * FROM outbox WHERE id BETWEEN :first AND :last)
"""

BREACHES = (
    Breach(
        "I1",
        "accepted more than once",
        REPORT,
        'SELECT "row" AS id FROM steps WHERE target = \'sent\' GROUP BY "row" HAVING count(*) > 1',
    ),
    Breach(
        "I1",
        "a copy that nobody asked for",
        REPORT,
        """SELECT id FROM mails WHERE copy > 0
            AND id NOT IN (SELECT "row" FROM steps WHERE transition IN ($make_copies))""",
    ),
    Breach(
        "I2",
        "left before the approval, or before its hold was over",
        REPORT,
        """SELECT m.id FROM mails m JOIN steps s ON s."row" = m.id AND s.transition = '$mark_data'
            WHERE s.line > s.remade AND (m.approved_at IS NULL OR s.at < m.approved_at OR s.at < m.not_before
                AND m.id NOT IN (SELECT "row" FROM steps WHERE target = 'retrying'))""",
    ),
    Breach(
        "I3",
        "left although the address had been suppressed",
        REPORT,
        """SELECT m.id FROM mails m JOIN steps s ON s."row" = m.id AND s.transition = '$mark_data'
            JOIN suppressions p ON p.address = m.address AND p.stream IN (0, m."trigger")
            WHERE s.line > p.last_line AND s.line > s.remade""",
    ),
    Breach(
        "I3",
        "left although its person had been suppressed",
        REPORT,
        """SELECT m.id FROM mails m JOIN steps s ON s."row" = m.id AND s.transition = '$mark_data'
            JOIN suppressed_people p ON p.person = m.person AND p.stream IN (0, m."trigger")
            WHERE s.line > p.last_line""",
    ),
    Breach(
        "I4",
        "its tagging waits for `after` as well",
        RESTORE,
        """SELECT m.id FROM mails m JOIN waiting w ON w."trigger" = m."trigger" AND w.person = m.person
            AND w.episode = m.episode AND w.edge = m.edge AND w.persona = m.persona""",
    ),
    Breach(
        "I4",
        "its tagging has a reason for no email as well",
        RESTORE,
        """SELECT m.id FROM mails m JOIN no_email n ON n."trigger" = m."trigger" AND n.person = m.person
            AND n.episode = m.episode AND n.edge = m.edge AND n.persona = m.persona
            WHERE n.reason <> '$already'""",
    ),
    Breach(
        "I4",
        "a copy of an email that is not there",
        RESTORE,
        """SELECT m.id FROM mails m WHERE m.copy > 0 AND NOT EXISTS (
            SELECT 1 FROM outbox o WHERE o."trigger" = m."trigger" AND o.person = m.person
            AND o.episode = m.episode AND o.edge = m.edge AND o.copy = 0)""",
    ),
    Breach(
        "I4",
        "nothing can move it: its trigger, persona or person is not there",
        RESTORE,
        """SELECT m.id FROM mails m WHERE m."trigger" NOT IN (SELECT id FROM triggers)
            OR m.persona NOT IN (SELECT id FROM personas)
            OR NOT EXISTS (SELECT 1 FROM people p WHERE p.ordinal = m.person)""",
    ),
    Breach(
        "I4",
        "being sent, but the lease of its worker ended long ago",
        RUN,
        "SELECT id FROM mails WHERE state = 'sending' AND lease_until < :long_ago",
    ),
    Breach(
        "I5",
        "sent without an answer that says so",
        REPORT,
        """SELECT m.id FROM mails m WHERE m.state = 'sent' AND (coalesce(trim(m.reply), '') = ''
            OR substr(m.reply, 1, 1) IN ('1', '3', '4', '5') AND substr(m.reply, 2, 1) BETWEEN '0' AND '9'
            AND substr(m.reply, 3, 1) BETWEEN '0' AND '9' AND substr(m.reply || ' ', 4, 1) IN (' ', '-')
            AND m.id IN (SELECT "row" FROM steps WHERE transition = '$send'))""",
    ),
    Breach(
        "I6",
        "its bytes are not those of its digest; they will not be sent",
        RESTORE,
        """SELECT m.id FROM mails m LEFT JOIN messages b ON b."row" = m.id
            WHERE b.message IS NULL OR encode(sha256(b.message), 'hex') <> m.digest""",
    ),
    Breach(
        "I6",
        "its `Date` is none of the times at which a worker took it up",
        REPORT,
        """SELECT id FROM mails WHERE dated_at IS NOT NULL
            AND (id, dated_at) NOT IN (SELECT "row", at FROM steps WHERE transition = '$claim')""",
    ),
    Breach("I7", "it left an end", RESTORE, 'SELECT "row" AS id FROM steps WHERE source IN ($ends)'),
    Breach(
        "I8",
        "it has no history",
        RESTORE,
        'SELECT id FROM mails WHERE id NOT IN (SELECT "row" FROM steps)',
    ),
    Breach(
        "I8",
        "a line of its history does not begin where the one before it ended",
        RESTORE,
        """SELECT "row" AS id FROM steps WHERE $source <> $before""",
    ),
    Breach(
        "I8",
        "its history does not end where it stands",
        RESTORE,
        """SELECT m.id FROM mails m JOIN steps s ON s."row" = m.id AND s.next_line IS NULL
            WHERE $target <> m.state || '/' || coalesce(m.phase, '')""",
    ),
    Breach(
        "I8",
        "a line of its history is no change that there is",
        RESTORE,
        'SELECT "row" AS id FROM steps WHERE $step NOT IN ($known_steps)',
    ),
    Breach(
        "I8",
        "there is a history, but no email",
        RESTORE,
        'SELECT "row" AS id FROM steps WHERE "row" NOT IN (SELECT id FROM mails)',
    ),
    Breach(
        "I9",
        "no tick made it",
        RESTORE,
        "SELECT id FROM mails WHERE tick NOT IN (SELECT sequence FROM ticks)",
    ),
)

_ASKED = "\nUNION ALL\n".join(
    f"SELECT DISTINCT {number} AS number, id FROM ({breach.query}) AS found_{number}"  # noqa: S608 - all of it is ours
    for number, breach in enumerate(BREACHES)
)
_WORDS = {
    "already": ALREADY,
    "claim": CLAIM.name,
    "before": _PLACE.format("before"),
    "ends": _ENDS,
    "known_steps": _known_steps(),
    "make_copies": _quoted(one.name for one in (MAKE_AGAIN, MAKE_MENDED, MAKE_MENDED_APPROVED)),
    "mark_data": MARK_DATA.name,
    "readdress": _quoted(one.name for one in (READDRESS, READDRESS_APPROVED, READDRESS_FAILED)),
    "send": SEND.name,
    "source": _PLACE.format("source"),
    "step": _STEP,
    "target": _PLACE.format("s.target"),
}
_STATEMENT = text(Template(_STEPS + _ASKED).substitute(_WORDS) + "\nORDER BY number, id").bindparams(
    bindparam("first", type_=BigInteger()),
    bindparam("last", type_=BigInteger()),
    bindparam("long_ago", type_=Instant()),
)


def breaking(connection: Connection, first: int, last: int, now: datetime) -> list[tuple[Breach, int]]:
    """Returns what breaks a promise among the emails from one id to another, each with the id of an email."""
    _teach_digests(connection)
    # a lease that ended a moment ago is about to be noticed
    told = {"first": first, "last": last, "long_ago": now - LEASE}
    return [(BREACHES[line.number], line.id) for line in connection.execute(_STATEMENT, told)]


def _teach_digests(connection: Connection) -> None:
    """Gives SQLite the functions that PostgreSQL has."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("sha256", 1, _digest, deterministic=True)
        driver.create_function("encode", 2, lambda digest, form: digest and digest.hex(), deterministic=True)


def _digest(content: bytes | None) -> bytes | None:
    return None if content is None else sha256(content).digest()
