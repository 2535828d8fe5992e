"""Checks a project, the whole of it or what may be reported differently than at the last check.

What is reported about a declaration depends on it, on what it names, directly or not, on who names it, and on what is
common to all. So the declarations that may be reported differently are those that reach a changed one by what they
name, and the check is given these and all that they reach. An error anywhere makes it look at everything: then names
that are nearly right are suggested from the whole project.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from rulekit.authoring.cache.comparing import Compared, body_digest, surroundings
from rulekit.authoring.cache.places import NoPlace, Places, fit
from rulekit.authoring.cache.state import CheckState
from rulekit.authoring.cache.summaries import key_of, summarise
from rulekit.authoring.cache.units import FILE, SCHEMA, FileUnits, Key, Unit, by_key, used
from rulekit.diagnostics.diagnostic import Diagnostic, has_errors, in_order
from rulekit.diagnostics.source import SourceText
from rulekit.language import tree
from rulekit.language.checker import check
from rulekit.language.parsing.parser import parse
from rulekit.language.project_rules import check_folder, read_settings
from rulekit.language.project_texts import RulesFolder


@dataclass(frozen=True, slots=True)
class Checked:
    """The reports about a project in order, and what is kept for the next check; None when there is an error."""

    diagnostics: list[Diagnostic]
    state: CheckState | None


def check_all(folder: RulesFolder) -> Checked:
    """Returns what a check of everything finds."""
    rules = check_folder(folder)
    if rules.program is None or has_errors(rules.diagnostics):
        return Checked(rules.diagnostics, None)
    files = [summarise(file, rules.sources[file.path]) for file in rules.files]
    return Checked(rules.diagnostics, _state(folder, files, rules.diagnostics))


def recheck(folder: RulesFolder, compared: Compared) -> Checked | None:
    """Returns what a check of everything would find, or None when only that can tell."""
    trees = _Trees(folder)
    if not all(map(trees.is_right, compared.changed.values())):
        return None
    files = [compared.same.get(path) or summarise(trees.file(path), trees.source(path)) for path in folder.rules]
    after, before = by_key(files), by_key(compared.state.files.values())
    if after is None or before is None or _common(after) != _common(before):
        return None
    changed = _changed(before, after) | {(FILE, path) for path in compared.changed_bodies} | compared.state.unsettled
    affected = _affected(changed, before, after)
    found = _check_some(folder, trees, files, affected, after)
    if found is None:
        return None
    places = Places.of(files)
    try:
        restored = _restored(compared.state, affected, places)
        fresh = [one for one in found if _owner(one, places) in affected]
    except NoPlace:
        return None
    if not fit(restored, folder.known):
        return None
    diagnostics = [*restored, *fresh]
    return Checked(in_order(diagnostics), _state(folder, files, diagnostics))


def _restored(state: CheckState, affected: Collection[Key], places: Places) -> list[Diagnostic]:
    """Returns what was reported about all that is not affected, at its places of today; raises NoPlace."""
    kept = [report for key, reports in state.reports.items() if key not in affected for report in reports]
    return list(map(places.placed, kept))


class _Trees:
    """The trees of files, each parsed when it is first asked for."""

    def __init__(self, folder: RulesFolder) -> None:
        self._folder = folder
        self._parsed: dict[str, tuple[tree.File, list[Diagnostic]]] = {}

    def source(self, path: str) -> SourceText:
        source = self._folder.read(path)
        assert isinstance(source, SourceText)  # noqa: S101 - compared files can be read
        return source

    def file(self, path: str) -> tree.File:
        return self._parse(self.source(path))[0]

    def is_right(self, source: SourceText) -> bool:
        return not self._parse(source)[1]

    def _parse(self, source: SourceText) -> tuple[tree.File, list[Diagnostic]]:
        if source.path not in self._parsed:
            self._parsed[source.path] = parse(source)
        return self._parsed[source.path]


def _common(units: Mapping[Key, Unit]) -> tuple[dict[Key, str], set[str]]:
    """Returns what any report may depend on: the schema, and which kinds of declarations there are."""
    return {key: unit.digest for key, unit in units.items() if key[0] in SCHEMA}, {kind for kind, _ in units}


def _changed(before: Mapping[Key, Unit], after: Mapping[Key, Unit]) -> set[Key]:
    """Returns what is new, gone or written differently, and what is named by other declarations than before."""
    written = {key for key in before.keys() | after.keys() if _digest(before.get(key)) != _digest(after.get(key))}
    return written | (used(before) ^ used(after))


def _digest(unit: Unit | None) -> str:
    return unit.digest if unit else ""


def _affected(changed: Collection[Key], before: Mapping[Key, Unit], after: Mapping[Key, Unit]) -> frozenset[Key]:
    """Returns what may be reported differently: who reaches something changed, and templates that are sent by it."""
    naming: dict[Key, set[Key]] = defaultdict(set)
    for unit in (*before.values(), *after.values()):
        for name in unit.names:
            naming[name].add(unit.key)
    reaching = _reached(changed, lambda key: naming.get(key, ()))
    triggers = {key for key in reaching if key[0] == "trigger"}
    templates = {name for name in _named_by(triggers, before, after) if name[0] == "template"}
    bodies = {name for name in _named_by(reaching | templates, before, after) if name[0] == FILE}
    return frozenset(reaching | templates | bodies)


def _named_by(keys: Iterable[Key], *projects: Mapping[Key, Unit]) -> Iterator[Key]:
    for key in keys:
        for units in projects:
            yield from _names(key, units)


def _needed(affected: Collection[Key], after: Mapping[Key, Unit]) -> set[Key]:
    """Returns what the check of the affected declarations has to know."""
    sharing = {key for key, unit in after.items() if any(name[0] == FILE and name in affected for name in unit.names)}
    templates = {key for key in {*affected, *sharing} if key[0] == "template"}
    senders = {key for key, unit in after.items() if key[0] == "trigger" and unit.names & templates}
    return _reached({*affected, *sharing, *senders}, lambda key: _names(key, after))


def _names(key: Key, units: Mapping[Key, Unit]) -> Collection[Key]:
    unit = units.get(key)
    return unit.names if unit else ()


def _reached(start: Iterable[Key], step: Callable[[Key], Collection[Key]]) -> set[Key]:
    found = set(start)
    waiting = list(found)
    while waiting:
        new = set(step(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _check_some(
    folder: RulesFolder, trees: _Trees, files: Iterable[FileUnits], affected: Collection[Key], after: Mapping[Key, Unit]
) -> list[Diagnostic] | None:
    """Returns the reports of a check that knows only what the affected declarations need; None after an error."""
    needed = _needed(affected, after)
    some = [_only(trees.file(file.path), needed) for file in files if _has_any(file, needed)]
    settings, wrong = read_settings(folder)
    program, found = check(some, folder.read, folder.bodies, settings, used(after))
    return None if wrong or program is None else found


def _has_any(file: FileUnits, needed: Collection[Key]) -> bool:
    return any(unit.key in needed or unit.key[0] in SCHEMA for unit in file.units)


def _only(file: tree.File, needed: Collection[Key]) -> tree.File:
    keys = ((key_of(declaration), declaration) for declaration in file.declarations)
    return replace(file, declarations=tuple(d for key, d in keys if key in needed or key[0] in SCHEMA))


def _owner(diagnostic: Diagnostic, places: Places) -> Key:
    if diagnostic.primary is None:
        raise NoPlace
    return places.owner(diagnostic.primary.span)


def _state(folder: RulesFolder, files: Iterable[FileUnits], diagnostics: Iterable[Diagnostic]) -> CheckState | None:
    """Returns what the next check may use; None when a report is about nothing that it could be kept with."""
    listed = list(files)
    try:
        reports, unsettled = _by_owner(diagnostics, Places.of(listed))
    except NoPlace:
        return None
    bodies = {name for file in listed for unit in file.units for kind, name in unit.names if kind == FILE}
    return CheckState(
        surroundings(folder),
        {file.path: file for file in listed},
        {path: body_digest(folder, path) for path in sorted(bodies)},
        reports,
        unsettled,
    )


def _by_owner(
    diagnostics: Iterable[Diagnostic], places: Places
) -> tuple[dict[Key, tuple[Diagnostic, ...]], frozenset[Key]]:
    """Returns anchored reports by what they are about, and what has one that cannot be anchored; raises NoPlace."""
    reports: dict[Key, tuple[Diagnostic, ...]] = defaultdict(tuple)
    unsettled: set[Key] = set()
    for diagnostic in diagnostics:
        owner = _owner(diagnostic, places)
        try:
            reports[owner] += (places.anchored(diagnostic),)
        except NoPlace:
            unsettled.add(owner)
    return reports, frozenset(unsettled)
