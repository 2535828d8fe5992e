"""How emails leave: who may be mailed and from whom, whether the sender would work, and the page to unsubscribe."""

import ssl
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from rulekit.email.addresses import parse_mailbox
from rulekit.engine.discreet_sender import discreet
from rulekit.engine.uncertain_emails import missing_window
from rulekit.environment import fill
from rulekit.errors import ComposeError
from rulekit.hooks.manager import Plugins
from rulekit.language.program import Program
from rulekit.records import CheckResult, SenderRequest, Verdict
from rulekit.settings.model import SenderSection, Settings

# seconds for each wait on the page
TIMEOUT = 10
_UNASKED = "not asked (`--offline`)"


def reaches_people(section: SenderSection) -> bool:
    """Says whether the sender is more than a folder."""
    return section.url.partition(":")[0] != "folder"


def settings(settings: Settings) -> Iterator[CheckResult]:
    """Says whom the settings let be mailed, from whom, and what emails lack."""
    section, delivery = settings.sender, settings.delivery
    yield _from(section.from_)
    if not reaches_people(section):
        return
    yield _allowed(section.allow)
    if not delivery.unsubscribe_url:
        message = "emails have no link to unsubscribe"
        yield CheckResult("settings", Verdict.WARNING, message, "set `unsubscribe_url` under `[delivery]`")
    if not delivery.postal_address:
        message = "emails have no postal address, which many countries ask for"
        yield CheckResult("settings", Verdict.WARNING, message, "set `postal_address` under `[delivery]`")


def _from(text: str) -> CheckResult:
    if not text:
        message = "`from` is empty, so every template has to say who its emails are from"
        return CheckResult("settings", Verdict.NOTE, message, "set `from` under `[sender]`")
    try:
        address = parse_mailbox(text).address
    except ComposeError as error:
        return CheckResult("settings", Verdict.PROBLEM, f"`from`: {error.message}", error.help or "")
    return CheckResult("settings", Verdict.OK, f"emails are from {address}")


def _allowed(patterns: list[str] | None) -> CheckResult:
    if patterns is None:
        message = "`allow` does not say who may be mailed, so nothing runs"
        return CheckResult("settings", Verdict.PROBLEM, message, 'write `allow = ["*"]` for everybody')
    if not patterns:
        message = "`allow` is empty, so nobody is mailed"
        return CheckResult("settings", Verdict.WARNING, message, 'write `allow = ["*"]` for everybody')
    who = "everybody" if "*" in patterns else ", ".join(patterns)
    return CheckResult("settings", Verdict.OK, f"who may be mailed: {who}")


def sender(
    folder: Path, settings: Settings, plugins: Plugins, program: Program | None, *, offline: bool
) -> Iterator[CheckResult]:
    """Says whether the sender does what settings and rules rely on, and whether it would work, as far as it can tell.

    Without a program, as where the rules have errors, nothing is said of them.
    """
    scheme, filled = settings.sender.url.partition(":")[0], fill(settings.sender.url)
    plugins.sender(scheme)
    missing = missing_window(settings, plugins, program)
    if missing is not None:
        yield CheckResult("sender", Verdict.PROBLEM, missing.message, missing.help)
    if offline and reaches_people(settings.sender):
        yield CheckResult("sender", Verdict.NOTE, _UNASKED)
        return
    opened = discreet(plugins, scheme, SenderRequest(filled.url, folder), filled)
    try:
        yield opened.check()
    finally:
        opened.close()


def unsubscribe_page(settings: Settings, *, offline: bool) -> Iterator[CheckResult]:
    """Says whether the page behind the links to unsubscribe is there; without a token it has nothing to do."""
    url = settings.delivery.unsubscribe_url
    if url and reaches_people(settings.sender):
        yield CheckResult("unsubscribe", Verdict.NOTE, _UNASKED) if offline else _look_at(url)


def _look_at(url: str) -> CheckResult:
    name, help = "unsubscribe", "see that a web server with https passes this path to `rulekit serve`"
    try:
        # the settings take https alone
        with urlopen(Request(url, headers={"User-Agent": "rulekit doctor"}), timeout=TIMEOUT) as answer:  # noqa: S310
            code = answer.status
    except HTTPError as error:
        code = error.code
        error.close()
    except (URLError, OSError, HTTPException, ValueError) as error:
        return CheckResult(name, Verdict.PROBLEM, f"{url} cannot be reached: {_why(error)}", help)
    if code in (404, 405) or code >= 500:
        return CheckResult(name, Verdict.PROBLEM, f"{url} answers {code}, so links in emails are broken", help)
    return CheckResult(name, Verdict.OK, f"{url} answers")


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {reason.verify_message}"
    return str(reason)
