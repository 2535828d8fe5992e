"""A project's files: read up to a bound, and written whole or not at all, never through a link that leads out of it.

Whoever runs rulekit on a change of somebody else has that person's links on the disk. What the user names is followed
wherever it leads; a link that merely lies in the project is followed only to what lies in the project, too.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from rulekit.errors import RulekitError

# bytes that a file of texts may have
TEXT_LIMIT = 1024 * 1024
# what is neither a file nor a folder: a pipe waits for its writer, and a device never ends
_ODD_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotAFile(OSError):
    """What lies at a path is a pipe, a socket or a device; `kind` says which."""

    def __init__(self, kind: str, file: Path) -> None:
        super().__init__(errno.EINVAL, f"it is {kind}, not a file", str(file))
        self.kind = kind


def read_start(file: Path, *roots: Path, limit: int = TEXT_LIMIT) -> bytes:
    """Returns what stands in a file, cut to one byte more than the limit; raises OSError.

    Raises NotAFile for what might never end, and RulekitError for a link in one of the `roots` that leads out of it.
    """
    file = place_of(file, *roots) if roots else file
    odd = _ODD_KINDS.get(stat.S_IFMT(file.stat().st_mode))
    if odd is not None:
        raise NotAFile(odd, file)
    with file.open("rb") as opened:
        return opened.read(limit + 1)


def place_of(path: Path, *roots: Path) -> Path:
    """Returns where a path leads, its links followed.

    Raises RulekitError when a link on the way lies in one of the `roots` and leads out of it.
    """
    inside = [root.resolve() for root in roots]
    place = Path(path.absolute().anchor)
    for part in path.absolute().parts[1:]:
        step = place / part
        is_link = step.is_symlink()
        # unlike `Path.resolve`, this takes a link that leads to itself
        target = Path(os.path.realpath(step)) if is_link or part == os.pardir else step
        if is_link and any(place.is_relative_to(root) and not target.is_relative_to(root) for root in inside):
            raise RulekitError(
                f"{step} is a link that leads out of the project, which is not followed",
                help="put a file or folder of its own in its place, or give the path that it leads to",
            )
        place = target
    return place


def replace_file(file: Path, content: bytes, *roots: Path, mode: int | None = None, beside: str | None = None) -> None:
    """Writes a file at once, so that nobody reads half of it, not even after a power loss.

    A link stays a link, unless it lies in one of the `roots` and leads out of it, which raises RulekitError; another
    name of the same file keeps what it had. The file gets the `mode`, or without one keeps its own. `beside` is the
    name of the file that is written first; one that is left from an attempt before is taken away. Raises OSError.
    """
    file = place_of(file, *roots)
    written = _write_beside(file, content, _mode_of(file) if mode is None else mode, beside)
    try:
        os.replace(written, file)
    except BaseException:
        _remove(written)
        raise
    flush_names(file.parent)


def create_file(file: Path, content: bytes, *, mode: int) -> None:
    """Makes a file that nobody ever sees half of, not even after a power loss; one that is there already stays.

    Raises OSError.
    """
    written = _write_beside(file, content, mode)
    try:
        with suppress(FileExistsError):
            os.link(written, file)
    except OSError:
        # a file system without links: of two who make it at once here, the later one wins
        os.replace(written, file)
    finally:
        _remove(written)
    flush_names(file.parent)


def make_folder(folder: Path) -> None:
    """Makes a folder that is its owner's alone, and those above it, so that all are there after a power loss.

    One that is there already keeps its mode. Raises OSError.
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in made:
        flush_names(place.parent)


def _write_beside(file: Path, content: bytes, mode: int, name: str | None = None) -> str:
    opened, written = _open_beside(file, name)
    try:
        with open(opened, "wb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        os.chmod(written, mode)
    except BaseException:
        _remove(written)
        raise
    return written


def _remove(written: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(written)


def _open_beside(file: Path, name: str | None) -> tuple[int, str]:
    if name is None:
        return mkstemp(dir=file.parent, prefix=".rulekit-")
    beside = file.with_name(name)
    beside.unlink(missing_ok=True)
    return os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), str(beside)


def _mode_of(file: Path) -> int:
    """Returns the mode of a file, or that of a new one: what is written beside it is for its owner alone."""
    return stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o666 & ~_umask()


def _umask() -> int:
    # the only way to read it is to set it
    umask = os.umask(0)
    os.umask(umask)
    return umask


def flush_names(folder: Path) -> None:
    """Writes to the disk which files a folder has, where the system can."""
    if os.name == "nt":
        return
    try:
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        # a folder that may be used and not read, or a file system that flushes no folders
        if error.errno not in (errno.EACCES, errno.EINVAL, errno.ENOTSUP):
            raise
