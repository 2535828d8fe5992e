"""What `smtp.py` compares: ways to send the same emails to the same server, each in processes of its own.

    python bench/smtp_sides.py SIDE FOLDER

A process says `ready`, begins with the line that it then reads, and ends when nothing is left to send, or is ended.
`FOLDER/messages.json` holds the emails and `FOLDER/told.json` the rest that a side must know.
"""

import json
import smtplib
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SENDER = "success@example.com"
Message = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """The server's port, how many connections one worker opens, and the address of a PostgreSQL database."""

    port: int
    connections: int
    url: str = ""

    def write(self, folder: Path) -> None:
        """Leaves it where `main` finds it."""
        (folder / "told.json").write_text(json.dumps(asdict(self)))


def read_messages(folder: Path) -> list[Message]:
    """Returns recipient and text of every email."""
    return [(recipient, text) for recipient, text in json.loads((folder / "messages.json").read_text())]


class Outlet:
    """Connections by `smtplib`, each used by one thread at a time and then by the next."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[smtplib.SMTP] = []

    def send(self, recipient: str, text: str) -> None:
        """Sends one email over a connection that nobody uses, or a new one."""
        connection = self.free.pop() if self.free else smtplib.SMTP("127.0.0.1", self.port)
        connection.sendmail(SENDER, [recipient], text.encode())
        self.free.append(connection)


def send_bare(folder: Path, told: Told) -> Callable[[], object]:
    """A bare loop over `smtplib`, or one in each of several threads."""
    outlet, messages = Outlet(told.port), read_messages(folder)
    if told.connections == 1:
        return lambda: [outlet.send(*message) for message in messages]
    pool = ThreadPoolExecutor(told.connections)
    return lambda: list(pool.map(lambda message: outlet.send(*message), messages))


def send_outbox(folder: Path, told: Told) -> Callable[[], object]:
    """A worker over a filled outbox."""
    from rulekit.engine.project import open_project
    from rulekit.engine.running import dispatch_due
    from rulekit.engine.stores import open_store

    project = open_project(folder)
    store = open_store(project)
    return lambda: print(dispatch_due(project, store, lambda: NOW).sent)


def open_huey(folder: Path, told: Told, *, synced: bool):
    """Returns a queue of huey's and the task that sends; what is not `synced`, as is its custom, power loss undoes."""
    from huey import SqliteHuey

    queue, outlet = SqliteHuey(filename=str(folder / "huey.db"), fsync=synced), Outlet(told.port)
    return queue, queue.task()(outlet.send)


def fill_huey(folder: Path, told: Told) -> None:
    """Puts every email into the queue."""
    _, task = open_huey(folder, told, synced=False)
    for message in read_messages(folder):
        task(*message)


def send_huey(folder: Path, told: Told, *, synced: bool = False) -> Callable[[], object]:
    """A consumer of huey's; it goes on until it is ended."""
    queue, _ = open_huey(folder, told, synced=synced)
    return queue.create_consumer(workers=told.connections, periodic=False).run


def open_procrastinate(told: Told):
    """Returns an application of procrastinate's, with its own settings, and the task that sends."""
    from procrastinate import App, PsycopgConnector

    application = App(connector=PsycopgConnector(conninfo=told.url))
    return application, application.task(name="send")(Outlet(told.port).send)


def fill_procrastinate(folder: Path, told: Told) -> None:
    """Makes its tables and puts every email into its queue."""
    from procrastinate import SyncPsycopgConnector

    application, task = open_procrastinate(told)
    with application.replace_connector(SyncPsycopgConnector(conninfo=told.url)) as there, there.open():
        there.schema_manager.apply_schema()
        task.batch_defer(*({"recipient": recipient, "text": text} for recipient, text in read_messages(folder)))


def send_procrastinate(folder: Path, told: Told) -> Callable[[], object]:
    """A worker of procrastinate's; it ends when nothing is left."""
    application, _ = open_procrastinate(told)
    return lambda: application.run_worker(concurrency=told.connections, wait=False, listen_notify=False)


SIDES = {
    "smtplib": send_bare,
    "outbox": send_outbox,
    "huey": send_huey,
    "huey, synced": partial(send_huey, synced=True),
    "procrastinate": send_procrastinate,
}
FILL: dict[str, Callable[[Path, Told], None]] = {
    "huey": fill_huey,
    "huey, synced": fill_huey,
    "procrastinate": fill_procrastinate,
}


def main(side: str, folder: Path) -> None:
    """Makes ready, waits, sends."""
    begin = SIDES[side](folder, Told(**json.loads((folder / "told.json").read_text())))
    print("ready", flush=True)
    sys.stdin.readline()
    begin()


if __name__ == "__main__":
    # a queue knows its task by the module that it was in when the emails were put in
    import smtp_sides

    smtp_sides.main(sys.argv[1], Path(sys.argv[2]))
