"""The sender that every project starts with: emails become `.eml` files in a folder, and nobody is mailed.

One file per Message-ID, whole or not there: written beside, synced, then renamed.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from rulekit.errors import RulekitError, SettingsError
from rulekit.files import flush_names, make_folder, place_of, replace_file
from rulekit.hooks import hookimpl
from rulekit.records import (
    CheckResult,
    Envelope,
    IdempotentSender,
    Later,
    Outcome,
    Reason,
    RefusalClass,
    SenderFactory,
    SenderRequest,
    Sent,
    Verdict,
)
from rulekit.urls import check_sender_url, refusing

# a file is there until somebody takes it away
KEPT = timedelta(days=36_500)
_NAME_AS_IT_IS = re.compile(r"<([A-Za-z0-9_][A-Za-z0-9._@+-]{0,180})>")


@hookimpl
def register_senders() -> Mapping[str, SenderFactory]:
    """Returns the sender for `folder:PATH`."""
    return {"folder": IdempotentSender(open_folder, window=KEPT)}


def open_folder(request: SenderRequest) -> "FolderSender":
    """Returns the sender for `folder:PATH`, the path below the project; the folder is made when it is needed.

    Raises SettingsError for another kind of URL, and RulekitError when the path leads out of the project through a
    link.
    """
    with refusing(SettingsError, "sender.url"):
        check_sender_url(request.url)
    path = request.project / request.url.partition(":")[2]
    place_of(path, request.project)
    return FolderSender(path, request.project)


class FolderSender:
    """Writes each email as a file that mail programs open."""

    def __init__(self, folder: Path, project: Path) -> None:
        self._folder, self._project = folder, project

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        """Writes one file; an email whose file is there already counts as sent and is not written again."""
        target = self._folder / file_name(envelope.message_id)
        try:
            make_folder(place_of(target, self._project).parent)
        except RulekitError as error:
            return Later(error.message, RefusalClass.SENDER)
        except OSError as error:
            return self._later(error)
        mark_data()
        try:
            if target.exists():
                # it may have been written right before the power went
                flush_names(self._folder)
            else:
                replace_file(target, message, self._project, mode=0o600, beside=f".{target.name}.part")
        except OSError as error:
            return self._later(error)
        return Sent(f"written to {self._folder.name}/{target.name}")

    def _later(self, error: OSError) -> Later:
        said = f"no file could be written to {self._folder.name}: {error.strerror}"
        return Later(Reason(error.strerror or "", sentence=said), RefusalClass.SENDER)

    def check(self) -> CheckResult:
        """Says whether files can be written there, and that nobody gets them."""
        there = next(place for place in (self._folder, *self._folder.parents) if place.exists())
        if not (there.is_dir() and os.access(there, os.W_OK)):
            message = f"no email can be written to {self._folder}"
            return CheckResult("sender", Verdict.PROBLEM, message, f"make {there} a folder that you may write to")
        if there == self._folder and os.name != "nt" and there.stat().st_mode & 0o077:
            message = f"other users of this machine may see who is mailed in {self._folder}"
            return CheckResult("sender", Verdict.WARNING, message, f"make it yours alone, as with `chmod 700 {there}`")
        message = f"emails become files in {self._folder.name}, and nobody is mailed"
        return CheckResult("sender", Verdict.NOTE, message, "name a server in `url` under `[sender]` to mail people")

    def close(self) -> None:
        """Does nothing: no file stays open."""


def file_name(message_id: str) -> str:
    """Returns the file's name for a Message-ID: the id itself where it can be a name, else its digest."""
    plain = _NAME_AS_IT_IS.fullmatch(message_id)
    return f"{plain[1] if plain else hashlib.sha256(message_id.encode()).hexdigest()}.eml"
