"""What `rulekit doctor` looks at, each both ways: as it should be, and as it should not."""

import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from rulekit.builtin.folder_sender import open_folder
from rulekit.doctor import examine, machine_checks, plugin_checks, sending_checks, store_checks, take
from rulekit.errors import SourceError
from rulekit.hooks import hookimpl
from rulekit.hooks.manager import load_plugins
from rulekit.outbox.looking.health import Health
from rulekit.outbox.sending.throttle import SendingState
from rulekit.outbox.store import Store
from rulekit.records import CheckRequest, CheckResult, SenderRequest, State, Verdict
from rulekit.settings.model import Settings, parse_settings

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
OK, NOTE, WARNING, PROBLEM = Verdict.OK, Verdict.NOTE, Verdict.WARNING, Verdict.PROBLEM


def settings(**sections: dict[str, Any]) -> Settings:
    return parse_settings({"edition": 1, **sections})


def told(found: Any) -> list[tuple[Verdict, str]]:
    return [(one.verdict, one.message) for one in found]


# the machine


def test_the_python_that_runs_is_tried_and_not_looked_up() -> None:
    (fooled,) = machine_checks.python(lambda subject: b"Subject: Hi\r\nX-Probe: yes\r\n\r\n")
    assert (fooled.verdict, "rulekit writes and checks headers by itself" in fooled.message) == (NOTE, True)
    (sound,) = machine_checks.python(lambda subject: f"Subject: {subject}\r\n\r\n".encode())
    assert sound.verdict is OK
    assert next(machine_checks.python()).verdict in (OK, NOTE)


def test_a_python_that_refuses_such_a_header_is_not_fooled() -> None:
    def refuse(subject: str) -> bytes:
        raise ValueError("Header values may not contain linefeed or carriage return characters")

    assert next(machine_checks.python(refuse)).verdict is OK


def test_files_that_others_may_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "state/rulekit.db"
    Store.open("sqlite:///state/rulekit.db", tmp_path).close()
    assert told(machine_checks.files(tmp_path, settings())) == [(OK, "only you can read the store and the emails")]
    path.chmod(0o640)
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox/1.eml").touch(0o644)
    (open_,) = machine_checks.files(tmp_path, settings())
    assert open_.verdict is PROBLEM
    assert open_.message.startswith("others on this machine may open state/rulekit.db and 1 more")
    assert "chmod 600" in open_.help


def test_nothing_to_read_is_nothing_to_tell(tmp_path: Path) -> None:
    assert told(machine_checks.files(tmp_path, settings())) == []


@pytest.mark.parametrize(
    ("url", "warned"), [("smtp://us:secret@h", True), ("smtp://us:${PW}@h", False), ("smtp://h", False)]
)
def test_a_password_belongs_into_the_environment(tmp_path: Path, url: str, warned: bool) -> None:
    found = told(machine_checks.files(tmp_path, settings(sender={"url": url})))
    assert found == [(WARNING, "the password of `sender.url` stands in rulekit.toml")] * warned
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("free", "verdict"), [(50 * 1024**2, PROBLEM), (500 * 1024**2, WARNING), (2 * 1024**3, OK), (200 * 1024**3, OK)]
)
def test_the_room_on_the_disk_is_held_against_what_the_store_needs(tmp_path: Path, free: int, verdict: Verdict) -> None:
    (found,) = machine_checks.disk(tmp_path, settings(), lambda place: free)
    assert found.verdict is verdict
    assert found.message.endswith("are free where the store lies, which takes 0.0 MB")


def test_a_store_larger_than_the_room_left_cannot_be_written_anew(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with (tmp_path / "state/rulekit.db").open("wb") as file:
        file.truncate(3 * 1024**3)
    (found,) = machine_checks.disk(tmp_path, settings(), lambda place: 2 * 1024**3)
    assert (found.verdict, "takes 3.0 GB" in found.message) == (WARNING, True)


def test_a_store_on_a_server_has_no_file_here(tmp_path: Path) -> None:
    on_server = settings(store={"url": "postgresql://u@h/db"})
    assert told(machine_checks.disk(tmp_path, on_server)) == []
    assert told(machine_checks.files(tmp_path, on_server)) == []


# the store


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert told(store_checks.look(tmp_path, settings(), NOW)) == [(NOTE, "there is no store yet")]
    assert list(tmp_path.iterdir()) == []


def test_an_old_schema_is_left_as_it_is(tmp_path: Path) -> None:
    Store.open("sqlite:///state/rulekit.db", tmp_path).close()
    path = tmp_path / "state/rulekit.db"
    _sql(path, "UPDATE alembic_version SET version_num = '0001'")
    before = path.read_bytes()
    (found,) = store_checks.look(tmp_path, settings(), NOW)
    assert (found.verdict, found.message) == (WARNING, "the schema is of an older version, so nothing else was asked")
    assert path.read_bytes() == before


def test_a_schema_of_a_newer_version_is_not_called_older(tmp_path: Path) -> None:
    Store.open("sqlite:///state/rulekit.db", tmp_path).close()
    _sql(tmp_path / "state/rulekit.db", "UPDATE alembic_version SET version_num = '0999'")
    (found,) = store_checks.look(tmp_path, settings(), NOW)
    assert found.verdict is PROBLEM
    assert "written by a newer rulekit" in found.message
    assert found.help == "install that version of rulekit-engine"


def _sql(path: Path, statement: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_damaged_store_is_a_problem_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    (tmp_path / "state").mkdir()
    (tmp_path / "state/rulekit.db").write_bytes(b"SQLite format 3\0" + b"x" * 8192)
    found = {one.name: one for one in examine(tmp_path, NOW, offline=True)}
    assert found["store"].verdict is PROBLEM
    assert "rulekit.db" in found["store"].message
    assert {"python", "disk", "settings", "plugins"} <= found.keys()


def test_a_new_store_is_well(tmp_path: Path) -> None:
    Store.open("sqlite:///state/rulekit.db", tmp_path).close()
    found = list(store_checks.look(tmp_path, settings(), NOW))
    assert [(one.name, one.verdict) for one in found] == [
        ("store", OK),
        ("last tick", NOTE),
        ("sending", OK),
        ("emails", OK),
    ]


@pytest.mark.parametrize(
    ("version", "why"), [((3, 51, 3), "is safe in this version"), ((3, 40, 1), "could damage the file")]
)
def test_the_journal_is_told_with_its_reason(version: tuple[int, ...], why: str) -> None:
    (found,) = store_checks.database({"sqlite": "3", "journal": "wal"}, version)
    assert (found.verdict, why in found.message) == (OK, True)


def test_a_server_that_may_lose_what_it_wrote_is_a_problem() -> None:
    facts = {"server_version": "18.1", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    assert told(store_checks.database(facts)) == [(OK, "PostgreSQL 18.1, synchronous_commit on")]
    found = told(store_checks.database({**facts, "fsync": "off", "full_page_writes": "off"}))
    assert [verdict for verdict, _ in found] == [PROBLEM, PROBLEM]
    assert found[0][1] == "`fsync` is off: the server may lose what it said was written"


@pytest.mark.parametrize(
    ("ago", "verdict"),
    [
        (timedelta(hours=25), OK),
        (timedelta(hours=27), WARNING),
        (timedelta(hours=-1), PROBLEM),
    ],
)
def test_the_last_tick_is_neither_old_nor_yet_to_come(ago: timedelta, verdict: Verdict) -> None:
    assert store_checks.tick(NOW - ago, NOW).verdict is verdict


STILL = SendingState(None, None, None, 0, None, None)
WELL = Health({}, NOW, STILL, {State.SENT: 3}, 0, 0)


def test_a_halt_and_a_breaker_are_told_with_who_and_what() -> None:
    assert store_checks.sending(WELL).verdict is OK
    halted = store_checks.sending(
        replace(WELL, sending=replace(STILL, halted_at=NOW, halted_by="eve", halt_reason="test"))
    )
    assert (halted.verdict, halted.message) == (WARNING, "eve halted it at 2026-03-01T09:00:00Z: test")
    copied = store_checks.sending(replace(WELL, sending=replace(STILL, mismatch="this store is a copy")))
    assert (copied.verdict, copied.message) == (WARNING, "this store is a copy")
    broken = store_checks.sending(replace(WELL, sending=replace(STILL, faults=5, open_until=NOW, fault="535 no")))
    assert (broken.verdict, broken.message) == (PROBLEM, "5 faults of the sender in a row; the last: 535 no")


def test_emails_that_wait_for_a_person_are_counted(tmp_path: Path) -> None:
    assert told(store_checks.emails(WELL)) == [(OK, "none of 3 waits for a person's word")]
    unapproved = replace(WELL, counts={State.UNAPPROVED: 216, State.SENT: 3})
    assert told(store_checks.emails(unapproved)) == [(NOTE, "216 emails wait for a person's word")]
    waiting = replace(WELL, counts={State.UNCERTAIN: 2}, overdue=1, abandoned=1)
    assert told(store_checks.emails(waiting)) == [
        (WARNING, "2 emails: may have been sent, nobody knows"),
        (WARNING, "1 email: should have left more than an hour ago"),
        (WARNING, "1 email: is left by a worker that died"),
    ]


# how emails leave


def test_a_folder_is_named_as_what_mails_nobody(tmp_path: Path) -> None:
    sender = open_folder(SenderRequest("folder:outbox", tmp_path))
    assert (sender.check().verdict, sender.check().message) == (
        NOTE,
        "emails become files in outbox, and nobody is mailed",
    )
    (tmp_path / "outbox").write_text("a file")
    assert (sender.check().verdict, "no email can be written" in sender.check().message) == (PROBLEM, True)


REAL = {"url": "smtp://h", "allow": ["*"], "from": "a@example.com"}
WHOLE = {"unsubscribe_url": "https://example.com/u", "postal_address": "Lane 1"}


@pytest.mark.parametrize(
    ("sender", "delivery", "expected"),
    [
        ({}, {}, [(NOTE, "`from` is empty, so every template has to say who its emails are from")]),
        ({"from": "nobody"}, {}, [(PROBLEM, "`from`: `nobody` is not an email address")]),
        (REAL, WHOLE, [(OK, "emails are from a@example.com"), (OK, "who may be mailed: everybody")]),
        (
            {**REAL, "allow": ["*@x.example"]},
            WHOLE,
            [(OK, "emails are from a@example.com"), (OK, "who may be mailed: *@x.example")],
        ),
        (
            {**REAL, "allow": []},
            {},
            [
                (OK, "emails are from a@example.com"),
                (WARNING, "`allow` is empty, so nobody is mailed"),
                (WARNING, "emails have no link to unsubscribe"),
                (WARNING, "emails have no postal address, which many countries ask for"),
            ],
        ),
    ],
)
def test_the_settings_say_whom_emails_reach(
    sender: dict[str, Any], delivery: dict[str, Any], expected: list[tuple[Verdict, str]]
) -> None:
    found = told(sending_checks.settings(settings(sender=sender, delivery=delivery)))
    assert [verdict for verdict, _ in found] == [verdict for verdict, _ in expected]
    for (_, message), (_, wanted) in zip(found, expected, strict=True):
        assert message.startswith(wanted[:20])


def test_who_may_be_mailed_has_to_be_said_for_a_real_sender() -> None:
    found = sending_checks.settings(settings(sender={"url": "smtp://h"}, delivery=WHOLE))
    assert (PROBLEM, "`allow` does not say who may be mailed, so nothing runs") in told(found)


def test_offline_nothing_is_asked_of_a_server(tmp_path: Path) -> None:
    real = settings(sender=REAL, delivery=WHOLE)
    loaded = load_plugins({}, allow=())
    with pytest.raises(Exception, match="there is no sender for `smtp:`"):
        list(sending_checks.sender(tmp_path, real, loaded, None, offline=True))
    from rulekit.builtin import BUILTIN_PLUGINS

    loaded = load_plugins(BUILTIN_PLUGINS, allow=())
    assert told(sending_checks.sender(tmp_path, real, loaded, None, offline=True)) == [
        (NOTE, "not asked (`--offline`)")
    ]
    assert told(sending_checks.unsubscribe_page(real, offline=True)) == [(NOTE, "not asked (`--offline`)")]


def test_who_relies_on_a_provider_that_drops_repeats_needs_such_a_sender(tmp_path: Path) -> None:
    from rulekit.builtin import BUILTIN_PLUGINS

    loaded = load_plugins(BUILTIN_PLUGINS, allow=())
    relying = settings(sender=REAL, delivery={**WHOLE, "uncertain": "idempotent"})
    missing, _ = sending_checks.sender(tmp_path, relying, loaded, None, offline=True)
    assert missing.verdict is PROBLEM
    assert missing.message.endswith("the sender of `smtp:` does not say that repeats are dropped")
    files = settings(sender={"url": "folder:outbox"}, delivery={"uncertain": "idempotent"})
    assert [verdict for verdict, _ in told(sending_checks.sender(tmp_path, files, loaded, None, offline=True))] == [
        NOTE
    ]


def test_a_sender_that_cannot_check_itself_is_no_fault(tmp_path: Path) -> None:
    closed: list[bool] = []

    class Pigeon:
        def close(self) -> None:
            closed.append(True)

    class Plugin:
        @hookimpl
        def register_senders(self) -> Any:
            return {"pigeon": lambda request: Pigeon()}

    loaded = load_plugins({"pigeons": Plugin()}, allow=())
    asked = sending_checks.sender(tmp_path, settings(sender={"url": "pigeon:home"}), loaded, None, offline=False)
    assert told(asked) == [(NOTE, "the sender of `pigeon:` cannot check itself")]
    assert closed == [True]


# the page to unsubscribe


@pytest.fixture
def serve_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Serves one answer over https on the loopback, with a certificate that is trusted or not."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    servers: list[http.server.HTTPServer] = []

    def serve(code: int, *, trusted: bool = True) -> str:
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Page)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (authority if trusted else trustme.CA()).issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"https://127.0.0.1:{server.server_port}/u"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("code", "verdict"), [(200, OK), (400, OK), (404, PROBLEM), (502, PROBLEM)])
def test_the_page_behind_the_links_is_asked(serve_page: Any, code: int, verdict: Verdict) -> None:
    url = serve_page(code)
    (found,) = sending_checks.unsubscribe_page(settings(sender=REAL, delivery={"unsubscribe_url": url}), offline=False)
    assert (found.verdict, url in found.message) == (verdict, True)


def test_a_page_that_cannot_be_trusted_or_reached_is_a_problem(serve_page: Any) -> None:
    for url, why in (
        (serve_page(200, trusted=False), "its certificate is not trusted"),
        ("https://127.0.0.1:1/u", "Connection refused"),
    ):
        (found,) = sending_checks.unsubscribe_page(
            settings(sender=REAL, delivery={"unsubscribe_url": url}), offline=False
        )
        assert (found.verdict, why in found.message) == (PROBLEM, True), found


def test_a_project_that_mails_nobody_needs_no_page() -> None:
    assert told(sending_checks.unsubscribe_page(settings(delivery=WHOLE), offline=False)) == []


# plugins, and all together


class Checking:
    """A plugin that checks; what it was asked, and what it answers."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[CheckRequest]()

    @hookimpl
    def check_setup(self, request: CheckRequest) -> Any:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_plugin_is_told_no_secret_and_its_own_options_alone(tmp_path: Path) -> None:
    plugin = Checking([CheckResult("moon", OK, "is full")])
    loaded = load_plugins({"moon": plugin, "other": Checking([])}, allow=())
    real = settings(
        sender={**REAL, "url": "smtps://us:secret@mail.example.com:465", "from": "Ada <ada@example.com>"},
        plugins={"moon": {"phase": 3}, "other": {"x": 1}},
    )
    looks = plugin_checks.looks(tmp_path, real, loaded, offline=True, seconds=3)
    found = take(looks, 5)
    assert found == [CheckResult("moon", OK, "is full")]
    assert plugin.asked == [CheckRequest(tmp_path, "ada@example.com", "mail.example.com", "", {"phase": 3}, True, 3)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (ValueError("oh"), "the check itself failed: ValueError: oh"),
        (SourceError("cannot be reached", help="wait"), "cannot be reached"),
        (["moon"], "`check_setup` of the plugin `moon` returns something else than results"),
    ],
)
def test_a_plugin_that_fails_is_a_problem_and_hides_nothing(tmp_path: Path, answer: Any, message: str) -> None:
    loaded = load_plugins({"moon": Checking(answer), "sun": Checking([CheckResult("sun", OK, "is up")])}, allow=())
    found = take(plugin_checks.looks(tmp_path, settings(), loaded, offline=True, seconds=3), 5)
    assert told(found) == [(PROBLEM, message), (OK, "is up")]


def test_plugins_that_cannot_be_loaded_are_named() -> None:
    assert told(plugin_checks.failures(load_plugins({}, allow=()))) == [(OK, "0 loaded")]

    class Thief:
        @hookimpl
        def register_senders(self) -> Any:
            return {"Bad Scheme": print}

    (found,) = plugin_checks.failures(load_plugins({"thief": Thief()}, allow=()))
    assert (found.verdict, found.message.startswith("`thief` cannot be used")) == (PROBLEM, True)


def test_a_check_that_never_ends_is_not_waited_for() -> None:
    silent = threading.Event()

    def wait() -> list[CheckResult]:
        silent.wait(60)
        return []

    began = time.monotonic()
    found = take({"deaf": wait, "quick": lambda: [CheckResult("quick", OK, "here")]}, 0.2)
    assert time.monotonic() - began < 5
    assert told(found) == [(PROBLEM, "no answer within 0.2 seconds"), (OK, "here")]
    silent.set()


def test_a_look_at_a_project_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    examine(tmp_path, NOW, offline=True)
    assert [path.name for path in tmp_path.iterdir()] == ["rulekit.toml"]
