"""Reports for people to read: the full form with the source line underlined, and one line per report.

Nothing invisible that a source, a path or a message holds reaches the terminal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rulekit.diagnostics.diagnostic import Diagnostic, Label, Severity
from rulekit.diagnostics.display import WIDTH, ShownLine, excerpt, plural, visible, width
from rulekit.diagnostics.report import Sources


def render(diagnostics: Iterable[Diagnostic], sources: Sources) -> str:
    """Returns the reports in full, each with its source lines; a blank line stands between two reports."""
    return "\n".join(f"{_block(diagnostic, sources)}\n" for diagnostic in diagnostics)


def render_concise(diagnostics: Iterable[Diagnostic], sources: Sources) -> str:
    """Returns one line per report: `path:line:column: severity[code/slug] message`."""
    return "".join(f"{_concise(diagnostic, sources)}\n" for diagnostic in diagnostics)


def words(diagnostic: Diagnostic) -> str:
    """Returns all that a report says, without its place: the message, the help and the notes, on lines of their own."""
    help = [f"help: {diagnostic.help}"] if diagnostic.help else []
    return "\n".join([diagnostic.message, *help, *diagnostic.notes])


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """Returns the number of reports in words, as in "2 errors and 1 warning"; "no findings" when there is none."""
    named = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    counts = [(sum(d.severity is severity for d in diagnostics), word) for severity, word in named.items()]
    parts = [plural(count, word) for count, word in counts if count]
    if not parts:
        return "no findings"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _title(diagnostic: Diagnostic) -> str:
    code = diagnostic.code
    return f"{diagnostic.severity.value}[{code.number}/{code.slug}]"


def _concise(diagnostic: Diagnostic, sources: Sources) -> str:
    where = f"{place(diagnostic.primary, sources)}: " if diagnostic.primary else ""
    return f"{where}{_title(diagnostic)} {visible(diagnostic.message)}"


def place(label: Label, sources: Sources) -> str:
    """Returns where a label points as `path:line:column`; the path alone when the text of the file is not known."""
    source = sources.get(label.span.path)
    path = visible(label.span.path)
    if source is None:
        return path
    position = source.position(label.span.start)
    return f"{path}:{position.line}:{position.column}"


def excerpts(diagnostic: Diagnostic, sources: Sources) -> list[str]:
    """Returns the source lines that a report is about, marked, each under its place."""
    labels = _labels(diagnostic)
    margin = _margin(labels, sources)
    rows: list[str] = []
    for _, group in groupby(labels, key=lambda label: (label.span.path, _line_of(label, sources))):
        rows.extend(_excerpt_rows(list(group), diagnostic, sources, margin))
    return [row.rstrip() for row in rows]


def _labels(diagnostic: Diagnostic) -> list[Label]:
    return [label for label in (diagnostic.primary, *diagnostic.secondary) if label is not None]


def _margin(labels: Sequence[Label], sources: Sources) -> str:
    return " " * max((len(str(_line_of(label, sources))) for label in labels), default=1)


def _block(diagnostic: Diagnostic, sources: Sources) -> str:
    margin = _margin(_labels(diagnostic), sources)
    rows = [f"{_title(diagnostic)}: {visible(diagnostic.message)}", *excerpts(diagnostic, sources)]
    if diagnostic.help:
        rows.append(f"{margin} = help: {visible(diagnostic.help)}")
    for note in diagnostic.notes:
        rows.extend(_note_rows(note, margin))
    return "\n".join(row.rstrip() for row in rows)


def _note_rows(note: str, margin: str) -> Iterator[str]:
    """Yields a note, whose further lines stand below its first words."""
    first, *others = note.split("\n")
    lead = f"{margin} = note: "
    yield f"{lead}{visible(first)}"
    yield from (f"{' ' * len(lead)}{visible(line)}" for line in others)


def _excerpt_rows(labels: list[Label], diagnostic: Diagnostic, sources: Sources, margin: str) -> Iterator[str]:
    """Yields the place, the source line and one marked row for each label on it."""
    first = labels[0]
    yield f"{margin}--> {place(first, sources)}"
    source = sources.get(first.span.path)
    if source is None:
        return
    number = _line_of(first, sources)
    line = source.line(number)
    begin = first.span.start - source.position(first.span.start).column + 1
    shown = excerpt(line, first.span.start - begin)
    yield f"{margin} |"
    yield f"{number:>{len(margin)}} | {shown.text}"
    marks = [_mark(label, label is diagnostic.primary, shown, begin, len(line)) for label in labels]
    # a stretch that is marked twice with the same words is marked once, as the first of them is
    distinct: dict[tuple[int, int, str], _Underline] = {}
    for mark in marks:
        distinct.setdefault((mark.column, mark.width, mark.text), mark)
    yield from (f"{margin} | {row}" for row in _marked_rows(list(distinct.values())))


@dataclass(frozen=True, slots=True)
class _Underline:
    """A marked stretch of a shown line, in columns."""

    column: int
    width: int
    sign: str
    text: str

    def overlaps(self, other: "_Underline") -> bool:
        return self.column <= other.column + other.width and other.column <= self.column + self.width


def _mark(label: Label, is_primary: bool, shown: ShownLine, begin: int, length: int) -> _Underline:
    place = shown.mark(label.span.start - begin, min(label.span.end - begin, length))
    return _Underline(*place, "^" if is_primary else "-", visible(label.text))


def _marked_rows(marks: Sequence[_Underline]) -> Iterator[str]:
    """Yields the rows below a line; stretches that say the same share one, unless they overlap."""
    together: list[_Underline] = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        together.append(mark)
        if following is None or following.text != mark.text or any(map(following.overlaps, together)):
            yield from _marked_row(together, mark.text)
            together = []


def _marked_row(marks: Sequence[_Underline], text: str) -> Iterator[str]:
    """Yields the signs with their text behind them; below them, when it would stand beyond the right border."""
    row = ""
    for mark in sorted(marks, key=lambda mark: mark.column):
        row = row.ljust(mark.column) + mark.sign * mark.width
    if not text or len(row) + 1 + width(text) <= WIDTH or len(row) <= WIDTH // 2:
        yield f"{row} {text}"
    else:
        yield row
        yield " " * max(0, len(row) - width(text)) + text


def _line_of(label: Label, sources: Sources) -> int:
    source = sources.get(label.span.path)
    return source.position(label.span.start).line if source else 0
