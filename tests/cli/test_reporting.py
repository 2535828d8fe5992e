"""Where reports go: several formats at once, files whole or not at all, and what is refused before anything runs."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from rulekit.folders import below_repository


@pytest.fixture
def wrong(project: Any) -> Any:
    project.rules("persona Bad: in Por")
    return project


def check(project: Any, *outputs: str, code: int = 1) -> str:
    result = project.cli("check", *(word for output in outputs for word in ("--output", output)))
    assert result.exit_code == code, result.output
    return str(result.output)


def test_several_formats_in_one_run(wrong: Any) -> None:
    shown = check(wrong, "github", "text", "sarif=out.sarif", "junit=out.xml", "json=out.json")
    assert shown.startswith("::error file=main.rules,line=")
    assert "error[RK103/unknown-persona]" in shown
    results = json.loads(Path("out.sarif").read_text())["runs"][0]["results"]
    assert "RK103" in [result["ruleId"] for result in results]
    assert "<testsuites" in Path("out.xml").read_text()
    assert json.loads(Path("out.json").read_text())["command"] == "check"


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (("json", "sarif"), "`json` cannot share standard output with another format"),
        (("text", "junit"), "`junit` cannot share standard output"),
        (("text", "text"), "`text` cannot share standard output"),
        (("json=a", "sarif=./a"), "2 outputs go to"),
        (("json=missing/a",), "the folder of missing/a does not exist; make it first"),
        (("json=templates",), "templates is a folder; name a file in it"),
    ],
)
def test_outputs_that_cannot_be(wrong: Any, outputs: tuple[str, ...], message: str) -> None:
    Path("templates").mkdir(exist_ok=True)
    assert message in " ".join(check(wrong, *outputs, code=2).split())
    assert not Path("a").exists()


def test_a_file_is_replaced_whole_and_keeps_its_mode(wrong: Any) -> None:
    target = Path("report.txt")
    target.write_text("x" * 100_000)
    target.chmod(0o640)
    check(wrong, "concise=report.txt")
    assert "RK103" in target.read_text()
    assert "xxx" not in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert not list(Path().glob(".rulekit-*"))


def test_a_device_is_written_to_and_stays_one(wrong: Any) -> None:
    device = os.stat("/dev/null").st_rdev
    check(wrong, "json=/dev/null")
    assert os.stat("/dev/null").st_rdev == device


def test_a_report_that_cannot_be_written_is_an_error(wrong: Any) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    shown = check(wrong, "json=/dev/full", code=2)
    assert "the report cannot be written to /dev/full: No space left on device" in shown


def test_the_summary_of_a_job_is_added_to(wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = Path("summary.md").resolve()
    summary.write_text("before")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    check(wrong, f"markdown={summary}", "concise=other.txt")
    check(wrong, f"markdown={summary}", "concise=other.txt")
    assert summary.read_text().startswith("before\n**1 file checked: ")
    assert summary.read_text().count("**1 file checked: ") == 2
    assert Path("other.txt").read_text().count("RK103") == 1


def test_services_know_files_from_the_root_of_the_repository(wrong: Any) -> None:
    inner = wrong.folder / "crm" / "mail"
    inner.mkdir(parents=True)
    assert below_repository(inner) == ""
    (wrong.folder / ".git").mkdir()
    assert below_repository(inner) == "crm/mail/"
    assert below_repository(wrong.folder) == ""
    for name in ("rulekit.toml", "main.rules"):
        (inner / name).write_text((wrong.folder / name).read_text())
    shown = wrong.cli("check", "--project", str(inner), "--output", "github").output
    assert shown.startswith("::error file=crm/mail/main.rules,line=")
