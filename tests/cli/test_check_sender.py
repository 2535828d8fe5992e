"""A sender that does not do what is relied on: `rulekit doctor` and `run` say so; `rulekit check` knows no sender."""

import subprocess
import sys
from typing import Any

import pytest

SMTP = 'url = "smtp://127.0.0.1:1"\nallow = ["*"]'
GREET = 'trigger Greet:\n  on tagged(Pro) send template Hello every=30d uncertain="idempotent"'


@pytest.fixture
def relying(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes a project, and gives it for commands to look at."""
    monkeypatch.chdir(project.folder)

    def write(sender: str, delivery: str = "", *, trigger: str = "") -> Any:
        project.settings('url = "folder:outbox"', sender, f'[delivery]\nuncertain = "{delivery}"\n' if delivery else "")
        if trigger:
            project.rules(trigger)
        return project

    return write


def missing(project: Any) -> list[str]:
    """What `rulekit doctor` says about what is relied on."""
    found = project.cli("doctor", "--offline").output.splitlines()
    return [line for line in found if "`idempotent`" in line]


def test_the_settings_are_reported(relying: Any) -> None:
    project = relying(SMTP, "idempotent")
    (line,) = missing(project)
    assert line.startswith("problem  sender: ")
    assert "`delivery.uncertain` says `idempotent`, and the sender of `smtp:`" in line
    refused = project.cli("run", "--now", "2026-01-01T08:00Z")
    assert (refused.exit_code, line.partition("sender: ")[2] in refused.output) == (2, True)


def test_the_trigger_is_reported(relying: Any) -> None:
    project = relying(SMTP, trigger=GREET)
    (line,) = missing(project)
    assert "the trigger Greet says `idempotent`" in line
    refused = project.cli("run", "--now", "2026-01-01T08:00Z")
    assert (refused.exit_code, line.partition("sender: ")[2] in refused.output) == (2, True)


@pytest.mark.parametrize("delivery", ["hold", "resend"])
def test_nothing_else_needs_a_window(relying: Any, delivery: str) -> None:
    assert missing(relying(SMTP, delivery)) == []


def test_the_folder_has_every_email_once(relying: Any) -> None:
    assert missing(relying('url = "folder:outbox"', "idempotent", trigger=GREET)) == []


def test_rules_with_errors_keep_nothing_else_from_being_looked_at(relying: Any) -> None:
    project = relying(SMTP, "idempotent", trigger=GREET.replace("Hello", "Helo"))
    (line,) = missing(project)
    assert "`delivery.uncertain` says `idempotent`" in line


@pytest.mark.starts_programs
@pytest.mark.parametrize("sender", [SMTP, 'url = "acme:x"\nallow = ["*"]'])
def test_check_asks_no_plugin(relying: Any, sender: str) -> None:
    project = relying(sender, "idempotent", trigger=GREET)
    code = (
        "import sys; from rulekit.cli import main; main(['check', '--output', 'concise'], standalone_mode=False); "
        "print(*{'rulekit.engine', 'rulekit.hooks', 'rulekit.builtin', 'pluggy'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project.folder, capture_output=True, text=True, check=True)
    assert "idempotent" not in done.stdout
    assert done.stdout.endswith("\n\n")
