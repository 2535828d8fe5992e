import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rulekit_git
from rulekit_git.history import read_history

from rulekit.errors import SourceError
from rulekit.evaluation.data.dataset import open_data
from rulekit.hooks.manager import load_plugins
from rulekit.language import types
from rulekit.language.program import FieldType, Schema
from rulekit.records import SourceRequest

pytestmark = pytest.mark.starts_programs

FIELDS = {"name": types.TEXT, "first_commit_at": types.TIME, "last_commit_at": types.TIME, "commits": types.NUMBER}
COMMIT = {
    "hash": types.TEXT,
    "subject": types.TEXT,
    "insertions": types.NUMBER,
    "deletions": types.NUMBER,
    "files": types.NUMBER,
    "author_date": types.TIME,
}
SCHEMA = Schema(
    {name: FieldType(name, kind, False) for name, kind in {"email": types.TEXT, **FIELDS}.items()},
    {"domain": FieldType("domain", types.TEXT, False)},
    {"commit": {name: FieldType(name, kind, False) for name, kind in COMMIT.items()}},
)


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        # nothing of the machine's own git settings gets in
        clean = {"HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
        clean |= {"GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x", "GIT_COMMITTER_NAME": "x"}
        clean |= {"GIT_COMMITTER_EMAIL": "x@x", **(environment or {})}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=clean, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self, name: str, email: str, at: str, subject: str = "Change", authored: str = "", **files: str) -> None:
        for file, content in files.items():
            (self.folder / file).write_bytes(content.encode("latin-1"))
        self.git("add", "-A")
        times = {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": authored or at}
        who = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email}
        self.git(
            "commit",
            "-q",
            "--allow-empty",
            "--allow-empty-message",
            "--cleanup=verbatim",
            "-m",
            subject,
            environment=times | who,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "odd 'name'")
    made.commit("Ada", "Ada@Example.com", "2026-01-01T09:00:00+0530", a="1\n2\n3\n")
    made.commit('Åsa "Q" O\'Neil, PhD', "asa@sub.example.org", "2026-01-02T09:00:00-1100", "ö\x01commit\ttab", b="x\n")
    made.commit("Ada L", "ada@example.com", "2026-02-01T09:00:00Z", "", authored="2025-12-31T23:59:59+0100", a="1\n2\n")
    made.commit("nobody", "no-address", "2026-02-02T09:00:00Z", "commit", b="\x00\x01 binary")
    made.git("checkout", "-q", "-b", "side", "HEAD~1")
    made.commit("Bo", "bo@example.com", "2026-02-03T09:00:00Z", c="1\n", d="1\n2\n")
    made.git("checkout", "-q", "main")
    made.git(
        "merge", "-q", "--no-ff", "-m", "Merge side", "side", environment={"GIT_COMMITTER_DATE": "2026-02-04T09:00:00Z"}
    )
    return made


def test_counts_agree_with_those_of_git(repository: Repository) -> None:
    history = read_history(repository.folder)
    assert len(history) == int(repository.git("rev-list", "--count", "HEAD")) == 6
    shortlog = [line.split("\t") for line in repository.git("shortlog", "-sne", "HEAD").splitlines()]
    by_git: dict[str, int] = {}
    for count, who in shortlog:
        email = who.rpartition("<")[2].rstrip(">").lower()
        by_git[email] = by_git.get(email, 0) + int(count)
    emails = [commit.email for commit in history]
    assert {email: emails.count(email) for email in emails} == by_git


def test_commits_say_what_they_changed(repository: Repository) -> None:
    by_subject = {commit.subject: commit for commit in read_history(repository.folder)}
    odd, merge, binary = by_subject["ö\x01commit\ttab"], by_subject["Merge side"], by_subject["commit"]
    assert (odd.name, odd.insertions, odd.deletions, odd.files) == ('Åsa "Q" O\'Neil, PhD', 1, 0, 1)
    assert (merge.insertions, merge.deletions, merge.files) == (0, 0, 0)
    assert (binary.email, binary.insertions, binary.deletions, binary.files) == ("no-address", 0, 0, 1)
    assert by_subject[""].committed_at == datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert by_subject[""].authored_at == datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC)
    assert [(c.insertions, c.deletions, c.files) for c in read_history(repository.folder) if c.name == "Bo"] == [
        (3, 0, 2)
    ]


def test_the_url_is_all_that_is_needed(repository: Repository) -> None:
    plugins = load_plugins({"git": rulekit_git}, allow=())
    assert plugins.failures == ()
    source = plugins.source("git")(SourceRequest("git:.", repository.folder))
    mapping = source.default_mapping()
    assert mapping is not None
    with open_data(SCHEMA, source, mapping, "UTC") as data:
        people = data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()
        commits = data.connection.execute(data.events("commit").sql(dialect="duckdb")).fetchall()
        companies = data.connection.execute(data.companies().sql(dialect="duckdb")).fetchall()
        assert data.report.problems() == []
    first, last = datetime(2026, 1, 1, 3, 30), datetime(2026, 2, 1, 9)
    assert sorted(people)[0] == ("ada@example.com", "example.com", "ada@example.com", "Ada L", first, last, 2)
    assert [(row[0], row[1]) for row in sorted(people)[1:]] == [
        ("asa@sub.example.org", "sub.example.org"),
        ("bo@example.com", "example.com"),
        ("no-address", None),
        ("x@x", "x"),
    ]
    assert sorted(row[0] for row in companies) == ["example.com", "sub.example.org", "x"]
    assert len(commits) == 6


def test_the_mailmap_is_respected(repository: Repository) -> None:
    (repository.folder / ".mailmap").write_text("Ada Lovelace <ada@new.example> <ada@example.com>\n")
    history = read_history(repository.folder)
    assert [commit.email for commit in history if commit.name == "Ada Lovelace"] == ["ada@new.example"] * 2


def test_only_what_head_reaches_counts(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "apart")
    repository.commit("Eve", "eve@example.com", "2026-03-01T09:00:00Z", e="1\n")
    repository.git("checkout", "-q", "main")
    assert "eve@example.com" not in {commit.email for commit in read_history(repository.folder)}


def test_errors_say_what_to_do(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "plain").mkdir()
    with pytest.raises(SourceError, match=r"git cannot read the history of .*not a git repository"):
        read_history(tmp_path / "plain")
    Repository(tmp_path / "fresh")
    with pytest.raises(SourceError, match="git cannot read the history"):
        read_history(tmp_path / "fresh")
    with pytest.raises(SourceError, match="names no folder"):
        rulekit_git.open_git(SourceRequest("git:nowhere", tmp_path))
    source = rulekit_git.open_git(SourceRequest("git:plain", tmp_path))
    with pytest.raises(SourceError, match="no table `users`"):
        source.table("users")
    with pytest.raises(SourceError, match="cannot be queried"):
        source.query("SELECT 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="git is not installed"):
        read_history(repository.folder)


STRANGE = {
    "core.fsmonitor": "touch {mark}; false",
    "core.pager": "touch {mark}",
    "diff.external": "touch {mark}",
    "diff.own.textconv": "touch {mark}; cat",
    "diff.own.command": "touch {mark}",
    "core.sshCommand": "touch {mark}",
    "gpg.program": "{mark}.sh",
    "log.showSignature": "true",
    "protocol.allow": "always",
}


def make_strange(repository: Repository, mark: Path, **more: str) -> None:
    program = Path(f"{mark}.sh")
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o700)
    for key, value in (STRANGE | more).items():
        repository.git("config", key, value.format(mark=mark))


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "made")
    repository.git("config", "uploadpack.allowFilter", "true")
    for line in ("1", "2"):
        attributes = {".gitattributes": "*.txt diff=own\n", "a.txt": f"{line}\n"}
        repository.commit("Ada", "ada@example.com", f"2026-01-0{line}T08:00Z", **attributes)
    return repository


def test_no_program_of_a_strange_repository_is_started(made: Repository, tmp_path: Path) -> None:
    make_strange(made, tmp_path / "started")
    assert [commit.files for commit in read_history(made.folder)] == [1, 2]
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    "remote",
    [{"remote.origin.uploadpack": "touch {mark}; git-upload-pack"}, {"remote.origin.url": "ext::touch {mark}"}],
)
def test_nothing_is_fetched_for_a_partial_clone(made: Repository, tmp_path: Path, remote: dict[str, str]) -> None:
    clone = tmp_path / "clone"
    made.git("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{made.folder}", str(clone))
    strange = Repository.__new__(Repository)
    strange.folder = clone
    make_strange(strange, tmp_path / "started", **remote)
    with pytest.raises(SourceError, match="is partial: git would have to fetch") as told:
        read_history(clone)
    assert told.value.help == "clone the repository without `--filter`"
    assert not (tmp_path / "started").exists()


def test_another_repository_in_the_environment_does_not_count(
    made: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.commit("Bo", "bo@example.com", "2026-01-01T08:00Z", x="1")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    assert {commit.email for commit in read_history(made.folder)} == {"ada@example.com"}
