"""Every named point at which a process can be killed, laid into rulekit from outside of it.

A point is before and after each begin and commit, each line in the history of an email, and each thing that is said to
or heard from a mail server; and amid a message. None is written down by hand: a new transaction, transition or step of
the dialogue has its points at once.
"""

import os
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from rulekit.builtin.smtp_dialogue import Dialogue
from rulekit.outbox.database.transactions import Operations
from rulekit.outbox.store import Store

VERBS = frozenset({"EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"})


class Fuse:
    """Counts how often each point is reached; kills the process, as the power would, at the one it was set to."""

    def __init__(self, at: tuple[str, int] | None, log: Path | None) -> None:
        self.at = at
        self.log = log.open("a", buffering=1) if log else None
        self.reached: Counter[str] = Counter()
        self.lock = threading.Lock()

    def reach(self, point: str) -> None:
        with self.lock:
            self.reached[point] += 1
            if self.log:
                self.log.write(f"{point}\n")
            if self.at == (point, self.reached[point]):
                os.kill(os.getpid(), signal.SIGKILL)


def lay(fuse: Fuse) -> None:
    """Puts the fuse to every point of this process."""
    _lay_to_transactions(fuse)
    _lay_to_history(fuse)
    _lay_to_dialogue(fuse)


def _lay_to_transactions(fuse: Fuse) -> None:
    def around(what: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def acting(*arguments: Any) -> Any:
            operation = _operation_of_the_store()
            fuse.reach(f"before the {what} of {operation}")
            result = act(*arguments)
            fuse.reach(f"after the {what} of {operation}")
            return result

        return acting

    setattr(Connection, "_begin_impl", around("begin", Connection._begin_impl))  # noqa: B010
    setattr(Connection, "_commit_impl", around("commit", Connection._commit_impl))  # noqa: B010


def _operation_of_the_store() -> str:
    """Returns the operation of the store that is being run."""
    frame = sys._getframe(2)
    while frame is not None:
        if isinstance(frame.f_locals.get("part"), Operations):
            return str(frame.f_locals["act"].__name__)
        name = frame.f_code.co_name
        if isinstance(frame.f_locals.get("self"), Store) and name in vars(Store) and not name.startswith("_"):
            return name
        frame = frame.f_back  # type: ignore[assignment]
    return "the opening"


def _lay_to_history(fuse: Fuse) -> None:
    def transitions(statement: str, context: Any) -> set[str]:
        if not statement.startswith("INSERT INTO audit "):
            return set()
        return {str(values["transition"]) for values in context.compiled_parameters}

    def before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        for name in sorted(transitions(statement, context)):
            fuse.reach(f"before `{name}` is noted")

    def after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        for name in sorted(transitions(statement, context)):
            fuse.reach(f"after `{name}` is noted")

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)


def _lay_to_dialogue(fuse: Fuse) -> None:
    sending, writing, hearing = socket.socket.sendall, Dialogue._write, Dialogue._reply_within
    said = threading.local()

    def sendall(self: socket.socket, data: bytes) -> None:
        said.last = what = _what_is_said(data)
        fuse.reach(f"before {what}")
        sending(self, data)
        fuse.reach(f"after {what}")

    def write(self: Dialogue, data: bytes) -> None:
        said.last = what = "the final dot" if data == b".\r\n" else "the message"
        fuse.reach(f"before {what}")
        if what == "the message":
            writing(self, data[: len(data) // 2])
            fuse.reach("amid the message")
            data = data[len(data) // 2 :]
        writing(self, data)
        fuse.reach(f"after {what}")

    def reply_within(self: Dialogue, seconds: float) -> tuple[int, bytes]:
        reply = hearing(self, seconds)
        fuse.reach(f"after the answer to {getattr(said, 'last', 'the connection')}")
        return reply

    setattr(socket.socket, "sendall", sendall)  # noqa: B010
    setattr(Dialogue, "_write", write)  # noqa: B010
    setattr(Dialogue, "_reply_within", reply_within)  # noqa: B010


def _what_is_said(data: bytes) -> str:
    word = data.split(maxsplit=1)[0].decode(errors="replace").upper()
    return word if word in VERBS else "something else"
