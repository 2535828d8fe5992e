"""A store as the first version of rulekit has left it, in the middle of the history: one email sent, another in doubt.

`first_version.sql` is what that version itself wrote, as text.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

DUMP = Path(__file__).with_name("first_version.sql")


def make(path: Path) -> None:
    """Writes the store to a file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))


def facts(path: Path) -> list[dict[str, Any]]:
    """Returns what that version has said of it."""
    with closing(sqlite3.connect(path)) as connection:
        changes = [
            {"row": row, "target": target}
            for row, target in connection.execute('SELECT "row", target FROM audit ORDER BY id')
        ]
        addresses = connection.execute("SELECT recipient FROM outbox WHERE state = 'sent' ORDER BY id")
        given = [{"given": address.partition("@")[0]} for (address,) in addresses]
        (secret,) = connection.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
    return [*changes, *given, {"secret": secret, "sequence": 2, "suppressed": "dan@example.com"}]
