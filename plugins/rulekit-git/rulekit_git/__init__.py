"""The data source `git:PATH`: people are the authors of a repository's history, companies the domains they write from.

What is read is the history of HEAD, as `git log` gives it with the repository's mailmap applied. A person is an email
address in small letters. An event `commit` stands for one commit by its author; its time is the committer date, which
says when it became part of the history.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa

from rulekit.errors import SourceError
from rulekit.hooks import hookimpl
from rulekit.records import (
    EventMapping,
    QueryTable,
    RecordMapping,
    SourceFactory,
    SourceMapping,
    SourceRequest,
    StreamTable,
)
from rulekit_git.history import Commit, read_history
from rulekit_git.tables import commit_table, company_table, people_table

_TABLES: Mapping[str, Callable[[list[Commit]], pa.Table]] = {
    "people": people_table,
    "companies": company_table,
    "commits": commit_table,
}


@hookimpl
def register_sources() -> Mapping[str, SourceFactory]:
    """Returns the source for `git:PATH`."""
    return {"git": open_git}


def open_git(request: SourceRequest) -> "GitSource":
    """Returns the source for `git:PATH`, the path below the project or absolute; raises SourceError."""
    path = request.url.partition(":")[2]
    folder = request.project / path
    if not path or not folder.is_dir():
        raise SourceError(f"`{request.url}` names no folder", help="write it like `git:.` or `git:../repository`")
    return GitSource(folder)


class GitSource:
    """Three tables: `people`, `companies` and `commits`; the history is read once, when the first is opened."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._history: list[Commit] | None = None

    def table(self, name: str) -> StreamTable:
        """Returns one of the three tables."""
        if name not in _TABLES:
            raise SourceError(
                f"a git repository has no table `{name}`", help="use one of `people`, `companies`, `commits`"
            )
        return StreamTable(lambda: _TABLES[name](self._read()))

    def query(self, sql: str) -> QueryTable:
        """Raises SourceError: git has no query language."""
        raise SourceError("a git repository cannot be queried", help="use `table` instead of `query`")

    def default_mapping(self) -> SourceMapping:
        """Returns the mapping of the three tables, so that the URL is all that `rulekit.toml` needs."""
        return SourceMapping(
            RecordMapping("people", key="email", company="domain"),
            RecordMapping("companies", key="domain"),
            (EventMapping("commits", person="email", at="committed_at", event="commit"),),
        )

    def _read(self) -> list[Commit]:
        if self._history is None:
            self._history = read_history(self._repository)
        return self._history
