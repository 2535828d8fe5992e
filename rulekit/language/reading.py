"""Reads a project's text files: at most 1 MiB, UTF-8, nothing else of the disk is touched."""

from pathlib import Path

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span
from rulekit.files import TEXT_LIMIT, NotAFile, read_start

LIMIT = TEXT_LIMIT
NO_SUCH_FILE = "there is no such file"

# how UTF-16 begins: with a mark, or with every other byte zero
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ZEROS = ([False, True, False, True], [True, False, True, False])


def read_source(project: Path, path: str) -> SourceText | Diagnostic:
    """Returns the text of a file below the project, or the report that says why there is none."""
    try:
        content = read_start(project / path, limit=LIMIT)
    except NotAFile as odd:
        return _report(codes.UNREADABLE_FILE, path, f"this is {odd.kind}, not a file", "put a text file in its place")
    except (OSError, ValueError) as error:
        return _unreadable(path, error)
    return decode(path, content)


def unlisted_folder(path: str) -> Diagnostic:
    """Returns the report for a folder whose files nobody could list."""
    return _report(codes.UNREADABLE_FILE, path, "this folder cannot be read", "make it readable, or move it away")


def decode(path: str, content: bytes) -> SourceText | Diagnostic:
    """Returns the text that the bytes of a file are, or the report that says why they are none."""
    if content.startswith(_MARKS) or [byte == 0 for byte in content[:4]] in _ZEROS:
        return _report(codes.NOT_UTF8, path, "this file is UTF-16, not UTF-8", "save the file as UTF-8")
    if len(content) > LIMIT:
        return _report(codes.FILE_TOO_LARGE, path, "this file is larger than 1 MiB", "split it into several files")
    try:
        return SourceText(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"line {line} of this file is not UTF-8"
        return _report(codes.NOT_UTF8, path, message, "save the file as UTF-8")


def _unreadable(path: str, error: Exception) -> Diagnostic:
    if isinstance(error, FileNotFoundError):
        return _report(codes.UNREADABLE_FILE, path, NO_SUCH_FILE, "create it, or correct the path")
    if isinstance(error, IsADirectoryError):
        return _report(codes.UNREADABLE_FILE, path, "this is a folder, not a file", "give the path of a file in it")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "its path is not valid"
    return _report(codes.UNREADABLE_FILE, path, f"this file cannot be read: {reason.lower()}", "make it readable")


def _report(code: Code, path: str, message: str, help_text: str) -> Diagnostic:
    return Diagnostic(code, message, Label(Span(path, 0, 0)), help=help_text)
