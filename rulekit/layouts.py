"""How text files are laid out, where their endings do not say it."""

from dataclasses import dataclass


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
