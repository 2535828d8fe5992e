"""Who was on another side while a persona was parked, and is back: noted, as the reason why no email came."""

from sqlalchemy import Connection, bindparam, select

from rulekit.outbox.database.execution import Work, insert_or_leave
from rulekit.outbox.database.tables import passages, people, personas
from rulekit.outbox.lifecycle.tick_values import Passage, TickRecord
from rulekit.outbox.rows.memberships import ordinals

_PERSONAS = select(personas.c.name, personas.c.id)
_OF_ONE = (
    select(passages.c.since, passages.c.until, passages.c.member)
    .select_from(
        passages.join(personas, personas.c.id == passages.c.persona).join(people, people.c.ordinal == passages.c.person)
    )
    .where(personas.c.name == bindparam("persona_name"), people.c.key == bindparam("key"))
    .order_by(passages.c.since)
)


def read_passages(connection: Connection, persona: str, person: str) -> list[Passage]:
    """Returns when a person, given by key, was on another side while a persona was parked; in the order of time."""
    lines = connection.execute(_OF_ONE, {"persona_name": persona, "key": person})
    return [Passage(persona, person, line.since, line.until, line.member) for line in lines]


def keep_passages(work: Work, tick: TickRecord) -> int:
    """Writes who was on another side of personas that are parked no more; returns how many lines that are."""
    if not tick.passages:
        return 0
    ids = {line.name: line.id for line in work.connection.execute(_PERSONAS)}
    people_ids = ordinals(work.connection, {one.person for one in tick.passages})
    lines = [
        {
            "persona": ids[one.persona],
            "person": people_ids[one.person],
            "since": one.since,
            "until": one.until,
            "member": one.member,
        }
        for one in tick.passages
    ]
    # after a clock was ahead a parking may begin at an instant at which one began before
    work.connection.execute(insert_or_leave(work.connection, passages), lines)
    return len(lines)
