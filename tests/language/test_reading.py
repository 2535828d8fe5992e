"""Files that are fine, and the report for each way in which one is not."""

import os
import socket
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
        ("utf16.rules", "not-utf8", "this file is UTF-16"),
        ("utf16-without-mark.rules", "not-utf8", "this file is UTF-16"),
        ("pipe.rules", "unreadable-file", "a named pipe, not a file"),
        ("socket.rules", "unreadable-file", "a socket, not a file"),
        ("device.rules", "unreadable-file", "a device, not a file"),
        ("gone.rules", "unreadable-file", "no such file"),
        ("folder.rules", "unreadable-file", "a folder, not a file"),
        ("file/below.rules", "unreadable-file", "cannot be read: not a directory"),
        ("a\0.rules", "unreadable-file", "its path is not valid"),
    ],
)
def test_other_files_are_reported(
    path: str, slug: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large.rules").write_bytes(b"#" * (LIMIT + 1))
    (tmp_path / "latin.rules").write_bytes(b"# a\n# Andr\xe9\n")
    (tmp_path / "folder.rules").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "utf16.rules").write_text("persona A: x", encoding="utf-16")
    (tmp_path / "utf16-without-mark.rules").write_text("persona A: x", encoding="utf-16-be")
    (tmp_path / "device.rules").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.rules")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as open_socket:
        open_socket.bind("socket.rules")  # an address is short, so it is relative
    report = read_source(tmp_path, path)
    assert isinstance(report, Diagnostic)
    assert report.code.slug == slug
    assert message in report.message
    assert report.primary is not None
    assert report.primary.span.path == path


def test_a_file_of_50_megabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.rules").open("wb") as file:
        file.truncate(50 * LIMIT)
    report = read_source(tmp_path, "a.rules")
    assert isinstance(report, Diagnostic)
    assert report.code.slug == "file-too-large"
