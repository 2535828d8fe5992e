"""What a source's SQL may do: one SELECT, over the source's own folder or file, and nothing else.

Settings may come from a change that nobody has read. So the engine, once a source is set up, is shut in: no file, no
network and no extension but what the source named, and no setting can be changed any more. DuckDB resolves links
before it compares a path with what is allowed.
"""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rulekit.errors import SourceError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# what may lie on the disk at most while a large table is sorted; the memory is bounded by the engine itself
MAX_SPILL = "16GB"
# nothing of this program is seen by its variables' names, and nothing is fetched
_CLOSED = {
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def connect(spill: str = "") -> "DuckDBPyConnection":
    """Returns a new database in memory; what it has no room for goes into the folder `spill`, else nowhere."""
    import duckdb

    limits = {"temp_directory": spill, "max_temp_directory_size": MAX_SPILL}
    connection = duckdb.connect(":memory:", config={**_CLOSED, **limits})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@contextmanager
def connected() -> Iterator["DuckDBPyConnection"]:
    """Opens a new database in memory, with a private folder for what it has no room for.

    By itself the engine would write into `.tmp` of the current folder, which may be a checkout of somebody else.
    """
    with ExitStack() as opened:
        try:
            spill = opened.enter_context(TemporaryDirectory(prefix="rulekit-", ignore_cleanup_errors=True))
        except OSError:  # a machine on which nothing may be written has memory alone
            spill = ""
        yield opened.enter_context(closing(connect(spill)))


def shut_in(connection: "DuckDBPyConnection", places: Collection[str]) -> None:
    """Lets a connection read these places only from now on: files, and folders, which end with `/`."""
    for setting, allowed in (
        ("allowed_directories", [place for place in places if place.endswith("/")]),
        ("allowed_paths", [place for place in places if not place.endswith("/")]),
    ):
        listed = ", ".join("'" + place.replace("'", "''") + "'" for place in sorted(set(allowed)))
        connection.execute(f"SET {setting} = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def require_one_select(sql: str, title: str) -> None:
    """Raises SourceError with the title unless a text is exactly one SELECT, as DuckDB's own parser reads it.

    A SELECT that would write is refused later: as a view, or by what it would write to, which is open to read only.
    """
    import duckdb

    statements = duckdb.extract_statements(sql)
    if len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT:
        return
    found = " and ".join(statement.type.name for statement in statements) or "nothing"
    raise SourceError(
        f"{title} must be exactly one SELECT, and is {found}",
        help="write one SELECT; what changes data belongs into the program that owns it",
    )
