"""A check that remembers the last one reports what a check of everything reports, after any edits."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rulekit.authoring.cache.keeping import state_file
from rulekit.authoring.cache.looking import look
from rulekit.authoring.cache.units import digest
from rulekit.cli import main
from rulekit.diagnostics.diagnostic import Diagnostic, has_errors
from rulekit.diagnostics.formats import render
from rulekit.diagnostics.report import Case, Report
from rulekit.language.project_rules import load_rules
from rulekit.language.project_texts import RulesFolder

SCHEMA = """\
person:
  email text
  first_name text?
  plan text?
  visits number
  last_login time

company:
  arr number?

event seen:
  widget text
"""
# each piece of the project in several forms: right, with a warning, with an error
PIECES = {
    "idle": ["let idle = 14d", "let idle = 21d", "let idle = 14"],
    "often": ["let often = visits > 10", "let often = idle > 3d"],
    "Quiet": ["persona Quiet: last_login > idle", 'persona Quiet: plan != "pro"', "persona Quiet: in Large"],
    "Busy": ["persona Busy: often and not in Quiet", "persona Busy was Quiet: often", "persona Busy: visits > 3"],
    "Alone": ['persona Alone: plan = "free"', "persona Alone: count(seen) > 3"],
    "Large": ["segment Large: arr > 5", "segment Large: arr is present and arr > 5", "segment Large:"],
    "Hello": [
        'template Hello: subject "Hi {{ person.first_name }}" html "hello.html"',
        'template Hello: subject "Hi {{ person.first_name | default(\'you\') }}" html "hello.html"',
        'template Hello: subject "Hi {{ persn.x }}" html "hello.html"',
    ],
    "Again": [
        'template Again: subject "Again" html "hello.html"',
        'template Again: subject "{{ person.plan }}" text "x"',
    ],
    "Greet": [
        "trigger Greet: on tagged(Quiet) send template Hello",
        "trigger Greet: on tagged(Busy) in Large send template Again auto=true",
        "trigger Greet: on tagged(Nobody) send template Hello",
    ],
    "Leave": ["trigger Leave: on untagged(Busy) send template Again every=30d"],
    "test": [
        'test "one":\n  person ada: email="a@x.io", visits=1, last_login=2026-01-01T00:00Z\n'
        "  at 2026-02-01: expect ada in Quiet, expect Hello to ada unapproved"
    ],
    "spoken": ["# rulekit: ignore[undecided-missing]", "# nothing"],
}
BODIES = ["<p>Hello</p>", "<p>Hello {{ person.plan }}</p>", "<p>{{ person.first_name | default('x') }}</p>", "<p>{% if"]
SETTINGS = ["edition = 1\n", 'edition = 1\n[delivery]\npostal_address = "Street 1"\n', "edition = 2\n"]


class Project:
    """Pieces in three files, in an order that changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[list[str]] = [[], [], []]
        (folder / "schema.rules").write_text(SCHEMA)
        self.repair()

    def repair(self) -> None:
        self.files = [[forms[0] for forms in list(PIECES.values())[number::3]] for number in range(3)]
        (self.folder / "rulekit.toml").write_text(SETTINGS[0])
        (self.folder / "hello.html").write_text(BODIES[0])
        self.write()

    def write(self) -> None:
        for number, pieces in enumerate(self.files):
            (self.folder / f"{number}.rules").write_text("\n\n".join(pieces) + "\n")

    def edit(self, chance: random.Random) -> None:
        kind = chance.choice(
            ["form", "form", "form", "form", "move", "drop", "add", "body", "settings", "lines", "schema"]
        )
        file = chance.choice([file for file in self.files if file] or [self.files[0]])
        forms = chance.choice(list(PIECES.values()))
        if kind == "form":
            self._remove(forms)
            file.insert(chance.randint(0, len(file)), chance.choice(forms[:2] if chance.random() < 0.95 else forms))
        elif kind == "move" and file:
            chance.choice(self.files).append(file.pop(chance.randrange(len(file))))
        elif kind == "drop" and chance.random() < 0.4:
            self._remove(forms)
        elif kind == "add":
            file.append(chance.choice(forms))
        elif kind == "lines":
            file.insert(0, "# a comment\n\n")
        self.write()
        if kind == "body":
            (self.folder / "hello.html").write_text(chance.choice(BODIES[: 3 + (chance.random() < 0.1)]))
        elif kind == "settings":
            (self.folder / "rulekit.toml").write_text(chance.choice(SETTINGS[: 2 + (chance.random() < 0.2)]))
        elif kind == "schema":
            (self.folder / "schema.rules").write_text(
                SCHEMA.replace("plan text?", chance.choice(["plan text", "plan text?"]))
            )

    def _remove(self, forms: list[str]) -> None:
        for file in self.files:
            file[:] = [piece for piece in file if piece not in forms]


def remembered(folder: Path) -> list[Diagnostic]:
    return look(RulesFolder(folder.resolve()))


def kept(folder: Path) -> Path:
    file = state_file(folder)
    assert file is not None
    return file


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_any_edits_are_reported_as_if_nothing_were_remembered(project: Project, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        found = remembered(project.folder)
        assert found == load_rules(project.folder).diagnostics
        # after an error nothing is remembered, so most are mended at once
        if has_errors(found) and chance.random() < 0.7:
            project.repair()
        else:
            project.edit(chance)
    assert remembered(project.folder) == load_rules(project.folder).diagnostics


def doctored(folder: Path, change: Callable[[str], str]) -> None:
    """Changes the messages that are remembered, so that a report shows whether it was made anew."""
    state = kept(folder)
    stamp, content = state.read_text().split("\n", 1)
    document = json.loads(content)
    for _, reports in document["reports"]:
        for report in reports:
            report[1] = change(report[1])
    state.write_text(f"{stamp}\n{json.dumps(document)}\n")


def messages(folder: Path) -> list[str]:
    return [report.message for report in remembered(folder) if report.code.slug == "undecided-missing"]


def test_only_what_depends_on_an_edit_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text(
        SCHEMA + 'let free = "free"\npersona One: plan != free\npersona Two: plan != "pro"\n'
    )
    (tmp_path / "b.rules").write_text("persona Three: not in One and arr > 1\n".replace("arr", "company.arr"))
    assert messages(tmp_path) == ["people without `plan` are swept in"] * 2 + [
        "people without `company.arr` are left out"
    ]
    doctored(tmp_path, lambda message: "remembered")
    assert messages(tmp_path) == ["remembered"] * 3
    (tmp_path / "a.rules").write_text((tmp_path / "a.rules").read_text().replace('"free"', '"none"'))
    # the `let` is used by One, and One by Three
    assert messages(tmp_path) == [
        "people without `plan` are swept in",
        "remembered",
        "people without `company.arr` are left out",
    ]


def test_places_move_with_their_declarations(tmp_path: Path) -> None:
    rules = tmp_path / "a.rules"
    rules.write_text(f'{SCHEMA}persona One: plan != "pro"\n')
    before = remembered(tmp_path)
    rules.write_text(f"# moved\n\n\n{rules.read_text()}")
    doctored(tmp_path, lambda message: "remembered")
    after = [report for report in remembered(tmp_path) if report.code.slug == "undecided-missing"]
    assert [report.message for report in after] == ["remembered"]
    assert after[0].primary is not None
    assert rules.read_text()[after[0].primary.span.start :].startswith('plan != "pro"')
    assert len(before) == len(remembered(tmp_path))


@pytest.mark.parametrize("content", ["", "{}", "null", "rulekit 0", "\x00" * 100, "[" * 100_000])
def test_what_is_odd_is_not_used(project: Project, content: str) -> None:
    expected = remembered(project.folder)
    state = kept(project.folder)
    stamp = state.read_text().split("\n", 1)[0]
    for text in (content, f"{stamp}\n{content}"):
        state.write_text(text)
        assert remembered(project.folder) == expected


def parts(content: Any) -> Iterator[tuple[Any, Any]]:
    """Yields all places in a document as a container and a key."""
    for key in list(content) if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ():
        yield content, key
        yield from parts(content[key])


@pytest.mark.parametrize("odd", [None, True, -1, 10**30, 1.5, "x", "\ud800", '["persona","Nope"]', [], {}])
@pytest.mark.parametrize("ending", ["", "# changed\n"])
def test_nothing_odd_in_it_stops_a_check(project: Project, odd: Any, ending: str) -> None:
    remembered(project.folder)
    state = kept(project.folder)
    stamp, content = state.read_text().split("\n", 1)
    document = json.loads(content)
    (project.folder / "2.rules").write_text((project.folder / "2.rules").read_text() + ending)
    places = list(parts(document["reports"]))
    for container, key in [*random.Random(1).sample(list(parts(document)), 8), *places[:20]]:
        before, container[key] = container[key], odd
        state.write_text(f"{stamp}\n{json.dumps(document)}\n")
        container[key] = before
        folder = RulesFolder(project.folder.resolve())
        assert render("json", Report("check", (Case("all", "", tuple(look(folder))),), folder.sources, ""))


def test_a_body_that_nothing_names_any_more_is_not_listed(tmp_path: Path) -> None:
    rules = tmp_path / "a.rules"
    (tmp_path / "hello.html").write_text("<p>Hello</p>")
    for last in ("", "persona One: visits > 1", "persona One: visits > "):
        rules.write_text(f'{SCHEMA}template Hello: subject "Hi" html "hello.html"\n')
        remembered(tmp_path)
        rules.write_text(f"{SCHEMA}{last}\n")
        folder = RulesFolder(tmp_path.resolve())
        look(folder)
        assert "hello.html" not in folder.sources


def test_an_error_forgets_everything(project: Project) -> None:
    remembered(project.folder)
    assert kept(project.folder).is_file()
    (project.folder / "9.rules").write_text("persona Odd: in Nobody\n")
    remembered(project.folder)
    assert not kept(project.folder).exists()


def refuse(caches: Path) -> None:
    caches.write_text("a file stands here")


def lend(caches: Path) -> None:
    """Lets others write to it, who could then say what a check finds."""
    (caches / "rulekit").mkdir(parents=True)
    (caches / "rulekit").chmod(0o777)


def link(caches: Path) -> None:
    caches.mkdir()
    (caches.parent / "elsewhere").mkdir()
    (caches / "rulekit").symlink_to(caches.parent / "elsewhere")


@pytest.mark.parametrize("prepare", [refuse, lend, link])
def test_without_a_safe_place_nothing_is_kept(
    prepare: Callable[[Path], None], project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    caches = tmp_path_factory.mktemp("caches") / "here"
    prepare(caches)
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches))
    expected = load_rules(project.folder).diagnostics
    assert remembered(project.folder) == expected == remembered(project.folder)
    assert not kept(project.folder).exists()


@pytest.mark.parametrize("home", ["", "nowhere", "/nowhere", "~"])
def test_a_machine_without_a_home_keeps_nothing(home: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", home)
    assert state_file(project.folder) is None
    assert remembered(project.folder) == load_rules(project.folder).diagnostics


def test_what_is_kept_is_for_its_owner_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(home))
    remembered(project.folder)
    (file,) = (home / ".cache" / "rulekit").iterdir()
    assert file == state_file(project.folder)
    assert [path.stat().st_mode & 0o777 for path in (file.parent, file)] == [0o700, 0o600]
    assert not [path for path in project.folder.rglob("*") if "cache" in path.name]


ERROR = "persona Odd: in Nobody\n"


@pytest.mark.parametrize("below", ["", "mail"])
@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_a_checkout_does_not_say_what_a_check_finds(
    variable: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody commits what a check of right rules leaves, for a machine whose home is the checkout."""
    checkout = tmp_path / "checkout"
    folder = checkout / below
    folder.mkdir(parents=True)
    (checkout / ".git").mkdir()
    (folder / "rulekit.toml").write_text("edition = 1\n")
    (folder / "a.rules").write_text(SCHEMA)
    remembered(folder)
    forged = kept(folder).read_text()
    (folder / "a.rules").write_text(SCHEMA + ERROR)
    stamp, content = forged.split("\n", 1)
    document = json.loads(content)
    document["files"][0][1] = digest(SCHEMA + ERROR)
    name = kept(folder).name
    for place in (".cache/rulekit", "rulekit", ".rulekit_cache"):
        (checkout / place).mkdir(parents=True)
        for file in (name, "check.json"):
            (checkout / place / file).write_text(f"{stamp}\n{json.dumps(document)}\n")
    # put where the user keeps it, the forgery works: that is what the checkout must not reach
    kept(folder).write_text(f"{stamp}\n{json.dumps(document)}\n")
    assert not has_errors(remembered(folder))
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv(variable, str(checkout))
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 1
    assert "`Nobody`" in result.output


@pytest.mark.starts_programs
def test_unchanged_rules_need_no_parser(project: Project) -> None:
    remembered(project.folder)
    code = (
        "import sys; from pathlib import Path; from rulekit.authoring.cache.looking import look; "
        "from rulekit.language.project_texts import RulesFolder; "
        f"look(RulesFolder(Path({str(project.folder.resolve())!r}))); "
        "print([name for name in ('lark', 'jinja2', 'pydantic', 'rulekit.language.checker') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
