"""The application behind the links to unsubscribe: GET asks, POST acts, and nothing else changes anything.

Whoever has a link may use it, so there are no cookies, no sessions and no log-in, and no redirects either: mail
services POST to the link itself (RFC 8058) and follow none.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import TypeVar, cast

# what starlette needs to read forms, and imports too late to say that it is missing
import python_multipart  # noqa: F401
from anyio import CapacityLimiter, Lock, to_thread
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rulekit.email.unsubscribe import Unsubscription, read_unsubscribe
from rulekit.errors import StoreError
from rulekit.outbox.store import Store
from rulekit.redaction import for_log
from rulekit.web.pages import Pages

MAX_BODY = 16 * 1024
# answers that wait for the store at once; the rest of the store's connections is for those who send
STORE_THREADS = 4
RETRY_AFTER = {"Retry-After": "120"}
ACTOR = "the recipient"

T = TypeVar("T")

_log = logging.getLogger(__name__)


class OptOut(Enum):
    """What a POST asks for; the value says in the list of suppressions how it was asked."""

    ONE_CLICK = "unsubscribed with one click in a mail program"
    ALL = "unsubscribed on the page"
    KIND = "unsubscribed on the page from emails of one kind"


def build_app(
    store: Store, path: str | None, contact: str, clock: Callable[[], datetime], *, metrics: bool = False
) -> Starlette:
    """Returns the application that `rulekit.web.create_app` describes."""
    pages = Pages(contact)
    desk = _Responder(store, pages, clock)
    routes = [Route("/healthz", desk.health)]
    if metrics:
        routes.append(Route("/metrics", desk.metrics))
    if path is not None:
        routes.insert(0, Route(path, desk.unsubscribe, methods=["GET", "POST"]))
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: lambda request, error: pages.refusal(error.status_code, error.headers),
            StoreError: lambda request, error: _unavailable(pages, cast(StoreError, error)),
            Exception: lambda request, error: pages.refusal(500),
        },
        max_body_size=MAX_BODY,
    )
    app.router.redirect_slashes = False
    return app


def _unavailable(pages: Pages, error: StoreError) -> Response:
    _log.error("the web app cannot reach the store", extra={"fields": {"reason": for_log(error)}})
    return pages.refusal(503, RETRY_AFTER)


class _Responder:
    """Answers requests; whatever asks the store does so in a thread."""

    def __init__(self, store: Store, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._store, self._pages, self._clock = store, pages, clock
        self._limiter: CapacityLimiter | None = None
        self._scrapes = Lock()

    async def unsubscribe(self, request: Request) -> Response:
        """Shows the page, or on POST does what its form says."""
        token = request.query_params.get("token", "")
        asked = await self._in_thread(lambda: read_unsubscribe(self._store.secret(), token))
        if asked is None:
            return self._pages.bad_link()
        if request.method != "POST":
            return self._pages.ask(asked.address)
        # a request without a choice is nobody's wish: it is asked again
        choice = _choice(await request.form(max_files=0, max_fields=20, max_part_size=MAX_BODY))
        if choice is None:
            return self._pages.ask(asked.address, status=400)
        ended = await self._in_thread(lambda: self._suppress(asked, choice))
        fields = {"trigger": asked.trigger, "choice": choice.name.lower(), "ended": ended}
        _log.info("unsubscribed", extra={"fields": fields})
        return self._pages.done(asked.address, only_kind=choice is OptOut.KIND)

    def _suppress(self, asked: Unsubscription, choice: OptOut) -> int:
        trigger = asked.trigger if choice is OptOut.KIND else None
        return self._store.suppressions.add(asked.address, choice.value, self._clock(), ACTOR, trigger)

    async def health(self, request: Request) -> Response:
        """Answers 200 when the store does."""
        await self._in_thread(self._store.sending.state)
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def metrics(self, request: Request) -> Response:
        """Answers with the figures of the store; one question at a time, so that others are answered meanwhile."""
        from rulekit.web.exposition import render

        async with self._scrapes:
            figures, now = await self._in_thread(lambda: (self._store.audit.figures(), self._clock()))
        content, content_type = render(figures, now, request.headers.get("Accept", ""))
        # the header is whole already: it says its charset
        return Response(content, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._limiter is None:  # it belongs to the loop that runs it
            self._limiter = CapacityLimiter(STORE_THREADS)
        return await to_thread.run_sync(work, limiter=self._limiter)


def _choice(form: FormData) -> OptOut | None:
    given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    if given.get("List-Unsubscribe") == "One-Click":
        return OptOut.ONE_CLICK
    return {"all": OptOut.ALL, "kind": OptOut.KIND}.get(given.get("stop", ""))
