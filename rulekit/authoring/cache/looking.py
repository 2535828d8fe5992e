"""The reports about a project: from the last check where nothing has changed, else from a new one.

The parser and the checker take longer to load than a small project to compare, so they are loaded only when needed.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from rulekit.authoring.cache.comparing import Compared, compare
from rulekit.authoring.cache.places import NoPlace, Places, fit
from rulekit.authoring.cache.state import read_state, write_state
from rulekit.diagnostics.diagnostic import Diagnostic, in_order
from rulekit.language.project_texts import RulesFolder

if TYPE_CHECKING:
    from rulekit.authoring.cache.rechecking import Checked


def look(folder: RulesFolder) -> list[Diagnostic]:
    """Returns all reports about the project in the order of files and places, and keeps them for the next time."""
    given = frozenset(folder.known)
    state = read_state(folder.root)
    compared = compare(folder, state) if state is not None else None
    diagnostics = _restored(folder, compared) if compared is not None and compared.is_same else None
    if diagnostics is not None:
        return diagnostics
    checked = _checked(folder, compared, given)
    write_state(folder.root, checked.state)
    return checked.diagnostics


def look_afresh(folder: RulesFolder) -> list[Diagnostic]:
    """Returns all reports about the project; nothing is kept, and nothing that was kept is used."""
    from rulekit.language.project_rules import check_folder

    return check_folder(folder).diagnostics


def _checked(folder: RulesFolder, compared: Compared | None, given: Collection[str]) -> "Checked":
    # in one place, so that a check of unchanged rules starts fast
    from rulekit.authoring.cache.rechecking import check_all, recheck

    if compared is None:
        return check_all(folder)
    checked = recheck(folder, compared)
    named = checked.state.bodies.keys() if checked and checked.state else frozenset[str]()
    # a report lists the files that were read, and those that no template names any more were read to compare them
    for path in compared.state.bodies.keys() - named - set(given):
        folder.known.pop(path, None)
    return checked or check_all(folder)


def _restored(folder: RulesFolder, compared: Compared) -> list[Diagnostic] | None:
    """Returns the reports of the last check at their places in today's files; None when one has no place there."""
    places = Places.of(compared.same.values())
    try:
        found = [places.placed(report) for reports in compared.state.reports.values() for report in reports]
    except NoPlace:
        return None
    return in_order(found) if fit(found, folder.known) else None
