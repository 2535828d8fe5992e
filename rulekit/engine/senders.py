"""The sender of a project."""

from collections.abc import Callable

from rulekit.engine.discreet_sender import discreet
from rulekit.engine.project import Project
from rulekit.engine.uncertain_emails import missing_window
from rulekit.environment import fill
from rulekit.errors import SettingsError
from rulekit.folders import settings_home
from rulekit.records import Sender, SenderRequest


def find_sender(project: Project) -> Callable[[], Sender]:
    """Returns what opens the project's sender.

    Raises SettingsError when a sender that reaches people names nobody it may mail, when its address is incomplete or
    when it is to drop repeats and does not say for how long, and PluginError when no plugin has it.
    """
    section = project.settings.sender
    scheme = section.url.partition(":")[0]
    project.plugins.sender(scheme)
    if scheme != "folder" and section.allow is None:
        raise SettingsError(
            f"`sender.allow` does not say who may be mailed through `{scheme}:`",
            help='write `allow = ["*@your-own.example"]` while you try things out, and `allow = ["*"]` in production',
        )
    missing = missing_window(project.settings, project.plugins, project.program)
    if missing is not None:
        raise SettingsError(missing.message, help=missing.help)
    filled = fill(section.url)
    request = SenderRequest(filled.url, settings_home(project.folder))
    return lambda: discreet(project.plugins, scheme, request, filled)
