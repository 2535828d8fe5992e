"""A sender that says nothing of what came from the environment, whatever the one inside says."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from rulekit.environment import Filled
from rulekit.hooks.manager import Plugins
from rulekit.records import CheckedSender, CheckResult, Envelope, Outcome, Sender, SenderRequest, Sent, Verdict


class DiscreetSender:
    """Hands everything on to a sender, and conceals the secrets of its URL in all that it answers and raises."""

    def __init__(self, sender: Sender, filled: Filled, scheme: str) -> None:
        self._sender = sender
        self._filled = filled
        self._scheme = scheme

    def send(self, message: bytes, envelope: Envelope, mark_data: Callable[[], None]) -> Outcome:
        """Sends one message by the sender inside."""
        with self._filled.concealing():
            outcome = self._sender.send(message, envelope, mark_data)
        if isinstance(outcome, Sent):
            return Sent(self._filled.conceal(outcome.reply))
        return replace(outcome, reason=self._filled.conceal(outcome.reason))

    def check(self) -> CheckResult:
        """Says what the sender inside says of itself."""
        if not hasattr(self._sender, "check"):
            return CheckResult("sender", Verdict.NOTE, f"the sender of `{self._scheme}:` cannot check itself")
        with self._filled.concealing():
            found = cast(CheckedSender, self._sender).check()
        return replace(found, message=self._filled.conceal(found.message), help=self._filled.conceal(found.help))

    def close(self) -> None:
        """Closes the sender inside."""
        with self._filled.concealing():
            self._sender.close()


def discreet(plugins: Plugins, scheme: str, request: SenderRequest, filled: Filled) -> DiscreetSender:
    """Opens the sender of a scheme; raises what it raises, without the secrets of its URL."""
    with filled.concealing():
        return DiscreetSender(plugins.sender(scheme)(request), filled, scheme)
