"""The web side of rulekit: the pages behind the links to unsubscribe, as an ASGI application.

What it needs beyond rulekit (`rulekit-engine[web]`) is imported only when an application is made.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from rulekit.clock import system_now
from rulekit.errors import RulekitError
from rulekit.outbox.store import Store

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["create_app"]


def create_app(
    store: Store, *, path: str | None = "/", contact: str = "", clock: Callable[[], datetime] = system_now
) -> "Starlette":
    """Returns an ASGI application that unsubscribes at `path` and answers `/healthz`; mount it anywhere.

    Without a `path` it answers `/healthz` alone. `contact` is the address that a person is told to write to when a link
    does not work. Every answer that says something was done is given after the store has kept it. Raises RulekitError
    when the web part of rulekit is not installed.
    """
    try:
        from rulekit.web.app import build_app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "rulekit":
            raise
        raise RulekitError(
            f"the web part of rulekit is not installed: there is no `{error.name}`",
            help="install it with `pip install 'rulekit-engine[web]'`",
        ) from None
    return build_app(store, path, contact, clock)
