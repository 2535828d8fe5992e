"""Emails as files: whole or not there, one per Message-ID."""

import os
import stat
from pathlib import Path

import pytest

from rulekit.builtin.folder_sender import file_name, open_folder, register_senders
from rulekit.errors import SettingsError
from rulekit.records import Envelope, Later, RefusalClass, SenderRequest, Sent, Verdict

MESSAGE = b"Subject: x\r\n\r\nHello\r\n"


def envelope(message_id: str = "<1@example.com>") -> Envelope:
    return Envelope("success@example.com", "ada@example.com", message_id)


def nothing() -> None:
    """Allows the sending."""


def test_writes_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    sender = open_folder(SenderRequest("folder:out/box", tmp_path))
    assert sender.send(MESSAGE, envelope(), nothing) == Sent("written to box/1@example.com.eml")
    (file,) = (tmp_path / "out" / "box").iterdir()
    assert file.read_bytes() == MESSAGE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert sender.check().verdict is Verdict.NOTE
    sender.close()


def test_a_folder_that_is_there_keeps_its_mode_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir(mode=0o755)
    sender = open_folder(SenderRequest("folder:outbox", tmp_path))
    sender.send(MESSAGE, envelope(), nothing)
    assert stat.S_IMODE((tmp_path / "outbox").stat().st_mode) == 0o755
    result = sender.check()
    assert result.verdict is Verdict.WARNING
    assert result.help.startswith("make it yours alone, as with `chmod 700 ")


def test_the_same_email_twice_is_one_file(tmp_path: Path) -> None:
    sender = open_folder(SenderRequest("folder:outbox", tmp_path))
    first = sender.send(MESSAGE, envelope(), nothing)
    assert sender.send(b"other", envelope(), nothing) == first
    assert [file.read_bytes() for file in (tmp_path / "outbox").iterdir()] == [MESSAGE]
    sender.send(MESSAGE, envelope("<2@example.com>"), nothing)
    assert len(list((tmp_path / "outbox").iterdir())) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows flushes no folders")
def test_the_first_email_is_still_there_after_a_power_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed, fsync = set(), os.fsync

    def flush(opened: int) -> None:
        flushed.add(os.fstat(opened).st_ino)
        fsync(opened)

    monkeypatch.setattr(os, "fsync", flush)
    sender = open_folder(SenderRequest("folder:deep/outbox", tmp_path))
    sender.send(MESSAGE, envelope(), nothing)
    names = ["", "deep", "deep/outbox", "deep/outbox/1@example.com.eml"]
    assert flushed == {(tmp_path / name).stat().st_ino for name in names}
    flushed.clear()
    sender.send(MESSAGE, envelope("<2@example.com>"), nothing)
    assert flushed == {(tmp_path / name).stat().st_ino for name in ("deep/outbox", "deep/outbox/2@example.com.eml")}


def test_what_a_crash_left_behind_is_no_email_and_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / ".1@example.com.eml.part").write_bytes(b"Subj")
    open_folder(SenderRequest("folder:outbox", tmp_path)).send(MESSAGE, envelope(), nothing)
    assert [(file.name, file.read_bytes()) for file in (tmp_path / "outbox").iterdir()] == [
        ("1@example.com.eml", MESSAGE)
    ]


@pytest.mark.parametrize(
    "message_id", ["<../../x@y>", "</etc/x@y>", "<a/b@c>", "<.x@y>", "x" * 500, "<" + "a" * 300 + "@b>", ""]
)
def test_no_message_id_leads_out_of_the_folder(message_id: str) -> None:
    name = file_name(message_id)
    assert len(name) == 68
    assert name.removesuffix(".eml").isalnum()


class Forbidden(Exception):
    """The outbox says no at the last moment."""


def test_a_mark_that_forbids_leaves_nothing(tmp_path: Path) -> None:
    def forbid() -> None:
        raise Forbidden

    with pytest.raises(Forbidden):
        open_folder(SenderRequest("folder:outbox", tmp_path)).send(MESSAGE, envelope(), forbid)
    assert not list((tmp_path / "outbox").iterdir())


def test_a_file_in_the_place_of_the_folder_pauses_the_sender(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    outcome = open_folder(SenderRequest("folder:outbox", tmp_path)).send(MESSAGE, envelope(), nothing)
    assert isinstance(outcome, Later)
    assert outcome.about is RefusalClass.SENDER
    assert "no file could be written to outbox: File exists" in outcome.reason


def test_a_full_disk_leaves_no_half_email(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no limits on the size of files")
    signal = pytest.importorskip("signal")
    sender = open_folder(SenderRequest("folder:outbox", tmp_path))
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        outcome = sender.send(b"x" * 5000, envelope(), nothing)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert isinstance(outcome, Later)
    assert outcome.about is RefusalClass.SENDER
    assert not list((tmp_path / "outbox").iterdir())
    assert isinstance(sender.send(b"x" * 5000, envelope(), nothing), Sent)


def test_a_url_without_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="names no folder"):
        register_senders()["folder"](SenderRequest("folder:", tmp_path))
