"""Reports with places that stay true while declarations move: counted from the declaration that they are in.

In such a report the path of a span is the key of a declaration (or of the file of a template) as JSON.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rulekit.authoring.cache.units import FILE, FileUnits, Key, Unit
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import SourceText, Span


class NoPlace(Exception):
    """A span lies in no declaration, or its declaration is gone."""


@dataclass(frozen=True)
class Places:
    """Where each declaration of a project stands."""

    files: Mapping[str, tuple[Unit, ...]]
    spans: Mapping[Key, Span]

    @classmethod
    def of(cls, files: Iterable[FileUnits]) -> "Places":
        """Returns the places of the declarations of these files."""
        listed = list(files)
        spans = {unit.key: Span(file.path, unit.start, unit.end) for file in listed for unit in file.units}
        return cls({file.path: file.units for file in listed}, spans)

    def owner(self, span: Span) -> Key:
        """Returns the declaration that a span lies in; a file without declarations is itself one; raises NoPlace."""
        units = self.files.get(span.path)
        if units is None:
            return FILE, span.path
        index = bisect_right(units, span.start, key=lambda unit: unit.start) - 1
        if index < 0 or span.end > units[index].end:
            raise NoPlace
        return units[index].key

    def anchored(self, diagnostic: Diagnostic) -> Diagnostic:
        """Returns a report with its places counted from their declarations; raises NoPlace."""
        return _moved(diagnostic, self._anchored)

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Returns an anchored report with its places in today's files; raises NoPlace."""
        return _moved(diagnostic, self._placed)

    def _anchored(self, span: Span) -> Span:
        key = self.owner(span)
        start = self.spans[key].start if key in self.spans else 0
        return Span(json.dumps(key), span.start - start, span.end - start)

    def _placed(self, span: Span) -> Span:
        kind, name = json.loads(span.path)
        if kind == FILE:
            return Span(name, span.start, span.end)
        place = self.spans.get((kind, name))
        if place is None:
            raise NoPlace
        return Span(place.path, place.start + span.start, place.start + span.end)


def fit(reports: Iterable[Diagnostic], known: Mapping[str, SourceText | Diagnostic]) -> bool:
    """Returns whether all places lie in files that were read; what is remembered may have been written by others."""
    return all(_fits(span, known.get(span.path)) for report in reports for span in _spans(report))


def _fits(span: Span, source: SourceText | Diagnostic | None) -> bool:
    return isinstance(source, SourceText) and 0 <= span.start <= span.end <= len(source.text)


def _spans(diagnostic: Diagnostic) -> Iterator[Span]:
    yield from (label.span for label in (diagnostic.primary, *diagnostic.secondary) if label is not None)
    yield from (edit.span for fix in diagnostic.fixes for edit in fix.edits)


def _moved(diagnostic: Diagnostic, move: Callable[[Span], Span]) -> Diagnostic:
    def label(one: Label) -> Label:
        return Label(move(one.span), one.text)

    def fix(one: Fix) -> Fix:
        return replace(one, edits=tuple(Edit(move(edit.span), edit.replacement) for edit in one.edits))

    return replace(
        diagnostic,
        primary=label(diagnostic.primary) if diagnostic.primary else None,
        secondary=tuple(map(label, diagnostic.secondary)),
        fixes=tuple(map(fix, diagnostic.fixes)),
    )
