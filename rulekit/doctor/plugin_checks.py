"""Plugins: those that failed to load, and what those that check have to say."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from rulekit.email.addresses import parse_mailbox
from rulekit.errors import ComposeError
from rulekit.hooks.manager import Plugins
from rulekit.records import CheckRequest, CheckResult, Verdict
from rulekit.settings.model import Settings


def failures(plugins: Plugins) -> Iterator[CheckResult]:
    """Names the plugins that cannot be used."""
    for failure in plugins.failures:
        message = f"`{failure.name}` cannot be used: {failure.reason}"
        yield CheckResult("plugins", Verdict.PROBLEM, message, "mend or uninstall it; `rulekit plugins` lists them all")
    if not plugins.failures:
        yield CheckResult("plugins", Verdict.OK, f"{len(plugins.loaded)} loaded")


def looks(
    folder: Path, settings: Settings, plugins: Plugins, *, offline: bool, seconds: float
) -> Mapping[str, Callable[[], Iterable[CheckResult]]]:
    """Returns how to ask each plugin that checks."""
    request = CheckRequest(
        project=folder,
        sender=_sender(settings.sender.from_),
        server=_host(settings.sender.url),
        unsubscribe_url=settings.delivery.unsubscribe_url,
        options={},
        offline=offline,
        seconds=seconds,
    )
    return {f"plugin {name}": partial(ask, _for(request, settings, name)) for name, ask in plugins.checks().items()}


def _for(request: CheckRequest, settings: Settings, plugin: str) -> CheckRequest:
    return replace(request, options=settings.plugins.options.get(plugin, {}))


def _sender(text: str) -> str:
    try:
        return parse_mailbox(text).address
    except ComposeError:
        return ""


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
