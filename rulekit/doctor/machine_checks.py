"""The machine: the Python that runs, who may read the files, and how much room there is."""

import os
import platform
import shutil
import stat
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import Path

from rulekit.environment import fill
from rulekit.errors import StoreError
from rulekit.outbox.database.opening import resolve_url
from rulekit.records import CheckResult, Verdict
from rulekit.settings.model import Settings
from rulekit.urls import has_password

# bytes below which the store may soon be unable to write
SCARCE, LITTLE = 100 * 1024**2, 1024**3
_SIDECARS = ("", "-journal", "-wal", "-shm")


def python(write: Callable[[str], bytes] | None = None) -> Iterator[CheckResult]:
    """Says which Python runs, and whether a value can become a header in what it writes."""
    name, version = "python", f"{platform.python_implementation()} {platform.python_version()}"
    if _is_fooled(write or _write_message):
        message = f"{version} lets a value become a header of an email; rulekit writes and checks headers by itself"
        yield CheckResult(name, Verdict.NOTE, message, "update Python for what else on this machine sends emails")
    else:
        yield CheckResult(name, Verdict.OK, version)


def _is_fooled(write: Callable[[str], bytes]) -> bool:
    # asked of the Python that runs: distributions mend old versions, so that a number says little
    try:
        return "X-Probe" in message_from_bytes(write("=?utf-8?q?Hi=0D=0AX-Probe:_yes?="))
    except (MessageError, ValueError):
        return False


def _write_message(subject: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    return message.as_bytes()


def store_file(folder: Path, settings: Settings) -> Path | None:
    """Returns the file of the store, or None when it is a server's or cannot be told."""
    try:
        url = resolve_url(fill(settings.store.url).url, folder)
    except StoreError:
        return None
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def files(folder: Path, settings: Settings) -> Iterator[CheckResult]:
    """Says whether others on this machine can read the store, the emails or a password."""
    name = "files"
    yield from (_clear_password(key, url) for key, url in _urls(settings) if has_password(url))
    store = store_file(folder, settings)
    private = [store.with_name(store.name + ending) for ending in _SIDECARS] if store else []
    if settings.sender.url.startswith("folder:"):
        private += sorted((folder / settings.sender.url.partition(":")[2]).glob("*.eml"))
    there = [path for path in private if path.exists()]
    readable = [path for path in there if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077]
    if readable:
        more = f" and {len(readable) - 1} more" if len(readable) > 1 else ""
        message = f"others on this machine may open {_short(readable[0], folder)}{more}, with addresses of people"
        modes = "rw for you alone: `chmod 600` the files"
        yield CheckResult(name, Verdict.PROBLEM, message, f"make them {modes}, and `chmod 700` their folder")
    elif there:
        yield CheckResult(name, Verdict.OK, "only you can read the store and the emails")


def _urls(settings: Settings) -> list[tuple[str, str]]:
    return [("store.url", settings.store.url), ("sender.url", settings.sender.url), ("source.url", settings.source.url)]


def _clear_password(key: str, url: str) -> CheckResult:
    message = f"the password of `{key}` stands in rulekit.toml"
    return CheckResult("files", Verdict.WARNING, message, "write `${NAME}` there, and set the environment variable")


def _short(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def disk(folder: Path, settings: Settings, free: Callable[[Path], int] | None = None) -> Iterator[CheckResult]:
    """Says whether there is room for the store to grow, and to be written anew."""
    store = store_file(folder, settings)
    if store is None:
        return
    place = next(place for place in store.parents if place.exists())
    room = (free or (lambda path: shutil.disk_usage(path).free))(place)
    size = store.stat().st_size if store.exists() else 0
    message = f"{_bytes(room)} are free where the store lies, which takes {_bytes(size)}"
    if room < SCARCE:
        yield CheckResult("disk", Verdict.PROBLEM, message, "make room; a full disk stops all sending")
    elif room < max(LITTLE, size):
        help = "make room; to bring the store up to date or clear it takes as much again"
        yield CheckResult("disk", Verdict.WARNING, message, help)
    else:
        yield CheckResult("disk", Verdict.OK, message)


def _bytes(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count / 1024**2:.1f} MB"
