"""The tables of a history: one row per person, per company and per commit, with the types of their columns."""

from datetime import datetime
from itertools import groupby

import pyarrow as pa

from rulekit_git.history import Commit

_TIME = pa.timestamp("us", "UTC")
_PEOPLE = pa.schema(
    {
        "email": pa.string(),
        "name": pa.string(),
        "domain": pa.string(),
        "first_commit_at": _TIME,
        "last_commit_at": _TIME,
        "commits": pa.int64(),
    }
)
_COMPANIES = pa.schema({"domain": pa.string(), "people": pa.int64()})
_COMMITS = pa.schema(
    {
        "email": pa.string(),
        "committed_at": _TIME,
        "hash": pa.string(),
        "subject": pa.string(),
        "insertions": pa.int64(),
        "deletions": pa.int64(),
        "files": pa.int64(),
        "author_date": _TIME,
    }
)


def people_table(history: list[Commit]) -> pa.Table:
    """Returns one row per address, with the name of its newest commit."""
    by_email = sorted(history, key=lambda commit: (commit.email, commit.committed_at, commit.hash))
    rows = [_person(email, list(commits)) for email, commits in groupby(by_email, lambda commit: commit.email)]
    return pa.Table.from_pylist(rows, _PEOPLE)


def company_table(history: list[Commit]) -> pa.Table:
    """Returns one row per domain that somebody wrote from."""
    domains = [domain(email) for email in sorted({commit.email for commit in history})]
    rows = [{"domain": name, "people": domains.count(name)} for name in sorted({d for d in domains if d})]
    return pa.Table.from_pylist(rows, _COMPANIES)


def commit_table(history: list[Commit]) -> pa.Table:
    """Returns one row per commit."""
    rows = [
        {
            "email": commit.email,
            "committed_at": commit.committed_at,
            "hash": commit.hash,
            "subject": commit.subject,
            "insertions": commit.insertions,
            "deletions": commit.deletions,
            "files": commit.files,
            "author_date": commit.authored_at,
        }
        for commit in history
    ]
    return pa.Table.from_pylist(rows, _COMMITS)


def domain(email: str) -> str | None:
    """Returns what follows the last `@` of an address, or None when nothing does."""
    return email.rpartition("@")[2] or None if "@" in email else None


def _person(email: str, commits: list[Commit]) -> dict[str, str | int | datetime | None]:
    return {
        "email": email,
        "name": commits[-1].name,
        "domain": domain(email),
        "first_commit_at": commits[0].committed_at,
        "last_commit_at": commits[-1].committed_at,
        "commits": len(commits),
    }
