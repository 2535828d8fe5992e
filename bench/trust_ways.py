"""The ways in which `trust_damages.py` damages an export: what is written in place of the undamaged one."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import trust_files
from trust_world import Export, Table, World, stamp

ALL_FORMS = ("csv", "gzip", "json", "parquet", "duckdb")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when a damage happens."""

    world: World
    moment: datetime


OnTables = Callable[[Export, Scene], Export]
OnFiles = Callable[[dict[str, bytes]], dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Damage:
    """A kind of damage; a `harmless` one changes nothing of what the export says."""

    name: str
    group: str
    tables: OnTables | None = None
    files: OnFiles | None = None
    forms: tuple[str, ...] = ALL_FORMS
    harmless: bool = False


# how damages are made


def values(table: str, column: str, change: Callable[[str], str], share: float = 1.0) -> OnTables:
    """Changes the values of a column that are there, or a share of them."""

    def damage(export: Export, scene: Scene) -> Export:
        chosen, place = export[table], export[table].place(column)
        for row in picked(chosen, share):
            if row[place] != "":
                row[place] = change(row[place])
        return export

    return damage


def emptied(table: str, column: str, share: float = 1.0) -> OnTables:
    """Empties a column, or a share of it."""
    return values(table, column, lambda value: "", share)


def filled(table: str, column: str, word: str) -> OnTables:
    """Writes a word where nothing was."""

    def damage(export: Export, scene: Scene) -> Export:
        place = export[table].place(column)
        for row in export[table].rows:
            row[place] = row[place] or word
        return export

    return damage


def exported(table: str, column: str, share: float = 1.0) -> OnTables:
    """Writes the time of the export into a column, or into a share of it."""

    def damage(export: Export, scene: Scene) -> Export:
        place = export[table].place(column)
        for row in picked(export[table], share):
            row[place] = stamp(scene.moment)
        return export

    return damage


def picked(table: Table, share: float) -> list[list[str]]:
    """Returns a share of the rows, at least one where there is any, always the same ones."""
    if share >= 1:
        return table.rows
    some = Random(7).sample(range(len(table.rows)), max(round(len(table.rows) * share), min(len(table.rows), 1)))
    return [table.rows[i] for i in sorted(some)]


def rows(table: str, change: Callable[[list[list[str]]], list[list[str]]]) -> OnTables:
    """Changes which rows a table has."""

    def damage(export: Export, scene: Scene) -> Export:
        export[table].rows = change(export[table].rows)
        return export

    return damage


def renamed(table: str, column: str, new: str) -> OnTables:
    """Gives a column another name."""

    def damage(export: Export, scene: Scene) -> Export:
        export[table].header[export[table].place(column)] = new
        return export

    return damage


def swapped(table: str, one: str, other: str) -> OnTables:
    """Swaps the values of two columns."""

    def damage(export: Export, scene: Scene) -> Export:
        first, second = export[table].place(one), export[table].place(other)
        for row in export[table].rows:
            row[first], row[second] = row[second], row[first]
        return export

    return damage


def joined(table: str, column: str, other: str) -> OnTables:
    """Writes the values of another column behind those of a column."""

    def damage(export: Export, scene: Scene) -> Export:
        first, second = export[table].place(column), export[table].place(other)
        for row in export[table].rows:
            row[first] = " ".join(filter(None, (row[first], row[second])))
        return export

    return damage


def shifted(table: str, column: str, share: float) -> OnTables:
    """Moves what stands from a column on one further, from some row on; the last value falls off."""

    def damage(export: Export, scene: Scene) -> Export:
        chosen, place = export[table], export[table].place(column)
        start = int(len(chosen.rows) * (1 - share))
        for row in chosen.rows[start:]:
            row[place:] = ["", *row[place:-1]]
        return export

    return damage


def both(*changes: OnTables) -> OnTables:
    """Does one damage after the other."""

    def damage(export: Export, scene: Scene) -> Export:
        for change in changes:
            export = change(export, scene)
        return export

    return damage


def stale(days: int, *names: str) -> OnTables:
    """Puts the tables of days ago in place of today's."""

    def damage(export: Export, scene: Scene) -> Export:
        old = scene.world.export(scene.moment - timedelta(days=days))
        return {**export, **{name: old[name] for name in names}}

    return damage


def moment(form: str) -> Callable[[str], str]:
    """Returns how an instant is written in another format."""
    return lambda value: datetime.fromisoformat(value).strftime(form)


def moved(hours: float) -> Callable[[str], str]:
    """Returns how an instant is written that is off by hours."""
    return lambda value: (datetime.fromisoformat(value) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(scale: float) -> Callable[[str], str]:
    """Returns how an instant is written as a number since 1970."""
    return lambda value: str(int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() * scale))


def serial(value: str) -> str:
    """Returns an instant or a date as a spreadsheet counts it."""
    days = datetime.fromisoformat(value).replace(tzinfo=None) - datetime(1899, 12, 30)
    return f"{days / timedelta(days=1):.6g}"


def factor(by: float) -> Callable[[str], str]:
    """Returns how a number is written in another unit."""
    return lambda value: f"{float(value) * by:.10g}"


def words(**table: str) -> Callable[[str], str]:
    """Returns how a value is written by other words."""
    return lambda value: table.get(value, value)


def everywhere(change: OnFiles | Callable[[bytes], bytes], *names: str) -> OnFiles:
    """Changes the bytes of files, of all or of those that begin so."""
    return lambda content: {
        name: change(data) if not names or name.startswith(names) else data  # type: ignore[arg-type]
        for name, data in content.items()
    }


def again(**form: str) -> Callable[[bytes], bytes]:
    """Returns how CSV is written in another dialect."""

    def write(data: bytes) -> bytes:
        header, *lines = csv.reader(io.StringIO(data.decode()))
        return trust_files.as_csv(Table(header, lines), **form)

    return write


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """Returns how the lines of a file are changed."""
    return lambda data: b"".join(change(data.splitlines(keepends=True)))


def cut(share: float) -> Callable[[bytes], bytes]:
    """Returns how a file is cut off, in the middle of a line."""
    return lambda data: data[: int(len(data) * share) + 3]


def keys(change: Callable[[str], str], *tables_: str) -> OnTables:
    """Changes the form of people's keys."""
    columns = {"people": "id", "events": "person"}
    return both(*(values(table, columns[table], change) for table in tables_ or columns))


def numbered_anew(export: Export, scene: Scene) -> Export:
    """Gives people the keys of others, as an import that numbers by the order of addresses does."""
    people = export["people"]
    place, address = people.place("id"), people.place("email")
    known = [row[place] for row in people.rows]
    ordered = sorted(people.rows, key=lambda row: row[address][::-1])
    given = {row[place]: key for row, key in zip(ordered, known[1:] + known[:1], strict=True)}
    return keys(lambda key: given.get(key, key))(export, scene)


def other_tenant(export: Export, scene: Scene) -> Export:
    """Returns the export of another company with the same product."""
    other = World(scene.world.people, scene.world.seed + 2, scene.world.days, lively=scene.world.lively)
    theirs = other.export(scene.moment)
    place = theirs["people"].place("email")
    for row in theirs["people"].rows:
        row[place] = "x" + row[place]
    return theirs


def kind(name: str, new: str | None, share: float = 1.0) -> OnTables:
    """Renames the events of a kind, or leaves them, or a share of them, out."""
    place = 2
    if new is not None:
        return values("events", "kind", lambda value: new if value == name else value)
    return rows("events", lambda all_: [r for r in all_ if r[place] != name or Random(r[0]).random() >= share])


def reordered(export: Export, scene: Scene) -> Export:
    """Sorts rows otherwise."""
    for table in export.values():
        Random(3).shuffle(table.rows)
    return export


def columns_reordered(export: Export, scene: Scene) -> Export:
    """Puts the columns into another order."""
    return {n: Table(t.header[::-1], [row[::-1] for row in t.rows]) for n, t in export.items()}


def extra_column(export: Export, scene: Scene) -> Export:
    """Adds a column that nobody asked for."""
    return {
        n: Table([*t.header, "note"], [[*row, "x" * (i % 3)] for i, row in enumerate(t.rows)])
        for n, t in export.items()
    }
