"""The plugins of this installation."""

from dataclasses import replace
from pathlib import Path

from rulekit.builtin import BUILTIN_PLUGINS
from rulekit.folders import settings_home
from rulekit.hooks.manager import Plugins, load_plugins
from rulekit.settings.model import Settings


def all_plugins() -> Plugins:
    """Returns the plugins that ship inside and all that are installed, with what failed to load."""
    return load_plugins(BUILTIN_PLUGINS)


def installed_plugins(folder: Path, settings: Settings) -> Plugins:
    """Returns the plugins that ship inside and those of a project that are installed, with what failed to load.

    Raises SettingsError where the settings allow one that there is not.
    """
    section = settings.plugins
    return replace(load_plugins(BUILTIN_PLUGINS, section.allow), project=settings_home(folder), options=section.options)
