"""Declarations as the cache knows them: by name and by a digest of their text, without their trees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

# what kind of thing it is, and its name: a declaration, or the file of a template
Key = tuple[str, str]

# what every other declaration may depend on
SCHEMA = frozenset({"person", "company", "event"})
FILE = "file"


@dataclass(frozen=True, slots=True)
class Unit:
    """A declaration: where it stands, a digest of its text, and what it names, files of bodies among it."""

    key: Key
    start: int
    end: int
    digest: str
    names: frozenset[Key]


@dataclass(frozen=True, slots=True)
class FileUnits:
    """The declarations of a file of rules in order, and a digest of its whole text."""

    path: str
    digest: str
    units: tuple[Unit, ...]


def by_key(files: Iterable[FileUnits]) -> dict[Key, Unit] | None:
    """Returns all declarations by key, or None when two have the same without regard to case."""
    units = [unit for file in files for unit in file.units]
    found = {unit.key: unit for unit in units}
    folded = {(kind, name.casefold()) for kind, name in found}
    return found if len(folded) == len(units) else None


def used(units: Mapping[Key, Unit]) -> frozenset[Key]:
    """Returns what declarations other than tests name."""
    return frozenset().union(*(unit.names for unit in units.values() if unit.key[0] != "test"))


def digest(text: str) -> str:
    """Returns what tells two texts apart."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
