"""`rulekit check` and a sender that does not do what is relied on."""

from typing import Any

import pytest

SMTP = 'url = "smtp://127.0.0.1:1"\nallow = ["*"]'
GREET = 'trigger Greet:\n  on tagged(Pro) send template Hello every=30d uncertain="idempotent"'


@pytest.fixture
def check(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(project.folder)

    def run(sender: str, delivery: str = "", *, trigger: str = "", options: tuple[str, ...] = ()) -> list[str]:
        project.settings('url = "folder:outbox"', sender, f'[delivery]\nuncertain = "{delivery}"\n' if delivery else "")
        if trigger:
            project.rules(trigger)
        found = project.cli("check", "--output", "concise", *options).output.splitlines()
        return [line for line in found if "RK901" in line]

    run.folder = project.folder
    return run


def test_the_settings_are_reported(check: Any) -> None:
    (line,) = check(SMTP, "idempotent")
    assert line.startswith("rulekit.toml:")
    assert "`delivery.uncertain` says `idempotent`, and the sender of `smtp:`" in line
    # remembered reports are no other than new ones
    assert check(SMTP, "idempotent") == [line]
    assert check(SMTP, "idempotent", options=("--no-cache",)) == [line]
    assert check(SMTP, "idempotent", options=("--ignore", "RK901")) == []


def test_the_trigger_is_reported(check: Any) -> None:
    (line,) = check(SMTP, trigger=GREET)
    lines = (check.folder / "main.rules").read_text().splitlines()
    assert line.startswith(f"main.rules:{lines.index(GREET.splitlines()[1]) + 1}:")
    assert "the trigger Greet says `idempotent`" in line


@pytest.mark.parametrize("delivery", ["hold", "resend"])
def test_nothing_else_needs_a_window(check: Any, delivery: str) -> None:
    assert check(SMTP, delivery) == []


def test_the_folder_has_every_email_once(check: Any) -> None:
    assert check('url = "folder:outbox"', "idempotent", trigger=GREET) == []


def test_a_plugin_may_be_installed_elsewhere(check: Any) -> None:
    assert check('url = "acme:x"\nallow = ["*"]', "idempotent") == []
