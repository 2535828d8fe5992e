"""No word that is about a person stands in the log of `rulekit serve`, whatever happens and whoever speaks."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from rulekit.email.unsubscribe import unsubscribe_link
from rulekit.engine.stores import open_project_store
from tests.cli.test_serve import BASE, Mailroom, Served, mailroom, wait_until

pytestmark = pytest.mark.starts_programs

__all__ = ["mailroom"]

# words that stand in nothing but in what is about somebody: a key, a name, an address, and a word of each subject
PEOPLE = {
    "quux-1": ("Zebedee", "zeb@kirkwhelpington.example"),
    "quux-2": ("Ermintrude", "erm@kirkwhelpington.example"),
    "quux-3": ("Brian", "brian@kirkwhelpington.example"),
}
SUBJECT = "Boing"
WORDS = ("quux", "kirkwhelpington", "Zebedee", "Ermintrude", "Brian", SUBJECT, "zeb@", "erm@")
RULES = """\
person:
  email  text
  name   text
  plan   text
persona Pro "Paying people":
  plan = "pro"
template Hello:
  subject "Boing, {{ person.name }}"
  text "Dear {{ person.name }} {{ unsubscribe_url }}"
trigger Greet: on tagged(Pro) send template Hello auto=true
"""
PLUGIN = """\
from rulekit.hooks import hookimpl

class Nosy:
    @hookimpl
    def outbox_changed(self, change):
        raise KeyError(f"{change.person} was {change.target}")

plugin = Nosy()
"""


def write_people(project: Any, plan: str, keys: tuple[str, ...] = tuple(PEOPLE)) -> None:
    path = project.folder / "data/people.csv"
    with path.with_suffix(".new").open("w", newline="") as file:
        rows = [(key, PEOPLE[key][1], PEOPLE[key][0], plan) for key in keys]
        csv.writer(file).writerows([("id", "email", "name", "plan"), *rows])
    os.replace(path.with_suffix(".new"), path)


@pytest.fixture
def watched(project: Any, mailroom: tuple[Mailroom, int]) -> Any:
    """A project of three people, whose server speaks of them, and a plugin that fails with their keys."""
    (project.folder / "main.rules").write_text(RULES)
    project.settings(
        '[sender]\nurl = "folder:outbox"',
        f'[delivery]\nunsubscribe_url = "{BASE}"\n'
        f'[sender]\nallow = ["*"]\nurl = "smtp://127.0.0.1:{mailroom[1]}?tls=off"',
    )
    text = (project.folder / "rulekit.toml").read_text()
    account, _, rest = text.partition('company = "account"\n')
    company, _, rest = rest.partition("[source.company]\n")
    _, _, rest = rest.partition("[store]")
    (project.folder / "rulekit.toml").write_text(account + company + "[store]" + rest)
    installed = project.folder / "installed"
    project.write("installed/nosy.py", PLUGIN)
    metadata = "Metadata-Version: 2.1\nName: nosy\nVersion: 1\n"
    project.write("installed/nosy-1.dist-info/METADATA", metadata)
    project.write("installed/nosy-1.dist-info/entry_points.txt", "[rulekit]\nnosy = nosy:plugin\n")
    write_people(project, "free")
    project.installed = installed
    return project


@contextlib.contextmanager
def serving(project: Any, log: Path, form: str) -> Any:
    words = [sys.executable, "-m", "rulekit", "serve", "--log-format", form, "--listen", "127.0.0.1:0", "--every", "1s"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project.installed), *sys.path])}
    with log.open("a") as errors:
        process = subprocess.Popen(words, cwd=project.folder, stderr=errors, env=environment)
    try:
        yield Served(process, log)
    finally:
        process.kill()
        process.wait()


def states(project: Any) -> dict[str, str]:
    return {person: state for _, person, state in project.emails()}


def test_a_whole_life_names_nobody(watched: Any, mailroom: tuple[Mailroom, int]) -> None:
    room, log = mailroom[0], watched.folder / "log"
    with serving(watched, log, "json") as served:
        served.wait_for("ticked")
        # a success, and the server says for whom
        room.answer = "250 2.0.0 kept for Zebedee <zeb@kirkwhelpington.example>"
        write_people(watched, "pro", ("quux-1",))
        wait_until(lambda: states(watched).get("quux-1") == "sent")
        # a refusal, which quotes the subject
        room.answer = "554 5.6.0 the subject 'Boing, Ermintrude' is not nice"
        write_people(watched, "pro", ("quux-1", "quux-2"))
        wait_until(lambda: states(watched).get("quux-2") == "failed")
        # a fault of the sender about an email: it is paused, and says why
        room.answer = "550 5.7.1 Brian (quux-3) does not want 'Boing, Brian'"
        write_people(watched, "pro")
        paused = served.wait_for("the sender is paused")
        assert paused["reason"] == "the server answered the message with 550 5.7.1"
        # links, right and wrong
        with open_project_store(watched.folder) as store:
            link = unsubscribe_link(BASE, store.secret(), PEOPLE["quux-2"][1], "Greet")
            path = link.removeprefix("https://mail.example.com")
            for place, body in ((path, b"stop=all"), (path[:-4], None), ("/x?who=zeb@kirkwhelpington.example", None)):
                with contextlib.suppress(urllib.error.HTTPError):
                    urlopen(served.url + place, body, timeout=30).close()
            urlopen(served.url + "/metrics", timeout=30).close()
            # somebody says why nothing may leave
            store.sending.halt("Zebedee complained", watched.instant("2026-01-01T00:00Z"), "Brian")
        wait_until(lambda: any(line.get("reason") == "sending is halted" for line in served.lines()))
        # a source with a key twice
        write_people(watched, "pro", ("quux-1", "quux-1"))
        served.wait_for("the tick failed")
        write_people(watched, "pro")
        # a crash in the middle of an email, which a later process finds
        with open_project_store(watched.folder) as store:
            store.sending.resume(watched.instant("2026-01-01T00:00Z"))
        room.seconds, room.answer = 20, "250 ok"
        wait_until(lambda: states(watched)["quux-3"] == "sending")
        served.process.send_signal(signal.SIGKILL)
        served.process.wait()
        ticked = len(served.events("ticked"))
    room.seconds = 0
    with serving(watched, log, "json") as served:
        served.wait_for("ticked", ticked + 1)
        assert served.stop() == 0
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {line["event"] for line in lines} >= {
        "serving",
        "listening",
        "ticked",
        "dispatched",
        "the sender is paused",
        "the tick failed",
        "unsubscribed",
        "the plugin `nosy` failed: `outbox_changed` failed: KeyError",
        "stopped",
    }
    assert [word for word in WORDS if word.lower() in text.lower()] == []


def test_in_text_for_people_neither(watched: Any, mailroom: tuple[Mailroom, int]) -> None:
    mailroom[0].answer = "421 4.3.2 closing, because of Brian"
    log = watched.folder / "log"
    with serving(watched, log, "text") as served:
        wait_until(lambda: "ticked" in log.read_text())
        write_people(watched, "pro")
        wait_until(lambda: "the sender is paused" in log.read_text())
        time.sleep(0.5)
        assert served.stop() == 0
    text = log.read_text()
    assert "with 421 4.3.2" in text
    assert [word for word in WORDS if word.lower() in text.lower()] == []
