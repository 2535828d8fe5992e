import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.starts_programs

OLD = "persona Old:\n  age > 60\n"
PRO = 'persona Pro:\n  plan != "pro"\n'


@pytest.fixture
def committed(desk: Any) -> Any:
    """A project in a subfolder of a repository, with one report in its first commit."""
    desk.rules(OLD)
    desk.write("notes.txt", "export-ignore does not matter")
    (desk.folder.parent / ".gitattributes").write_text("*.rules export-ignore\n")
    desk.git("init", "-q", "-b", "main", str(desk.folder.parent))
    desk.git("add", "-A", str(desk.folder.parent))
    desk.git("commit", "-q", "-m", "first")
    return desk


def test_only_what_the_change_brought_is_shown(committed: Any) -> None:
    assert committed.found("--changed-since", "main") == []
    committed.rules(f"{PRO}\n{OLD}")
    assert committed.found("--changed-since", "main") == ["main.rules:6 RK212"]
    text = committed.check("--changed-since", "main", "--select", "RK2").output
    assert "1 report that main had before is left out\n" in text


def test_the_repository_is_not_touched(committed: Any) -> None:
    committed.rules(PRO)
    committed.git("add", "main.rules")
    committed.rules(OLD + PRO)
    before = committed.git("status", "--porcelain=v2"), (committed.folder.parent / ".git/index").read_bytes()
    committed.check("--changed-since", "HEAD")
    assert (committed.git("status", "--porcelain=v2"), (committed.folder.parent / ".git/index").read_bytes()) == before


def test_a_renamed_file_keeps_what_was_known(committed: Any) -> None:
    committed.git("mv", "main.rules", "people.rules")
    assert committed.found("--changed-since", "main") == []
    committed.git("commit", "-q", "-m", "rename")
    assert committed.found("--changed-since", "HEAD~1") == []


def test_an_old_error_is_left_out_and_counted(committed: Any) -> None:
    committed.rules("persona Q:\n  x = 1\n")
    committed.git("commit", "-qam", "broken")
    result = committed.check("--changed-since", "main", "--select", "RK1")
    assert result.exit_code == 0
    assert "1 report that main had before is left out, 1 error among them\n" in result.output


def test_a_comment_that_is_taken_away_shows_the_report(committed: Any) -> None:
    committed.rules("# rulekit: ignore[RK212]\n" + OLD)
    committed.git("commit", "-qam", "silent")
    committed.rules(OLD)
    assert committed.found("--changed-since", "main") == ["main.rules:6 RK212"]


def test_a_project_that_is_new_has_brought_all(committed: Any, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "rulekit.toml").write_text("edition = 1\n")
    (new / "main.rules").write_text("person:\n  email text\n  age number?\n" + OLD)
    assert "main.rules:5 RK212" in committed.found("--changed-since", "main", "--project", str(new))


def test_what_a_hook_of_git_is_run_with_does_not_matter(committed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", os.devnull)
    monkeypatch.setenv("GIT_INDEX_FILE", os.devnull)
    assert committed.found("--changed-since", "main") == []


@pytest.mark.parametrize("ref", ["nowhere", "-x", "HEAD~9"])
def test_an_unknown_commit(committed: Any, ref: str) -> None:
    result = committed.check(f"--changed-since={ref}")
    assert (result.exit_code, result.output.splitlines()[0]) == (2, f"error: git knows no commit `{ref}`")


def test_outside_of_a_repository(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.rules(OLD)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(desk.folder.parent))
    result = desk.check("--changed-since", "main")
    assert (result.exit_code, "is not in a git repository" in result.output) == (2, True)


def test_without_git(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.rules(OLD)
    monkeypatch.setenv("PATH", "")
    result = desk.check("--changed-since", "main")
    assert (result.exit_code, result.output.splitlines()[0]) == (2, "error: git is not installed")
