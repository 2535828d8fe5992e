"""The files of a small project as one text, as cases and the pages of codes have them.

The text above the first line with `---` is `main.rules`. A line `--- PATH` begins another file; a path that was there
before is continued. Behind the path may stand `(repeat N)`: the text, N times, on one line; `(escaped)`: `\\x00`,
`\\u202e` stand for their characters and `\\udcff` for the byte 0xff; `(dangling)`: a link to nowhere.
"""

import re
from pathlib import Path

SEPARATOR = re.compile(r"^--- (\S+)(?: \((repeat \d+|escaped|dangling)\))?\n", re.MULTILINE)


def write_project(text: str, folder: Path) -> None:
    main, *rest = SEPARATOR.split(text)
    contents = {"main.rules": main.encode()} if main else {}
    for path, how, content in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if how == "dangling":
            (folder / path).symlink_to(folder / "nowhere")
        else:
            contents[path] = contents.get(path, b"") + as_bytes(content, how)
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def as_bytes(content: str, how: str | None) -> bytes:
    if how is None:
        return content.encode()
    if how == "escaped":
        plain = content.encode("latin-1", "backslashreplace").decode("unicode_escape")
        return plain.encode("utf-8", "surrogateescape")
    return content.removesuffix("\n").encode() * int(how.split()[1])
