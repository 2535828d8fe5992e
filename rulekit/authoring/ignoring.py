"""Keeps silent what comments in the rules ask to keep silent, and reports comments that are of no use any more."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from rulekit.authoring.found import Found
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, Severity, has_errors, in_order
from rulekit.diagnostics.report import Ignored, Sources
from rulekit.diagnostics.source import SourceText, Span
from rulekit.language.parsing.ignores import IgnoreComment, NamedCode, read_ignore_comments
from rulekit.language.parsing.instructions import Instruction, in_rules, in_template
from rulekit.language.project_texts import is_body, is_rules


def ignore(diagnostics: Sequence[Diagnostic], sources: Sources, now: datetime) -> Found:
    """Returns the reports that no comment keeps silent on the day of `now`, with those about the comments."""
    comments, invalid = read_ignore_comments(_instructions(sources))
    if not (comments or invalid):
        return Found(diagnostics, sources)
    today = now.date()
    silent = {diagnostic: by for diagnostic in diagnostics if (by := _by(diagnostic, comments, today))}
    about = [*invalid, *_expired(diagnostics, comments, today)]
    if not has_errors(diagnostics):
        # beside an error not everything is looked at, so nobody knows what a comment would have kept silent
        about += _unused(diagnostics, comments, sources)
    shown = [diagnostic for diagnostic in diagnostics if diagnostic not in silent]
    ignored = tuple(Ignored(diagnostic, by.reason) for diagnostic, by in silent.items())
    return Found(in_order([*shown, *about]), sources, ignored)


def _instructions(sources: Sources) -> Iterator[Instruction]:
    for path, source in sorted(sources.items()):
        # almost no file speaks to rulekit, and only one that does is read again
        if "rulekit" not in source.text:
            continue
        if is_rules(path):
            # most projects have no such file, and a check of unchanged rules needs no parser
            from rulekit.language.parsing.parser import parse

            yield from in_rules(parse(source)[0], source)
        elif is_body(path):
            yield from in_template(source)


def _by(diagnostic: Diagnostic, comments: Sequence[IgnoreComment], today: date) -> IgnoreComment | None:
    """Returns the comment that keeps a report silent today."""
    return next((one for one in comments if not _is_over(one, today) and _names(one, diagnostic)), None)


def _names(comment: IgnoreComment, diagnostic: Diagnostic) -> NamedCode | None:
    """Returns the name in a comment that a report answers to; errors answer to none."""
    if diagnostic.severity is Severity.ERROR or diagnostic.primary is None:
        return None
    if not comment.covers(diagnostic.primary.span):
        return None
    return next((named for named in comment.names if named.code == diagnostic.code), None)


def _is_over(comment: IgnoreComment, today: date) -> bool:
    return comment.until is not None and today > comment.until


def _expired(diagnostics: Sequence[Diagnostic], comments: Sequence[IgnoreComment], today: date) -> Iterator[Diagnostic]:
    for comment in comments:
        if _is_over(comment, today) and any(_names(comment, one) for one in diagnostics):
            yield Diagnostic(
                codes.EXPIRED_SUPPRESSION,
                f"this comment kept a report silent until {comment.until}",
                Label(comment.instruction.place),
                help="settle what is reported, or give the comment a later date",
            )


def _unused(
    diagnostics: Sequence[Diagnostic], comments: Sequence[IgnoreComment], sources: Sources
) -> Iterator[Diagnostic]:
    for comment in comments:
        used = {named for one in diagnostics if (named := _names(comment, one))}
        for named in comment.names:
            if named not in used:
                yield Diagnostic(
                    codes.UNUSED_SUPPRESSION,
                    f"`{named.code.slug}` is ignored here, but not reported",
                    Label(named.span),
                    help="remove it" if used else "remove the comment",
                    fixes=(_removal(comment, named, bool(used), sources[named.span.path]),),
                )


def _removal(comment: IgnoreComment, named: NamedCode, others: bool, source: SourceText) -> Fix:
    if others:
        return Fix(f"remove `{named.code.slug}`", (Edit(_with_comma(named.span, source.text), ""),), safe=True)
    instruction = comment.instruction
    return Fix("remove the comment", (Edit(instruction.removal, ""),), safe=instruction.quiet)


def _with_comma(span: Span, text: str) -> Span:
    """Returns a name in a list together with the comma and the space that stand between it and the others."""
    after = text[span.end :]
    if after.lstrip().startswith(","):
        rest = after.lstrip()[1:].lstrip(" ")
        return Span(span.path, span.start, len(text) - len(rest))
    return Span(span.path, len(text[: span.start].rstrip(" ,")), span.end)
