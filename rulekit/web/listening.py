"""Serving the web app in a thread of its own, beside whoever else works in this process."""

import socket
from collections.abc import Callable
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from rulekit.web.guarding import GuardedProtocol, places
from rulekit.web.throttling import throttled

# who logs what a stranger does
LOGGERS = ("uvicorn.error", "asyncio", "rulekit.web.app", "rulekit.web.guarding")
# bytes of a request's first line and headers
MAX_HEAD = 16 * 1024
# seconds that a request in hand gets when the server stops
LAST_ANSWERS = 5


class WebServer:
    """A server of one app on a socket that listens already; `ended` is called when it serves no more."""

    def __init__(self, app: Starlette, listener: socket.socket, ended: Callable[[], None]) -> None:
        connections, at_once = places()
        config = uvicorn.Config(
            app,
            # a link's query says who it is for, so requests are not logged
            access_log=False,
            log_config=None,
            lifespan="off",
            ws="none",
            http=GuardedProtocol,
            loop="asyncio",
            server_header=False,
            proxy_headers=False,
            # uvicorn refuses all requests when it is reached, which it never is
            limit_concurrency=connections + 1,
            # asyncio takes up so many new connections in one go, too
            backlog=at_once,
            h11_max_incomplete_event_size=MAX_HEAD,
            timeout_graceful_shutdown=LAST_ANSWERS,
        )
        self._server, self._listener, self._ended = uvicorn.Server(config), listener, ended
        self._thread = Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answers what it was asked already, and nothing more."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            with throttled(*LOGGERS):
                self._server.run(sockets=[self._listener])
        finally:
            self._ended()
