"""What lies where a table should, and is none: a login page, an archive, an export that was cut off."""

import gzip
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from rulekit.errors import SourceError
from rulekit.records import Reason

_LOOK = 1024
_CHUNK = 1024 * 1024
_MEND = "look at what writes the file, and write it again"
_PARQUET = b"PAR1"
_BEGINNINGS: Mapping[bytes, str] = {
    _PARQUET: "a Parquet file",
    b"PK\x03\x04": "a ZIP archive, as spreadsheets are, too",
    b"\x1f\x8b": "a file compressed with gzip",
    b"\x28\xb5\x2f\xfd": "a file compressed with Zstandard",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"ARROW1": "an Arrow file",
    b"Obj\x01": "an Avro file",
}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body)", re.IGNORECASE)
_XML = re.compile(rb"(\xef\xbb\xbf)?\s*<[?!a-z]", re.IGNORECASE)
_JSON = re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*"|\[\s*\{)')


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """Opens a file, or what is compressed in it; raises SourceError, also inside the `with`, when it cannot be read."""
    try:
        with (gzip.open if path.name.lower().endswith(".gz") else open)(path, "rb") as file:
            yield cast(BinaryIO, file)
    except (OSError, EOFError) as error:
        raise SourceError(Reason(f"`{name}` cannot be read", str(error)), help="mend or replace the file") from None


def refuse_foreign(path: Path, name: str, ending: str) -> None:
    """Raises SourceError when a file begins like something else than its ending says."""
    with opened(path, name) as file:
        start = file.read(_LOOK)
    if ending == ".parquet" and start.startswith(_PARQUET):
        return
    if start.startswith(_UTF_16) and ending != ".parquet":
        raise SourceError(f"`{name}` looks like text in UTF-16", help='say `encoding = "utf-16"` beside its `table`')
    found = _likeness(start, is_json=ending not in (".csv", ".tsv", ".parquet"))
    if found:
        raise SourceError(f"`{name}` looks like {found}, and not like a table", help=_MEND)


def refuse_zeros(path: Path, name: str) -> None:
    """Raises SourceError when there is a zero byte in a text file, as where a disk was full or a copy broke off."""
    if path.name.lower().endswith(".gz"):  # it has a sum of its own
        return
    with opened(path, name) as file:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                raise SourceError(f"`{name}` holds zero bytes, which no text has: it may be cut off", help=_MEND)


def _likeness(start: bytes, *, is_json: bool) -> str:
    for beginning, what in _BEGINNINGS.items():
        if start.startswith(beginning):
            return what
    if _PAGE.match(start):
        return "a web page"
    if _XML.match(start):
        return "XML"
    return "JSON" if _JSON.match(start) and not is_json else ""
