"""`rulekit doctor`: a line for each thing that emails depend on, and an exit code for scripts."""

import json
from typing import Any


def test_a_project_that_is_well_is_told_line_by_line(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    well = project.cli("doctor", "--offline", "--now", "2026-01-01T09:00Z")
    assert well.exit_code == 0, well.output
    lines = well.output.splitlines()
    assert "ok       last tick: at 2026-01-01T08:00:00Z" in lines
    assert "note     sender: emails become files in outbox, and nobody is mailed" in lines
    assert "         help: name a server in `url` under `[sender]` to mail people" in lines
    assert lines[-1] == "0 problems, 0 warnings"


def test_a_problem_is_exit_code_1_with_what_to_do(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    (project.folder / "state/rulekit.db").chmod(0o644)
    ill = project.cli("doctor", "--offline", "--now", "2026-01-01T09:00Z")
    assert ill.exit_code == 1
    assert "problem  files: others on this machine may open state/rulekit.db" in ill.output
    assert "help: make them rw for you alone: `chmod 600` the files" in ill.output
    assert ill.output.splitlines()[-1] == "1 problem, 0 warnings"


def test_json_has_the_same_in_it(project: Any) -> None:
    # without an address that emails are from there is no domain that a plugin could ask the DNS about
    sender = 'url = "folder:outbox"\nfrom = "Ada at Example <ada@example.com>"\n'
    project.settings(sender, 'url = "smtp://127.0.0.1:1?tls=off&timeout=1"\nallow = ["*"]\n')
    told = project.cli("doctor", "--output", "json", "--now", "2026-01-01T09:00Z")
    assert told.exit_code == 1
    document = json.loads(told.output)
    (asked,) = (check for check in document["checks"] if check["name"] == "sender")
    assert asked["verdict"] == "problem"
    assert asked["message"].startswith("127.0.0.1:1: ")
    assert set(asked) == {"name", "verdict", "message", "help"}
    offline = project.cli("doctor", "--output", "json", "--offline", "--now", "2026-01-01T09:00Z")
    assert offline.exit_code == 0, offline.output


def test_broken_settings_are_told_as_everywhere(project: Any) -> None:
    project.write("rulekit.toml", "edition = 1\n[stoer]\n")
    broken = project.cli("doctor")
    assert broken.exit_code == 2
    assert "there is no setting `stoer`; did you mean `store`?" in broken.output
