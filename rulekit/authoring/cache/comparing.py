"""A project beside what the last check left: what has changed since, by digests of texts alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from rulekit.authoring.cache.state import CheckState
from rulekit.authoring.cache.units import FileUnits, digest
from rulekit.diagnostics.diagnostic import Diagnostic
from rulekit.diagnostics.source import SourceText
from rulekit.folders import FILE_NAME, settings_file
from rulekit.language.project_texts import RulesFolder


@dataclass(frozen=True, slots=True)
class Compared:
    """A project beside the state that the last check left: the files of rules that are as they were, and the others."""

    state: CheckState
    same: Mapping[str, FileUnits]
    changed: Mapping[str, SourceText]
    changed_bodies: frozenset[str]

    @property
    def is_same(self) -> bool:
        """Returns whether the last check found all that a new one would."""
        changed = self.changed or self.changed_bodies or self.state.unsettled
        return not changed and self.same.keys() == self.state.files.keys()


def compare(folder: RulesFolder, state: CheckState) -> Compared | None:
    """Returns what has changed, or None when everything has to be looked at."""
    if folder.unlisted or surroundings(folder) != state.surroundings:
        return None
    same: dict[str, FileUnits] = {}
    changed: dict[str, SourceText] = {}
    for path in folder.rules:
        source = folder.read(path)
        if isinstance(source, Diagnostic):
            return None
        known = state.files.get(path)
        if known is not None and known.digest == digest(source.text):
            same[path] = known
        else:
            changed[path] = source
    bodies = frozenset(path for path, known in state.bodies.items() if body_digest(folder, path) != known)
    return Compared(state, same, changed, bodies)


def surroundings(folder: RulesFolder) -> str:
    """Returns a digest of what any report may depend on beside declarations: settings, and which bodies there are."""
    settings = folder.read(FILE_NAME) if settings_file(folder.root).is_file() else None
    return digest(repr([settings.text if isinstance(settings, SourceText) else settings, folder.bodies]))


def body_digest(folder: RulesFolder, path: str) -> str:
    """Returns a digest of the file of a template; empty when it cannot be read."""
    source = folder.read(path)
    return digest(source.text) if isinstance(source, SourceText) else ""
