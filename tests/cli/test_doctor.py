"""`rulekit doctor`: a line for each thing that emails depend on, and an exit code for scripts."""

import json
import sqlite3
from contextlib import closing
from typing import Any

from tests.cli.test_export import validator


def test_a_project_that_is_well_is_told_line_by_line(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    well = project.cli("doctor", "--offline", "--now", "2026-01-01T09:00Z")
    assert well.exit_code == 0, well.output
    lines = well.output.splitlines()
    assert "ok       last tick: at 2026-01-01T08:00:00Z" in lines
    assert "note     sender: emails become files in outbox, and nobody is mailed" in lines
    assert "         help: name a server in `url` under `[sender]` to mail people" in lines
    assert lines[-1] == "0 problems, 0 warnings"


def test_a_problem_is_exit_code_1_with_what_to_do(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    (project.folder / "state/rulekit.db").chmod(0o644)
    ill = project.cli("doctor", "--offline", "--now", "2026-01-01T09:00Z")
    assert ill.exit_code == 1
    assert "problem  files: others on this machine may open state/rulekit.db" in ill.output
    assert "help: make them rw for you alone: `chmod 600` the files" in ill.output
    assert ill.output.splitlines()[-1] == "1 problem, 0 warnings"


def test_json_has_the_same_in_it(project: Any) -> None:
    # without an address that emails are from there is no domain that a plugin could ask the DNS about
    sender = 'url = "folder:outbox"\nfrom = "Ada at Example <ada@example.com>"\n'
    project.settings(sender, 'url = "smtp://127.0.0.1:1?tls=off&timeout=1"\nallow = ["*"]\n')
    told = project.cli("doctor", "--output", "json", "--now", "2026-01-01T09:00Z")
    assert told.exit_code == 1
    document = json.loads(told.output)
    (asked,) = (check for check in document["checks"] if check["name"] == "sender")
    assert asked["verdict"] == "problem"
    assert asked["message"].startswith("127.0.0.1:1: ")
    validator("doctor-1").validate(document)
    offline = project.cli("doctor", "--output", "json", "--offline", "--now", "2026-01-01T09:00Z")
    assert offline.exit_code == 0, offline.output


def test_broken_settings_are_told_as_everywhere(project: Any) -> None:
    project.write("rulekit.toml", "edition = 1\n[stoer]\n")
    broken = project.cli("doctor")
    assert broken.exit_code == 2
    assert "there is no setting `stoer`; did you mean `store`?" in broken.output


# the source


def test_the_source_is_read_and_a_tick_tried_without_a_trace(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="free")
    before = project.dump()
    told = project.cli("doctor", "--offline", "--now", "2026-01-02T08:00Z")
    assert told.exit_code == 0, told.output
    assert "ok       source: 2 people, 1 company, 2 events, read in 0." in told.output
    assert "ok       tick: one now would make 1 email: 1 joined and 0 left personas" in told.output
    assert project.dump() == before


def test_what_is_not_as_declared_is_told_as_a_plan_tells_it(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    project.events(("ada", "login", "yesterday"), ("ada", "logn", "2026-01-01T00:00Z"), ("ada", "export", "2026-01-01"))
    planned = project.cli("plan", "--accept", "--now", "2026-01-02T08:00Z").stderr
    problems = [line.removeprefix("  data: ") for line in planned.splitlines() if line.startswith("  data: ")]
    told = project.cli("doctor", "--offline", "--now", "2026-01-02T08:00Z").output
    assert len(problems) >= 2
    for problem in problems:
        assert f"warning  data: {problem}" in told


def test_people_who_cannot_be_judged_are_counted_with_the_column(project: Any) -> None:
    project.rules(schema='person:\n  email text\n  plan one of ("free", "pro")\npersona Pro: plan = "pro"')
    project.settings('company = "account"\n')
    project.people(ada="pro", bob="Pro!")
    told = project.cli("doctor", "--offline", "--now", "2026-01-02T08:00Z").output
    assert "warning  data: Pro: 1 person cannot be judged, because of `plan` of `person` (1 like `aaa!`)" in told


def test_what_would_stop_a_tick_is_a_problem(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    project.people()
    told = project.cli("doctor", "--offline", "--now", "2026-01-02T08:00Z")
    assert told.exit_code == 1
    assert "warning  source: 0 people" in told.output
    assert "problem  tick: it would stop: " in told.output


def test_a_source_that_cannot_be_read_is_a_problem_in_the_words_of_a_run(project: Any) -> None:
    (project.folder / "data/people.csv").unlink()
    ran = project.cli("run", "--now", "2026-01-02T08:00Z")
    message = ran.output.splitlines()[0].removeprefix("error: ")
    told = project.cli("doctor", "--offline", "--now", "2026-01-02T08:00Z")
    assert told.exit_code == 1
    assert f"problem  source: {message}" in told.output


def test_a_tick_is_not_tried_on_a_store_of_another_version(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    store = project.folder / "state/rulekit.db"
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    before = store.read_bytes()
    told = project.cli("doctor", "--offline", "--now", "2026-01-02T08:00Z").output
    assert "ok       source: 2 people" in told
    assert "note     tick: not tried, as the store is not of this version" in told
    assert store.read_bytes() == before


def test_a_field_of_the_settings_that_nobody_declared_is_told(project: Any) -> None:
    project.settings('table = "people.csv"', 'table = "people.csv"\nfields = { height = "plan" }')
    said = "`fields` under [source.person] names `height`, which is not declared, so nothing is read from its column"
    assert f"warning  data: {said}" in project.cli("doctor", "--offline").output
    assert f"data: {said}" in project.cli("plan").stderr
    assert project.cli("run").exit_code == 0
