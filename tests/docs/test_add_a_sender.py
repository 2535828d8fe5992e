"""The example of the how-to, run as a plugin against a server that drops repeats."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from rulekit.hooks.manager import Plugins, load_plugins
from rulekit.records import Envelope, Later, Outcome, RefusalClass, Refused, Sender, SenderRequest, Sent, Unknown

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-sender.md"
ENVELOPE = Envelope("ada@example.com", "bob@example.com", "<1@example.com>")


@pytest.fixture
def plugins() -> Plugins:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("rulekit_acme")
    exec(code, module.__dict__)
    return load_plugins({"acme": module}, allow=())


class Provider(BaseHTTPRequestHandler):
    """Answers with the next of `codes`, 0 for none at all; `taken` has what it took, by key."""

    codes: list[int]
    taken: dict[str, bytes]

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers["Content-Length"]))
        code = self.codes.pop(0)
        if code in (0, 202):
            self.taken.setdefault(self.headers["Idempotency-Key"], message)
        if code:
            body = json.dumps({"id": "m1"}).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def sender(plugins: Plugins) -> Iterator[Sender]:
    Provider.codes, Provider.taken = [], {}
    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield plugins.sender("acme+http")(SenderRequest(f"acme+http://127.0.0.1:{server.server_port}", Path()))
    server.shutdown()
    server.server_close()


def said(sender: Sender, code: int) -> Outcome:
    Provider.codes.append(code)
    return sender.send(b"Subject: Hello\r\n\r\n", ENVELOPE, lambda: None)


def test_the_example_declares_its_window(plugins: Plugins) -> None:
    assert plugins.failures == ()
    assert plugins.window("acme+https") == timedelta(hours=23)


def test_the_example_sends_what_may_have_arrived_once(sender: Sender) -> None:
    assert isinstance(said(sender, 0), Unknown)
    assert said(sender, 202) == Sent("202 m1")
    assert Provider.taken == {ENVELOPE.message_id: b"Subject: Hello\r\n\r\n"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [(422, Refused), (429, Later), (502, Unknown)],
)
def test_the_example_tells_refusals_apart(sender: Sender, code: int, expected: type[Outcome]) -> None:
    assert isinstance(said(sender, code), expected)


def test_a_login_is_about_the_sender(sender: Sender) -> None:
    answer = said(sender, 401)
    assert isinstance(answer, Later)
    assert answer.about is RefusalClass.SENDER


def test_when_the_mark_forbids_it_nothing_leaves(sender: Sender) -> None:
    def forbid() -> None:
        raise RuntimeError("forbidden")

    with pytest.raises(RuntimeError):
        sender.send(b"", ENVELOPE, forbid)
    assert Provider.taken == {}
