"""Text files in other encodings, copied into UTF-8, which is all that the engine reads."""

import codecs
import io
from dataclasses import replace
from pathlib import Path

from rulekit.builtin.foreign_content import opened
from rulekit.builtin.table_files import TableFiles
from rulekit.errors import SourceError

# characters that are in memory at once, and that a copy may have on the disk, each of four bytes at most
_CHUNK = 1024 * 1024
MAX_COPY = 4 * 10**9


def in_utf_8(files: TableFiles, encoding: str, private: Path | None) -> TableFiles:
    """Returns files that the engine can read: themselves, or copies below `private` where they are not in UTF-8.

    Raises SourceError for a file that is not in the encoding, and where no copy can be written.
    """
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii") or files.ending == ".parquet":
        return files
    if private is None:
        raise SourceError(
            f"`{files.title}` is read by way of a copy in UTF-8, and there is no folder where it could be written",
            help="name one where you may write as `TMPDIR`, or convert the file to UTF-8",
        )
    place = private / "decoded" / codecs.lookup(encoding).name
    paths = tuple(_copy(path, files, encoding, place) for path in files.paths)
    return replace(files, folder=place, paths=paths)


def _copy(path: Path, files: TableFiles, encoding: str, place: Path) -> Path:
    """Returns a copy of a file, which lies below the same folders, as these may name columns."""
    within = path.relative_to(files.folder)
    copy = place / within.with_name(within.name.removesuffix(".gz"))
    if copy.exists():
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    with opened(path, files.name(path)) as file, copy.open("x", encoding="utf-8", newline="") as written:
        try:
            size, text = 0, io.TextIOWrapper(file, encoding=encoding, newline="")
            while chunk := text.read(_CHUNK):
                size += written.write(chunk)
                _refuse_large(size, files.name(path))
        except UnicodeError:
            raise SourceError(
                f"`{files.name(path)}` is not in the encoding `{encoding}`",
                help="write the right one as `encoding` in rulekit.toml, or mend what writes the file",
            ) from None
    return copy


def _refuse_large(size: int, name: str) -> None:
    if size > MAX_COPY:
        raise SourceError(f"`{name}` has more than 4,000,000,000 characters", help="convert it to UTF-8, or divide it")
