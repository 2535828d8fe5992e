"""Loading a project: which files are read, what they mean together, and what stays unloaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rulekit.language.project_rules import load_rules
from tests.rights import rights_that_count

EXAMPLE = {
    "schema.rules": """
# what is known about people, companies and events
person:
  email       text
  first_name  text?                      # ? = may be missing
  plan        one of ("free", "pro", "enterprise")
  created_at  time
  last_login  time?

company:
  name        text
  arr         number
  industry    text?

event signed_up
event project_created
event project_live
event dashboard_viewed:
  widget      text
event purchase:
  amount      number
  sku         text
""",
    "sets/personas.rules": """
let idle = 14d

segment Enterprise "Large accounts":
  arr >= 50_000 and industry != "internal"

persona Inactive14 "No login for two weeks":
  last_login > idle

persona Stalled "Set everything up, never went live":
  did(signed_up) and did(project_created) and not did(project_live)

persona Cooling "Half the dashboards of the fortnight before":
  count(dashboard_viewed, last 14d) < 50% of count(dashboard_viewed, previous 14d)
  and count(dashboard_viewed, previous 14d) >= 10
""",
    "emails.rules": """
template Miss_You:
  subject "We miss you, {{ person.first_name | default('there') }}"
  html    "templates/miss_you.html"

template Go_Live:
  subject  "Ready when you are"
  markdown "Hello {{ company.name }}"

trigger Win_Back "Bring quiet people back":
  on tagged(Inactive14) send template Miss_You auto=false

trigger Enterprise_Nudge:
  on tagged(Stalled) in Enterprise
  send template Go_Live auto=true every=30d
""",
    "templates/miss_you.html": "<p>Last seen {{ person.last_login }}</p>\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return write(tmp_path / "example", EXAMPLE)


def test_the_example(example):
    rules = load_rules(example)
    assert [(d.code.slug, d.message) for d in rules.diagnostics] == [
        ("undecided-missing", "companies without `industry` are swept in"),
        ("undecided-missing", "people without `last_login` are left out"),
    ]
    assert rules.program is not None
    assert list(rules.program.personas) == ["Cooling", "Inactive14", "Stalled"]
    assert list(rules.program.triggers) == ["Enterprise_Nudge", "Win_Back"]
    assert set(rules.sources) == set(EXAMPLE)


def test_the_sample_project_has_no_errors():
    rules = load_rules(Path(__file__).parents[2] / "rules")
    assert [d.message for d in rules.diagnostics] == []
    assert rules.program is not None


def test_reports_are_in_the_order_of_places(tmp_path):
    files = {"b.rules": "persona B:\n  x > 1\npersona A:\n  and\n", "a.rules": "persona C:\n  in D\n"}
    rules = load_rules(write(tmp_path, files))
    places = [d.primary.span for d in rules.diagnostics]
    assert places == sorted(places)
    assert [d.code.slug for d in rules.diagnostics][:2] == ["unknown-persona", "missing-record"]
    assert rules.program is None


@pytest.mark.parametrize("folder", [".venv", ".git", "node_modules", "state"])
def test_folders_of_tools_are_skipped(example, folder):
    write(example, {f"{folder}/x.rules": "persona"})
    assert load_rules(example).program is not None


def test_nothing_outside_is_read(example, tmp_path):
    write(tmp_path, {"outside/secret.rules": "persona Secret:\n  plan = 1\n", "outside/body.html": "secret"})
    (example / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    assert load_rules(example).program is not None
    (example / "link.rules").symlink_to(tmp_path / "outside" / "secret.rules")
    rules = load_rules(example)
    assert [d.code.slug for d in rules.diagnostics] == ["unreadable-file"]
    assert "link.rules" not in rules.sources
    (example / "link.rules").unlink()
    (example / "body.html").symlink_to(tmp_path / "outside" / "body.html")
    for path in ("body.html", "../outside/body.html", str(tmp_path / "outside" / "body.html")):
        write(example, {"more.rules": f'template M:\n  subject "a"\n  html "{path}"\n'})
        rules = load_rules(example)
        assert "missing-template-file" in [d.code.slug for d in rules.diagnostics]
        assert not any("secret" in source.text for source in rules.sources.values())


def test_what_is_no_file_is_reported(example):
    """A rule that silently does not count would be worse than none."""
    os.mkfifo(example / "pipe.rules")
    (example / "folder.rules").mkdir()
    (example / "zero.rules").symlink_to("/dev/zero")
    (example / "loop.rules").symlink_to(example / "loop.rules")
    rules = load_rules(example)
    assert rules.program is None
    assert [(d.primary.span.path, d.message) for d in rules.diagnostics] == [
        ("folder.rules", "this is a folder, not a file"),
        ("loop.rules", "this file cannot be read: too many levels of symbolic links"),
        ("pipe.rules", "this is a named pipe, not a file"),
        ("zero.rules", "this file lies outside of the project"),
    ]


def test_a_body_that_is_no_file_is_reported(example):
    os.mkfifo(example / "pipe.html")
    (example / "folder.html").mkdir()
    for name, label in [("pipe", "this is a named pipe, not a file"), ("folder", "this is a folder, not a file")]:
        write(example, {"more.rules": f'template M:\n  subject "a"\n  html "{name}.html"\n'})
        found = [d for d in load_rules(example).diagnostics if d.code.slug == "missing-template-file"]
        assert [(d.message, d.primary.text) for d in found] == [(f"`{name}.html` cannot be read", label)]
        assert "write `" not in found[0].help


def test_a_folder_that_cannot_be_listed_is_reported(example):
    (example / "sets").chmod(0)
    with rights_that_count():
        rules = load_rules(example)
    (example / "sets").chmod(0o700)
    assert [(d.primary.span.path, d.message) for d in rules.diagnostics] == [("sets", "this folder cannot be read")]


def test_a_path_need_not_be_utf8(example):
    (example / os.fsdecode(b"\xff.rules")).write_text("let week = 7d\n")
    assert load_rules(example).program is not None


def test_a_link_inside_the_project_is_followed_for_files_only(example):
    (example / "again").symlink_to(example / "sets", target_is_directory=True)
    assert load_rules(example).program is not None


def test_an_unreadable_file_is_the_only_report(example):
    (example / "schema.rules").write_bytes(b"person:\n  email text # \xff\n")
    assert [d.code.slug for d in load_rules(example).diagnostics] == ["not-utf8"]


def test_the_digest_follows_every_text(example):
    digests = [load_rules(example).program.digest]
    assert load_rules(example).program.digest == digests[0]
    for path, text in EXAMPLE.items():
        write(example, {path: text + "\n"})
        digests.append(load_rules(example).program.digest)
    (example / "emails.rules").rename(example / "mails.rules")
    digests.append(load_rules(example).program.digest)
    assert len(set(digests)) == len(digests)


def test_an_empty_project(tmp_path):
    rules = load_rules(tmp_path)
    assert rules.diagnostics == []
    assert rules.program is not None


HEAVY = ("duckdb", "sqlalchemy", "alembic", "numpy", "pydantic", "rich", "sqlglot")


def loaded_modules(project: Path) -> set[str]:
    code = (
        "import sys; from pathlib import Path; from rulekit.language.project_rules import load_rules; "
        f"assert load_rules(Path({str(project)!r})).program; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.starts_programs
def test_checking_loads_nothing_heavy(example):
    assert loaded_modules(example).isdisjoint(HEAVY)


@pytest.mark.starts_programs
def test_jinja2_is_loaded_for_templates_only(example, tmp_path):
    assert "jinja2" in loaded_modules(example)
    plain = write(tmp_path / "plain", {"a.rules": "person:\n  admin bool\npersona P:\n  admin\n"})
    assert "jinja2" not in loaded_modules(plain)


@pytest.mark.starts_programs
def test_duckdb_is_loaded_for_patterns_only(tmp_path):
    rules = 'person:\n  email text\npersona P:\n  email matches ".*@example[.]com"\n'
    assert "duckdb" in loaded_modules(write(tmp_path, {"a.rules": rules}))
