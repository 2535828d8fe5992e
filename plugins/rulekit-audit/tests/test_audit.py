"""Unfinished emails stay out of the outbox, and each change of it is a line, as in a project of a stranger."""

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rulekit_audit

from rulekit.builtin import BUILTIN_PLUGINS
from rulekit.engine.project import Project, open_project
from rulekit.engine.running import take_tick
from rulekit.engine.stores import open_store
from rulekit.errors import SettingsError
from rulekit.hooks.manager import load_plugins
from rulekit.records import CheckRequest, ComposedEmail, OutboxChange, PluginSettings, Reason, Verdict

RULES = """
person:
  email  text
  name   text
  plan   text

persona Pro "On the plan pro":
  plan = "pro"

template Hello:
  subject   "Hello, {{ person.name }}"
  markdown  "hello.md"

trigger Greet:
  on tagged(Pro) send template Hello auto=false
"""
NAMES = {"ada": "Ada", "bob": "{{ first_name }}", "cy": "Lorem Ipsum"}


def people(folder: Path, plan: str) -> None:
    lines = [f"{key},{key}@example.com,{name},{plan}" for key, name in NAMES.items()]
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data/people.csv").write_text("\n".join(["id,email,name,plan", *lines, ""]))


@pytest.fixture
def audited(tmp_path: Path) -> Any:
    """Returns why people who joined a project with these options get no email, or None for those who do."""

    def run(options: str) -> dict[str, str | None]:
        (tmp_path / "main.rules").write_text(RULES)
        (tmp_path / "hello.md").write_text("Good to have you, **{{ person.name }}**.")
        (tmp_path / "rulekit.toml").write_text(
            'edition = 1\n[source.person]\ntable = "people.csv"\n[sender]\nfrom = "Eve <eve@example.org>"\n'
            f"[guard]\npeople = 50\n[plugins.audit]\n{options}\n"
        )
        people(tmp_path, "free")
        opened = open_project(tmp_path)
        plugins = load_plugins({**BUILTIN_PLUGINS, "audit": rulekit_audit}, allow=())
        told = replace(plugins, project=tmp_path, options=opened.settings.plugins.options)
        return two_ticks(replace(opened, plugins=told), tmp_path)

    return run


def two_ticks(project: Project, folder: Path) -> dict[str, str | None]:
    with open_store(project) as store:
        take_tick(project, store, datetime(2026, 1, 1, tzinfo=UTC))
        people(folder, "pro")
        made = take_tick(project, store, datetime(2026, 1, 2, tzinfo=UTC)).tick.record
        assert {row.recipient for row in store.outbox.find()} == {row.recipient for row in made.rows}
    return {**{row.tagging.person: None for row in made.rows}, **{n.tagging.person: n.reason for n in made.no_emails}}


def test_without_options_nothing_is_done(audited: Any, tmp_path: Path) -> None:
    assert audited("") == {"ada": None, "bob": None, "cy": None}
    assert not (tmp_path / "changes.jsonl").exists()


def test_what_is_not_finished_stays_out(audited: Any) -> None:
    assert audited('placeholders = true\nwords = ["lorem ipsum"]') == {
        "ada": None,
        "bob": "the plugin `audit` keeps it out: a placeholder was not filled in: `{{ first_name }}`",
        "cy": "the plugin `audit` keeps it out: it holds `lorem ipsum`",
    }


def test_each_change_is_a_line_that_names_nobody(audited: Any, tmp_path: Path) -> None:
    audited('placeholders = true\nchanges = "state/changes.jsonl"')
    file = tmp_path / "state/changes.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    same = {"at": "2026-01-02T00:00:00Z", "trigger": "Greet", "from": None}
    assert lines == [{**same, "email": 1, "to": "unapproved"}, {**same, "email": 2, "to": "unapproved"}]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


CHANGE = OutboxChange(7, "Greet", "ada", "approved", "sent", datetime(2026, 1, 2, 9, tzinfo=UTC), "why\nnot")


def test_names_are_there_where_they_are_wanted(tmp_path: Path) -> None:
    options = {"changes": "changes.jsonl", "names": True}
    for _ in range(2):
        rulekit_audit.outbox_changed(CHANGE, PluginSettings(tmp_path, options))
    first, second = (tmp_path / "changes.jsonl").read_text().splitlines()
    assert first == second
    line = json.loads(first)
    assert (line.pop("person"), line.pop("reason")) == ("ada", "why\nnot")
    assert line == {"at": "2026-01-02T09:00:00Z", "email": 7, "trigger": "Greet", "from": "approved", "to": "sent"}


@pytest.mark.parametrize("name", ["../changes.jsonl", "/tmp/changes.jsonl", "link/changes.jsonl", "."])
def test_no_settings_write_outside_the_project(tmp_path: Path, name: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "link").symlink_to(tmp_path)
    with pytest.raises(Exception, match=r"not below the project|leads out of the project"):
        rulekit_audit.outbox_changed(CHANGE, PluginSettings(project, {"changes": name}))
    assert [one.name for one in tmp_path.iterdir()] == ["project"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hi {{ first_name }},", "{{ first_name }}"),
        ("Hi {% if x %}you", "{% if x %}"),
        ("Hi <%= name %>", "<%= name %>"),
        ("Hi ${name}", "${name}"),
        ("Hi *|FNAME|*", "*|FNAME|*"),
        ("Hi [[name]]", "[[name]]"),
        ("Hi %FIRST_NAME%", "%FIRST_NAME%"),
        ("100 % of it, from 5% to 6% {x} [1] $5 * | 3", None),
        ("https://example.com/?q=%C3%A4%AD%20", None),
    ],
)
def test_what_a_placeholder_is(text: str, found: str | None) -> None:
    message = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()
    email = ComposedEmail("Greet", "ada", "ada@example.com", "Hello", message)
    said = rulekit_audit.email_composed(email, PluginSettings(Path(), {"placeholders": True}))
    assert said == (None if found is None else f"a placeholder was not filled in: `{found}`")
    assert found is None or (isinstance(said, Reason) and said.text == "a placeholder was not filled in")


def test_a_word_is_found_whatever_the_message_is_encoded_as_and_in_the_subject() -> None:
    message = (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nVE9ETzogR3LDvMOfZQ==\r\n"
    )
    settings = PluginSettings(Path(), {"words": ["grüße", "draft"]})
    for subject, body, found in (("Hi", message, "grüße"), ("A Draft", b"\r\n", "draft"), ("Drafts", b"\r\n", None)):
        said = rulekit_audit.email_composed(ComposedEmail("t", "a", "a@example.com", subject, body), settings)
        assert said == (None if found is None else f"it holds `{found}`")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"placeholder": True}, "no setting `plugins.audit.placeholder`; did you mean `placeholders`?"),
        ({"placeholders": "yes"}, "`plugins.audit.placeholders` is neither true nor false"),
        ({"words": "TBD"}, "`plugins.audit.words` is no list of words"),
        ({"changes": 3}, "`plugins.audit.changes` is no name of a file"),
        ({"changes": "../x"}, "`plugins.audit.changes` names `../x`, which is not below the project"),
    ],
)
def test_wrong_options_are_told_by_doctor(tmp_path: Path, options: Mapping[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=r"plugins\.audit") as raised:
        rulekit_audit.check_setup(asked(tmp_path, options))
    assert words in raised.value.message
    assert raised.value.help


def test_doctor_says_what_is_done(tmp_path: Path) -> None:
    (found,) = rulekit_audit.check_setup(asked(tmp_path, {"words": ["TBD"], "changes": "changes.jsonl"}))
    assert (found.verdict, found.message) == (
        Verdict.OK,
        "unfinished emails are kept out; changes of the outbox are written to changes.jsonl",
    )
    (found,) = rulekit_audit.check_setup(asked(tmp_path, {}))
    assert (found.verdict, found.message) == (Verdict.NOTE, "nothing is asked of it")


def asked(project: Path, options: Mapping[str, object]) -> CheckRequest:
    return CheckRequest(project, "", "", "", options, offline=True, seconds=1)
