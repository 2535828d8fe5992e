"""The commits of HEAD, read with one call of git.

Fields are separated by NUL, which no name, address or subject can hold; no quoting is undone anywhere.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rulekit.errors import SourceError

# `commit`, then the author through the mailmap (%aE %aN), times in seconds since 1970, and the subject
_MARK = b"commit"
_FIELDS = ("%H", "%aE", "%aN", "%at", "%ct", "%s")
_FORMAT = "%x00".join(("commit", *_FIELDS))
_OPTIONS = (
    "-z",
    "--numstat",
    "--use-mailmap",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--diff-merges=off",
    "--no-color",
    "--encoding=UTF-8",
    f"--format={_FORMAT}",
)
_SETTINGS = (
    "log.showSignature=false",
    "log.showRoot=true",
    # a repository may be a stranger's, and these are programs that its settings name
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "protocol.allow=never",
)
# what a partial clone lacks is not fetched: the repository would say from where, and by which program
_ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: who wrote it and when, and what it changed against its first parent.

    A merge counts as a commit of its author, with no files and no lines: they belong to the commits that it merges.
    A binary file counts as a file, without lines.
    """

    hash: str
    email: str
    name: str
    authored_at: datetime
    committed_at: datetime
    subject: str
    insertions: int
    deletions: int
    files: int


def read_history(repository: Path) -> list[Commit]:
    """Returns all commits that HEAD reaches, the newest first; raises SourceError when git cannot read them."""
    return list(_commits(iter(_git_log(repository).split(b"\0"))))


def _git_log(repository: Path) -> bytes:
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    command = ["git", "--no-pager", *settings, "log", *_OPTIONS, "HEAD", "--"]
    # started by a hook of git, this program is told of another repository in such variables
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed
            command,
            cwd=repository,
            env=own | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise SourceError("git is not installed", help="install git and run again") from None
    if done.returncode == 0:
        return done.stdout
    raise _unread(repository, done.stderr.decode("utf-8", "replace").strip(), done.returncode)


def _unread(repository: Path, said: str, code: int) -> SourceError:
    if "not allowed" in said or "could not fetch" in said or "promisor" in said:
        return SourceError(
            f"the clone in {repository} is partial: git would have to fetch what is missing, which rulekit lets it not",
            help="clone the repository without `--filter`",
        )
    return SourceError(
        f"git cannot read the history of {repository}: {said.splitlines()[0] if said else code}",
        help="name a repository with at least one commit, as in `git:.`",
    )


def _commits(parts: Iterator[bytes]) -> Iterator[Commit]:
    """Yields commits: the mark, the fields by their place, then one part with tabs for each changed file."""
    fields: list[str] = []
    changes: list[tuple[int, int]] = []
    for part in parts:
        if b"\t" in part:
            changes.append(_change(part))
        elif part == _MARK:
            if fields:
                yield _commit(fields, changes)
            fields, changes = [next(parts).decode("utf-8", "replace") for _ in _FIELDS], []
    if fields:
        yield _commit(fields, changes)


def _commit(fields: list[str], changes: list[tuple[int, int]]) -> Commit:
    hash_, email, name, authored, committed, subject = fields
    insertions, deletions = (sum(change[side] for change in changes) for side in (0, 1))
    times = _instant(authored), _instant(committed)
    return Commit(hash_, email.strip().lower(), name, *times, subject, insertions, deletions, len(changes))


def _change(part: bytes) -> tuple[int, int]:
    """Returns the lines added and taken away; git writes `-` for a binary file."""
    insertions, deletions, _ = part.strip(b"\n").split(b"\t", 2)
    return (0, 0) if insertions == b"-" else (int(insertions), int(deletions))


def _instant(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
