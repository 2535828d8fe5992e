"""An SMTP server on 127.0.0.1 that takes every email and forgets it, but counts them.

It prints its port. For each number on its input it prints `taken` as soon as it has taken that many emails since the
last time. It ends with its input.
"""

import asyncio
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field

REPLIES = {
    b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 ok\r\n",
    b"RCPT": b"250 ok\r\n",
    b"RSET": b"250 ok\r\n",
    b"NOOP": b"250 ok\r\n",
}


@dataclass
class Sink:
    """What the server counts."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    taken: int = 0
    since: int = 0
    wanted: int | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection until it ends, in good order or not."""
        with suppress(ConnectionError, EOFError):
            await self.answer(reader, writer)
        writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers command after command."""
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            command = line[:4].upper()
            if command == b"DATA":
                writer.write(b"354 go on\r\n")
                message = await reader.readuntil(b"\r\n.\r\n")
                # as servers do, each answer has a number of its own
                writer.write(b"250 2.0.0 taken as %08X\r\n" % self.take(message))
            elif command == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(REPLIES.get(command, b"500 what?\r\n"))
            await writer.drain()

    def take(self, message: bytes) -> int:
        """Counts an email and returns its number."""
        self.taken += 1
        self.tell()
        return self.taken

    def want(self, line: str) -> None:
        """Begins to wait for so many emails, or ends the server."""
        if not line:
            self.ended.set()
        else:
            self.wanted = int(line)
            self.tell()

    def tell(self) -> None:
        """Says so when all are there."""
        if self.wanted is not None and self.taken - self.since >= self.wanted:
            self.since, self.wanted = self.taken, None
            print("taken", flush=True)


def listen(loop: asyncio.AbstractEventLoop, sink: Sink) -> None:
    """Hands on what is asked on standard input, and that it ended."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(sink.want, line)
    loop.call_soon_threadsafe(sink.want, "")


async def main() -> None:
    """Serves until the other side closes standard input."""
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=listen, args=(asyncio.get_running_loop(), sink), daemon=True).start()
    await sink.ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
