"""Loads the plugins that ship inside and those that are installed, one by one; a broken one breaks nothing else.

Each plugin has a pluggy manager of its own, so that an error in one never hides what another returned. Plugins that
ship inside come first, then installed ones in the order of their names.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar, cast

import pluggy

from rulekit.errors import PluginError
from rulekit.hooks import PROJECT_NAME, specs
from rulekit.records import (
    CheckRequest,
    CheckResult,
    ComposedEmail,
    IdempotentSender,
    OutboxChange,
    SenderFactory,
    SourceFactory,
)
from rulekit.suggestions import did_you_mean, suggest

GROUP = "rulekit"
# RFC 3986, section 3.1, in small letters
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")

Factory = TypeVar("Factory")


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that works, and the hooks it implements, by name; `distribution` is the package that brought it."""

    name: str
    distribution: str
    version: str
    hooks: tuple[str, ...]
    manager: pluggy.PluginManager


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin, or a part of one, that cannot be used, and why."""

    name: str
    distribution: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plugins:
    """All plugins of a run: sources and senders by the scheme of their URL, what is loaded, and what is not."""

    sources: Mapping[str, SourceFactory]
    senders: Mapping[str, SenderFactory]
    loaded: tuple[LoadedPlugin, ...]
    failures: tuple[PluginFailure, ...]

    def source(self, scheme: str) -> SourceFactory:
        """Returns the data source for the scheme of a URL; raises PluginError when no plugin has one."""
        return _find(self.sources, scheme, "data source", self.failures)

    def sender(self, scheme: str) -> SenderFactory:
        """Returns the sender for the scheme of a URL; raises PluginError when no plugin has one."""
        return _find(self.senders, scheme, "sender", self.failures)

    def window(self, scheme: str) -> timedelta | None:
        """Returns how long the provider behind a sender drops repeats, or None when the sender does not say."""
        factory = self.sender(scheme)
        return factory.window if isinstance(factory, IdempotentSender) else None

    def veto(self, email: ComposedEmail) -> str | None:
        """Returns the first reason a plugin gives to keep an email out of the outbox, or None.

        A plugin that fails keeps the email out: it may have had a reason.
        """
        for plugin in self.loaded:
            try:
                reasons = plugin.manager.hook.email_composed(email=email)
            except Exception as error:
                return f"the plugin `{plugin.name}` failed: {_reason(error)}"
            if reasons:
                return f"the plugin `{plugin.name}` keeps it out: {reasons[0]}"
        return None

    def announce(self, change: OutboxChange) -> list[PluginFailure]:
        """Tells every plugin of a committed change; returns those that failed, which changes nothing."""
        failures = []
        for plugin in self.loaded:
            if "outbox_changed" not in plugin.hooks:
                continue
            try:
                plugin.manager.hook.outbox_changed(change=change)
            except Exception as error:
                failures.append(_failure(plugin, f"`outbox_changed` failed: {_reason(error)}"))
        return failures

    def checks(self) -> Mapping[str, Callable[[CheckRequest], list[CheckResult]]]:
        """Returns how to ask each plugin that checks projects, by its name; asking raises what the plugin raises."""
        return {plugin.name: _asking(plugin) for plugin in self.loaded if "check_setup" in plugin.hooks}


def _asking(plugin: LoadedPlugin) -> Callable[[CheckRequest], list[CheckResult]]:
    def ask(request: CheckRequest) -> list[CheckResult]:
        found = [one for some in plugin.manager.hook.check_setup(request=request) for one in some]
        if not all(isinstance(one, CheckResult) for one in found):
            raise PluginError(f"`check_setup` of the plugin `{plugin.name}` returns something else than results")
        return found

    return ask


def load_plugins(builtin: Mapping[str, object], allow: Collection[str] | None = None) -> Plugins:
    """Returns the plugins that ship inside and the installed ones (entry points of the group `rulekit`).

    `allow` names the entry points that may be imported; None allows all. A scheme belongs to the first plugin that
    registers it, so none can replace one that ships inside; a later claim is reported as a failure.
    """
    loaded: list[LoadedPlugin] = []
    failures: list[PluginFailure] = []
    for name, plugin in builtin.items():
        loaded.append(_inspect(name, "rulekit-engine", "", plugin))
    for entry in _installed(allow):
        result = _load(entry, {plugin.name for plugin in loaded})
        if isinstance(result, LoadedPlugin):
            loaded.append(result)
        else:
            failures.append(result)
    sources: dict[str, SourceFactory] = _register(loaded, "register_sources", failures)
    senders: dict[str, SenderFactory] = _register(loaded, "register_senders", failures)
    return Plugins(sources, senders, tuple(loaded), tuple(failures))


def _installed(allow: Collection[str] | None) -> list[EntryPoint]:
    found = [entry for entry in entry_points(group=GROUP) if allow is None or entry.name in allow]
    return sorted(found, key=lambda entry: (entry.name, entry.value))


def _load(entry: EntryPoint, taken: Collection[str]) -> LoadedPlugin | PluginFailure:
    distribution, version = (entry.dist.name, entry.dist.version) if entry.dist else ("", "")
    try:
        if entry.name in taken:
            raise PluginError("another plugin has the same name")
        return _inspect(entry.name, distribution, version, entry.load())
    except (Exception, SystemExit) as error:
        return PluginFailure(entry.name, distribution, version, _reason(error))


def _inspect(name: str, distribution: str, version: str, plugin: object) -> LoadedPlugin:
    """Registers a plugin in a manager of its own; raises when it implements a hook that there is not."""
    manager = pluggy.PluginManager(PROJECT_NAME)
    manager.add_hookspecs(specs)
    manager.register(plugin, name=name)
    manager.check_pending()
    hooks = sorted(caller.name for caller in manager.get_hookcallers(plugin) or ())
    if not hooks:
        raise PluginError("it implements no hook: mark its functions with `rulekit.hooks.hookimpl`")
    return LoadedPlugin(name, distribution, version, tuple(hooks), manager)


def _register(loaded: list[LoadedPlugin], hook: str, failures: list[PluginFailure]) -> dict[str, Factory]:
    factories: dict[str, Factory] = {}
    owners: dict[str, str] = {}
    for plugin in loaded:
        try:
            registered = list(_registered(plugin, hook))
        except Exception as error:
            failures.append(_failure(plugin, f"`{hook}` failed: {_reason(error)}"))
            continue
        for scheme, factory in registered:
            if scheme in owners:
                failures.append(_failure(plugin, f"`{scheme}:` already belongs to the plugin `{owners[scheme]}`"))
            else:
                factories[scheme], owners[scheme] = cast(Factory, factory), plugin.name
    return factories


def _registered(plugin: LoadedPlugin, hook: str) -> Iterator[tuple[str, object]]:
    for result in getattr(plugin.manager.hook, hook)():
        if not isinstance(result, Mapping):
            raise PluginError("it returns no mapping of schemes")
        for scheme, factory in result.items():
            if not (isinstance(scheme, str) and _SCHEME.fullmatch(scheme)):
                raise PluginError(f"`{scheme}` is no scheme: small letters, digits and `+ . -`, a letter first")
            if not callable(factory):
                raise PluginError(f"what it gives for `{scheme}:` cannot be called")
            yield scheme, factory


def _find(factories: Mapping[str, Factory], scheme: str, noun: str, failures: Collection[PluginFailure]) -> Factory:
    if scheme in factories:
        return factories[scheme]
    nearest = suggest(scheme, factories)
    broken = ", ".join(sorted({f"`{failure.name}`" for failure in failures}))
    raise PluginError(
        f"there is no {noun} for `{scheme}:`"
        + (f"; did you mean `{nearest}:`?" if nearest else "")
        + (f" (these plugins failed to load: {broken})" if broken else ""),
        help=f"use one of {', '.join(f'`{known}:`' for known in sorted(factories))}, or install the plugin; "
        "`rulekit plugins` lists them",
    )


def _failure(plugin: LoadedPlugin, reason: str) -> PluginFailure:
    return PluginFailure(plugin.name, plugin.distribution, plugin.version, reason)


def _reason(error: BaseException) -> str:
    if isinstance(error, pluggy.PluginValidationError):
        return _misfit(error)
    if isinstance(error, PluginError):
        return error.message
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _misfit(error: pluggy.PluginValidationError) -> str:
    """Says in one line what pluggy found wrong with a hook."""
    text = " ".join(str(error).split())
    unknown = re.search(r"unknown hook '(\w+)'", text)
    if unknown is None:
        wrong = re.search(r"for hook '(\w+)'.*Argument\(s\) \{(.*?)\}", text)
        return f"its hook `{wrong[1]}` takes an argument that there is not: {wrong[2]}" if wrong else text
    known = [name for name in dir(specs) if hasattr(getattr(specs, name), f"{PROJECT_NAME}_spec")]
    return f"there is no hook `{unknown[1]}`{did_you_mean(unknown[1], known)}"
