"""What a disk may hold after the power went, made from the log of what was written to it.

What was synced is there. Of everything later each write and truncation may be there or not, and of a write any of its
sectors, the one at the edge in part. Where a file has grown and its content has not arrived, anything may stand. The
name of a file that was made or deleted is durable when its folder was synced, or with the first sync of a new journal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.outbox.disk.vfs import Operation

Files = dict[str, bytes]
# the share of unsynced operations that are kept
SHARES = (0.1, 0.5, 0.9)


@dataclass(slots=True)
class Content:
    """What a file holds for sure, and what was done to it since."""

    durable: bytes = b""
    pending: list[Operation] = field(default_factory=list)


@dataclass(slots=True)
class Chance:
    """How a power loss treats what was not synced."""

    random: Random
    share: float
    torn: bool = False
    garbage: bool = False
    sector: int = 512

    def happens(self) -> bool:
        return self.random.random() < self.share

    def filler(self, size: int) -> bytes:
        return self.random.randbytes(size) if self.garbage else bytes(size)


class Image:
    """The disk as far as a log has come."""

    def __init__(self, files: Files) -> None:
        self.contents = [Content(data) for data in files.values()]
        self.names: dict[str, Content] = dict(zip(files, self.contents, strict=True))
        self.durable_names = dict(self.names)
        self.renamed: list[tuple[str, Content | None]] = []

    def apply(self, operation: Operation) -> None:
        """Takes in one operation of the log."""
        name = operation.name
        if operation.kind == "create":
            self._name(name, Content())
        elif operation.kind == "delete":
            self._name(name, None)
        elif operation.kind == "sync folder":
            self._sync_folder()
        elif operation.kind == "sync":
            content = self.names[name]
            content.durable = settled(content, Chance(Random(0), share=1))
            content.pending.clear()
            if operation.journal:
                self._sync_folder()
        elif operation.kind in ("write", "truncate"):
            self.names[name].pending.append(operation)

    def _name(self, name: str, content: Content | None) -> None:
        self.renamed.append((name, content))
        if content is None:
            self.names.pop(name, None)
        else:
            self.names[name] = content

    def _sync_folder(self) -> None:
        self.durable_names = dict(self.names)
        self.renamed.clear()

    def after_power_loss(self, chance: Chance) -> Files:
        """Returns the files as they may be found."""
        names: dict[str, Content | None] = dict(self.durable_names)
        # a file system may write the names of two files in any order
        names |= {name: content for name, content in self.renamed if chance.happens()}
        return {name: settled(content, chance) for name, content in names.items() if content is not None}


def settled(content: Content, chance: Chance) -> bytes:
    """Returns what a file may hold of what was done to it."""
    data = bytearray(content.durable)
    for operation in content.pending:
        if operation.kind == "truncate":
            if chance.happens():
                _truncate(data, operation.offset, chance)
            continue
        for offset, part in _parts(operation, chance):
            _write(data, offset, part, chance)
    return bytes(data)


def _truncate(data: bytearray, size: int, chance: Chance) -> None:
    del data[size:]
    data.extend(bytes(size - len(data)))


def _write(data: bytearray, offset: int, part: bytes, chance: Chance) -> None:
    if offset > len(data):
        data.extend(chance.filler(offset - len(data)))
    data[offset : offset + len(part)] = part


def _parts(operation: Operation, chance: Chance) -> Iterator[tuple[int, bytes]]:
    """Returns what of a write reaches the disk."""
    if not chance.torn:
        if chance.happens():
            yield operation.offset, operation.data
        return
    start, end = operation.offset, operation.offset + len(operation.data)
    while start < end:
        stop = min(end, (start // chance.sector + 1) * chance.sector)
        part = operation.data[start - operation.offset : stop - operation.offset]
        if chance.happens():
            cut = chance.random.randrange(len(part) + 1) if chance.random.random() < 0.2 else len(part)
            # a sector is written from either end
            yield (start, part[:cut]) if chance.happens() else (stop - cut, part[len(part) - cut :])
        start = stop


def states(
    files: Files, log: list[Operation], samples: int, random: Random, every: int = 1, first: int = 0
) -> Iterator[tuple[int, Files]]:
    """Returns states after power losses: for each beginning of the log its length, and what the disk may hold then.

    With `every` it is each so manieth beginning, from the first one on.
    """
    image = Image(files)
    for length, operation in enumerate([Operation("begin"), *log]):
        image.apply(operation)
        if operation.kind == "told" or length % every != first:
            continue
        yield length, image.after_power_loss(Chance(random, share=1))
        yield length, image.after_power_loss(Chance(random, share=0))
        for number in range(samples):
            sector = random.choice((512, 4096))
            yield (
                length,
                image.after_power_loss(
                    Chance(random, random.choice(SHARES), number % 3 > 0, random.random() < 0.5, sector)
                ),
            )
