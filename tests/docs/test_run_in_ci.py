"""The page about CI: what services read has their published schemas, and every command runs."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rulekit.language.project_texts import BODY_ENDINGS, RULES_ENDING
from tests.docs.test_action import ACTION, FILES, ROOT, SHIMS

PAGE = (ROOT / "docs" / "how-to" / "run-in-ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SNIPPETS = {path: text for kind, path, text in BLOCKS if kind == "yaml"}
GITLAB: dict[str, Any] = yaml.safe_load(SNIPPETS[".gitlab-ci.yml"])
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
SCHEMAS = {".github": "vendor.github-workflows", ".gitlab-ci.yml": "vendor.gitlab-ci"}
SCRIPTS = [line for job in GITLAB.values() for line in job.get("script", [])]
SHELL = [line for kind, _, text in BLOCKS if kind == "sh" for line in text.splitlines()]
EXIT_CODES = re.findall(r"^\| (\d) \| .*? \| `(.*?)` \|$", PAGE, re.MULTILINE)
GIT = ["git", "-c", "user.name=ines", "-c", "user.email=ines@fernhill.example.com"]


def validate(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Runs a line in a project whose history `origin/main` has, one commit behind."""
    folder = tmp_path / "project"
    folder.mkdir()
    for path, text in FILES.items():
        (folder / path).write_text(text)
    for name, text in SHIMS.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    steps = ["init --quiet", "add .", "commit --quiet -m old", "update-ref refs/remotes/origin/main HEAD"]
    for step in [*steps, "commit --quiet --allow-empty -m new"]:
        subprocess.run([*GIT, *step.split()], cwd=folder, check=True)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)

    return run


@pytest.mark.starts_programs
@pytest.mark.parametrize("path", [path for path in SNIPPETS if path != ".pre-commit-config.yaml"])
def test_a_snippet_has_the_published_schema(path: str, tmp_path: Path) -> None:
    file = tmp_path / Path(path).name
    file.write_text(SNIPPETS[path])
    validate("check_jsonschema", "--builtin-schema", SCHEMAS[path.split("/")[0]], str(file))


@pytest.mark.starts_programs
def test_the_workflow_of_this_repository_has_the_published_schema() -> None:
    workflow = ROOT / ".github" / "workflows" / "ci.yml"
    validate("check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow))


@pytest.mark.starts_programs
def test_pre_commit_takes_the_hooks_and_the_snippet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # it makes a folder even to look at a file, and the home of whoever runs the tests may be read-only
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "home"))
    config = tmp_path / ".pre-commit-config.yaml"
    config.write_text(SNIPPETS[".pre-commit-config.yaml"])
    validate("pre_commit", "validate-config", str(config))
    validate("pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
    (repository,) = yaml.safe_load(config.read_text())["repos"]
    assert repository["hooks"] == [{"id": hook["id"]} for hook in HOOKS]


def test_the_hooks_look_at_all_that_a_check_reads() -> None:
    patterns = {hook["id"]: hook["files"] for hook in HOOKS}
    read = ["rulekit.toml", f"mail/main{RULES_ENDING}", "mail/rulekit.toml", *(f"mail/hello{e}" for e in BODY_ENDINGS)]
    for name in ("rulekit-check", "rulekit-test"):
        assert [path for path in read if not re.search(patterns[name], path)] == []
        assert not re.search(patterns[name], "data/users.csv")
    assert [path for path in read if re.search(patterns["rulekit-fmt"], path)] == [f"mail/main{RULES_ENDING}"]


def test_the_workflows_give_inputs_that_the_action_has() -> None:
    jobs = [yaml.safe_load(text)["jobs"]["rules"] for path, text in SNIPPETS.items() if path.startswith(".github")]
    steps = [step for job in jobs for step in job["steps"] if step["uses"].startswith("owner/rulekit@")]
    assert len(steps) == 2
    assert {name for step in steps for name in step["with"]} <= ACTION["inputs"].keys()


def test_every_input_is_described_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*?) \|", PAGE.split("| input |")[1], re.MULTILINE))
    assert list(rows) == list(ACTION["inputs"])
    shown = {name: row.strip("`") for name, row in rows.items() if row.startswith("`")}
    assert shown == {name: spec["default"] for name, spec in ACTION["inputs"].items() if spec["default"]}


@pytest.mark.starts_programs
@pytest.mark.parametrize("line", SCRIPTS + SHELL)
def test_a_command_passes_in_a_clean_project(line: str, shell: Any, tmp_path: Path) -> None:
    done = shell(line)
    assert done.returncode == 0, done.stdout + done.stderr
    files = re.findall(r"--output \w+=(\S+)", line)
    assert [file for file in files if not (tmp_path / "project" / file).stat().st_size] == []


def test_the_artifacts_are_what_the_commands_write() -> None:
    written = re.findall(r"--output \w+=(\S+)", " ".join(SCRIPTS))
    kept = [file for job in GITLAB.values() for file in job.get("artifacts", {}).get("reports", {}).values()]
    assert kept == written


@pytest.mark.starts_programs
def test_only_what_a_change_brought_fails(shell: Any, tmp_path: Path) -> None:
    (line,) = (line for line in SHELL if "--changed-since" in line)
    with (tmp_path / "project" / "main.rules").open("a") as rules:
        rules.write("\nlet new = 1\n")
    done = shell(line)
    assert (done.returncode, "`let new`" in done.stdout) == (1, True)
    subprocess.run([*GIT, "commit", "--quiet", "-a", "-m", "new"], cwd=tmp_path / "project", check=True)
    subprocess.run([*GIT, "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=tmp_path / "project", check=True)
    assert shell(line).returncode == 0


@pytest.mark.starts_programs
@pytest.mark.parametrize(("exit_code", "line"), EXIT_CODES)
def test_an_exit_code_is_as_said(exit_code: str, line: str, shell: Any) -> None:
    assert shell(line).returncode == int(exit_code)


def test_every_exit_code_has_an_example() -> None:
    assert [code for code, _ in EXIT_CODES] == ["0", "1", "2"]
