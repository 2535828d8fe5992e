"""Files that are fine, and the report for each way in which one is not."""

from pathlib import Path

import pytest

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.source import SourceText
from rulekit.language.reading import LIMIT, read_source


def test_text_is_decoded_without_its_mark(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_bytes("\ufeffé\r\n".encode())
    assert read_source(tmp_path, "a.rules") == SourceText("a.rules", "é\r\n")


def test_a_file_may_have_exactly_a_mebibyte(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_bytes(b"#" * LIMIT)
    assert isinstance(read_source(tmp_path, "a.rules"), SourceText)


@pytest.mark.parametrize(
    ("path", "slug", "message"),
    [
        ("large.rules", "file-too-large", "larger than 1 MiB"),
        ("latin.rules", "not-utf8", "line 2 of this file is not UTF-8"),
        ("gone.rules", "unreadable-file", "no such file"),
        ("folder.rules", "unreadable-file", "a folder, not a file"),
        ("file/below.rules", "unreadable-file", "cannot be read: not a directory"),
        ("a\0.rules", "unreadable-file", "its path is not valid"),
    ],
)
def test_other_files_are_reported(path: str, slug: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "large.rules").write_bytes(b"#" * (LIMIT + 1))
    (tmp_path / "latin.rules").write_bytes(b"# a\n# Andr\xe9\n")
    (tmp_path / "folder.rules").mkdir()
    (tmp_path / "file").touch()
    report = read_source(tmp_path, path)
    assert isinstance(report, Diagnostic)
    assert report.code.slug == slug
    assert message in report.message
    assert report.primary is not None
    assert report.primary.span.path == path
