"""The plugins of this installation."""

from rulekit.builtin import BUILTIN_PLUGINS
from rulekit.hooks.manager import Plugins, load_plugins


def installed_plugins() -> Plugins:
    """Returns the plugins that ship inside and those that are installed, with what failed to load."""
    return load_plugins(BUILTIN_PLUGINS)
