"""A project ready to run: its settings, its rules without errors, and its plugins."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rulekit.diagnostics.diagnostic import Severity
from rulekit.email.addresses import parse_mailbox
from rulekit.engine.installed import installed_plugins
from rulekit.errors import ComposeError, RulesError, SettingsError
from rulekit.hooks.manager import Plugins
from rulekit.language.program import Program
from rulekit.language.project_rules import Rules, load_rules
from rulekit.settings.model import Settings, load_settings

if TYPE_CHECKING:
    # to ask who is in a persona takes no email
    from rulekit.email.compose import Composer


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with rules that have no errors, its settings, and the plugins that serve it.

    `composers` has what makes the emails of a trigger, and `conditions` the digest of what each persona asks, once
    they were needed: nothing else than these values decides them.
    """

    folder: Path
    settings: Settings
    rules: Rules
    program: Program
    plugins: Plugins
    composers: "dict[str, Composer]" = field(default_factory=dict, init=False, repr=False, compare=False)
    conditions: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)


def open_project(folder: Path) -> Project:
    """Returns the project in that folder, ready to evaluate.

    Raises SettingsError for settings that cannot do, and RulesError when the rules have errors.
    """
    settings = load_settings(folder)
    _check_sender_address(settings.sender.from_)
    rules = load_rules(folder)
    if rules.program is None:
        count = sum(d.severity is Severity.ERROR for d in rules.diagnostics)
        errors = "1 error" if count == 1 else f"{count} errors"
        raise RulesError(f"the rules have {errors}, so nothing was run", help="run `rulekit check` and mend them")
    return Project(folder, settings, rules, rules.program, installed_plugins(folder, settings))


def _check_sender_address(text: str) -> None:
    """Refuses at once what would otherwise make every email of every tick a failed one."""
    try:
        if text:
            parse_mailbox(text)
    except ComposeError as error:
        raise SettingsError(
            f"`from` under `[sender]`: {error.message}", help='write it like "Ada at Example <ada@example.com>"'
        ) from None
