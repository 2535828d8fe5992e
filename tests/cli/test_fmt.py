"""`rulekit fmt` over whole projects, files, folders and standard input: what it writes, says and exits with."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rulekit.cli import main
from rulekit.errors import LayoutError

LOOSE = "let  idle=14d\npersona Quiet: last_login > idle\n"
NEAT = "let idle = 14d\n\npersona Quiet:\n  last_login > idle\n"
BROKEN = "persona Quiet:\n  last_login >\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a file in its layout and one that is not."""
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "loose.rules").write_text(LOOSE)
    (tmp_path / "more" / "neat.rules").write_text(NEAT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fmt(*arguments: object, input: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["fmt", *map(str, arguments)], input=input)


def test_a_whole_project_is_laid_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "more")
    result = fmt()
    assert (result.exit_code, result.output) == (0, "loose.rules\n1 file changed, 1 file laid out already\n")
    assert (folder / "loose.rules").read_text() == NEAT
    assert fmt().output == "2 files laid out already\n"


def test_a_file_that_stays_is_not_written(folder: Path) -> None:
    before = (folder / "more" / "neat.rules").stat()
    fmt()
    after = (folder / "more" / "neat.rules").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_only_what_is_named_is_laid_out(folder: Path) -> None:
    (folder / "other.rules").write_text(LOOSE)
    assert fmt("more", "other.rules", "other.rules").output == (
        "other.rules\n1 file changed, 1 file laid out already\n"
    )
    assert (folder / "loose.rules").read_text() == LOOSE


def test_a_file_needs_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alone.rules").write_text(LOOSE)
    assert fmt("alone.rules").exit_code == 0
    assert (tmp_path / "alone.rules").read_text() == NEAT


def test_mode_and_links_stay(folder: Path) -> None:
    (folder / "loose.rules").chmod(0o640)
    (folder / "link.rules").symlink_to("loose.rules")
    assert fmt("link.rules").exit_code == 0
    assert (folder / "link.rules").is_symlink()
    assert (folder / "loose.rules").read_text() == NEAT
    assert stat.S_IMODE((folder / "loose.rules").stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["link.rules", "loose.rules", "more", "rulekit.toml"]


def test_mark_and_line_ends_go(folder: Path) -> None:
    (folder / "loose.rules").write_bytes(b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode())
    assert fmt("--check").exit_code == 1
    fmt()
    assert (folder / "loose.rules").read_bytes() == NEAT.encode()


def test_a_mark_alone_is_a_change(folder: Path) -> None:
    (folder / "loose.rules").write_bytes(b"\xef\xbb\xbf" + NEAT.encode())
    assert fmt("--check").exit_code == 1


REPORT = """\
warning[RK806/unformatted-file]: this file is not in the layout of `rulekit fmt`
 --> loose.rules:1:1
  |
1 | let  idle=14d
  | ^^^^^^^^^^^^^ the first line that would change
  = help: run `rulekit fmt`
1 file would change, 1 file laid out already
"""


def test_check_writes_nothing_and_names_the_files(folder: Path) -> None:
    result = fmt("--check")
    assert (result.exit_code, result.output) == (1, REPORT)
    assert (folder / "loose.rules").read_text() == LOOSE
    assert fmt("--check", "more").exit_code == 0


def test_check_reports_in_every_format_with_the_fix(folder: Path) -> None:
    result = fmt("--check", "--output", "json=report.json", "--output", "concise")
    assert result.output == (
        "loose.rules:1:1: warning[RK806/unformatted-file] this file is not in the layout of `rulekit fmt`\n"
    )
    (report,) = json.loads((folder / "report.json").read_text())["diagnostics"]
    (fix,) = report["fixes"]
    assert fix["safe"]
    assert [edit["replacement"] for edit in fix["edits"]] == [NEAT]


def test_a_missing_end_of_the_last_line_is_pointed_at(folder: Path) -> None:
    (folder / "loose.rules").write_text(NEAT.rstrip("\n"))
    assert "loose.rules:4:1" in fmt("--check", "--output", "concise").output


@pytest.mark.starts_programs
def test_a_diff_is_a_patch(folder: Path) -> None:
    (folder / "loose.rules").write_text(LOOSE.rstrip("\n").replace(" ", "\t"))
    result = fmt("--diff")
    assert result.exit_code == 1
    assert result.output.startswith("--- a/loose.rules\n+++ b/loose.rules\n@@ ")
    subprocess.run(["git", "apply", "-"], cwd=folder, input=result.output.encode(), check=True)
    assert (folder / "loose.rules").read_text() == NEAT
    assert (fmt("--diff").exit_code, fmt("--diff").output) == (0, "")


def test_standard_input_goes_to_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = fmt("-", input=LOOSE.replace("\n", "\r\n").encode())
    assert (result.exit_code, result.stdout_bytes) == (0, NEAT.encode())
    assert (fmt("-", "--check", input=LOOSE.encode()).exit_code, fmt("-", "--diff", input=NEAT.encode()).exit_code) == (
        1,
        0,
    )


def test_standard_input_with_a_mistake(folder: Path) -> None:
    result = fmt("-", "--stdin-filename", "quiet.rules", input=BROKEN.encode())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[RK002/unfinished-declaration]" in result.stderr
    assert "--> quiet.rules:2:14" in result.stderr


@pytest.mark.parametrize("option", [None, "--check", "--diff"])
def test_a_file_with_a_mistake_is_left_alone(folder: Path, option: str | None) -> None:
    (folder / "loose.rules").write_text(BROKEN)
    (folder / "third.rules").write_text(LOOSE)
    result = fmt(*[option] if option else [])
    assert result.exit_code == 2
    assert "error[RK002/unfinished-declaration]" in result.output
    assert (folder / "loose.rules").read_text() == BROKEN
    assert (folder / "third.rules").read_text() == (LOOSE if option else NEAT)


def test_files_that_cannot_be_read(folder: Path) -> None:
    (folder / "latin.rules").write_bytes(b"# \xe9\n")
    (folder / "folder.rules").mkdir()
    (folder / "loop.rules").symlink_to("loop.rules")
    (folder / "outside.rules").symlink_to(folder.parent / "elsewhere.rules")
    (folder.parent / "elsewhere.rules").write_text(LOOSE)
    result = fmt()
    assert result.exit_code == 2
    assert result.stdout == "loose.rules\n1 file changed, 4 files cannot be laid out, 1 file laid out already\n"
    for path in ("latin.rules", "folder.rules", "loop.rules", "outside.rules"):
        assert f"--> {path}" in result.stderr
    assert (folder.parent / "elsewhere.rules").read_text() == LOOSE


def test_a_layout_that_says_something_else_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no such text that anybody knows of, so the layout is given a fault for once."""
    from rulekit.language import formatting

    right: Any = formatting.print_document
    monkeypatch.setattr(formatting, "print_document", lambda document: right(document).replace("14d", "15d"))
    result = fmt()
    assert result.exit_code == 2
    assert "loose.rules was left as it is" in result.stderr
    assert "it is a fault of rulekit" in result.stderr
    assert (folder / "loose.rules").read_text() == LOOSE
    with pytest.raises(LayoutError):
        formatting.format_source(formatting.SourceText("a.rules", LOOSE))


def test_what_makes_no_sense_together(folder: Path) -> None:
    assert "`-` stands alone" in fmt("-", "more").output
    assert "`--output` says how `--check` reports" in fmt("--output", "json").output
    (folder / "empty").mkdir()
    assert "empty holds no rules of the project" in fmt("empty").output


def test_the_sample_project_is_in_the_layout() -> None:
    from rulekit.folders import shipped_folder

    result = fmt("--check", "--project", shipped_folder("rules"))
    assert result.exit_code == 0, result.output
