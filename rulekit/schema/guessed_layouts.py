"""How a text file is probably laid out, where it is not as its ending says: guesses, for a person to settle."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rulekit.errors import SourceError
from rulekit.evaluation.data.confinement import connect
from rulekit.records import QueryTable, Source, TextLayout, TextSource

# in this order; the last one reads every byte but five
_ENCODINGS = ("utf-8", "utf-16", "windows-1252")
_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True, slots=True)
class LayoutGuesser:
    """Tries layouts on the tables of a source; what is written for that goes into `private`, as in `TextSource`."""

    source: Source
    private: Path | None

    def guess(self, name: str) -> TextLayout | None:
        """Returns the layout that a table needs, or None where it is as its ending says, or nothing fits."""
        if not isinstance(self.source, TextSource):
            return None
        readable = next(self._readable(name), None)
        if readable is None:
            return None
        encoding, columns = readable
        if columns > 1:
            return None if encoding == _ENCODINGS[0] else TextLayout(encoding=encoding)
        counts = {one: self._columns(name, TextLayout(one, encoding)) for one in _DELIMITERS}
        best = max(_DELIMITERS, key=lambda one: counts[one])
        if counts[best] > 1:
            return TextLayout(best, encoding)
        return None if encoding == _ENCODINGS[0] else TextLayout(encoding=encoding)

    def _readable(self, name: str) -> Iterator[tuple[str, int]]:
        for encoding in _ENCODINGS:
            columns = self._columns(name, TextLayout(encoding=encoding))
            if columns:
                yield encoding, columns

    def _columns(self, name: str, layout: TextLayout) -> int:
        """Returns how many columns a table has in a layout, 0 where it cannot be read so."""
        import duckdb

        assert isinstance(self.source, TextSource)  # noqa: S101 - asked before
        try:
            table = self.source.laid_out(layout, self.private).table(name)
            if not isinstance(table, QueryTable):
                return 0
            connection = connect()
            try:
                return len(connection.execute(f"DESCRIBE {table.sql}").fetchall())
            finally:
                connection.close()
        except (SourceError, duckdb.Error, LookupError):
            return 0
