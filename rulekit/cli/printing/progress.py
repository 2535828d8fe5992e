"""A sign of life for long work: on a terminal, and nowhere else."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_ERASE = "\r\x1b[K"


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """Shows what is being done, on a line of standard error that is gone when the block ends.

    The block is given a function that says what is being done now.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda text: None
        return

    def say(text: str) -> None:
        shown = f"{text} …"[: shutil.get_terminal_size().columns - 1]
        # what is logged meanwhile begins where this line does, and stands in its place
        click.echo(f"{_ERASE}{shown}\r", err=True, nl=False)

    say(what)
    try:
        yield say
    finally:
        click.echo(_ERASE, err=True, nl=False)
