"""Markdown, for the summary of a job or a comment on a change: the conclusion first, then the reports file by file."""

import re
from collections.abc import Iterator

from rulekit.diagnostics.diagnostic import Diagnostic, Severity
from rulekit.diagnostics.display import plural, visible
from rulekit.diagnostics.rendering import excerpts, place
from rulekit.diagnostics.report import Case, Report

# below what GitHub takes as a comment (65,536 characters) and as the summary of a job's step (1 MiB)
LIMIT = 60_000

SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}
# with `#1` and `:word:`, which GitHub takes for an issue and a picture, and `http://`
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~&$]|#(?=\d)|:(?=\S)")
_TICKS = re.compile("`+")


def render(report: Report) -> str:
    """Returns the conclusion, then the reports until LIMIT is reached, then how many are left out."""
    headline = report.conclusion.strip() or f"rulekit {report.command}"
    parts = [f"**{_prose(headline)}**\n", *(f"\nNote: {_prose(note)}\n" for note in report.notes)]
    size = sum(map(len, parts))
    left = len(report.diagnostics)
    for heading, entry in _entries(report):
        if size + len(heading) + len(entry) > LIMIT:
            break
        parts += [heading, entry]
        size += len(heading) + len(entry)
        left -= 1
    if left:
        parts.append(f"\n{plural(left, 'more report')} left out, for want of room.\n")
    return "".join(parts)


def _entries(report: Report) -> Iterator[tuple[str, str]]:
    """Yields each report with the heading that it needs: that of its case when it is the first there."""
    for case in report.cases:
        heading = _heading(case)
        for diagnostic in case.diagnostics:
            yield heading, _entry(diagnostic, report)
            heading = ""


def _heading(case: Case) -> str:
    return f"\n#### {_code(case.name)}\n"


def _entry(diagnostic: Diagnostic, report: Report) -> str:
    code = diagnostic.code
    where = f" at {_code(place(diagnostic.primary, report.sources))}" if diagnostic.primary else ""
    title = f"{SIGNS[code.severity]} **{code.severity.value}** `{code.number}/{code.slug}`{where}"
    rows = [f"- {title}: {_prose(diagnostic.message)}"]
    shown = excerpts(diagnostic, report.sources)
    if shown:
        rows += _block(shown)
    if diagnostic.help:
        rows += ["", f"Help: {_prose(diagnostic.help)}"]
    for note in diagnostic.notes:
        rows += _block([visible(line) for line in note.split("\n")]) if "\n" in note else ["", f"Note: {_prose(note)}"]
    return "\n" + "".join(f"{'  ' if number and row else ''}{row}\n" for number, row in enumerate(rows))


def _block(lines: list[str]) -> list[str]:
    """Returns lines as code, with a longer fence around them than they hold."""
    fence = "`" * max(3, 1 + _longest_run("\n".join(lines)))
    return ["", f"{fence}text", *lines, fence]


def _longest_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def _code(text: str) -> str:
    """Returns a text as code, with more backquotes around it than it has in a row."""
    shown = visible(text)
    if not shown.strip():
        return "` `"
    fence = "`" * (1 + _longest_run(shown))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _prose(text: str) -> str:
    """Returns a message with nothing in it that Markdown would take for its own; words in backquotes stay code."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return _plain(visible(text))
    return "".join(_plain(part) if number % 2 == 0 else _code(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    # an `@` before a name would call that person on GitHub; the comment between them is not shown
    return _SPECIAL.sub(r"\\\g<0>", text).replace("@", "@<!-- -->")
