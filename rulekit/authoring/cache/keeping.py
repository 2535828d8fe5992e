"""Where the state of a project is kept: among the user's caches, where nobody's change of the project reaches.

What a checkout brings must not decide what a check reports. So nothing is kept in the project or its repository, and
nothing is used that anybody else could have written: then each check looks at everything.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from rulekit.authoring.cache.units import digest
from rulekit.files import make_folder, replace_file
from rulekit.folders import find_repository


def state_file(project: Path) -> Path | None:
    """Returns where the state of the project in a folder is kept, or None where there is no safe place."""
    caches = _user_caches()
    if caches is None:
        return None
    folder = caches / "rulekit"
    if Path(os.path.realpath(folder)).is_relative_to(find_repository(project)):
        return None
    return folder / f"{digest(str(project.resolve()))}.json"


def read_kept(file: Path) -> str | None:
    """Returns what is kept, or None when nothing is, or when others than this user may write there."""
    with suppress(OSError, ValueError):
        if _is_ours_alone(file.parent):
            return file.read_text(encoding="utf-8")
    return None


def keep(file: Path, content: str | None) -> None:
    """Keeps a text, or forgets it; a folder that takes no files is no matter."""
    with suppress(OSError):
        if content is None:
            file.unlink(missing_ok=True)
            return
        make_folder(file.parent)
        if _is_ours_alone(file.parent):
            replace_file(file, content.encode(), mode=0o600)


def _user_caches() -> Path | None:
    """Returns the folder of this user's caches (XDG Base Directory Specification), or None without a home."""
    named = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    if named:
        return Path(named) if os.path.isabs(named) else None
    if os.environ.get("HOME") == "":
        return None  # it would be taken for the root of the disk
    home = Path(os.path.expanduser("~"))  # unlike `Path.home`, this takes a user without one
    return home / ".cache" if home.is_absolute() and home.is_dir() else None


def _is_ours_alone(folder: Path) -> bool:
    """Returns whether a folder is one, no link, and only this user writes to it."""
    if os.name == "nt":
        return folder.is_dir()
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
