"""Which columns the files of a table have in common, and which names stand for nothing certain.

A column that nobody asks for may have no name, or one that another has. So what is wrong with a name is kept beside the
table, and is an error where somebody wants it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rulekit.records import QueryTable

# what names its columns in its rows, and has none
NO_ROWS = QueryTable("SELECT NULL AS nothing WHERE FALSE", any_column=True)


def share_columns(
    files: Mapping[str, Sequence[str]], partitions: Sequence[str] = ()
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Returns the columns that each of the files has exactly once, and of every other name why it cannot be read.

    Case does not count; the second is by names in small letters. A column without a name is in neither. `files` has
    the columns of each file by what a message calls it.
    """
    folded = {file: Counter(name.casefold() for name in names if name) for file, names in files.items()}
    every = {name for names in folded.values() for name in names}
    unusable = {
        **{
            name: f"`{file}` has no column `{name}`, which other files of the table have"
            for name, file in _lacking(folded, every)
        },
        **{name: f"`{file}` has more than one column `{name}`; case does not count" for name, file in _twice(folded)},
        **{
            n.casefold(): f"`{n}` is a column of the files and of their folders"
            for n in partitions
            if n.casefold() in every
        },
    }
    first = next(iter(files.values()))
    return tuple(name for name in (*first, *partitions) if name and name.casefold() not in unusable), unusable


def _lacking(files: Mapping[str, Counter[str]], every: set[str]) -> Iterator[tuple[str, str]]:
    return ((name, file) for file, names in files.items() for name in every - names.keys())


def _twice(files: Mapping[str, Counter[str]]) -> Iterator[tuple[str, str]]:
    return ((name, file) for file, names in files.items() for name, count in names.items() if count > 1)
