"""Writes a changed file in the place of the old one, whole or not at all."""

import os
import stat
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def replace_file(file: Path, content: bytes) -> None:
    """Writes a file at once, so that nobody reads half of it; an old one keeps its mode, and a link stays a link."""
    file = file.resolve()
    with NamedTemporaryFile(dir=file.parent, prefix=".rulekit-", delete=False) as temporary:
        try:
            temporary.write(content)
            temporary.close()
            # a temporary file is for its owner alone, which a new file need not be
            os.chmod(temporary.name, stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o666 & ~_umask())
            os.replace(temporary.name, file)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary.name)
            raise


def replace_text(file: Path, text: str) -> None:
    """Writes the text of a file that is there as UTF-8, with a byte order mark if it has one."""
    with file.open("rb") as old:
        mark = BOM_UTF8 if old.read(3) == BOM_UTF8 else b""
    replace_file(file, mark + text.encode("utf-8"))


def _umask() -> int:
    # the only way to read it is to set it
    umask = os.umask(0)
    os.umask(umask)
    return umask
