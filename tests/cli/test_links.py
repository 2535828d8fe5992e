"""A checkout of a stranger holds links that lead out of it: no command writes to where they lead."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rulekit.cli import main

LOOSE = "person:\n  age   number?\npersona  Old: age > 60\n"
VICTIM = "keep me\n"
REFUSED = "is a link that leads out of the project, which is not followed"


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder elsewhere with a file that nobody may write to."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "victim").write_text(VICTIM)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with rules that would be laid out, be fixed and have reports; it is the current folder."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "rulekit.toml").write_text("edition = 1\n")
    (folder / "main.rules").write_text(LOOSE)
    monkeypatch.chdir(folder)
    return folder


def rulekit(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def untouched(outside: Path, *more: str) -> bool:
    return (outside / "victim").read_text() == VICTIM and sorted(os.listdir(outside)) == sorted(["victim", *more])


@pytest.mark.parametrize(
    "command",
    [
        ("check", "--output", "json=report.json"),
        ("check", "--output", "text", "--output", "sarif=report.json"),
        ("check", "--write-baseline", "report.json"),
        ("fmt", "--check", "--output", "json=report.json"),
        ("test", "--output", "junit=report.json"),
    ],
)
@pytest.mark.parametrize("target", ["victim", "new"])
def test_a_report_goes_through_no_link_out_of_the_project(
    command: tuple[str, ...], target: str, checkout: Path, outside: Path
) -> None:
    (checkout / "main.rules").write_text('test "t":\n  person a: age=1\n  at 2026-01-01: expect a in Old\n' + LOOSE)
    (checkout / "report.json").symlink_to(outside / target)
    result = rulekit(*command)
    assert result.exit_code == 2, result.output
    assert REFUSED in result.output
    assert untouched(outside)


def test_a_report_goes_through_no_folder_that_is_a_link(checkout: Path, outside: Path) -> None:
    (checkout / "reports").symlink_to(outside)
    assert REFUSED in rulekit("check", "--output", "json=reports/new.json").output
    assert REFUSED in rulekit("check", "--output", "json=reports/victim").output
    assert untouched(outside)


def test_a_link_elsewhere_in_the_repository_is_one_of_the_stranger_too(checkout: Path, outside: Path) -> None:
    (checkout / ".git").mkdir()
    (checkout / "mail").mkdir()
    (checkout / "rulekit.toml").rename(checkout / "mail" / "rulekit.toml")
    (checkout / "rulekit.sarif").symlink_to(outside / "victim")
    sarif = f"sarif={checkout / 'rulekit.sarif'}"
    assert REFUSED in rulekit("check", "--project", "mail", "--output", sarif).output
    assert untouched(outside)


@pytest.mark.parametrize("command", [("fmt",), ("fmt", "main.rules"), ("check", "--fix"), ("fmt", "more/main.rules")])
def test_rules_are_rewritten_through_no_link_out_of_the_project(
    command: tuple[str, ...], checkout: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outside / "main.rules").write_text(LOOSE + "# rulekit: ignore[RK510]\n")
    (checkout / "main.rules").unlink()
    (checkout / "main.rules").symlink_to(outside / "main.rules")
    (checkout / "more").symlink_to(outside)
    result = rulekit(*command)
    assert result.exit_code != 0
    assert "outside of the project" in result.output or REFUSED in result.output
    assert (outside / "main.rules").read_text() == LOOSE + "# rulekit: ignore[RK510]\n"
    assert untouched(outside, "main.rules")


@pytest.mark.parametrize("name", ["rulekit.toml", "templates", ".gitignore"])
def test_a_new_project_is_written_through_no_link(
    name: str, tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / name).symlink_to(outside / "new")
    rulekit("init", str(folder))
    assert untouched(outside)


@pytest.mark.parametrize("name", ["state", "state/rulekit.db", "state/rulekit.db-sent", "state/rulekit.db-journal"])
@pytest.mark.parametrize("target", ["new", "victim"])
def test_the_store_and_what_lies_beside_it_are_no_links_out_of_the_project(
    name: str, target: str, project: Any, outside: Path
) -> None:
    link = project.folder / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside if name == "state" else outside / target)
    for command in (("run",), ("outbox", "list"), ("suppress", "add", "ada@example.com"), ("plan",)):
        result = project.cli(*command)
        assert result.exit_code == 2, result.output
        assert REFUSED in result.output
    assert untouched(outside)


@pytest.mark.parametrize(
    "prepare", [lambda box, out: box.symlink_to(out), lambda box, out: box.symlink_to(out / "new")]
)
def test_no_email_is_written_through_a_link_out_of_the_project(
    prepare: Callable[[Path, Path], None], mailed: Any, outside: Path
) -> None:
    prepare(mailed.folder / "outbox", outside)
    assert mailed.cli("outbox", "approve", "--yes", "1", "2", "--now", "2026-01-02T08:00Z").exit_code == 0
    result = mailed.cli("run", "--now", "2026-01-02T09:00Z")
    assert result.exit_code == 2
    assert REFUSED in result.output
    assert untouched(outside)
    assert {state for _, _, state in mailed.emails()} <= {"approved", "retrying"}
    # the emails leave once the link is gone
    (mailed.folder / "outbox").unlink()
    assert mailed.cli("run", "--now", "2026-01-02T12:00Z").exit_code == 0
    assert len(mailed.sent()) == 2


def test_a_project_that_is_itself_reached_through_a_link_is_fine(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shortcut").symlink_to(checkout)
    monkeypatch.chdir(tmp_path)
    assert rulekit("fmt", "shortcut/main.rules").exit_code == 0
    assert (checkout / "main.rules").read_text() != LOOSE
    assert rulekit("check", "--project", "shortcut", "--output", "json=shortcut/report.json").exit_code == 0
    assert rulekit("check", "--project", "shortcut", "--write-baseline", "shortcut/known.json").exit_code == 0
    assert (checkout / "report.json").is_file()
    assert (checkout / "known.json").is_file()


def test_what_the_user_names_is_written_wherever_it_is(checkout: Path, outside: Path) -> None:
    assert rulekit("check", "--output", f"json={os.path.relpath(outside)}/report.json").exit_code == 0
    assert rulekit("check", "--output", f"json={outside / 'another.json'}").exit_code == 0
    assert untouched(outside, "report.json", "another.json")


def test_a_link_within_the_project_stays_one(checkout: Path) -> None:
    (checkout / "reports").mkdir()
    (checkout / "latest.json").symlink_to("reports/1.json")
    assert rulekit("check", "--output", "json=latest.json").exit_code == 0
    assert (checkout / "latest.json").is_symlink()
    assert (checkout / "reports" / "1.json").is_file()


def test_another_name_of_a_file_keeps_what_it_had(checkout: Path, outside: Path) -> None:
    os.link(outside / "victim", checkout / "report.json")
    assert rulekit("check", "--output", "json=report.json").exit_code == 0
    assert untouched(outside)


READERS = (
    *(("test",), ("plan",), ("run",), ("members", "Pro"), ("explain", "ada", "Pro"), ("outbox", "list")),
    *(("export",), ("metrics",), ("suppress", "list"), ("sending", "status"), ("reconcile",), ("serve",)),
)


@pytest.mark.parametrize("command", READERS)
def test_settings_are_read_through_no_link_out_of_the_project(
    command: tuple[str, ...], project: Any, outside: Path
) -> None:
    (outside / "settings").write_text("secret = 1\n")
    (project.folder / "rulekit.toml").unlink()
    (project.folder / "rulekit.toml").symlink_to(outside / "settings")
    result = project.cli(*command)
    assert result.exit_code == 2
    assert "rulekit.toml is a link that leads out of the project, which is not followed" in result.output
    assert "secret" not in result.output


@pytest.mark.parametrize("command", READERS)
def test_settings_of_any_size_are_read_up_to_a_bound(command: tuple[str, ...], project: Any) -> None:
    with (project.folder / "rulekit.toml").open("r+b") as file:
        file.truncate(1 << 40)  # a file of nothing but a length
    result = project.cli(*command)
    assert result.exit_code == 2
    assert "error: rulekit.toml is larger than 1 MiB\nhelp: take out what is no setting\n" in result.output


def test_a_baseline_is_read_up_to_a_bound_and_through_no_link(checkout: Path, outside: Path) -> None:
    with (checkout / "known.json").open("wb") as file:
        file.truncate(1 << 40)
    assert "known.json is not a baseline" in rulekit("check", "--baseline", "known.json").output
    (checkout / "known.json").unlink()
    os.mkfifo(checkout / "known.json")
    assert "known.json: it is a named pipe, not a file" in rulekit("check", "--baseline", "known.json").output
    (checkout / "known.json").unlink()
    (checkout / "known.json").symlink_to(outside / "victim")
    assert REFUSED in rulekit("check", "--baseline", "known.json").output


def test_the_first_line_of_a_table_is_read_up_to_a_bound(project: Any) -> None:
    (project.folder / "data" / "people.csv").write_bytes(b"i" * (8 << 20))
    result = project.cli("plan")
    assert result.exit_code == 4
    assert "the first line of `people.csv` is longer than 1 MiB" in result.output


def test_a_file_that_is_a_large_hole_is_not_read_to_its_end(project: Any) -> None:
    with (project.folder / "data" / "people.csv").open("wb") as file:
        file.truncate(1 << 40)
    result = project.cli("plan")
    assert result.exit_code == 4
    assert "`people.csv` holds zero bytes" in result.output
