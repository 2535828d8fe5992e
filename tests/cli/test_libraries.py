"""Which libraries a command may load, told by what a started process has loaded when the command is done.

Editors, hooks and cron start `rulekit` often, and a library that is not needed is most of what a short command costs.
`bench/startup.py` measures what this holds together.
"""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from rulekit.cli import COMMANDS

ROOT = Path(__file__).parents[2]

SETTINGS = {"pydantic"}
STORE = SETTINGS | {"sqlalchemy"}
RULES = SETTINGS | {"jinja2", "lark"}
PLUGINS = {"email_validator", "pluggy"}
EMAIL = {"css_inline", "email_validator", "jinja2", "markdown_it", "markdownify"}
DATA = RULES | PLUGINS | {"duckdb", "numpy", "sqlglot"}
TICK = DATA | EMAIL | STORE | {"cryptography", "itsdangerous"}

# a way to use each command, and what it may load beside click; `{email}` waits for approval, `{person}` was mailed
ALLOWED: dict[str, set[str]] = {
    "--version": set(),
    "check": RULES,
    "completion bash": set(),
    "doctor --offline": TICK,
    "erase {person} --suppress --yes": STORE | PLUGINS,
    "explain RK101": set(),
    "explain u1999 Inactive14": DATA | STORE,
    "export": STORE,
    "fmt --check": {"lark"},
    "init ../new": set(),
    "members Inactive14": DATA,
    "metrics": STORE | {"prometheus_client"},
    "outbox list": STORE,
    "outbox show {email}": STORE,
    "outbox approve {email} --now 2026-03-03T09:00Z": STORE,
    "outbox unapprove {email} --now 2026-03-03T09:01Z": STORE,
    "plan --now 2026-03-04T08:00Z": TICK,
    "plugins": SETTINGS | PLUGINS,
    "reconcile": STORE | {"numpy"},
    "run --now 2026-03-04T08:00Z": TICK,
    "schema pull": DATA,
    "schema diff": DATA,
    "sending status": STORE,
    # the web pages are loaded when it serves some
    "serve --help": TICK,
    "suppress list": STORE,
    "suppress add ada@example.com": STORE | {"email_validator"},
    "suppress import {list}": STORE | {"email_validator"},
    "test": TICK,
}

# a tick would stop, as the last one is long ago
ENDS = {"doctor --offline": 1}

# what else is installed may load what it likes: a plugin is not asked for
CHILD = """
import importlib.metadata, json, sys
importlib.metadata.entry_points = lambda **selected: ()
from rulekit.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def libraries() -> set[str]:
    """Returns the names under which everything is imported that `pyproject.toml` names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [*project["dependencies"], *(one for some in project["optional-dependencies"].values() for one in some)]
    distributions = {_normal(re.split(r"[\[<>=~! ]", one)[0]) for one in named}
    found = packages_distributions()
    return {name for name, homes in found.items() if distributions & set(map(_normal, homes))} - {"click"}


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


LIBRARIES = libraries()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a store, an email that waits for approval, and a list of addresses."""
    folder = tmp_path_factory.mktemp("libraries") / "project"
    for command in (["init", str(folder)], *(["run", "--now", f"2026-03-0{day}T08:00Z"] for day in (2, 3))):
        if command[0] == "run":
            command += ["--project", str(folder)]
        subprocess.run([sys.executable, "-m", "rulekit", *command], check=True, capture_output=True)
    (folder / "list.csv").write_text("email,reason\nbob@example.com,hard bounce\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def words(folder: Path) -> dict[str, str]:
    """What stands in the commands: an email, the person of another, and the list."""
    listed = [sys.executable, "-m", "rulekit", "outbox", "list", "--state", "unapproved", "--output", "json"]
    done = subprocess.run(listed, cwd=folder, check=True, capture_output=True, text=True)
    emails = json.loads(done.stdout)["emails"]
    return {"email": str(emails[0]["id"]), "person": emails[-1]["person"], "list": "list.csv"}


def test_every_command_says_what_it_may_load() -> None:
    assert {command.split()[0] for command in ALLOWED} - {"--version"} == set(COMMANDS)


def test_only_libraries_that_there_are_may_be_loaded() -> None:
    assert set().union(*ALLOWED.values()) <= LIBRARIES


@pytest.mark.starts_programs
@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_loads_no_more_than_it_needs(command: str, folder: Path, words: dict[str, str]) -> None:
    arguments = command.format(**words).split()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert (code or 0) == ENDS.get(command, 0), done.stderr
    assert LIBRARIES.intersection(modules) - ALLOWED[command] == set()
