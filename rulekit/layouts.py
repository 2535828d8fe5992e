"""How text files are laid out, where their endings do not say it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, runtime_checkable


@dataclass(frozen=True, slots=True)
class TextLayout:
    """How text files are laid out.

    `delimiter` stands between columns; None is what the ending of a file says. `encoding` is a name of Python's codecs.
    `header` says that the first line has the names of columns (True), that nothing has (False: they are called `1`, `2`
    and so on), or is the names, in order.
    """

    delimiter: str | None = None
    encoding: str = "utf-8"
    header: bool | tuple[str, ...] = True


@runtime_checkable
class TextSource(Protocol):
    """A source whose tables may be text files; the method is optional, for any source."""

    def laid_out(self, layout: TextLayout, private: Path | None) -> Self:
        """Returns the same source, for a table or a query of which the settings say how its files are laid out.

        What it writes for itself, as a copy in another encoding, goes into `private`, a folder that is gone after the
        tick; None is a machine on which nothing may be written.
        """
