"""What a check leaves for the next one: the state of a project without errors, as JSON."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rulekit import __version__
from rulekit.authoring.cache.keeping import keep, read_kept, state_file
from rulekit.authoring.cache.units import FileUnits, Key, Unit, digest
from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from rulekit.diagnostics.source import Span

_PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class CheckState:
    """All that the reports about a project depend on, as digests, and the reports.

    `surroundings` stands for the settings and for the names of the files that a template may name. `bodies` are the
    files that templates do name. `reports` are anchored, by the declaration or file that they are about. What is
    `unsettled` has reports that cannot be anchored, and is looked at each time.
    """

    surroundings: str
    files: Mapping[str, FileUnits]
    bodies: Mapping[str, str]
    reports: Mapping[Key, tuple[Diagnostic, ...]]
    unsettled: frozenset[Key]


def read_state(project: Path) -> CheckState | None:
    """Returns what the last check left, or None when there is nothing that this rulekit could use."""
    file = state_file(project)
    stamp, _, content = ((read_kept(file) if file else None) or "").partition("\n")
    try:
        return _state(json.loads(content)) if stamp == _stamp() else None
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return None


def write_state(project: Path, state: CheckState | None) -> None:
    """Keeps a state for the next check, or forgets the last one."""
    if (file := state_file(project)) is not None:
        keep(file, f"{_stamp()}\n{json.dumps(_content(state), separators=(',', ':'))}\n" if state else None)


@cache
def _stamp() -> str:
    """Returns what tells the rulekit that runs from another: its version, and for those who work on it its files."""
    files = sorted((str(path), path.stat().st_mtime_ns) for path in _modules())
    return f"rulekit {__version__} {sys.version_info[:2]} {digest(repr(files))}"


def _modules() -> Iterator[Path]:
    for name in ("language", "diagnostics", "authoring"):
        yield from (_PACKAGE / name).rglob("*.py")


def _content(state: CheckState) -> dict[str, Any]:
    return {
        "surroundings": state.surroundings,
        "files": [
            [file.path, file.digest, [_unit_content(unit) for unit in file.units]] for file in state.files.values()
        ],
        "bodies": dict(state.bodies),
        "reports": [[key, [_report_content(report) for report in reports]] for key, reports in state.reports.items()],
        "unsettled": sorted(state.unsettled),
    }


def _state(content: Any) -> CheckState:
    files = [
        FileUnits(_text(path), _text(digest), tuple(map(_unit, units))) for path, digest, units in content["files"]
    ]
    return CheckState(
        _text(content["surroundings"]),
        {file.path: file for file in files},
        {_text(path): _text(content["bodies"][path]) for path in content["bodies"]},
        {_key(key): tuple(map(_report, reports)) for key, reports in content["reports"]},
        frozenset(map(_key, content["unsettled"])),
    )


def _unit_content(unit: Unit) -> list[Any]:
    return [unit.key, unit.start, unit.end, unit.digest, sorted(unit.names)]


def _unit(content: Any) -> Unit:
    key, start, end, digest, names = content
    return Unit(_key(key), _number(start), _number(end), _text(digest), frozenset(map(_key, names)))


def _key(content: Any) -> Key:
    kind, name = content
    return _text(kind), _text(name)


def _report_content(report: Diagnostic) -> list[Any]:
    labels = [report.primary, *report.secondary]
    fixes = [[fix.title, fix.safe, [[_place(e.span), e.replacement] for e in fix.edits]] for fix in report.fixes]
    places = [[_place(label.span), label.text] for label in labels if label is not None]
    return [report.code.number, report.message, places, report.help, report.notes, fixes]


def _report(content: Any) -> Diagnostic:
    number, message, places, help, notes, fixes = content
    code = codes.by_name(_text(number))
    if code is None:
        raise LookupError(number)
    primary, *secondary = [Label(_span(place), _text(text)) for place, text in places]
    advice = None if help is None else _text(help)
    return Diagnostic(
        code, _text(message), primary, tuple(secondary), advice, tuple(map(_text, notes)), tuple(map(_fix, fixes))
    )


def _fix(content: Any) -> Fix:
    title, safe, edits = content
    return Fix(_text(title), tuple(Edit(_span(place), _text(text)) for place, text in edits), safe is True)


def _span(content: Any) -> Span:
    anchor, start, end = content
    _key(json.loads(_text(anchor)))
    return Span(anchor, _number(start), _number(end))


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError(content)
    content.encode()  # half of a pair of surrogates could not be shown
    return content


def _number(content: Any) -> int:
    if type(content) is not int:
        raise TypeError(content)
    return content


def _place(span: Span) -> list[Any]:
    return [span.path, span.start, span.end]
