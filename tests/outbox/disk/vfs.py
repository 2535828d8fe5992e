"""A disk below SQLite that remembers what is written and synced to it, and that can be told to fail.

`install` registers it as the default VFS of the very library that Python's `sqlite3` uses, so that whatever is opened
in this process goes through it; it belongs in a process of its own. Only what changes a disk is caught; all else goes
straight to the VFS that was the default before.
"""

import ctypes
import sys
import traceback
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OK = 0
IOERR = 10
ERRORS = {
    "SQLITE_FULL": 13,
    "SQLITE_IOERR_WRITE": IOERR | 3 << 8,
    "SQLITE_IOERR_FSYNC": IOERR | 4 << 8,
    "SQLITE_IOERR_TRUNCATE": IOERR | 6 << 8,
    "SQLITE_IOERR_DELETE": IOERR | 10 << 8,
}
# what may go wrong with each kind of operation
FAULTS = {
    "write": ("SQLITE_FULL", "SQLITE_IOERR_WRITE"),
    "sync": ("SQLITE_IOERR_FSYNC",),
    "truncate": ("SQLITE_IOERR_TRUNCATE",),
    "delete": ("SQLITE_IOERR_DELETE",),
}
OPEN_CREATE = 0x4
# the file systems that SQLite knows make a new journal's name durable with its first sync
OPEN_JOURNALS = 0x800 | 0x4000 | 0x80000

Close = CFUNCTYPE(c_int, c_void_p)
Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
Sync = CFUNCTYPE(c_int, c_void_p, c_int)
Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)


class Methods(Structure):
    """What SQLite calls of an open file, up to version 2; version 3 would map files into memory."""

    _fields_ = (
        ("version", c_int),
        ("close", Close),
        ("read", c_void_p),
        ("write", Write),
        ("truncate", Truncate),
        ("sync", Sync),
        ("file_size", c_void_p),
        ("lock", c_void_p),
        ("unlock", c_void_p),
        ("check_reserved_lock", c_void_p),
        ("file_control", c_void_p),
        ("sector_size", c_void_p),
        ("device_characteristics", c_void_p),
        ("shm_map", c_void_p),
        ("shm_lock", c_void_p),
        ("shm_barrier", c_void_p),
        ("shm_unmap", c_void_p),
    )


class File(Structure):
    """The beginning of every open file."""

    _fields_ = (("methods", POINTER(Methods)),)


class Vfs(Structure):
    """What SQLite calls of a VFS, up to version 3."""

    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("max_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", Open),
        ("delete", Delete),
        *((f"other{i}", c_void_p) for i in range(14)),
    )


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that happened to a file, in the order of things; `kind` is also a `told` of the history above."""

    kind: str
    name: str = ""
    offset: int = 0
    data: bytes = b""
    told: Any = None
    journal: bool = False


@dataclass(slots=True)
class Fault:
    """What goes wrong: the operation with that number (from 0), and all that follow while it lasts."""

    at: int
    error: str
    lasting: bool = False
    # how much of a write reaches the disk all the same
    share: float = 0.0


class Disk:
    """What all files of this process are written to: a log of it, and the fault that is set, if any."""

    def __init__(self, syncs: bool) -> None:
        self.log: list[Operation] = []
        self.syncs = syncs
        self.begin(None)

    def begin(self, fault: Fault | None) -> None:
        """Begins to count, and to fail as it is told, from here on."""
        self.log.clear()
        self.kinds: list[str] = []
        self.hit: list[str] = []
        self.fault = fault

    def tell(self, told: Any) -> None:
        """Notes what is known above the database at this point of the log."""
        self.log.append(Operation("told", told=told))

    def fails(self, kind: str) -> str | None:
        """Counts an operation; returns the error that it is to end with, if any."""
        number, fault = len(self.kinds), self.fault
        self.kinds.append(kind)
        if fault is None or number < fault.at or (number > fault.at and not fault.lasting):
            return None
        error = fault.error if fault.error in FAULTS[kind] else FAULTS[kind][0]
        self.hit.append(f"{kind} {error}")
        return error


# SQLite keeps pointers into all of these for as long as the process lives
_KEPT: list[Any] = []


def library() -> ctypes.CDLL:
    """Returns the SQLite of Python's own `sqlite3`; a module or program that has it linked in brings its symbols."""
    import _sqlite3

    for place in (getattr(_sqlite3, "__file__", None), None):
        found = ctypes.CDLL(place)
        if hasattr(found, "sqlite3_vfs_register"):
            return found
    raise SystemExit(f"no SQLite can be reached from {sys.executable}")


def install(syncs: bool = True) -> Disk:
    """Makes a `Disk` the default of this process and returns it; without `syncs` nothing waits for the real one."""
    sqlite = library()
    sqlite.sqlite3_vfs_find.restype = POINTER(Vfs)
    sqlite.sqlite3_vfs_find.argtypes = (c_char_p,)
    sqlite.sqlite3_vfs_register.argtypes = (POINTER(Vfs), c_int)
    below = sqlite.sqlite3_vfs_find(None)
    disk = Disk(syncs)
    over = _Over(below, disk)
    if sqlite.sqlite3_vfs_register(ctypes.byref(over.vfs), 1) != OK:
        raise SystemExit("the disk cannot be registered")
    _KEPT.extend((sqlite, below, over))
    return disk


def _safe(call: Callable[..., int]) -> Callable[..., int]:
    """What is raised in a callback would be lost, and taken for success."""

    def safely(*arguments: Any) -> int:
        try:
            return call(*arguments)
        except BaseException:
            traceback.print_exc()
            return IOERR

    return safely


class _Over:
    """The VFS itself: copies of the tables below it, with a few entries of its own."""

    def __init__(self, below: Any, disk: Disk) -> None:
        self.below = below
        self.disk = disk
        self.names: dict[int, tuple[str, bool]] = {}
        self.tables: dict[int, tuple[Methods, Methods]] = {}
        self.vfs = Vfs.from_buffer_copy(below.contents)
        self.vfs.name = b"faulty"
        self.vfs.open = Open(_safe(self.open))
        self.vfs.delete = Delete(_safe(self.delete))

    def open(self, _vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        path = Path(ctypes.string_at(name).decode()).name if name else ""
        fresh = bool(name) and bool(flags & OPEN_CREATE) and not Path(ctypes.string_at(name).decode()).exists()
        code = self.below.contents.open(ctypes.addressof(self.below.contents), name, file, flags, out)
        if code == OK:
            journal = bool(flags & OPEN_JOURNALS)
            self.names[file] = (path, journal)
            self._take_over(ctypes.cast(file, POINTER(File)).contents)
            if fresh:
                self.disk.log.append(Operation("create", path, journal=journal))
        return code

    def _take_over(self, file: File) -> None:
        address = ctypes.addressof(file.methods.contents)
        if address not in self.tables:
            original = Methods.from_address(address)
            own = Methods.from_buffer_copy(original)
            own.version = min(original.version, 2)
            own.close = Close(_safe(lambda file: self.close(original, file)))
            own.write = Write(_safe(lambda *arguments: self.write(original, *arguments)))
            own.truncate = Truncate(_safe(lambda *arguments: self.truncate(original, *arguments)))
            own.sync = Sync(_safe(lambda *arguments: self.sync(original, *arguments)))
            self.tables[address] = (original, own)
        file.methods = ctypes.pointer(self.tables[address][1])

    def close(self, original: Methods, file: int) -> int:
        self.names.pop(file, None)
        return original.close(file)

    def write(self, original: Methods, file: int, data: int, length: int, offset: int) -> int:
        name, journal = self.names[file]
        error = self.disk.fails("write")
        if error is not None:
            length = int(length * self.disk.fault.share)
        if name and length:
            self.disk.log.append(Operation("write", name, offset, ctypes.string_at(data, length), journal=journal))
        code = original.write(file, data, length, offset) if length else OK
        return ERRORS[error] if error is not None else code

    def truncate(self, original: Methods, file: int, size: int) -> int:
        name, journal = self.names[file]
        error = self.disk.fails("truncate")
        if error is not None:
            return ERRORS[error]
        if name:
            self.disk.log.append(Operation("truncate", name, size, journal=journal))
        return original.truncate(file, size)

    def sync(self, original: Methods, file: int, flags: int) -> int:
        name, journal = self.names[file]
        error = self.disk.fails("sync")
        if error is not None:
            return ERRORS[error]
        code = original.sync(file, flags) if self.disk.syncs else OK
        if name and code == OK:
            self.disk.log.append(Operation("sync", name, journal=journal))
        return code

    def delete(self, _vfs: int, name: int, sync_folder: int) -> int:
        path = Path(ctypes.string_at(name).decode())
        error = self.disk.fails("delete")
        if error is not None:
            return ERRORS[error]
        there = path.exists()
        code = self.below.contents.delete(ctypes.addressof(self.below.contents), name, sync_folder)
        if there and code == OK:
            self.disk.log.append(Operation("delete", path.name))
        if sync_folder:
            self.disk.log.append(Operation("sync folder"))
        return code
