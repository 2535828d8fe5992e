"""A store as an older rulekit has left it, in the middle of the history.

What that version itself wrote is kept as text: `first_version.sql`, `second_version.sql` of the second schema,
`third_version.sql` of the third, where emails wait that were sent again because nobody knew whether they had arrived,
and `fourth_version.sql` of the fourth, where one trigger says what is done then, and one waits for its `after`;
`fourth_version_dated.sql` is of the fourth, too: messages with a `Date` inside. `eighth_version.sql` is of the eighth,
which knew nobody as absent or unjudged: two emails wait for approval and two for `after`, and one person is gone. Where
it lay is taken out of it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

FIRST = Path(__file__).with_name("first_version.sql")
SECOND = Path(__file__).with_name("second_version.sql")
THIRD = Path(__file__).with_name("third_version.sql")
FOURTH = Path(__file__).with_name("fourth_version.sql")
FOURTH_DATED = Path(__file__).with_name("fourth_version_dated.sql")
EIGHTH = Path(__file__).with_name("eighth_version.sql")


def make(path: Path, dump: Path = FIRST) -> None:
    """Writes the store to a file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))


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
