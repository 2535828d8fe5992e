"""How values are written where they are texts, and what a number counts, as far as the settings or a source say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# what a number may count where a time or a duration is declared, in nanoseconds
UNITS: Mapping[str, int] = {
    "w": 7 * 86_400_000_000_000,
    "d": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}

# what may stand between the thousands of a number
GROUPS = (",", ".", "'", "\N{RIGHT SINGLE QUOTATION MARK}", "_", " ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the values of a source, a table or a column are written; None leaves it to what is further out.

    `null` are the texts that stand for a missing value, `true` and `false` those for yes and no. `decimal` stands
    before the fraction of a number and `group` between its thousands. `format` is that of times and dates, as
    `time_format` reads it; `unit` is one of `UNITS`. With `trim`, white space around a value is no part of it, and
    what has nothing else is missing.
    """

    null: tuple[str, ...] | None = None
    decimal: str | None = None
    group: str | None = None
    format: str | None = None
    unit: str | None = None
    true: tuple[str, ...] | None = None
    false: tuple[str, ...] | None = None
    trim: bool | None = None

    def within(self, outer: "Spelling") -> "Spelling":
        """Returns this spelling where it says something, and the outer one's word otherwise.

        What belongs together comes from one place: `true` and `false`, and `group` with its `decimal`. A `unit` here
        says that numbers are meant, so that no `format` from further out is left.
        """
        numbers = self if self.decimal or self.group else outer
        words = self if self.true or self.false else outer
        return Spelling(
            null=outer.null if self.null is None else self.null,
            decimal=numbers.decimal,
            group=numbers.group,
            format=self.format or (None if self.unit else outer.format),
            unit=self.unit or outer.unit,
            true=words.true,
            false=words.false,
            trim=outer.trim if self.trim is None else self.trim,
        )

    def mistakes(self) -> Iterator[str]:
        """Yields what contradicts itself in it, in the terms of the settings."""
        if (self.true is None) != (self.false is None):
            lacking = "true" if self.true is None else "false"
            yield f"write `{lacking}`, too: the words for yes and those for no come together"
        if set(self.true or ()) & set(self.false or ()):
            yield "`true` and `false` have a word in common; write each word into one of them"
        if self.group is not None and self.group == (self.decimal or "."):
            yield f"`group` and `decimal` are both `{self.group}`; write the sign before the fraction as `decimal`"


@dataclass(frozen=True, slots=True)
class Spellings:
    """How the values of a table are written: of all its columns, and of some, by the names that they have there."""

    table: Spelling = field(default_factory=Spelling)
    columns: Mapping[str, Spelling] = field(default_factory=dict)

    def of(self, column: str) -> Spelling:
        """Returns the spelling of a column; capitals in its name do not count."""
        own = {name.casefold(): spelling for name, spelling in self.columns.items()}.get(column.casefold())
        return self.table if own is None else own.within(self.table)

    def within(self, outer: Spelling) -> "Spellings":
        """Returns the spellings with what they leave open taken from that of the source."""
        return Spellings(self.table.within(outer), self.columns)
