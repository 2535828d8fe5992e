"""Each command as a person and as a program calls it: what it prints, in which shape, and its exit code."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rulekit.diagnostics import codes

NOW = "2026-01-02T08:00Z"
RULEKIT = [sys.executable, "-c", "from rulekit.cli import main; main()"]
# what could steer a terminal: an escape sequence, the C1 form of it, and text that runs backwards
HOSTILE = "a\x1b[31m\u009b1m\u202eda"


def told(project: Any, *arguments: str, code: int = 0) -> str:
    result = project.cli(*arguments)
    assert result.exit_code == code, result.output
    return str(result.output)


def on_a_terminal(project: Any, *arguments: str) -> str:
    """Runs a command in a terminal of its own, and returns what that shows."""
    ours, theirs = pty.openpty()
    subprocess.run([*RULEKIT, *arguments], cwd=project.folder, stdout=theirs, check=True)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass  # the terminal is closed: there is no more to read
    os.close(ours)
    return shown.decode()


def is_safe(text: str) -> bool:
    return not any(c in text for c in "\x1b\u009b\u202e")


# --- members ---------------------------------------------------------------------------------------------------------


def test_members_are_sorted_one_to_a_line(project: Any) -> None:
    project.people(zoe="pro", bob="free", Ada="pro", ada="pro")
    assert told(project, "members", "Pro", "--now", NOW) == "Ada\nada\nzoe\n"
    assert told(project, "members", "Pro", "--now", NOW, "--count") == "3\n"


def test_members_as_csv_and_json(project: Any) -> None:
    project.person_rows([['a,"b', "a@example.com", "pro", "giant"], ["c", "c@example.com", "pro", "acme"]])
    project.accounts(acme=10, giant=200)
    rows = list(csv.reader(io.StringIO(told(project, "members", "Pro", "--now", NOW, "--output", "csv"))))
    assert rows == [["person"], ['a,"b'], ["c"]]
    assert told(project, "members", "Large", "--now", NOW, "--output", "csv") == "company\ngiant\n"
    found = json.loads(told(project, "members", "Large", "--now", NOW, "--output", "json"))
    asked = {"schema_version": 1, "name": "Large", "now": "2026-01-02T08:00:00Z"}
    assert found == {**asked, "company": ["giant"], "unjudged": 0}


def test_an_unknown_persona_comes_with_the_one_that_was_meant(project: Any) -> None:
    assert told(project, "members", "Por", code=2) == (
        "error: there is no persona or segment `Por`\nhelp: write `Pro`\n"
    )
    assert "help: write `Quiet`" in told(project, "explain", "ada", "Quite", code=2)


# --- explain ---------------------------------------------------------------------------------------------------------


def test_explain_a_person(project: Any) -> None:
    text = told(project, "explain", "ada", "Quiet", "--now", "2026-01-03T00:00Z")
    assert text.splitlines()[0] == "ada is not in Quiet at 2026-01-03T00:00:00Z"
    assert "did(login, last 7d)" in text
    assert "time alone will change that at 2026-01-08T00:00:00Z" in text
    found = json.loads(told(project, "explain", "ada", "Quiet", "--now", "2026-01-03T00:00Z", "--output", "json"))
    assert found["schema_version"] == 1
    assert (found["person"], found["member"], found["changes_at"]) == ("ada", False, "2026-01-08T00:00:00Z")
    assert found["because"].keys() == {"text", "holds", "values", "unreadable", "parts"}


def test_explain_a_person_who_is_not_there(project: Any) -> None:
    assert "there is no person `eve` in the data" in told(project, "explain", "eve", "Pro", code=2)


def test_explain_a_code_by_number_and_by_name(project: Any) -> None:
    text = told(project, "explain", "RK103")
    assert text.startswith("# RK103 unknown-persona\n\nError: a persona is not declared.\n")
    assert "## Why it matters" in text
    assert "```rules" in text
    assert told(project, "explain", "unknown-persona") == text
    assert "help: write `unknown-segment`" in told(project, "explain", "unknown-segmnt", code=2)
    found = json.loads(told(project, "explain", "rk103", "--output", "json"))
    assert found == {
        "schema_version": 1,
        "code": "RK103",
        "slug": "unknown-persona",
        "severity": "error",
        "summary": "A persona is not declared.",
        "page": text,
    }


@pytest.mark.starts_programs
def test_explain_a_code_on_a_terminal(project: Any) -> None:
    output = on_a_terminal(project, "explain", "RK103")
    assert "unknown-persona" in output
    assert "in Inactive14" in output
    assert "##" not in output
    assert "```" not in output


def test_explain_lists_all_codes(project: Any) -> None:
    header, *lines = told(project, "explain").splitlines()
    assert header.split() == ["code", "name", "severity", "what", "it", "reports"]
    assert len(lines) == len(codes.ALL)
    assert re.search(r"^RK103  unknown-persona +error +A persona is not declared\.$", "\n".join(lines), re.M)
    found = json.loads(told(project, "explain", "--output", "json"))["codes"]
    assert {
        "code": "RK103",
        "slug": "unknown-persona",
        "severity": "error",
        "summary": "A persona is not declared.",
    } in (found)


# --- check -----------------------------------------------------------------------------------------------------------


def test_check_a_project_a_folder_and_a_file(project: Any) -> None:
    project.write("more/good.rules", 'persona Fine "Fine people": not in Pro\n')
    assert told(project, "check") == "2 files checked, nothing to report\n"
    project.write("more/bad.rules", "persona Bad: in Por\n")
    assert "3 files checked: 1 error" in told(project, "check", code=1)
    assert "2 files checked: 1 error" in told(project, "check", "more", code=1)
    # reports of other files are not shown, though all files are checked together
    assert told(project, "check", "more/good.rules") == "1 file checked, nothing to report\n"


def test_check_says_when_a_path_has_nothing_to_check(project: Any) -> None:
    text = told(project, "check", "data/people.csv", code=2)
    assert "data/people.csv holds no rules or templates of the project" in text
    assert "--project DIR" in text


def test_check_another_project(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert told(project, "check", "--project", str(tmp_path)) == "1 file checked, nothing to report\n"
    assert told(project, "check", str(tmp_path / "main.rules")) == "1 file checked, nothing to report\n"
    assert "rulekit init" in told(project, "check", code=2)


def test_check_reports_to_several_files_and_the_terminal(project: Any) -> None:
    project.rules("persona Bad: in Por")
    outputs = ("json=one.json", "json=two.json", "concise=three.txt", "concise")
    text = told(project, "check", *(word for output in outputs for word in ("--output", output)), code=1)
    one, two = (project.folder / name for name in ("one.json", "two.json"))
    assert one.read_text() == two.read_text()
    found = json.loads(one.read_text())
    assert found["schema_version"] == 1
    assert [d["code"] for d in found["diagnostics"]] == ["RK103"]
    assert (project.folder / "three.txt").read_text() == text
    assert "RK103" in text


@pytest.mark.parametrize(
    ("output", "message"),
    [("xml", "there is no format `xml`; use one of text, concise, json"), ("json=", "write the name of a file")],
)
def test_check_refuses_a_format_that_there_is_not(project: Any, output: str, message: str) -> None:
    assert message in told(project, "check", "--output", output, code=2)


def test_check_fails_on_warnings_only_when_asked(project: Any) -> None:
    schema = "person:\n  email  text\n  plan  text?\n"
    project.rules('persona Pro:\n  plan != "pro"', schema=schema)
    assert "1 file checked: 1 warning" in told(project, "check")
    told(project, "check", "--fail-level", "warning", code=1)


# --- run and plan ----------------------------------------------------------------------------------------------------


def test_run_tells_what_happened(project: Any) -> None:
    assert "baseline: first seen, nobody is mailed" in told(project, "run", "--now", NOW)
    project.people(ada="pro", bob="free")
    text = told(project, "run", "--now", "2026-01-03T08:00Z")
    assert "  Pro      1        +1      -0\n" in text
    assert "Greet: 1 email unapproved" in text
    assert text.endswith("dispatch: 0 emails sent\n")


def test_run_parks_a_mass_and_says_what_to_do(project: Any) -> None:
    crowd = [f"p{number}" for number in range(60)]
    project.people(**dict.fromkeys(crowd, "free"))
    told(project, "run", "--now", NOW)
    project.people(**dict.fromkeys(crowd, "pro"))
    text = told(project, "run", "--now", "2026-01-03T08:00Z", code=1)
    why = "too many people crossed at once, and not by what happened since: 60 in, 0 out"
    assert f"Pro: {why}; nothing was changed for it" in text
    assert "help: look at `rulekit plan --accept NAME`; if it is right, run again with `--accept NAME`" in text
    assert "Greet: 60 emails unapproved" in told(project, "run", "--now", "2026-01-03T08:00Z", "--accept")


def test_plan_says_what_a_run_would_do(project: Any) -> None:
    told(project, "run", "--now", NOW)
    assert told(project, "plan", "--now", "2026-01-03T08:00Z", "--detailed-exitcode")
    project.people(ada="pro", bob="free")
    text = told(project, "plan", "--now", "2026-01-03T08:00Z", "--detailed-exitcode", code=3)
    assert text.startswith("plan for 2026-01-03T08:00:00Z; nothing is written\n")
    assert "Greet to ada@example.com: Hello, pro user" in text
    assert told(project, "outbox", "list") == "outbox: empty\n"


@pytest.mark.parametrize("now", ["tomorrow", "2026-01-02T08:00", "2026-13-01", "0001-01-01T00:00+05:00", ""])
@pytest.mark.parametrize("command", [("run",), ("members", "Pro"), ("outbox", "approve", "1")])
def test_now_must_be_an_instant(project: Any, command: tuple[str, ...], now: str) -> None:
    text = told(project, *command, "--now", now, code=2)
    assert f"`{now}` is not an instant; write it like 2026-01-31T09:00Z" in text


@pytest.mark.parametrize("now", ["0001-01-01", "1899-12-31T23:59:59Z", "9000-01-01", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("command", [("run",), ("plan",), ("doctor", "--offline")])
def test_now_lies_where_everything_around_it_can_be_reckoned_with(
    project: Any, command: tuple[str, ...], now: str
) -> None:
    assert f"`{now}` lies outside of the years 1900 to 8999" in told(project, *command, "--now", now, code=2)


@pytest.mark.parametrize("now", ["1900-01-01", "8999-12-31T23:59:59Z"])
def test_the_first_and_the_last_instant_do(project: Any, now: str) -> None:
    old = "persona Old:\n  not did(login, last 36500d) and count(login, previous 36500d) = 0"
    project.rules(old, "trigger Call: on tagged(Old) send template Hello after=36500d backfill=true")
    told(project, "run", "--now", now)


# --- init, plugins, and the command line itself ----------------------------------------------------------------------


def test_init_makes_a_project_that_passes_check_and_overwrites_nothing(
    project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = told(project, "init", "mine")
    assert "next: cd mine && rulekit check && rulekit test && rulekit run" in text
    assert told(project, "check", "--project", "mine").endswith("nothing to report\n")
    settings = tmp_path / "mine/rulekit.toml"
    settings.write_text("mine")
    refusal = told(project, "init", "mine", code=2)
    assert "nothing was written" in refusal
    assert "help: give the name of a new folder" in refusal
    assert settings.read_text() == "mine"


def test_plugins_lists_what_is_installed(project: Any) -> None:
    text = told(project, "plugins")
    assert "senders: folder, smtp, smtps" in text
    found = json.loads(told(project, "plugins", "--output", "json"))
    assert (found["schema_version"], found["failures"]) == (1, [])
    assert {"name", "distribution", "version", "hooks"} == set(found["plugins"][0])


def test_a_plugin_that_the_settings_do_not_allow_is_named_and_not_loaded(project: Any) -> None:
    project.settings("[sender]", '[plugins]\nallow = ["rulekit-git"]\n\n[sender]')
    text = told(project, "plugins")
    assert "not allowed: dns (rulekit-dns 0.1.0): `allow` under [plugins] does not name it" in text
    found = json.loads(told(project, "plugins", "--output", "json"))
    assert {"name": "dns", "distribution": "rulekit-dns", "version": "0.1.0"} in found["not_allowed"]
    names = {plugin["name"] for plugin in found["plugins"]}
    assert "git" in names
    assert "dns" not in names


def test_who_allows_a_plugin_that_is_not_there_is_told_before_anything_runs(project: Any) -> None:
    project.settings("[sender]", '[plugins]\nallow = ["rulekit-gti"]\n\n[sender]')
    for command in (("plugins",), ("run", "--now", NOW), ("doctor", "--offline")):
        text = told(project, *command, code=2)
        assert "`allow` under [plugins] names `rulekit-gti`" in text
        assert "did you mean `rulekit-git`?" in text


def test_a_misspelt_command_and_a_misspelt_setting(project: Any) -> None:
    assert "there is no command `chek`. Did you mean `check`?" in told(project, "chek", code=2)
    project.settings("[sender]", "[sendr]")
    assert "there is no setting `sendr`; did you mean `sender`?" in told(project, "run", code=2)


def test_help_names_every_command_and_the_version_is_told(project: Any) -> None:
    from rulekit import __version__
    from rulekit.cli import COMMANDS

    text = told(project, "--help")
    assert all(f"  {name} " in text for name in COMMANDS)
    assert told(project, "--version") == f"rulekit {__version__}\n"


def test_what_nobody_foresaw_is_told_without_a_stack_trace(project: Any) -> None:
    from rulekit.cli import _in_user_terms

    try:
        {}["x"]
    except KeyError as error:
        told_as = _in_user_terms(error)
    assert told_as.message.startswith("rulekit has a fault of its own: KeyError (test_commands.py:")
    assert told_as.exit_code == 2


# --- hostile data ----------------------------------------------------------------------------------------------------


def test_control_and_bidi_characters_of_data_reach_no_terminal(project: Any) -> None:
    project.person_rows([[HOSTILE, f"{HOSTILE}@example.com", "free", "acme"]])
    told(project, "run", "--now", NOW)
    project.person_rows([[HOSTILE, f"{HOSTILE}@example.com", "pro", "acme"]])
    later = ("--now", "2026-01-03T08:00Z")
    for arguments in (
        ("plan", *later),
        ("run", *later),
        ("members", "Pro", *later),
        ("members", "Pro", "--output", "json", *later),
        ("explain", HOSTILE, "Pro", *later),
        ("explain", HOSTILE, "Pro", "--output", "json", *later),
        ("outbox", "list"),
        ("outbox", "list", "--output", "json"),
        ("outbox", "show", "1"),
        ("outbox", "show", "1", "--output", "json"),
    ):
        assert is_safe(told(project, *arguments)), arguments
    assert is_safe(told(project, "explain", HOSTILE, HOSTILE, code=2))
    found = json.loads(told(project, "members", "Pro", "--output", "json", *later))
    assert found["person"] == [HOSTILE]
    assert is_safe(told(project, "members", "Pro", "--output", "csv", *later))


def test_no_key_is_a_formula(project: Any) -> None:
    keys = ["=1+1", "+46", "-1", "@SUM(A1)", " =1", "\t=1", "'x", "＝1", "plain", "a=b", "a,b", 'a"b', "1"]
    told(project, "run", "--now", NOW)
    project.person_rows([key, f"p{number}@example.com", "pro", "acme"] for number, key in enumerate(keys))
    shown = told(project, "members", "Pro", "--now", "2026-01-03T08:00Z", "--output", "csv")
    _, *cells = [row[0] for row in csv.reader(io.StringIO(shown))]
    assert not [cell for cell in cells if cell.strip()[0] in "=+-@＝"]
    # who takes one apostrophe away has the keys again; a tab is shown as a picture
    exact = [cell.removeprefix("'").replace("␉", "\t") for cell in cells]
    assert sorted(exact) == sorted(keys)


# --- whole processes -------------------------------------------------------------------------------------------------


@pytest.mark.starts_programs
def test_a_reader_that_goes_away_is_no_error(project: Any) -> None:
    project.people(**{f"person-with-a-long-key-{number:06}": "pro" for number in range(5000)})
    for output in ("text", "csv"):
        reading, writing = os.pipe()
        os.close(reading)
        command = [*RULEKIT, "members", "Pro", "--now", NOW, "--output", output]
        done = subprocess.run(command, cwd=project.folder, stdout=writing, stderr=subprocess.PIPE, check=False)
        os.close(writing)
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.starts_programs
def test_check_imports_none_of_what_it_does_not_need(project: Any) -> None:
    code = (
        "import sys; from rulekit.cli import main; main(['check'], standalone_mode=False); "
        "print(*{'duckdb', 'sqlalchemy', 'alembic', 'numpy', 'rich'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project.folder, capture_output=True, text=True, check=True)
    assert done.stdout == "1 file checked, nothing to report\n\n"


def test_explain_by_an_address_and_about_the_company(project: Any) -> None:
    at = ("--now", "2026-01-03T00:00Z")
    by_key = told(project, "explain", "ada", "Quiet", *at)
    assert told(project, "explain", "ADA@example.com", "Quiet", *at) == by_key
    assert told(project, "explain", "ada", "Large", *at).splitlines()[:2] == [
        "ada is not in Large at 2026-01-03T00:00:00Z",
        "  no   size >= 100   (size = 10)",
    ]
    assert "help: give the person's key in the source, or their address" in told(
        project, "explain", "eve", "Pro", code=2
    )
    assert "there is no persona or segment `Larg`" in told(project, "explain", "ada", "Larg", code=2)


def test_explain_an_address_that_several_people_have(project: Any) -> None:
    people = project.folder / "data" / "people.csv"
    people.write_text(people.read_text().replace("bob@example.com", "Ada@example.com"))
    text = told(project, "explain", "ada@example.com", "Pro", code=2)
    assert "2 people have that address" in text
    assert "help: give a key, one of `ada`, `bob`" in text


def test_equal_reports_are_folded_for_people_and_kept_for_programs(project: Any) -> None:
    project.write("many.rules", "".join(f'persona P{i}: nme = "a"\n' for i in range(60)))
    text = told(project, "check", code=1)
    assert text.count("unknown person field `nme`") == 11
    assert "50 more reports of [RK102/unknown-field]: unknown person field `nme`" in text
    assert "60 errors" in text
    assert told(project, "check", "--output", "concise", code=1).count("unknown person field `nme`") == 60
    found = json.loads(told(project, "check", "--output", "json", code=1))
    assert sum(report["code"] == "RK102" for report in found["diagnostics"]) == 60
