"""Finding a person by their key, and what the store knows of where they are."""

from typing import Any

from sqlalchemy import Connection, Row, func, select

from rulekit.errors import RulekitError
from rulekit.outbox.database.tables import last_tick, outbox, people, suppressed_people
from rulekit.outbox.rows.memberships import is_in
from rulekit.outbox.rows.suppressions import normalise
from rulekit.suggestions import did_you_mean


def find_person(connection: Connection, key: str, *, lock: bool = False) -> Row[Any]:
    """Returns ordinal and key; raises RulekitError with who was probably meant.

    With `lock` nobody else may refer to the person until the transaction ends.
    """
    statement = select(people).where(people.c.key == key)
    person = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if person is None:
        raise _unknown(connection, key)
    return person


def _unknown(connection: Connection, key: str) -> RulekitError:
    by_address = (
        select(people.c.key)
        .select_from(outbox.join(people, people.c.ordinal == outbox.c.person))
        .where(outbox.c.address == normalise(key))
        .limit(1)
    )
    owner = connection.execute(by_address).scalar() if "@" in key else None
    if owner is not None:
        return RulekitError(f"`{key}` is the address of `{owner}`", help=f"give their key, `{owner}`")
    known = connection.execute(select(people.c.key)).scalars().all()
    return RulekitError(
        f"nobody has the key `{key}`{did_you_mean(key, known)}",
        help="give the key that the source has for the person, or had; somebody who was erased has none any more",
    )


def addresses_of(connection: Connection, person: int) -> list[str]:
    """Returns every normalised address that an email was made for, or by which the person is suppressed."""
    mailed = select(outbox.c.address).where(outbox.c.person == person, outbox.c.address != "")
    listed = select(suppressed_people.c.address).where(suppressed_people.c.person == person)
    return sorted(connection.execute(mailed.union(listed)).scalars())


def is_present(connection: Connection, person: int) -> bool:
    """Says whether the source had the person at the last tick."""
    octet = select(func.substr(last_tick.c.present, person // 8 + 1, 1))
    return is_in(connection.execute(octet).scalar(), person)
