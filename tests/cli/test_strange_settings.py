"""Settings of somebody whom nobody knows: what `members`, `plan`, `run` and `explain` do with a query of theirs."""

import os
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Playground

NOW = "2026-03-02T08:00Z"
PEOPLE = "SELECT * FROM read_csv('people.csv', all_varchar = true)"


def with_query(project: Playground, query: str) -> None:
    project.write("rulekit.toml", f'edition = 1\n[source]\n[source.person]\nquery = """{query}"""\nkey = "id"\n')


@pytest.fixture
def strange(project: Playground) -> Playground:
    project.rules(schema='person:\n  email  text\n  plan   text\npersona Pro:\n  plan = "pro"')
    project.people(ada="pro", bo="free")
    project.write("secrets.csv", "id,email,plan\nhidden-value,x@example.com,pro\n")
    return project


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".rulekit" not in str(path)
    }


@pytest.mark.parametrize("command", [("plan",), ("run",), ("explain", "ada", "Pro")])
def test_no_command_runs_a_second_statement(strange: Playground, command: tuple[str, ...]) -> None:
    strange.cli("run", "--now", NOW)
    with_query(strange, f"{PEOPLE}; COPY (SELECT 1) TO '{strange.folder}/written.csv'")
    before = everything(strange.folder)
    result = strange.cli(*command, "--now", NOW)
    assert result.exit_code == 4
    assert "the query under [source.person] must be exactly one SELECT, and is SELECT and COPY" in result.output
    assert everything(strange.folder) == before


@pytest.mark.parametrize(
    "query",
    [
        PEOPLE + "; COPY (SELECT 1) TO '{folder}/written.csv'",
        "COPY (SELECT 1) TO '{folder}/written.csv'",
        "ATTACH '{folder}/new.duckdb' AS new",
        "INSTALL httpfs",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE " + PEOPLE,
        "WITH a AS (SELECT 1) DELETE FROM a",
        "",
        "-- nothing",
    ],
)
def test_a_query_is_exactly_one_select(strange: Playground, query: str) -> None:
    with_query(strange, query.format(folder=strange.folder))
    before = everything(strange.folder)
    result = strange.cli("members", "Pro", "--now", NOW)
    assert result.exit_code == 4
    assert "the query under [source.person] must be exactly one SELECT" in result.output
    assert everything(strange.folder) == before


@pytest.mark.parametrize(
    "query",
    [
        "SELECT content AS id, 'x' AS email, 'pro' AS plan FROM read_text('{folder}/secrets.csv')",
        "SELECT * FROM read_csv('../secrets.csv')",
        "SELECT * FROM '../secrets.csv'",
        "SELECT * FROM 'linked.csv'",
        "SELECT * FROM read_csv('folder/secrets.csv')",
        "SELECT * FROM read_csv('*.csv')",
        "SELECT * FROM read_csv(['people.csv', '../secrets.csv'])",
        "SELECT * FROM query('SELECT * FROM ''{folder}/secrets.csv''')",
        "SELECT file AS id, 'x' AS email, 'pro' AS plan FROM glob('{folder}/*')",
        "SELECT Columns[1].name AS id, 'x' AS email, 'pro' AS plan FROM sniff_csv('../secrets.csv')",
        "SELECT * FROM 'http://127.0.0.1:9/people.csv'",
        "SELECT * FROM read_csv('~/people.csv')",
        "WITH a AS (INSERT INTO b VALUES (1) RETURNING *) SELECT * FROM a",
        "SELECT getenv('RULEKIT_TEST_SECRET') AS id, 'x' AS email, 'pro' AS plan",
    ],
)
def test_a_query_reads_the_folder_of_the_source_and_nothing_else(
    strange: Playground, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RULEKIT_TEST_SECRET", "hidden-value")
    (strange.folder / "data/linked.csv").symlink_to("../secrets.csv")
    (strange.folder / "data/folder").symlink_to("..")
    with_query(strange, query.format(folder=strange.folder))
    result = strange.cli("members", "Pro", "--now", NOW)
    assert result.exit_code == 4
    assert "hidden-value" not in result.output


@pytest.mark.parametrize(
    "query",
    [
        PEOPLE,
        "SELECT * FROM 'people.csv'",
        'FROM "people.csv"',
        "SELECT p.* FROM 'people.csv' p JOIN read_csv(['more/accounts.csv']) a ON a.id = p.account -- 'ü'",
        "WITH those AS (FROM read_csv('peop*.csv')) SELECT 'ü' AS u, * FROM those;",
        "SELECT * FROM (VALUES ('ada', 'a@example.com', 'pro')) v(id, email, plan)",
        "SELECT * FROM read_csv('{folder}/data/people.csv')",
        "SELECT id, email, plan FROM (PIVOT 'people.csv' ON account IN ('acme') USING count(*))",
        "SELECT * FROM 'inside.csv'",
    ],
)
def test_what_a_query_may_be(strange: Playground, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    strange.write("data/more/accounts.csv", "id\nacme\n")
    # what lies where the program is started has nothing to do with the source
    strange.write("elsewhere/people.csv", "id,email,plan\nwrong,x,pro\n")
    (strange.folder / "data/inside.csv").symlink_to("people.csv")
    with_query(strange, query.format(folder=strange.folder))
    monkeypatch.chdir(strange.folder / "elsewhere")
    result = strange.cli("members", "Pro", "--now", NOW, "--project", str(strange.folder))
    assert (result.exit_code, result.output.split()) == (0, ["ada"])


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT nextval('counter')::VARCHAR AS id, 'x' AS email, 'pro' AS plan",
        "SELECT content AS id, 'x' AS email, 'pro' AS plan FROM read_text('{folder}/secrets.csv')",
        "SELECT * FROM spy",
        "WITH gone AS (DELETE FROM people RETURNING *) SELECT * FROM gone",
    ],
)
def test_a_duckdb_file_is_read_and_nothing_beside_it(strange: Playground, statement: str) -> None:
    file = strange.folder / "crm.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE people AS SELECT 'ada' AS id, 'a@example.com' AS email, 'pro' AS plan")
        connection.execute("CREATE SEQUENCE counter")
        connection.execute(f"CREATE VIEW spy AS SELECT * FROM read_csv('{strange.folder}/secrets.csv')")
    before = file.read_bytes()
    with_query(strange, statement.format(folder=strange.folder))
    strange.write(
        "rulekit.toml",
        (strange.folder / "rulekit.toml").read_text().replace("[source]\n", '[source]\nurl = "duckdb:///crm.duckdb"\n'),
    )
    result = strange.cli("members", "Pro", "--now", NOW)
    assert result.exit_code == 4
    assert "hidden-value" not in result.output
    assert file.read_bytes() == before
    assert sorted(os.listdir(strange.folder)) == sorted(
        ["crm.duckdb", "data", "main.rules", "rulekit.toml", "secrets.csv"]
    )


def test_nothing_is_left_where_the_program_was_started(
    strange: Playground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "started"
    place.mkdir()
    with_query(
        strange,
        "SELECT p.* FROM 'people.csv' p, (SELECT hash(range)::VARCHAR AS x FROM range(300000) ORDER BY x LIMIT 1)",
    )
    monkeypatch.chdir(place)
    result = strange.cli("members", "Pro", "--now", NOW, "--project", str(strange.folder))
    assert result.output.split() == ["ada"]
    assert list(place.iterdir()) == []


# --- secrets of the environment ---------------------------------------------------------------------------------------

SECRET = "hunter2-and-more"


@pytest.mark.parametrize(
    ("section", "url", "commands"),
    [
        ("source", "files:${SECRET}", ["members Pro", "plan", "run", "explain ada Pro"]),
        ("source", "duckdb:///${SECRET}/crm.duckdb", ["members Pro", "run"]),
        ("source", "duckdb:///${FILE}", ["members Pro", "run"]),
        ("source", "git:${SECRET}", ["members Pro", "run"]),
        ("source", "acme:${SECRET}", ["members Pro", "run"]),
        ("store", "${SECRET}", ["run", "plan", "doctor", "outbox list", "metrics"]),
        ("store", "postgresql://me:${SECRET}@127.0.0.1:1/d", ["run", "doctor", "outbox list"]),
        ("sender", "smtp://me:${SECRET}@127.0.0.1:1", ["run", "doctor"]),
        ("sender", "smtp://${SECRET}:${LATIN}@127.0.0.1:1", ["run", "doctor"]),
        ("sender", "acme:${SECRET}", ["run", "doctor"]),
    ],
)
def test_no_command_shows_what_came_from_the_environment(
    strange: Playground, section: str, url: str, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    strange.write(f"{SECRET}.duckdb", "no database at all")
    monkeypatch.setenv("SECRET", SECRET)
    monkeypatch.setenv("FILE", f"{SECRET}.duckdb")
    monkeypatch.setenv("LATIN", f"{SECRET}-é")
    more = 'allow = ["*"]' if section == "sender" else ""
    person = '[source.person]\ntable = "people.csv"\n'
    strange.write("rulekit.toml", f'edition = 1\n[{section}]\nurl = "{url}"\n{more}\n{person}')
    for command in commands:
        result = strange.cli(*command.split(), "--now", NOW) if command not in ("metrics",) else strange.cli(command)
        assert result.exit_code != 0 or command == "run", result.output
        assert SECRET not in result.output
        assert "Traceback" not in result.output


# --- urls -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "url", "message"),
    [
        ("sender", "smtp://127.0.0.1:1?tls=none", "`tls=none` is unknown"),
        ("sender", "smtp://127.0.0.1:1?ca=nowhere.pem", "there is no file `nowhere.pem`"),
        ("sender", "127.0.0.1:1", "it has no scheme"),
        ("sender", "smtp://127.0.0.1:99999", "it cannot be read as the URL of a server"),
        ("store", "state/rulekit.db", "it has no scheme"),
        ("source", "data", "it has no scheme"),
    ],
)
def test_a_url_that_cannot_be_opened_stops_a_run_before_it_writes(
    strange: Playground, section: str, url: str, message: str
) -> None:
    more = 'allow = ["*"]' if section == "sender" else ""
    person = '[source.person]\ntable = "people.csv"\n'
    strange.write("rulekit.toml", f'edition = 1\n[{section}]\nurl = "{url}"\n{more}\n{person}')
    strange.cli("check")
    before = everything(strange.folder)
    result = strange.cli("run", "--now", NOW)
    assert result.exit_code == 2
    assert message in result.output
    assert strange.ask("SELECT count(*) FROM change_log") == [(0,)] if (strange.folder / "state").exists() else True
    if "nowhere" not in url:  # what a file holds is not looked at without running
        assert everything(strange.folder) == before
        assert f"`{section}.url`: {message}" in strange.cli("check").output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"edition = 1\n# caf\xe9\n", "rulekit.toml is not UTF-8"),
        (
            b"edition = 1\n[sender\n",
            "cannot be read: Expected ']' at the end of a table declaration (line 2, column 8)",
        ),
    ],
)
def test_settings_that_are_no_text_are_told(strange: Playground, content: bytes, message: str) -> None:
    (strange.folder / "rulekit.toml").write_bytes(content)
    result = strange.cli("plan", "--now", NOW)
    assert (result.exit_code, message in result.output) == (2, True)
    assert "help: " in result.output


def test_settings_may_begin_with_a_mark(strange: Playground) -> None:
    with_query(strange, PEOPLE)
    settings = strange.folder / "rulekit.toml"
    settings.write_bytes(b"\xef\xbb\xbf" + settings.read_bytes())
    assert strange.cli("members", "Pro", "--now", NOW).output.split() == ["ada"]
