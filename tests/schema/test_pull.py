"""`rulekit schema pull`: what is drafted from real-looking exports, and that `check` and `plan` take it."""

import csv
import shutil
import tomllib
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from rulekit.cli import main
from rulekit.language.program import FieldType, Program
from rulekit.language.project_rules import load_rules

SAMPLE = Path(__file__).parents[2] / "rules"


def copied_sample(folder: Path, *without: str) -> Path:
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("state", "outbox"), dirs_exist_ok=True)
    for name in without:
        (folder / name).unlink()
    return folder


def program_of(folder: Path) -> Program:
    program = load_rules(folder).program
    assert program is not None
    return program


def described(fields: Any) -> dict[str, tuple[str, bool]]:
    """Returns the type of each field, a closed set as the text that it is, and whether it may be missing."""

    def type_of(field: FieldType) -> str:
        return "text" if field.type.is_textual else str(field.type)

    return {name: (type_of(field), field.optional) for name, field in fields.items()}


def test_the_sample_is_drafted_as_it_is_declared(tmp_path: Path) -> None:
    declared = program_of(copied_sample(tmp_path / "declared")).schema
    folder = tmp_path / "drafted"
    (folder / "data").mkdir(parents=True)
    copied_sample(folder)
    drafted = CliRunner().invoke(main, ["schema", "pull", "--only", "rules", "--project", str(folder)])
    assert drafted.exit_code == 0, drafted.output
    for rules in folder.rglob("*.rules"):
        rules.unlink()
    (folder / "schema.rules").write_text(drafted.stdout, encoding="utf-8")
    schema = program_of(folder).schema
    assert described(schema.person) == described(declared.person)
    assert described(schema.company) == described(declared.company)
    assert {kind: described(schema.events[kind]) for kind in schema.events} == {
        kind: described(declared.events[kind]) for kind in declared.events
    }
    assert schema.person["role"].type.choices == ("admin", "member", "owner", "viewer")


def test_what_the_files_are_is_found_without_a_word_in_the_settings(exports: Any) -> None:
    shutil.copytree(SAMPLE / "data", exports.folder / "data", dirs_exist_ok=True)
    written = exports.cli("schema", "pull", "--write")
    assert written.exit_code == 0, written.output
    settings = (exports.folder / "rulekit.toml").read_text(encoding="utf-8")
    assert settings.startswith("edition  = 1\n")
    told = " ".join(settings.split())
    assert '[source.person] table = "users.csv" key = "id" company = "account_id"' in told
    assert '[source.company] table = "accounts.csv" key = "id"' in told
    assert 'table = "events.csv" person = "user_id" at = "occurred_at" name = "event"' in told
    assert exports.cli("check").exit_code == 0
    assert exports.cli("fmt", "--check").exit_code == 0
    planned = exports.cli("plan")
    assert (planned.exit_code, planned.stderr) == (0, "")
    assert exports.cli("schema", "diff").output == "0 differences, 0 new\n"


def test_nothing_is_overwritten(exports: Any) -> None:
    exports.people("plan", values=lambda n: ["free" if n % 2 else "pro"])
    assert exports.cli("schema", "pull", "--write").exit_code == 0
    before = {path: path.read_bytes() for path in exports.folder.rglob("*") if path.is_file()}
    again = exports.cli("schema", "pull", "--write")
    assert again.exit_code != 0
    assert "error: the project has a schema already; nothing was written" in again.output
    assert {path: path.read_bytes() for path in exports.folder.rglob("*") if path.is_file()} == before
    assert exports.cli("schema", "pull").exit_code == 0


def test_no_value_of_a_person_is_drafted(tmp_path: Path) -> None:
    folder = copied_sample(tmp_path / "project", "rulekit.toml")
    (folder / "rulekit.toml").write_text('edition = 1\n[source]\nurl = "files:data"\n', encoding="utf-8")
    drafted = CliRunner().invoke(main, ["schema", "pull", "--project", str(folder)]).output
    with (SAMPLE / "data/users.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    assert "@" not in drafted
    words = set(drafted.replace('"', " ").replace(",", " ").split())
    assert words.isdisjoint(
        {person[column] for person in people for column in ("id", "first_name", "last_name")} - {""}
    )


def test_few_names_that_repeat_are_no_closed_set(exports: Any) -> None:
    columns = ("first_name", "Last Name", "user name", "city address", "phone", "note", "name", "Vorname")
    exports.people(*columns, values=lambda n: ["Grace" if n % 2 else "Barbara"] * len(columns))
    assert "Grace" not in exports.pull()


def test_a_value_that_is_there_once_is_told_by_its_number_alone(exports: Any) -> None:
    exports.people("plan", rows=200, values=lambda n: ["Secret" if n == 7 else "free" if n % 2 else "pro"])
    drafted = exports.pull()
    assert "# decide: 1 more values, each seen once, are not in the set\nplan one of" in drafted
    assert "Secret" not in drafted


# types and options of reading


# two values that take turns, the type that they have, and what the settings must say about them
SEEN = [
    (["2026-01-31T09:00:00Z", "2026-01-31 09:00:00"], "time", ""),
    (["2026-01-31", "2025-12-01"], "date", ""),
    (["31/01/2026", "01/12/2025"], "date", 'format = "%d/%m/%Y"'),
    (["01/31/2026 09:30 PM", "12/01/2025 10:00 AM"], "time", 'format = "%m/%d/%Y %I:%M %p"'),
    (["1767225600", "1767312000"], "time", 'unit = "s"'),
    (["1767225600000", "1767312000000"], "time", 'unit = "ms"'),
    (["20260131", "20251201"], "date", 'format = "%Y%m%d"'),
    (["true", "false"], "bool", ""),
    (["Y", "N"], "bool", ""),
    (["ja", "nein"], "bool", 'true = ["ja"], false = ["nein"]'),
    (["12", "-3.5"], "number", ""),
    (['"12,5"', '"234,75"'], "number", 'decimal = ","'),
    (['"12,5"', '"1.234,75"'], "number", 'decimal = ",", group = "."'),
    (["9/12/2025", "12/31/2025"], "date", 'format = "%-m/%-d/%Y"'),
    (["007", "012"], "text", ""),
    (['"[""a"", ""b""]"', '"[]"'], "list of text", ""),
    (["14d", "2h"], "duration", ""),
    (["anything", "else as it comes"], 'one of ("anything", "else as it comes")', ""),
    (["", ""], "text?", ""),
]


def test_a_column_is_drafted_as_its_values_are(exports: Any) -> None:
    names = [f"seen_{number}" for number in range(len(SEEN))]
    exports.people(*names, values=lambda n: [values[n % 2] for values, _, _ in SEEN])
    lines = exports.pull().splitlines()
    for name, (_, declared, settings) in zip(names, SEEN, strict=True):
        assert f"{name} {declared}" in lines
        options = [line.partition("= ")[2] for line in lines if line.startswith(f"columns.{name} =")]
        assert options == ([f"{{ {settings} }}"] if settings else []), name


def test_both_orders_of_a_date_are_told_where_both_fit(exports: Any) -> None:
    exports.people("joined", values=lambda n: [f"{n % 12 + 1:02}/{n % 9 + 1:02}/2025"])
    drafted = exports.pull()
    assert "# decide: other formats fit as well" in drafted
    assert '# `"%d/%m/%Y"` reads 100 % of 40 values' in drafted
    assert '# `"%m/%d/%Y"` reads 100 % of 40 values' in drafted
    assert '# columns.joined = { format = "%d/%m/%Y" }' in drafted


def test_what_is_missing_and_what_cannot_be_read_is_told_with_its_share(exports: Any) -> None:
    exports.people(
        "score",
        "born",
        values=lambda n: ["" if n % 4 == 0 else "NULL" if n == 1 else n, "?" if n == 2 else "2020-01-01"],
    )
    drafted = exports.pull()
    assert "# missing: 28 % of 40 rows\nscore number?" in drafted
    assert 'score = { null = ["", "NULL"] }' in drafted
    assert "# decide: 2 % of 40 values cannot be read as `date`\nborn date" in drafted


# names


def test_headers_become_names_of_the_language_and_are_mapped(exports: Any) -> None:
    exports.people("Sign-up date", "createdAt", "In", "2fa", values=lambda n: ["2026-01-31", "2026-01-31", n, n % 5])
    drafted = exports.pull()
    for line in ("sign_up_date date", "created_at date", "`in` number", "n_2fa number"):
        assert line in drafted.splitlines()
    assert 'sign_up_date = "Sign-up date"' in drafted
    assert 'created_at = "createdAt"' in drafted
    assert exports.cli("schema", "pull", "--write").exit_code == 0
    assert exports.cli("check").exit_code == 0
    assert exports.cli("plan").stderr == ""


def test_kinds_of_events_become_names_of_the_language_and_are_mapped(exports: Any) -> None:
    exports.people()
    kinds = ("Order Completed", "Signed Up", "login")
    rows = (f"p{n % 40},{kinds[n % 3]},2026-01-31T09:00Z,{n if n % 3 == 0 else ''}" for n in range(90))
    exports.write("tracks.csv", ["user,event,sent_at,order total", *rows])
    drafted = exports.pull()
    assert '# 30 events, written "Order Completed"\nevent order_completed:\norder_total number' in drafted
    assert "# 30 events\nevent login" in drafted
    assert 'kinds = { "Order Completed" = "order_completed", "Signed Up" = "signed_up" }' in drafted


def test_kinds_and_columns_with_odd_characters_are_written_as_toml_reads_them(exports: Any) -> None:
    exports.people()
    rows = [f'p{n % 40},"Or""der\nDone",2026-01-31T09:00Z,7' for n in range(90)]
    exports.write("tracks.csv", ['user,event,sent_at,"order\ntotal"', *rows])
    assert exports.cli("schema", "pull", "--write").exit_code == 0
    [tracks] = tomllib.loads((exports.folder / "rulekit.toml").read_text())["source"]["events"]
    assert tracks["kinds"] == {'Or"der\nDone': "or_der_done"}
    assert tracks["fields"] == {"order_total": "order\ntotal"}
    assert exports.cli("check").exit_code == 0


def test_a_spreadsheet_of_another_country_is_read_and_its_layout_told(exports: Any) -> None:
    rows = [f"k{n};k{n}@example.com;{'Köln' if n % 2 else 'Bonn'};12,5" for n in range(30)]
    exports.write("kunden.csv", ["id;E-Mail;Stadt;Umsatz", *rows], encoding="windows-1252")
    drafted = exports.pull()
    assert 'delimiter = ";"\nencoding = "windows-1252"' in drafted
    assert 'stadt one of ("Bonn", "Köln")' in drafted
    assert "# decide: a guess from its first lines" in drafted
    assert exports.cli("schema", "pull", "--write").exit_code == 0
    assert exports.cli("check").exit_code == 0
    planned = exports.cli("plan")
    assert (planned.exit_code, planned.stderr) == (0, "")
    assert exports.cli("schema", "diff").exit_code == 0


def test_nested_values_are_fields_of_their_own(exports: Any) -> None:
    rows = ({"uid": f"u{n}", "contact": {"mail": f"u{n}@example.com", "home": {"city": "Oslo"}}} for n in range(30))
    exports.write_json("people.jsonl", rows)
    drafted = exports.pull()
    assert "email text" in drafted
    assert "city text" in drafted
    assert 'city = "contact.home.city"' in drafted
    assert 'email = "contact.mail"' in drafted


# roles


def test_events_may_name_their_people_inside_of_an_object(exports: Any) -> None:
    exports.people()
    exports.write_json(
        "clicks.jsonl", ({"user": {"id": f"p{n}"}, "meta": {"at": "2026-01-01T10:00:00Z"}} for n in range(20))
    )
    exports.cli("schema", "pull", "--write")
    settings = " ".join((exports.folder / "rulekit.toml").read_text().split())
    assert 'table = "clicks.jsonl" person = "user.id" at = "meta.at" event = "click"' in settings
    assert "0 differences" in exports.cli("schema", "diff").output


@pytest.mark.parametrize("empty", [False, True], ids=["parquet", "parquet with rows without it"])
def test_structs_are_fields_of_their_own(exports: Any, empty: bool) -> None:
    place = "{'city': 'Bern', 'geo': {'lat': 1.5}, 'tags': ['a'], 'more': MAP {'a': 1}}"
    value = f"CASE WHEN i > 3 THEN {place} END" if empty else place
    (exports.folder / "data").mkdir(exist_ok=True)
    people = f"SELECT i AS id, 'a' || i || '@example.com' AS email, {value} AS place FROM range(9) r(i)"
    events = "SELECT i AS user_id, 'login' AS event, TIMESTAMP '2026-01-01' AS at, {'sum': 2} AS p FROM range(9) r(i)"
    for name, query in (("people", people), ("events", events)):
        duckdb.sql(query).write_parquet(str(exports.folder / "data" / f"{name}.parquet"))
    assert exports.cli("schema", "pull", "--write").exit_code == 0
    settings = (exports.folder / "rulekit.toml").read_text()
    assert 'city = "place.city", lat = "place.geo.lat", tags = "place.tags"' in settings
    assert 'fields = { sum = "p.sum" }' in settings
    diff = exports.cli("schema", "diff")
    assert "0 differences" in diff.output, diff.output
    assert exports.cli("run", "--now", "2026-01-02").exit_code == 0


def test_a_table_of_one_kind_is_an_event_by_the_name_of_the_table(exports: Any) -> None:
    exports.people()
    exports.write(
        "orders.csv", ["id,customer_id,amount,created_at", *(f"{n},p{n % 40},{n},2026-01-31T09:00Z" for n in range(99))]
    )
    drafted = exports.pull()
    assert "# 99 events\nevent order:\namount number" in drafted
    assert 'table = "orders.csv"\nperson = "customer_id"\nat = "created_at"\nevent = "order"' in drafted


def test_numbers_of_rows_are_not_taken_for_keys_of_people(exports: Any) -> None:
    lines = (f"{n},p{n}@example.com,{n % 9 + 1}" for n in range(1, 60))
    exports.write("users.csv", ["id,email,account_id", *lines])
    exports.write("accounts.csv", ["id,name,created", *(f"{n},Company {n},2026-01-31" for n in range(1, 10))])
    drafted = exports.pull()
    assert '[source.company]\ntable = "accounts.csv"\nkey = "id"' in drafted
    assert 'company = "account_id"' in drafted
    assert "[[source.events]]" not in drafted


def test_numbers_that_are_called_as_the_key_of_people_refer_to_them(exports: Any) -> None:
    exports.write("kunden.csv", ["Kundennr,E-Mail", *(f"{1000 + n},a{n}@example.com" for n in range(20))])
    exports.write("besuche.csv", ["Kundennr,Zeit", *(f"{1000 + n},2026-01-01T10:00:00Z" for n in range(20))])
    assert 'table = "besuche.csv"\nperson = "Kundennr"\nat = "Zeit"' in exports.pull()


def test_what_nothing_is_made_of_is_named_with_the_reason(exports: Any) -> None:
    exports.people()
    exports.write("contacts.csv", ["id,email", *(f"c{n},c{n}@example.com" for n in range(9))])
    exports.write("rates.csv", ["currency,rate", "eur,1"])
    exports.write("broken.csv", ["a,A"])
    drafted = exports.pull()
    assert "# contacts.csv is left out: it may hold people, as people.csv does" in drafted
    assert "# rates.csv is left out: no column of it holds times" in drafted


def test_an_address_that_is_the_key_is_a_field_too(exports: Any) -> None:
    exports.write("members.csv", ["email,score", *(f"m{n}@example.com,1" for n in range(30))])
    drafted = exports.pull()
    assert "person:\nemail text\nscore number" in drafted
    assert 'key = "email"' in drafted


def test_keys_that_a_program_made_fractions_of_are_told(exports: Any) -> None:
    exports.write("users.csv", ["id,email", *(f"{n},u{n}@example.com" for n in range(1, 50))])
    exports.write("orders.csv", ["order_id,user_id,created_at", *(f"{n},{n % 40}.0,2026-01-31" for n in range(99))])
    assert "# orders.csv is left out: `user_id` has numbers like 7.0" in exports.pull()


def test_a_source_without_people_says_so(exports: Any) -> None:
    exports.write("rates.csv", ["currency,rate", "eur,1"])
    assert "# decide: no table looks like people" in exports.pull()


def test_tables_of_a_duckdb_file_are_found(exports: Any) -> None:
    with duckdb.connect(str(exports.folder / "app.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE users AS SELECT 'u' || i AS id, 'u' || i || '@example.com' AS email, i AS score, "
            "TIMESTAMP '2026-01-01' AS joined, CAST(i % 2 AS BOOLEAN) AS active FROM range(50) t(i)"
        )
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE VIEW raw.logins AS SELECT id AS user_id, joined AS at FROM users")
    settings = exports.folder / "rulekit.toml"
    settings.write_text(settings.read_text().replace("files:data", "duckdb:///app.duckdb"))
    drafted = exports.pull()
    assert "person:\nemail text\nscore number\njoined time\nactive bool" in drafted
    assert 'table = "raw.logins"\nperson = "user_id"\nat = "at"\nevent = "login"' in drafted
    assert exports.cli("schema", "pull", "--write").exit_code == 0
    assert exports.cli("plan").stderr == ""


def test_an_empty_project_takes_no_folder_that_holds_one(exports: Any) -> None:
    again = CliRunner().invoke(main, ["init", "--empty", str(exports.folder)])
    assert again.exit_code != 0
    assert "holds `rulekit.toml` already; nothing was written" in again.output
