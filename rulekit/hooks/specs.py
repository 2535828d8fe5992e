"""Every hook, with when it is called and what it may do. `register_*` hooks return things and have no effects."""

# a hook is its signature and what its docstring promises, so it has no body
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable, Mapping

from rulekit.hooks import hookspec
from rulekit.records import (
    CheckRequest,
    CheckResult,
    ComposedEmail,
    OutboxChange,
    PluginSettings,
    SenderFactory,
    SourceFactory,
)


@hookspec
def register_sources() -> Mapping[str, SourceFactory]:
    """Returns data sources by the scheme of their URL; called once, when plugins are loaded."""


@hookspec
def register_senders() -> Mapping[str, SenderFactory]:
    """Returns senders by the scheme of their URL; called once, when plugins are loaded.

    One whose provider drops repeats is an `IdempotentSender`, which says for how long.
    """


@hookspec
def email_composed(email: ComposedEmail, settings: PluginSettings) -> str | None:
    """Returns a reason to keep an email out of the outbox, or None; called for each email before it is stored."""


@hookspec
def outbox_changed(change: OutboxChange, settings: PluginSettings) -> None:
    """Observes a transition of an outbox row; called after it is committed, cannot change it."""


@hookspec
def check_setup(request: CheckRequest) -> Iterable[CheckResult]:
    """Returns what the plugin finds about the project; called by `rulekit doctor`, in a thread, and changes nothing."""
