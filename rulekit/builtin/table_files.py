"""Which files of a folder a table's name stands for: one file, those that a pattern matches, or all of a folder.

Nothing outside the folder of the source is ever among them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rulekit.errors import SourceError
from rulekit.suggestions import did_you_mean

ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
_FORMATS = "`.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json` (each also with `.gz`) and `.parquet`"
_PATTERN = re.compile(r"[*?\[]")
# what copies a file writes under such a name until it is whole
_HALF = re.compile(r".*(\.(part|partial|filepart|tmp|temp|crdownload|swp)|~)", re.IGNORECASE | re.DOTALL)
# a folder named after the value that all rows below it have in a column, as Hive does it
_PARTITION = re.compile(r"([^=]+)=.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The files of one table, all of one format, in the order of their names; `title` is the name that settings give.

    `partitions` are the columns whose values stand in the names of the folders.
    """

    title: str
    folder: Path
    paths: tuple[Path, ...]
    ending: str
    partitions: tuple[str, ...] = ()

    def name(self, path: Path) -> str:
        """Returns what a message calls one of the files."""
        return self.title if len(self.paths) == 1 else str(path.relative_to(self.folder))


def find_files(folder: Path, name: str, ending: str = "") -> TableFiles:
    """Returns the files below the folder that a name stands for; raises SourceError when there is none.

    `ending` is that of files whose own is none that is known.
    """
    path = _inside(folder, folder / name, name)
    if path.is_file():
        return TableFiles(name, folder, (path,), _ending(path, name) or ending or _refuse_format(name))
    if path.is_dir():
        return _many(folder, name, [found for found in path.rglob("*") if not _is_left_out(found, path, "._")])
    if _PATTERN.search(name):
        return _many(folder, name, [found for found in _matching(folder, name) if not _is_left_out(found, folder, ".")])
    files = [str(found.relative_to(folder)) for found in folder.rglob("*") if found.is_file()]
    raise SourceError(
        f"there is no file `{name}` in the folder of the data source{did_you_mean(name, files)}",
        help="name a file below the folder that `url` under [source] gives",
    )


def list_tables(folder: Path) -> list[str]:
    """Returns a name for each file that can be read, and one for all files of a folder whose parts name values."""
    found = (path for path in folder.rglob("*") if path.is_file() and not _is_left_out(path, folder, "."))
    return sorted({_above_partitions(path.relative_to(folder)) for path in found if _ending(path, path.name)})


def _above_partitions(path: Path) -> str:
    named = next((number for number, part in enumerate(path.parts[:-1]) if _PARTITION.fullmatch(part)), None)
    return path.as_posix() if named is None else Path(*path.parts[:named]).as_posix()


def _inside(folder: Path, path: Path, name: str) -> Path:
    place = path.resolve()
    if place.is_relative_to(folder):
        return place
    raise SourceError(
        f"`{name}` lies outside the folder of the data source",
        help="move the file into the folder, or give the folder above as `url` under [source]",
    )


def _matching(folder: Path, pattern: str) -> Iterator[Path]:
    return folder.glob(pattern.removeprefix(f"{folder}/"))


def _is_left_out(path: Path, folder: Path, marks: str) -> bool:
    """Returns whether a path is hidden, or a file that is being written; of a folder also what others write beside."""
    parts = path.relative_to(folder).parts
    return any(part[0] in marks for part in parts) or _HALF.fullmatch(path.name) is not None


def _many(folder: Path, name: str, found: Iterable[Path]) -> TableFiles:
    shown = sorted(path for path in found if path.is_file())
    if not shown:
        raise SourceError(
            f"there are no files that `{name}` stands for in the folder of the data source",
            help="name a file, a folder with files, or a pattern like `events-*.csv`, below the folder of the source",
        )
    endings = {_ending(path, str(path.relative_to(folder))) or _refuse_format(name, path.name) for path in shown}
    if len(endings) > 1:
        raise SourceError(
            f"`{name}` stands for files of several formats, {' and '.join(f'`{one}`' for one in sorted(endings))}",
            help="write a pattern that names those of one, like `events/*.csv`",
        )
    keys = {path: _partitions(path.relative_to(folder)) for path in shown}
    first = keys[shown[0]]
    for path, those in keys.items():
        if those != first:
            raise SourceError(
                f"the folders of `{path.relative_to(folder)}` name other columns than those of "
                f"`{shown[0].relative_to(folder)}`",
                help="lay out all files of a table alike, as in `year=2026/month=01`",
            )
    paths = tuple(_inside(folder, path, str(path.relative_to(folder))) for path in shown)
    return TableFiles(name, folder, paths, endings.pop(), first)


def _partitions(path: Path) -> tuple[str, ...]:
    return tuple(match[1] for part in path.parts[:-1] if (match := _PARTITION.fullmatch(part)))


def _ending(path: Path, name: str) -> str:
    """Returns the ending that says the format, in small letters and without `.gz`, or nothing where none is known."""
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    return ending if ending in ENDINGS else ""


def _refuse_format(name: str, file: str = "") -> str:
    if file:
        raise SourceError(
            f"`{name}` stands for `{file}`, too, which has no format that can be read",
            help="write a pattern that leaves it out, like `events/*.csv`",
        )
    raise SourceError(f"`{name}` has no format that can be read", help=f"use {_FORMATS}, or a `query`")
