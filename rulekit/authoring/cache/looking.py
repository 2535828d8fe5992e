"""The reports about a project: from the last check where nothing has changed, else from a new one.

The parser and the checker take longer to load than a small project to compare, so they are loaded only when needed.
"""

from rulekit.authoring.cache.comparing import Compared, compare
from rulekit.authoring.cache.places import Places
from rulekit.authoring.cache.state import read_state, write_state
from rulekit.diagnostics.diagnostic import Diagnostic, in_order
from rulekit.language.folder import RulesFolder


def look(folder: RulesFolder) -> list[Diagnostic]:
    """Returns all reports about the project in the order of files and places, and keeps them for the next time."""
    state = read_state(folder.root)
    compared = compare(folder, state) if state is not None else None
    if compared is not None and compared.is_same:
        return _restored(compared)
    # in one place, so that a check of unchanged rules starts fast
    from rulekit.authoring.cache.rechecking import check_all, recheck

    checked = (recheck(folder, compared) if compared is not None else None) or check_all(folder)
    write_state(folder.root, checked.state)
    return checked.diagnostics


def look_afresh(folder: RulesFolder) -> list[Diagnostic]:
    """Returns all reports about the project; nothing is kept, and nothing that was kept is used."""
    from rulekit.language.project import check_folder

    return check_folder(folder).diagnostics


def _restored(compared: Compared) -> list[Diagnostic]:
    """Returns the reports of the last check at their places in today's files."""
    places = Places.of(compared.same.values())
    return in_order(places.placed(report) for reports in compared.state.reports.values() for report in reports)
