"""A store with an email that waits, and the app over it behind a real HTTP server."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from rulekit.email.unsubscribe import unsubscribe_link
from rulekit.engine.stores import open_project_store
from rulekit.outbox.store import Store
from rulekit.web import create_app

BASE = "https://mail.example.com/u"
AT = "2026-01-02T09:00Z"
TRIGGERS = (
    "trigger Greet: on tagged(Pro) send template Hello",
    "trigger Greet_Again: on tagged(Pro) send template Hello",
)


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serves an app on the loopback; gives its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
    assert not thread.is_alive()


@dataclass
class Desk:
    """The app as the world sees it, and the store behind it as its own people do."""

    project: Any
    store: Store
    url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def path(self, address: str = "ada@example.com", trigger: str = "Greet") -> str:
        """Returns what of a link follows the host, as the email has it."""
        parts = urlsplit(unsubscribe_link(BASE, self.store.secret(), address, trigger))
        return f"{parts.path}?{parts.query}"

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self.http.request(method, self.url + path, **given)

    def suppressed(self) -> list[tuple[str, str | None]]:
        return [(line.address, line.trigger) for line in self.store.suppressions.all()]

    def states(self) -> dict[tuple[str, str], str]:
        return {(trigger, person): state for trigger, person, state in self.project.emails()}


@pytest.fixture(scope="session")
def mailed_once(make_project: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project after two ticks, to be copied: nothing was sent, so a copy is as good as the first."""
    project = make_project(tmp_path_factory.mktemp("mailed"))
    project.rules(*TRIGGERS)
    project.settings(more=f'[delivery]\nunsubscribe_url = "{BASE}"\n')
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="pro")
    project.run("2026-01-02T08:00Z")
    return project.folder


@pytest.fixture
def mailed(project: Any, mailed_once: Path) -> Any:
    """The project after two ticks: ada and bob have two unapproved emails each."""
    shutil.copytree(mailed_once, project.folder, dirs_exist_ok=True)
    return project


@pytest.fixture
def serve() -> Callable[..., Any]:
    return served


@pytest.fixture
def desk(mailed: Any) -> Iterator[Desk]:
    with open_project_store(mailed.folder) as store:
        app = create_app(store, path="/u", contact="ada@example.com", clock=lambda: mailed.instant(AT))
        with served(app) as url:
            found = Desk(mailed, store, url)
            with found.http:
                yield found
