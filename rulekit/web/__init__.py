"""The web side of rulekit: the pages behind the links to unsubscribe, as an ASGI application, and a server for it.

What this needs beyond rulekit (`rulekit-engine[web]`) is imported only when it is used.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from rulekit.clock import system_now
from rulekit.errors import RulekitError
from rulekit.outbox.store import Store

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from rulekit.web.listening import WebServer

__all__ = ["create_app", "create_server", "metrics_text"]


def create_app(
    store: Store,
    *,
    path: str | None = "/",
    contact: str = "",
    clock: Callable[[], datetime] = system_now,
    metrics: bool = False,
) -> "Starlette":
    """Returns an ASGI application that unsubscribes at `path` and answers `/healthz`; mount it anywhere.

    Without a `path` it answers `/healthz` alone. With `metrics` it answers `/metrics` too, to anybody who can reach it:
    the names of triggers, and how much is sent. `contact` is the address that a person is asked to write to when a link
    does not work. Every answer that says something was done is given after the store has kept it. Raises RulekitError
    when the web part of rulekit is not installed.
    """
    with _web_part():
        from rulekit.web.app import build_app
    return build_app(store, path, contact, clock, metrics=metrics)


def metrics_text(store: Store) -> str:
    """Returns the figures of a store in the text format of Prometheus; raises RulekitError as `create_app` does."""
    with _web_part():
        from rulekit.web.exposition import as_text
    now = store.clock()
    return as_text(store.audit.figures(), now)


def create_server(app: "Starlette", listener: socket.socket, ended: Callable[[], None]) -> "WebServer":
    """Returns a server of that app on a socket that listens; raises RulekitError as `create_app` does."""
    with _web_part():
        from rulekit.web.listening import WebServer
    return WebServer(app, listener, ended)


@contextmanager
def _web_part() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "rulekit":
            raise
        raise RulekitError(
            f"the web part of rulekit is not installed: there is no `{error.name}`",
            help="install it with `pip install 'rulekit-engine[web]'`",
        ) from None
