"""Reading what is imported: a list or an export, a mailbox of reports, or a folder of messages. Read-only.

One that cannot be read is an `Unreadable` among the others, which go on.
"""

import codecs
import mailbox
from collections.abc import Iterator
from contextlib import closing
from enum import Enum
from pathlib import Path

from rulekit.email.notices.exports import Harmless, Item, Unreadable, read_csv, read_json
from rulekit.email.notices.parts import MAX_BYTES
from rulekit.email.notices.reports import read_message
from rulekit.errors import SourceError

_MAILDIR = ("cur", "new")


class ImportFormat(Enum):
    """How a file or folder is read."""

    CSV = "csv"
    JSON = "json"
    MBOX = "mbox"
    MESSAGE = "eml"
    FOLDER = "folder"


_ENDINGS = {
    ".csv": ImportFormat.CSV,
    ".tsv": ImportFormat.CSV,
    ".txt": ImportFormat.CSV,
    ".json": ImportFormat.JSON,
    ".jsonl": ImportFormat.JSON,
    ".ndjson": ImportFormat.JSON,
    ".mbox": ImportFormat.MBOX,
    ".eml": ImportFormat.MESSAGE,
}


def find_format(path: Path) -> ImportFormat:
    """Returns how to read what lies at a path, by its name or else by how it begins."""
    if path.is_dir():
        return ImportFormat.FOLDER
    if known := _ENDINGS.get(path.suffix.casefold()):
        return known
    with path.open("rb") as file:
        start = file.read(1000).lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    if start.startswith(b"From "):
        return ImportFormat.MBOX
    return ImportFormat.JSON if start[:1] in (b"{", b"[") else ImportFormat.CSV


def read_items(path: Path, format: ImportFormat) -> Iterator[Item]:
    """Yields what stands at a path. Raises SourceError."""
    if format is ImportFormat.CSV:
        yield from read_csv(_decode(path.read_bytes()))
    elif format is ImportFormat.JSON:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            yield from read_json(lines)
    elif format is ImportFormat.MBOX:
        yield from _read_mbox(path, path.name)
    elif format is ImportFormat.MESSAGE:
        yield from _read_file(path, path.name)
    else:
        yield from _read_folder(path)


def _decode(content: bytes) -> str:
    """Returns the text of a table; spreadsheets write UTF-16, too."""
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if utf16 else "utf-8-sig", "replace")


def _read_folder(folder: Path) -> Iterator[Item]:
    """Yields what the messages below a folder report: those of a Maildir, `.eml` files and `.mbox` files."""
    if not folder.is_dir():
        raise SourceError(f"{folder} is not a folder", help="name the folder that holds the messages")
    found = False
    for path in sorted(folder.rglob("*")):
        format = _ENDINGS.get(path.suffix.casefold())
        in_maildir = path.parent.name in _MAILDIR
        if not (in_maildir or format in (ImportFormat.MESSAGE, ImportFormat.MBOX)) or not path.is_file():
            continue
        found = True
        reader = _read_file if in_maildir or format is ImportFormat.MESSAGE else _read_mbox
        yield from reader(path, str(path.relative_to(folder)))
    if not found and not any((folder / name).is_dir() for name in _MAILDIR):
        raise SourceError(
            f"{folder} holds no messages", help="name a Maildir, or a folder of `.eml` or `.mbox` files, or a file"
        )


def _read_file(path: Path, place: str) -> Iterator[Item]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
    except OSError as error:  # a mail program may move a message at any time
        yield Unreadable(place, error.strerror or "it cannot be read")
        return
    yield from _read_message(content, place)


def _read_mbox(path: Path, place: str) -> Iterator[Item]:
    try:
        with closing(mailbox.mbox(path, create=False)) as box:
            for number, key in enumerate(box.iterkeys(), 1):
                yield from _read_message(box.get_bytes(key), f"{place}, message {number}")
    except (OSError, mailbox.Error) as error:
        yield Unreadable(place, getattr(error, "strerror", None) or "it cannot be read")


def _read_message(content: bytes, place: str) -> Iterator[Item]:
    try:
        notices = read_message(content)
    except SourceError as error:
        yield Unreadable(place, error.message)
        return
    yield from notices
    if not notices:
        yield Harmless()
