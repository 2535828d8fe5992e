"""`rulekit members` over a repository says what git itself says."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rulekit_git.history import read_history  # noqa: F401 - fails here, and clearly, where the plugin cannot be found

from rulekit.engine.asking import list_members
from rulekit.engine.project import open_project

pytestmark = pytest.mark.starts_programs

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = {"ada": 9, "bo": 4, "cy": 1, "di": 30}
RULES = """
person:
  email           text
  last_commit_at  time
  commits         number

event commit:
  hash  text

persona Keen "Five commits or more":
  count(commit) >= 5

persona Went_Quiet "Nothing for thirty days":
  last_commit_at > 30d

persona Quiet_By_Events:
  not did(commit, last 30d)
"""


def git(folder: Path, *arguments: str, **environment: str) -> str:
    clean = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "PATH": "/usr/bin:/bin:/usr/local/bin", **environment}
    return subprocess.run(["git", *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    days_and_names = [
        (10 + 15 * place + commit, name)
        for place, (name, count) in enumerate(PEOPLE.items())
        for commit in range(count)
    ]
    # git expects parents to be older than their children when it looks for commits since a day
    for days, name in sorted(days_and_names, reverse=True):
        at = (NOW - timedelta(days=days, hours=1)).isoformat()
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", f"{name}@example.com"), ("DATE", at))
        }
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", "Change", **who)
    (tmp_path / "rulekit.toml").write_text('edition = 1\n[source]\nurl = "git:."\n')
    (tmp_path / "people.rules").write_text(RULES)
    return tmp_path


def members(repository: Path, persona: str) -> set[str]:
    return set(list_members(open_project(repository), persona, NOW).keys)


def test_keen_people_are_those_with_five_commits_in_the_shortlog(repository: Path) -> None:
    lines = git(repository, "shortlog", "-se", "HEAD").splitlines()
    counts = {line.partition("<")[2].rstrip(">"): int(line.split()[0]) for line in lines}

    assert len(counts) == len(PEOPLE)
    assert members(repository, "Keen") == {person for person, count in counts.items() if count >= 5}


def test_quiet_people_are_those_without_a_commit_since_then(repository: Path) -> None:
    since = (NOW - timedelta(days=30)).isoformat()
    everybody = set(git(repository, "log", "--format=%ae").split())
    recent = set(git(repository, "log", f"--since={since}", "--format=%ae").split())

    assert recent
    assert members(repository, "Went_Quiet") == everybody - recent
    assert members(repository, "Quiet_By_Events") == everybody - recent
