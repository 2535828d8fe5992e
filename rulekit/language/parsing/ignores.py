"""Comments that keep reports silent: `rulekit: ignore[slug] until 2027-01-31 because "…"`, always by name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Code, Diagnostic, Label, Severity
from rulekit.diagnostics.source import Span
from rulekit.language.parsing.instructions import Instruction

# silence about silence would never end
ALWAYS_SHOWN = frozenset({codes.UNUSED_SUPPRESSION, codes.EXPIRED_SUPPRESSION, codes.INVALID_SUPPRESSION})

_WRITTEN = re.compile(
    r"""rulekit: \s* (?P<word>ignore|file-ignore) \s* \[ (?P<names>[^\]]*) \]
    (?: \s+ until \s+ (?P<until>\S+) )?
    (?: \s+ because \s+ "(?P<reason>[^"]*)" )?""",
    re.VERBOSE,
)
_NAME = re.compile(r"[^\s,]+")
_FORM = 'write it like `rulekit: ignore[undecided-missing] until 2027-01-31 because "…"`'


@dataclass(frozen=True, slots=True)
class NamedCode:
    """A code as a comment names it."""

    code: Code
    span: Span


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """A comment that keeps reports silent whose place begins or ends in `target`; `until` is its last day.

    `instruction` is the comment.
    """

    names: tuple[NamedCode, ...]
    until: date | None
    reason: str
    target: Span
    instruction: Instruction

    def covers(self, span: Span) -> bool:
        """Returns whether a report at that place is kept silent, if its code is named."""
        begins = self.target.start <= span.start < self.target.end
        ends = self.target.start < span.end <= self.target.end
        return span.path == self.target.path and (begins or ends)


def read_ignore_comments(instructions: Iterable[Instruction]) -> tuple[list[IgnoreComment], list[Diagnostic]]:
    """Returns the comments among instructions that ignore reports, and a report for each that cannot be followed."""
    reports: list[Diagnostic] = []
    read = [_read(instruction, reports) for instruction in instructions]
    return [comment for comment in read if comment is not None], reports


def _read(instruction: Instruction, reports: list[Diagnostic]) -> IgnoreComment | None:
    written = _WRITTEN.fullmatch(instruction.text)
    if written is None:
        reports.append(_invalid("this comment to rulekit cannot be read", instruction.place, _FORM))
        return None
    names = tuple(named for named in _names(written, instruction, reports))
    target = _target(written["word"], instruction, reports)
    until, readable = _until(written, instruction, reports)
    if not names or target is None or not readable:
        return None
    return IgnoreComment(names, until, written["reason"] or "", target, instruction)


def _names(written: re.Match[str], instruction: Instruction, reports: list[Diagnostic]) -> list[NamedCode]:
    """Returns the codes that are named and may be kept silent; each other name is reported."""
    first = written.start("names")
    found = [
        (match[0], _part(instruction, first + match.start(), match[0])) for match in _NAME.finditer(written["names"])
    ]
    if not found:
        help = "name what to ignore, as in `ignore[undecided-missing]`"
        reports.append(_invalid("this comment names nothing to ignore", instruction.place, help))
    names: list[NamedCode] = []
    for name, span in found:
        code = codes.by_name(name)
        wrong = _wrong_name(name, code, span)
        if wrong is not None:
            reports.append(wrong)
        elif code is not None:
            names.append(NamedCode(code, span))
    return names


def _wrong_name(name: str, code: Code | None, span: Span) -> Diagnostic | None:
    if code is None:
        nearest = codes.nearest_name(name)
        help = (
            f"write `{nearest}`"
            if nearest
            else "copy the name from the report, as in `warning[RK212/undecided-missing]`"
        )
        return _invalid(f"no report is named `{name}`", span, help)
    if code.severity is Severity.ERROR:
        return _invalid(f"`{name}` is an error, and errors cannot be ignored", span, "correct it; nothing runs before")
    if code in ALWAYS_SHOWN:
        return _invalid(f"`{name}` cannot be ignored", span, "correct or remove the comment that it is about")
    return None


def _target(word: str, instruction: Instruction, reports: list[Diagnostic]) -> Span | None:
    if word == "file-ignore":
        if instruction.on_top:
            return instruction.file
        help = "move it to the first line, or write `ignore[…]` where it is needed"
        reports.append(_invalid("`file-ignore` stands below the top of its file", instruction.place, help))
        return None
    if instruction.about is None and instruction.certain:
        help = "write it directly above a declaration, or behind the words that are reported"
        reports.append(_invalid("this comment stands at nothing that it could be about", instruction.place, help))
    return instruction.about


def _until(written: re.Match[str], instruction: Instruction, reports: list[Diagnostic]) -> tuple[date | None, bool]:
    """Returns the last day, if there is one, and whether it could be read."""
    text = written["until"]
    if text is None:
        return None, True
    try:
        # the language's own form of a date; the library reads others too
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text), True
    except ValueError:
        pass
    span = _part(instruction, written.start("until"), text)
    reports.append(_invalid(f"`{text}` is not a date", span, "write it like `2027-01-31`"))
    return None, False


def _part(instruction: Instruction, offset: int, text: str) -> Span:
    start = instruction.place.start + offset
    return Span(instruction.place.path, start, start + len(text))


def _invalid(message: str, span: Span, help: str) -> Diagnostic:
    return Diagnostic(codes.INVALID_SUPPRESSION, message, Label(span), help=help)
