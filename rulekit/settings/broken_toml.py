"""What keeps a `rulekit.toml` from being read as TOML, in an author's words."""

import re

# parts of a key with dots between them; for a hundred thousand the parser takes a minute and gigabytes
MOST_PARTS = 32
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![\w.-])(?:{_PART}){{{MOST_PARTS}}}")
MEND = "mend the file (texts stand in quotes, closed on the same line) and run again"


def find_long_key(text: str) -> tuple[str, tuple[int, int]] | None:
    """Returns what is wrong with a key that has too many parts, and its line and column from 1; None without one."""
    found = _LONG_KEY.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    return f"a key has more than {MOST_PARTS} parts", (line, found.start() - text.rfind("\n", 0, found.start()))


def explain_broken(error: str, text: str) -> tuple[str, tuple[int, int]]:
    """Returns what an error of the parser says in an author's words, and its line and column from 1."""
    said, place = error, re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", error)
    # attributes have it since Python 3.14, and its words say it in all versions
    at = (text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1)
    if place is not None:
        said = error[: place.start()]
        at = (int(place[1]), int(place[2])) if place[1] else at
    if said == "Cannot overwrite a value":
        return "a key stands twice; write it once", at
    twice = re.fullmatch(r"Cannot declare \((.*?),?\) twice", said)
    if twice is None:
        return f"cannot be read: {said}", at
    return _twice(tuple(re.findall(r"'([^']*)'", twice[1]))), at


def _twice(section: tuple[str, ...]) -> str:
    name = ".".join(section)
    if section == ("source", "events"):
        return f"`[{name}]` stands twice; write `[[{name}]]`, with two brackets on each side, for each table of events"
    return f"`[{name}]` stands twice; write all its keys below the first one"
