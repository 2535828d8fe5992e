"""Tables in CSV and TSV: every value is the text that stands there, and nothing is guessed from a sample."""

import csv
import io
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from rulekit.builtin.foreign_content import opened, refuse_zeros
from rulekit.builtin.quoting import quote_list, quote_name, quote_text
from rulekit.builtin.shared_columns import share_columns
from rulekit.builtin.table_files import TableFiles
from rulekit.errors import SourceError
from rulekit.files import TEXT_LIMIT
from rulekit.records import QueryTable, Reason, TextLayout

_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def reading_options(ending: str, layout: TextLayout) -> Mapping[str, str]:
    """Returns how such a file is read, as options of the engine by their names: what is not given, it would guess."""
    return {
        "delim": quote_text(_delimiter(ending, layout)),
        "quote": "'\"'",
        "escape": "'\"'",
        "nullstr": "''",
        "encoding": "'utf-8'",
        "header": "true" if layout.header is True else "false",
    }


def delimited_table(files: TableFiles, layout: TextLayout) -> QueryTable:
    """Returns files in UTF-8 as one table of texts; raises SourceError when one has no header, or is cut off."""
    headers: dict[Path, tuple[str, ...]] = {}
    for path in files.paths:
        refuse_zeros(path, files.name(path))
        headers[path] = _names(path, files, layout)
    columns, unusable = share_columns({files.name(path): names for path, names in headers.items()}, files.partitions)
    if not columns:
        raise SourceError(next(iter(unusable.values())), help="name each column in the first line")
    alike: dict[tuple[str, ...], list[Path]] = {}
    for path, names in headers.items():
        alike.setdefault(names, []).append(path)
    selects = [_select(names, paths, columns, files, layout) for names, paths in alike.items()]
    reads = tuple(map(str, files.paths))
    return QueryTable(" UNION ALL ".join(selects), load=True, reads=reads, unusable=unusable)


def _delimiter(ending: str, layout: TextLayout) -> str:
    return layout.delimiter or _DELIMITERS.get(ending, ",")


def _select(
    names: tuple[str, ...], paths: list[Path], columns: tuple[str, ...], files: TableFiles, layout: TextLayout
) -> str:
    """Returns the query for files of one header; inside, each column goes by its place, as names need not differ."""
    places = {name.casefold(): str(place) for place, name in enumerate(names)}
    picked = ", ".join(f"{quote_name(places.get(name.casefold(), name))} AS {quote_name(name)}" for name in columns)
    types = ", ".join(f"'{place}': 'VARCHAR'" for place in range(len(names)))
    options = {
        "auto_detect": "false",
        "columns": f"{{{types}}}",
        "hive_partitioning": "true" if files.partitions else "false",
        "hive_types_autocast": "false",
        **reading_options(files.ending, layout),
    }
    given = ", ".join(f"{name} = {value}" for name, value in options.items())
    return f"SELECT {picked} FROM read_csv({quote_list(paths)}, {given})"  # noqa: S608 - quoted


def _names(path: Path, files: TableFiles, layout: TextLayout) -> tuple[str, ...]:
    name = files.name(path)
    first = _first_line(path, name, _delimiter(files.ending, layout))
    if layout.header is False:
        return tuple(str(number) for number in range(1, len(first) + 1))
    if isinstance(layout.header, tuple):
        _refuse_header(first, layout.header, name)
        return layout.header
    if not any(first):
        raise SourceError(f"`{name}` has no names of columns in its first line", help="write them there")
    return tuple(first)


def _refuse_header(first: list[str], names: tuple[str, ...], name: str) -> None:
    if len(first) != len(names):
        raise SourceError(
            f"the first line of `{name}` has {len(first)} values, and `header` has {len(names)} names",
            help="name every column in `header`, in the order of the file",
        )
    if [value.strip().casefold() for value in first] == [value.casefold() for value in names]:
        raise SourceError(
            f"the first line of `{name}` has the names that `header` gives", help="leave `header` out for such a file"
        )


def _first_line(path: Path, name: str, delimiter: str) -> list[str]:
    with opened(path, name) as file:
        try:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            # a line without an end is taken in parts, so that it takes no more memory than the names may
            lines = iter(partial(text.readline, TEXT_LIMIT), "")
            return next(csv.reader(_short(lines, name), delimiter=delimiter), [])
        except UnicodeDecodeError:
            raise SourceError(
                f"`{name}` is not in UTF-8", help='say what it is in, as in `encoding = "windows-1252"`, or convert it'
            ) from None
        except csv.Error as error:
            raise SourceError(Reason(f"`{name}` cannot be read", str(error)), help="mend or replace the file") from None


def _short(lines: Iterator[str], name: str) -> Iterator[str]:
    """Yields the lines that names of columns stand in; raises SourceError where they are too long to be names."""
    length = 0
    for line in lines:
        length += len(line)
        if length >= TEXT_LIMIT:
            raise SourceError(
                f"the first line of `{name}` is longer than 1 MiB", help="write the names of the columns there"
            )
        yield line
