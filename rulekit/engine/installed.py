"""The plugins of this installation."""

from rulekit.builtin import BUILTIN_PLUGINS
from rulekit.hooks.manager import Plugins, load_plugins
from rulekit.settings import Settings


def installed_plugins(settings: Settings | None = None) -> Plugins:
    """Returns the plugins that ship inside and those that are installed, with what failed to load.

    Settings may allow only some of them; raises SettingsError where they name one that there is not.
    """
    return load_plugins(BUILTIN_PLUGINS, settings.plugins.allow if settings is not None else None)
