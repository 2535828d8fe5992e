"""What `rulekit doctor` looks at: the machine, the store, the source, how emails leave, and what plugins know.

Every look has a thread of its own and is not waited for longer than `PATIENCE`, so that a server that says nothing
hides nothing else. Nothing is changed: no store is made or brought up to date, and no email is given away.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Thread

from rulekit.doctor import machine_checks, plugin_checks, sending_checks, source_checks, store_checks
from rulekit.engine.installed import installed_plugins
from rulekit.errors import RulekitError
from rulekit.folders import settings_home
from rulekit.language.project_rules import load_rules
from rulekit.records import CheckResult, Verdict
from rulekit.settings.model import load_settings

# seconds for all looks together, which go on side by side
PATIENCE = 30.0
Look = Callable[[], Iterable[CheckResult]]


def examine(
    folder: Path,
    now: datetime,
    *,
    offline: bool,
    patience: float = PATIENCE,
    say: Callable[[str], None] = lambda text: None,
) -> list[CheckResult]:
    """Returns what was found, in the order in which it was looked for; raises SettingsError for broken settings.

    No look is waited for longer than `patience` seconds; `say` hears for which one it is waited.
    """
    settings = load_settings(folder)
    installed, home = installed_plugins(folder, settings), settings_home(folder)
    looks: dict[str, Look] = {
        "python": machine_checks.python,
        "files": partial(machine_checks.files, home, settings),
        "disk": partial(machine_checks.disk, home, settings),
        "store": partial(store_checks.look, home, settings, now),
        "source": partial(source_checks.look, folder, now, offline=offline),
        "settings": partial(sending_checks.settings, settings),
        "sender": lambda: sending_checks.sender(home, settings, installed, load_rules(folder).program, offline=offline),
        "unsubscribe": partial(sending_checks.unsubscribe_page, settings, offline=offline),
        "plugins": partial(plugin_checks.failures, installed),
        **plugin_checks.looks(home, settings, installed, offline=offline, seconds=patience),
    }
    return take(looks, patience, say)


def take(
    looks: Mapping[str, Look], patience: float, say: Callable[[str], None] = lambda text: None
) -> list[CheckResult]:
    """Takes all looks at once and returns what they found, in their order; one that lasts too long is a problem."""
    found: dict[str, list[CheckResult]] = {}
    threads = {name: Thread(target=_take, args=(name, look, found), daemon=True) for name, look in looks.items()}
    deadline = time.monotonic() + patience
    for thread in threads.values():
        thread.start()
    for name, thread in threads.items():
        say(f"looking at everything, waiting for: {name}")
        thread.join(max(0.0, deadline - time.monotonic()))
    return [one for name in looks for one in found.get(name, [_too_slow(name, patience)])]


def _take(name: str, look: Look, found: dict[str, list[CheckResult]]) -> None:
    results: list[CheckResult] = []
    try:
        results.extend(look())
    except RulekitError as error:
        results.append(CheckResult(name, Verdict.PROBLEM, error.message, error.help or ""))
    except Exception as error:
        message = f"the check itself failed: {type(error).__name__}: {error}"
        results.append(CheckResult(name, Verdict.PROBLEM, message, "report this line"))
    # only now, so that nobody reads a part of it
    found[name] = results


def _too_slow(name: str, patience: float) -> CheckResult:
    message = f"no answer within {patience:g} seconds"
    return CheckResult(name, Verdict.PROBLEM, message, "see whether what it asks is there, or give it longer: `--wait`")
