"""Whether this is the database that last sent.

A copy, or a backup that was restored, does not know what left since; one that was made anew where another one is lost
knows of nothing that left.

`sending.place` says where the database lay when it last sent. What is put back into the very same place is known by a
note beside it (`identity_note.py`), where the kind of database has one: the note then knows of later claims.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, select

from rulekit.outbox.database import identity_note
from rulekit.outbox.database.identity_note import ILLEGIBLE, ClaimNote
from rulekit.outbox.database.opening import EMPTIED, kind_of
from rulekit.outbox.database.tables import meta
from rulekit.records import Reason

STORE_ID = select(meta.c.value).where(meta.c.name == "store_id")

LOST = "the store that was here is lost, and with it who was mailed and who unsubscribed"
_RESTORE = (
    "put a backup back. Or take in who unsubscribed (`rulekit suppress import`), look at `rulekit plan`, and begin "
    "anew with `rulekit sending resume`"
)
COPIED = "this store is a copy, or was moved or restored"
_LOOK = (
    "emails that left since then are not known here. Look what the mail server took, cancel what has left, "
    "then run `rulekit sending resume`"
)


def mismatch(connection: Connection, line: Any) -> Reason | None:
    """Returns why the store with this line of `sending` may not be the one that last sent, or None when it is."""
    kind, url = kind_of(connection.engine.url), connection.engine.url
    place, note = kind.place(connection), kind.note_path(url)
    if line.place == EMPTIED:
        return Reason(LOST, f"{kind.name_of(url)} was empty; {_RESTORE}")
    if line.place is not None and line.place != place:
        return Reason(COPIED, f"it last sent as {line.place}, and is now {place}; {_LOOK}")
    return _mismatch_by_note(line, note) if note is not None else None


def _mismatch_by_note(line: Any, path: Path) -> Reason | None:
    """Returns what the note says against the store; one that never sent has none yet."""
    note = identity_note.read(path)
    if line.place is None and (lost := _lost(path, note, line.store_id)) is not None:
        return lost
    is_own = note is not None and note.store_id == line.store_id
    if line.place is not None and not is_own:
        return Reason(COPIED, f"{path.name}, which lay beside it, is missing or not legible; {_LOOK}")
    if note is not None and is_own and note.claim > line.claims:
        return Reason(COPIED, f"it knows of {line.claims} claims of emails, and {note.claim} were made here; {_LOOK}")
    return None


def find_what_is_lost(url: URL) -> Reason | None:
    """Returns what is lost where no database lies at that address, although emails have left from one; or None."""
    path = kind_of(url).note_path(url)
    return _lost(path, identity_note.read(path), "") if path is not None else None


def _lost(path: Path, note: ClaimNote | None, store_id: str) -> Reason | None:
    """Returns what is lost when emails have left from another store than the one of that id."""
    if note is None or (note is not ILLEGIBLE and (note.store_id == store_id or note.claim == 0)):
        return None
    says = "cannot be read as the note of a store" if note is ILLEGIBLE else "says that emails left from another store"
    return Reason(LOST, f"{path.name}, which lies beside it, {says}; {_RESTORE}")


def settle_in(connection: Connection, line: Any) -> dict[str, Any]:
    """Returns what the line of `sending` says from now on: that the store that sends is this one, here.

    Claims that an earlier state of it, or another store, has made here count: so no token is given twice, and that
    emails have left from here stays known.
    """
    kind, url = kind_of(connection.engine.url), connection.engine.url
    place, note = kind.place(connection), kind.note_path(url)
    if note is None:
        return {"place": place}
    noted = identity_note.read(note)
    claims = max(line.claims, noted.claim if noted is not None else 0)
    # it is there before the place is committed; it says no more than is committed, or was before
    identity_note.make(note, line.store_id, claims)
    return {"place": place, "claims": claims}


def note_claim(connection: Connection, claim: int) -> None:
    """Notes that emails of a claim are about to leave, where the kind of database keeps such a note.

    The claim is committed. While this transaction writes no other does, so that the note never goes back. A note that
    is missing, not legible or another store's stays: the next turn asks a person.
    """
    url = connection.engine.url
    path = kind_of(url).note_path(url)
    noted = identity_note.read(path) if path is not None else None
    # of the emails of one claim, the first has noted it
    if path is None or noted is None or noted.claim >= claim:
        return
    if noted.store_id == connection.execute(STORE_ID).scalar_one():
        identity_note.advance(path, noted.store_id, claim)
