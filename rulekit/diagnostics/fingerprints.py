"""Knows a report again after the rules around it have moved: by what it is about, not by its line.

A fingerprint is made of the code, the file, the declaration around the marked place, the marked text without its white
space, and the number of the report among those that are equal in all this. Moving, indenting and formatting rules
keeps it. A baseline, SARIF and GitLab know a report by it, so how it is made does not change within a VERSION.
"""

import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.report import Sources
from rulekit.diagnostics.source import SourceText, Span

VERSION = 1

# what begins a declaration at the start of a line; `person ada:` and `event login by ada` are lines of a test
_HEAD = re.compile(
    r"""^[ \t]*
    (?: (person|company) \s* :
      | (event) \s+ (`?\w++`?+) (?! \s+ by \b)
      | (let|segment|persona|trigger) \s+ (`?\w+`?)
      | (template) \s+ (`?\w+`?) \s* [:"]
      | (test) \s+ ("(?:[^"\\\n]|\\[^\n])*")
    )""",
    re.MULTILINE | re.VERBOSE | re.ASCII,
)
_SPACE = re.compile(r"\s+")


def fingerprints(diagnostics: Sequence[Diagnostic], sources: Sources) -> list[str]:
    """Returns a fingerprint for each report, no two alike; give all reports at once, for equal ones are numbered."""
    outlines = {path: FileOutline.of(source) for path, source in sources.items()}
    keys = [_key(diagnostic, outlines) for diagnostic in diagnostics]
    equal: dict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        equal[key].append(index)
    found = [""] * len(keys)
    for key, indices in equal.items():
        for ordinal, index in enumerate(sorted(indices, key=lambda index: _start(diagnostics[index]))):
            found[index] = sha256(f"{key}{ordinal}".encode()).hexdigest()[:32]
    return found


@dataclass(frozen=True, slots=True)
class FileOutline:
    """The declarations of a file, found by their first words alone, so that a file with mistakes has one too."""

    source: SourceText
    starts: list[int]
    names: list[str]

    @classmethod
    def of(cls, source: SourceText) -> "FileOutline":
        """Returns the outline of a file; that of a template or of the settings is empty."""
        heads = list(_HEAD.finditer(source.text)) if source.path.endswith(".rules") else []
        return cls(source, [head.start() for head in heads], [_name(head) for head in heads])

    def around(self, offset: int) -> str:
        """Returns the kind and name of the declaration at a place, as in `persona Quiet`; empty before the first."""
        index = bisect_right(self.starts, offset)
        return self.names[index - 1] if index else ""


def _name(head: re.Match[str]) -> str:
    return " ".join(part.strip("`") for part in head.groups() if part is not None)


def _key(diagnostic: Diagnostic, outlines: dict[str, FileOutline]) -> str:
    """Returns what a report is about as one text; a report whose place cannot be read is known by its message."""
    span = diagnostic.primary.span if diagnostic.primary else None
    outline = outlines.get(span.path) if span else None
    if span is None or outline is None:
        about = [span.path if span else "", "", diagnostic.message]
    else:
        about = [span.path, outline.around(span.start), _marked(span, outline.source)]
    return json.dumps([VERSION, diagnostic.code.number, *about])


def _marked(span: Span, source: SourceText) -> str:
    return _SPACE.sub("", source.text[span.start : span.end])


def _start(diagnostic: Diagnostic) -> int:
    return diagnostic.primary.span.start if diagnostic.primary else 0
