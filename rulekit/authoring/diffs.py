"""What changes in texts, as a unified diff that `git apply` and `patch` take."""

from collections.abc import Iterator, Mapping
from io import StringIO

from rulekit.diagnostics.source import SourceText


def unified_diff(texts: Mapping[str, SourceText], before: Mapping[str, SourceText]) -> str:
    """Returns what changes in files, in the order of their paths; `texts` are the changed ones."""
    return "".join(line for path in sorted(texts) for line in _file_diff(path, before[path].text, texts[path].text))


def _file_diff(path: str, old: str, new: str) -> Iterator[str]:
    # only who asks for a diff waits for it
    from difflib import unified_diff

    for line in unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    # other characters that Python takes for the end of a line are none
    return list(StringIO(text, newline="\n"))
