"""Loads the plugins that ship inside and those that are installed, one by one; a broken one breaks nothing else.

One pluggy manager holds them all, and each implementation is asked by itself: an error in one never hides what another
returned. Plugins that ship inside come first, then installed ones in the order of their names.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import EntryPoint, entry_points
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, TypeVar, cast

import pluggy

from rulekit.errors import PluginError, SettingsError
from rulekit.hooks import PROJECT_NAME, specs
from rulekit.records import (
    CheckRequest,
    CheckResult,
    ComposedEmail,
    IdempotentSender,
    OutboxChange,
    PluginSettings,
    Reason,
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
    """A plugin that works, and how it implements each hook; `distribution` is the package that brought it."""

    name: str
    distribution: str
    version: str
    implementations: Mapping[str, tuple[pluggy.HookImpl, ...]]

    @property
    def hooks(self) -> tuple[str, ...]:
        """Returns the names of the hooks that it implements."""
        return tuple(self.implementations)

    def ask(self, hook: str, **given: object) -> Iterator[Any]:
        """Yields what each of its implementations of a hook answers, but for None; raises what one raises."""
        for implementation in self.implementations.get(hook, ()):
            answer = implementation.function(*(given[name] for name in implementation.argnames))
            if answer is not None:
                yield answer


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin, or a part of one, that cannot be used, and why."""

    name: str
    distribution: str
    version: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class ForbiddenPlugin:
    """An installed plugin that the settings do not allow; nothing of it was imported."""

    name: str
    distribution: str
    version: str


@dataclass(frozen=True, slots=True)
class Plugins:
    """All plugins of a run: sources and senders by the scheme of their URL, what is loaded, and what is not.

    `options` are those that the settings have for each plugin, by its name; relative paths in them start at `project`.
    """

    sources: Mapping[str, SourceFactory]
    senders: Mapping[str, SenderFactory]
    loaded: tuple[LoadedPlugin, ...]
    failures: tuple[PluginFailure, ...]
    forbidden: tuple[ForbiddenPlugin, ...] = ()
    project: Path = Path()
    options: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def source(self, scheme: str) -> SourceFactory:
        """Returns the data source for the scheme of a URL; raises PluginError when no plugin has one."""
        return _find(self.sources, scheme, "data source", self)

    def sender(self, scheme: str) -> SenderFactory:
        """Returns the sender for the scheme of a URL; raises PluginError when no plugin has one."""
        return _find(self.senders, scheme, "sender", self)

    def window(self, scheme: str) -> timedelta | None:
        """Returns how long the provider behind a sender drops repeats, or None when the sender does not say."""
        factory = self.sender(scheme)
        return factory.window if isinstance(factory, IdempotentSender) else None

    def veto(self, email: ComposedEmail) -> Reason | None:
        """Returns the first reason a plugin gives to keep an email out of the outbox, or None.

        A plugin that fails keeps the email out: it may have had a reason.
        """
        for plugin, settings in self._that_implement("email_composed"):
            try:
                reason = next(plugin.ask("email_composed", email=email, settings=settings), None)
            except Exception as error:
                return _reason(error).behind(f"the plugin `{plugin.name}` failed")
            if reason is not None:
                return Reason.of(reason).behind(f"the plugin `{plugin.name}` keeps it out")
        return None

    def announce(self, change: OutboxChange) -> list[PluginFailure]:
        """Tells every plugin of a committed change; returns those that failed, which changes nothing."""
        failures = []
        for plugin, settings in self._that_implement("outbox_changed"):
            try:
                list(plugin.ask("outbox_changed", change=change, settings=settings))
            except Exception as error:
                failures.append(_failure(plugin, _reason(error).behind("`outbox_changed` failed")))
        return failures

    def checks(self) -> Mapping[str, Callable[[CheckRequest], list[CheckResult]]]:
        """Returns how to ask each plugin that checks projects, by its name; asking raises what the plugin raises."""
        return {plugin.name: _asking(plugin) for plugin, _ in self._that_implement("check_setup")}

    def _that_implement(self, hook: str) -> Iterator[tuple[LoadedPlugin, PluginSettings]]:
        for plugin in self.loaded:
            if hook in plugin.implementations:
                yield plugin, PluginSettings(self.project, self.options.get(plugin.name, {}))


def _asking(plugin: LoadedPlugin) -> Callable[[CheckRequest], list[CheckResult]]:
    def ask(request: CheckRequest) -> list[CheckResult]:
        found = [one for some in plugin.ask("check_setup", request=request) for one in some]
        if not all(isinstance(one, CheckResult) for one in found):
            raise PluginError(f"`check_setup` of the plugin `{plugin.name}` returns something else than results")
        return found

    return ask


def load_plugins(builtin: Mapping[str, object], allow: Collection[str] | None = None) -> Plugins:
    """Returns the plugins that ship inside and the installed ones (entry points of the group `rulekit`).

    `allow` names the distributions whose plugins may be imported; None allows all. Raises SettingsError where one of
    them brings no plugin. A scheme belongs to the first plugin that registers it, so none can replace one that ships
    inside; a later claim is reported as a failure.
    """
    manager = pluggy.PluginManager(PROJECT_NAME)
    manager.add_hookspecs(specs)
    loaded = [_inspect(manager, name, "rulekit-engine", "", plugin) for name, plugin in builtin.items()]
    failures: list[PluginFailure] = []
    installed = sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))
    allowed = _allowed(installed, allow)
    for entry in allowed:
        result = _load(manager, entry, {plugin.name for plugin in loaded})
        if isinstance(result, LoadedPlugin):
            loaded.append(result)
        else:
            failures.append(result)
    sources: dict[str, SourceFactory] = _register(loaded, "register_sources", failures)
    senders: dict[str, SenderFactory] = _register(loaded, "register_senders", failures)
    known = set(map(_origin, allowed))
    forbidden = tuple(ForbiddenPlugin(*origin) for origin in map(_origin, installed) if origin not in known)
    return Plugins(sources, senders, tuple(loaded), tuple(failures), forbidden)


def _allowed(installed: list[EntryPoint], allow: Collection[str] | None) -> list[EntryPoint]:
    if allow is None:
        return installed
    known = {_normalise(entry.dist.name) for entry in installed if entry.dist}
    for name in allow:
        if _normalise(name) not in known:
            # whoever knows a plugin by its own name means what brings it
            brought = {entry.name: entry.dist.name for entry in installed if entry.dist}
            meant = f"; did you mean `{brought[name]}`?" if name in brought else did_you_mean(name, brought.values())
            raise SettingsError(
                f"`allow` under [plugins] names `{name}`, and no distribution of that name brings a plugin{meant}",
                help="install it, or take it out of the list",
            )
    wanted = set(map(_normalise, allow))
    return [entry for entry in installed if entry.dist and _normalise(entry.dist.name) in wanted]


def _normalise(distribution: str) -> str:
    """Returns a distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _origin(entry: EntryPoint) -> tuple[str, str, str]:
    """Returns the name of a plugin, and name and version of the distribution that brings it."""
    return (entry.name, entry.dist.name, entry.dist.version) if entry.dist else (entry.name, "", "")


def _load(manager: pluggy.PluginManager, entry: EntryPoint, taken: Collection[str]) -> LoadedPlugin | PluginFailure:
    try:
        if entry.name in taken:
            raise PluginError(Reason("another plugin has the same name"))
        return _inspect(manager, *_origin(entry), entry.load())
    except (Exception, SystemExit) as error:
        return PluginFailure(*_origin(entry), _reason(error))


def _inspect(manager: pluggy.PluginManager, name: str, distribution: str, version: str, plugin: object) -> LoadedPlugin:
    """Registers a plugin; raises PluginError when it implements no hook, or one that there is not."""
    _check_hooks(manager, plugin)
    manager.register(plugin, name)
    callers = sorted(manager.get_hookcallers(plugin) or (), key=lambda caller: caller.name)
    return LoadedPlugin(name, distribution, version, {caller.name: _of(plugin, caller) for caller in callers})


def _of(plugin: object, caller: pluggy.HookCaller) -> tuple[pluggy.HookImpl, ...]:
    """Returns a plugin's implementations of a hook, in the order in which pluggy would call them."""
    return tuple(one for one in reversed(caller.get_hookimpls()) if one.plugin is plugin)


def _check_hooks(manager: pluggy.PluginManager, plugin: object) -> None:
    """Raises PluginError for what pluggy would refuse, too, but only once it has begun to register it."""
    marked = {name: manager.parse_hookimpl_opts(plugin, name) for name in dir(plugin)}
    hooks = {name: options for name, options in marked.items() if options is not None}
    if not hooks:
        raise PluginError(Reason("it implements no hook: mark its functions with `rulekit.hooks.hookimpl`"))
    known = {hook: caller.spec for hook, caller in vars(manager.hook).items() if caller.spec is not None}
    for name, options in hooks.items():
        hook = options["specname"] or name
        if options["wrapper"] or options["hookwrapper"]:
            raise PluginError(Reason(f"its hook `{hook}` wraps those of others, which are asked one by one"))
        if hook not in known:
            if options["optionalhook"]:
                continue
            raise PluginError(Reason(f"there is no hook `{hook}`{did_you_mean(hook, known)}"))
        wrong = _arguments(getattr(plugin, name)) - {*known[hook].argnames}
        if wrong:
            listed = ", ".join(map(repr, sorted(wrong)))
            raise PluginError(Reason(f"its hook `{hook}` takes an argument that there is not: {listed}"))


def _arguments(function: Callable[..., object]) -> set[str]:
    """Returns the names of what a function must be given, and may be given by its place."""
    by_place = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return {
        name
        for name, one in signature(function).parameters.items()
        if one.kind in by_place and one.default is one.empty
    }


def _register(loaded: list[LoadedPlugin], hook: str, failures: list[PluginFailure]) -> dict[str, Factory]:
    factories: dict[str, Factory] = {}
    owners: dict[str, str] = {}
    for plugin in loaded:
        try:
            registered = list(_registered(plugin, hook))
        except Exception as error:
            failures.append(_failure(plugin, _reason(error).behind(f"`{hook}` failed")))
            continue
        for scheme, factory in registered:
            if scheme in owners:
                reason = Reason(f"`{scheme}:` already belongs to the plugin `{owners[scheme]}`")
                failures.append(_failure(plugin, reason))
            else:
                factories[scheme], owners[scheme] = cast(Factory, factory), plugin.name
    return factories


def _registered(plugin: LoadedPlugin, hook: str) -> Iterator[tuple[str, object]]:
    for result in plugin.ask(hook):
        if not isinstance(result, Mapping):
            raise PluginError(Reason("it returns no mapping of schemes"))
        for scheme, factory in result.items():
            if not (isinstance(scheme, str) and _SCHEME.fullmatch(scheme)):
                raise PluginError(Reason(f"`{scheme}` is no scheme: small letters, digits and `+ . -`, a letter first"))
            if not callable(factory):
                raise PluginError(Reason(f"what it gives for `{scheme}:` cannot be called"))
            yield scheme, factory


def _find(factories: Mapping[str, Factory], scheme: str, noun: str, plugins: Plugins) -> Factory:
    if scheme in factories:
        return factories[scheme]
    nearest = suggest(scheme, factories)
    broken = ", ".join(sorted({f"`{failure.name}`" for failure in plugins.failures}))
    forbidden = ", ".join(f"`{one.distribution}`" for one in plugins.forbidden)
    raise PluginError(
        f"there is no {noun} for `{scheme}:`"
        + (f"; did you mean `{nearest}:`?" if nearest else "")
        + (f" (these plugins failed to load: {broken})" if broken else "")
        + (f" (`allow` under [plugins] does not name {forbidden})" if forbidden else ""),
        help=f"use one of {', '.join(f'`{known}:`' for known in sorted(factories))}, or install the plugin; "
        "`rulekit plugins` lists them",
    )


def _failure(plugin: LoadedPlugin, reason: Reason) -> PluginFailure:
    return PluginFailure(plugin.name, plugin.distribution, plugin.version, reason)


def _reason(error: BaseException) -> Reason:
    return Reason.of(error.message) if isinstance(error, PluginError) else Reason(type(error).__name__, str(error))
