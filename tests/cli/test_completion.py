"""What the shells offer for Tab, asked as the shells ask it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts_programs

RULEKIT = Path(sys.executable).with_name("rulekit")
RULES = """\
person:
  last_login time

event Quit

persona Quiet: last_login > 14d
persona Quickly: last_login < 1d

segment Quite_Large: true = true

template Quick: subject "a" text "b"

trigger Quiet_Down: on tagged(Quiet) send template Quick
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    (tmp_path / "main.rules").write_text(RULES)
    return tmp_path


def offered(folder: Path, line: str) -> list[str]:
    """Returns what bash is told for a line whose last word is to be completed."""
    words = line.split(" ")
    env = {**os.environ, "_RULEKIT_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run([RULEKIT], cwd=folder, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [row.partition(",")[2] for row in done.stdout.splitlines() if row]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rulekit che", ["check"]),
        ("rulekit members qui", ["Quickly", "Quiet", "Quite_Large"]),
        ("rulekit explain ada Quie", ["Quiet"]),
        ("rulekit explain unknown-pers", ["unknown-person", "unknown-persona"]),
        ("rulekit explain rk80", ["RK801", "RK802", "RK803", "RK804", "RK805", "RK806"]),
        ("rulekit outbox list --trigger Q", ["Quiet_Down"]),
        ("rulekit outbox approve --persona Qui", ["Quickly", "Quiet"]),
        ("rulekit run --accept Qui", ["Quickly", "Quiet"]),
        ("rulekit plan --accept quick", ["Quickly"]),
        ("rulekit check --ignore unused-let,unused-t", ["unused-let,unused-template"]),
        ("rulekit check --chang", ["--changed-since"]),
    ],
)
def test_words_and_names_are_offered(project: Path, line: str, expected: list[str]) -> None:
    assert offered(project, line) == expected


def test_outside_of_a_project_no_names_are_offered(tmp_path: Path) -> None:
    assert offered(tmp_path, "rulekit members Q") == []


def test_a_broken_file_hides_no_names_of_the_others(project: Path) -> None:
    (project / "bad.rules").write_bytes(b"persona \xff")
    assert offered(project, "rulekit members Quie") == ["Quiet"]


def test_commands_are_offered_without_loading_them(project: Path) -> None:
    code = "import sys; from rulekit.cli import main; main(prog_name='rulekit')"
    env = {**os.environ, "_RULEKIT_COMPLETE": "bash_complete", "COMP_WORDS": "rulekit ", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "plain,plan" in done.stdout
    assert "duckdb" not in done.stderr
    assert "rulekit.cli.commands.check" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed(shell: str) -> None:
    done = subprocess.run([RULEKIT, "completion", shell], capture_output=True, text=True, check=True)
    assert "_RULEKIT_COMPLETE" in done.stdout


def test_bash_completes_with_the_script(project: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = (
        f'PATH="{RULEKIT.parent}:$PATH"; eval "$(rulekit completion bash)"; '
        'COMP_WORDS=(rulekit members Quie); COMP_CWORD=2; _rulekit_completion rulekit; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run([bash, "-c", script], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout == "Quiet\n"
