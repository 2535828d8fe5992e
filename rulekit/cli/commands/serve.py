"""`rulekit serve`: ticks, dispatches and the pages to unsubscribe, in one process that goes on until it is stopped."""

import logging
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import click

from rulekit.cli.parameters.options import Interval, ListenParam, project_option
from rulekit.cli.parameters.stopping import stop_at
from rulekit.cli.printing.logs import set_up_logging
from rulekit.clock import format_duration
from rulekit.email.addresses import parse_mailbox
from rulekit.engine.project import Project, open_project
from rulekit.engine.senders import find_sender
from rulekit.engine.serving import Schedule, Serving
from rulekit.engine.stores import open_store
from rulekit.errors import RulekitError, SettingsError
from rulekit.outbox.store import Store
from rulekit.settings.setting_types import parse_listen

_log = logging.getLogger(__name__)

# seconds until a signal is heard, at most
HEARING = 0.1


@click.command("serve")
@click.option("--every", type=Interval(), help="How long from one tick to the next, like 15m; default: the settings'.")
@click.option(
    "--listen", type=ListenParam(), help="HOST:PORT of the web pages, empty for none; default: the settings'."
)
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to log."
)
@project_option
def command(every: timedelta | None, listen: str | None, log_format: str, project: Path) -> None:
    """Tick on a schedule, send what is due all the time, and serve the pages to unsubscribe.

    SIGTERM and Ctrl-C stop it when what is being sent is sent; the second one stops it at once.
    """
    set_up_logging(log_format)
    opened = open_project(project)
    find_sender(opened)
    section = opened.settings.serve
    every = every or section.every
    stopping = Event()
    with open_store(opened) as store, _web(opened, store, section.listen if listen is None else listen, stopping):
        serving = Serving(opened, store, Schedule(every, time.monotonic), stopping)
        _log.info("serving", extra={"fields": {"every": format_duration(every)}})
        _run(serving, stopping)
        _log.info("stopped")


def _run(serving: Serving, stopping: Event) -> None:
    """Runs the loop beside this thread, which alone hears signals, also while the loop waits for a database."""
    loop = Thread(target=serving.run, name="loop", daemon=True)
    asked_to_stop = stop_at(stopping, signal.SIGTERM, signal.SIGINT)
    loop.start()
    # a signal may reach any thread of the process; this one must wake by itself to hear of it
    while loop.is_alive():
        loop.join(HEARING)
    if not asked_to_stop:
        raise RulekitError("serve ended by itself", help="look at what was logged before, and start again")


@contextmanager
def _web(project: Project, store: Store, listen: str, stopping: Event) -> Iterator[None]:
    """Serves the web pages while the block runs; without a place to listen at there are none."""
    place = parse_listen(listen)
    if place is None:
        yield
        return
    from rulekit.web import create_app, create_server

    url = project.settings.delivery.unsubscribe_url
    sender = project.settings.sender.from_
    app = create_app(
        store,
        path=(urlsplit(url).path or "/") if url else None,
        contact=parse_mailbox(sender).address if sender else "",
        metrics=True,
    )
    with _listener(*place) as listener:
        server = create_server(app, listener, stopping.set)
        server.start()
        _log.info("listening", extra={"fields": {"host": place[0], "port": listener.getsockname()[1]}})
        try:
            yield
        finally:
            server.stop()


def _listener(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"cannot listen at {host}:{port}: {(error.strerror or str(error)).partition(' (')[0]}",
            help="choose another place with `--listen`, or as `listen` under [serve]; empty serves no pages",
        ) from None
