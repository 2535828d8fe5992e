"""Stores for thousands of short histories: each is made once and emptied between two of them, and read beside its code.

Nothing of the store's own code is replaced. Only nobody waits for the disk here: what a commit means when the power
goes is tested in `test_power_loss.py`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, event, insert, inspect, select, text

from rulekit.outbox.database.opening import kind_of
from rulekit.outbox.database.tables import audit, metadata, outbox
from rulekit.outbox.store import Store
from tests.outbox.machine_model import COMPARED


def _unsync_sqlite(driver: Any, record: Any) -> None:
    driver.execute("PRAGMA synchronous = OFF")


def _unsync_postgres(driver: Any, record: Any) -> None:
    driver.execute("SET synchronous_commit = off")
    driver.commit()


_UNSYNCED = {"sqlite": _unsync_sqlite, "postgresql": _unsync_postgres}
# what happened since the last look, and where the emails that it happened to stand now
_SINCE = (
    select(audit, *(outbox.c[name].label(f"now_{name}") for name in ("state", "phase", "auto", "uncertain", *COMPARED)))
    .join_from(audit, outbox, outbox.c.id == audit.c.row)
    .order_by(audit.c.id)
)


class Reused:
    """A store that can be emptied, and a connection of its own to see what is in it."""

    def __init__(self, store: Store, beside: Connection) -> None:
        self.store, self._beside = store, beside
        self.kind = beside.dialect.name
        self._first = {table: [line._asdict() for line in beside.execute(select(table))] for table in _tables()}
        self._numbers = _sequences(beside)

    def empty(self) -> None:
        """Makes it what it was when it was new, the numbers of its next lines included, and with no note beside it."""
        url = self.store.engine.url
        if (note := kind_of(url).note_path(url)) is not None:
            note.unlink(missing_ok=True)
        with self.store.engine.begin() as connection:
            for table in reversed(_tables()):
                connection.execute(table.delete())
            for table, lines in self._first.items():
                if lines:
                    connection.execute(insert(table), lines)
            if self._numbers:
                connection.execute(text(f"SELECT {', '.join(f'setval({name!r}, 1, false)' for name in self._numbers)}"))

    def since(self, line: int) -> list[Row[Any]]:
        """Returns the lines of the history after that one, each with its email as it stands now (`now_…`)."""
        return list(self._beside.execute(_SINCE.where(audit.c.id > line)))


def _tables() -> list[Any]:
    return metadata.sorted_tables


def _sequences(connection: Connection) -> list[str]:
    # SQLite begins anew by itself where a table is empty
    return inspect(connection).get_sequence_names() if connection.dialect.name == "postgresql" else []


@contextmanager
def reused(url: str, project: Path) -> Iterator[Reused]:
    """Opens a store, which must be new, for many histories."""
    with Store.open(url, project) as store, _engine_beside(store) as engine, closing(engine.connect()) as beside:
        store.engine.dispose()
        event.listen(store.engine, "connect", _UNSYNCED[engine.dialect.name])
        yield Reused(store, beside)


@contextmanager
def _engine_beside(store: Store) -> Iterator[Engine]:
    engine = create_engine(store.engine.url, isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()
