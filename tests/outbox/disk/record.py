"""Plays the history on a disk that remembers it: `python -m tests.outbox.disk.record FOLDER OUT [PRAGMA…]`.

OUT gets, pickled, the files as they were found and the log of what was done to them. Each PRAGMA is given to every
connection after the product's own settings.
"""

import pickle
import sys
from pathlib import Path

from sqlalchemy import event

from rulekit.outbox.database.sqlite import new_file
from rulekit.outbox.store import Store
from tests.outbox.conftest import take_over
from tests.outbox.disk import history, vfs


def main(folder: Path, out: Path, pragmas: list[str]) -> None:
    """Plays and records."""
    disk = vfs.install()
    # the product makes a file without tables before SQLite opens it
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    is_resumed = bool(files)
    files = files or {history.FILE: new_file()}
    store = Store.open(history.URL, folder)
    if pragmas:
        set_pragmas(store, pragmas)
    take_over(store)
    receiver = history.Receiver(disk.tell)
    for minutes in history.RESUMED if is_resumed else history.PLAYED:
        history.play(store, receiver, minutes, disk.tell)
    store.close()
    out.write_bytes(pickle.dumps((files, disk.log)))


def set_pragmas(store: Store, pragmas: list[str]) -> None:
    """Gives these settings to every connection that the store opens from now on."""

    def configure(connection, _record) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(store.engine, "connect", configure)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
