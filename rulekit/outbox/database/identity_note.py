"""The note beside a SQLite file: the latest claim that has sent, kept where no backup of the database puts it back.

It has one width and lies at the beginning of its file, so that a disk writes it whole or not at all. It is made whole
and flushed then, and never again: after a power loss it may be older than the database, which shows nothing.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rulekit.errors import StoreError
from rulekit.files import read_start, replace_file

_NOTE = re.compile(rb"([0-9a-f-]{36}) (\d{19})\n")
LENGTH = 36 + 1 + 19 + 1


@dataclass(frozen=True, slots=True)
class ClaimNote:
    """The latest claim that has sent, and from which store."""

    store_id: str
    claim: int


# what is there, and is not a note
ILLEGIBLE = ClaimNote("", 0)


def read(path: Path) -> ClaimNote | None:
    """Returns what is noted, or None where there is no note."""
    with _told(path):
        if not path.exists():
            return None
        found = _NOTE.fullmatch(read_start(path, limit=LENGTH))
    return ClaimNote(found[1].decode(), int(found[2])) if found is not None else ILLEGIBLE


def make(path: Path, store_id: str, claim: int) -> None:
    """Writes the note anew, so that it is there after a power loss, and never half of it."""
    with _told(path):
        replace_file(path, _written(store_id, claim), mode=0o600)


def advance(path: Path, store_id: str, claim: int) -> None:
    """Notes a later claim of the store whose note is there, in its place."""
    with _told(path), path.open("r+b", buffering=0) as opened:
        opened.write(_written(store_id, claim))


def _written(store_id: str, claim: int) -> bytes:
    return f"{store_id} {claim:019}\n".encode()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path.name}, which is kept beside the store, cannot be read or written: {error.strerror}",
            help=f"check the disk, and that you may read and write {path}",
        ) from None
