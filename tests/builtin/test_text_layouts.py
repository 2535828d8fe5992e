"""Text files that are laid out otherwise, as the settings say, and kinds of events that are called otherwise."""

import gzip
from pathlib import Path

import pytest

from tests.conftest import Playground

NOW = "2026-03-02T08:00Z"
RULES = """\
person:
  plan   text
  city   text?
event order_completed
persona Pro:
  plan = "pro"
persona Buyer:
  did(order_completed)
"""


@pytest.fixture
def plain(project: Playground) -> Playground:
    project.rules(schema=RULES)
    return project


def given(project: Playground, person: str, source: str = "", events: str = "") -> None:
    project.write("rulekit.toml", f"edition = 1\n[source]\n{source}\n[source.person]\n{person}\n{events}")


def members(project: Playground, persona: str = "Pro") -> list[str]:
    result = project.cli("members", persona, "--now", NOW)
    assert result.exit_code == 0, result.output
    return result.output.split()


def refused(project: Playground) -> str:
    result = project.cli("members", "Pro", "--now", NOW)
    assert result.exit_code in (2, 4), result.output
    return result.output


def put(project: Playground, name: str, content: bytes) -> None:
    path = project.folder / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


TEXT = "id;plan;city\nada;pro;Malmö – €\nbob;free;\n"


@pytest.mark.parametrize(
    "origin",
    ['table = "p.csv"', "query = 'from \"p.csv\"'", "query = \"from read_csv('p.csv', union_by_name = true)\""],
)
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "utf-16", "utf-16-le", "UTF_8_SIG", "cp037"])
def test_declared_layouts(plain: Playground, origin: str, encoding: str) -> None:
    text = TEXT.replace(" – €", "") if encoding == "cp037" else TEXT
    put(plain, "p.csv", text.encode(encoding))
    given(plain, f'{origin}\ndelimiter = ";"\nencoding = "{encoding}"')
    plain.rules(schema=RULES + 'persona There:\n  city = "' + text.split(";")[4].split("\n")[0] + '"\n')
    assert members(plain, "There") == ["ada"]


def test_a_layout_of_all_tables_and_of_one(plain: Playground) -> None:
    put(plain, "p.csv", TEXT.encode("utf-16"))
    put(plain, "e.csv", "person|at|what\nbob|2026-01-01|Order Completed\n".encode("utf-16"))
    kinds = 'kinds = { "Order Completed" = "order_completed" }'
    events = f'[[source.events]]\ntable = "e.csv"\nname = "what"\ndelimiter = "|"\n{kinds}'
    given(plain, 'table = "p.csv"', 'delimiter = ";"\nencoding = "utf-16"', events)
    assert (members(plain), members(plain, "Buyer")) == (["ada"], ["bob"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.json.gz", gzip.compress('[{"id": "ada", "plan": "pro", "city": "Malmö"}]'.encode("utf-16"), mtime=0)),
        ("p.jsonl", '{"id": "ada", "plan": "pro", "city": "Malmö"}\n'.encode("utf-16")),
        ("p.tsv.gz", gzip.compress("id\tplan\tcity\nada\tpro\tMalmö\n".encode("utf-16"), mtime=0)),
        ("year=2026/p.csv", "id,plan,city\nada,pro,Malmö\n".encode("utf-16")),
    ],
)
def test_every_text_format_may_be_in_another_encoding(plain: Playground, name: str, content: bytes) -> None:
    put(plain, name, content)
    plain.rules(schema=RULES + 'persona There:\n  city = "Malmö"\n')
    given(plain, f'table = "{name}"\nencoding = "utf-16"')
    assert members(plain, "There") == ["ada"]


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("false", 'key = "1"\nfields = { plan = "2", city = "3" }'),
        ('["id", "plan", "city"]', ""),
        ('["key", "plan", "City"]', 'key = "KEY"'),
    ],
)
@pytest.mark.parametrize("origin", ['table = "p.csv"', "query = 'from \"p.csv\"'"])
def test_files_without_a_header(plain: Playground, origin: str, header: str, fields: str) -> None:
    put(plain, "p.csv", b"ada,pro,\nbob,free,Lund\n")
    given(plain, f"{origin}\nheader = {header}\n{fields}")
    assert members(plain) == ["ada"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('delimiter = ";;"', "`source.person.delimiter`: write one character"),
        ("delimiter = '\"'", "`source.person.delimiter`: write one character"),
        ("delimiter = 5", "`source.person.delimiter`: write a text in quotes"),
        ('encoding = "latin-99"', "`source.person.encoding`: `latin-99` is no encoding of texts"),
        ('encoding = "base64"', "`source.person.encoding`: `base64` is no encoding of texts"),
        ('header = "no"', "`source.person.header`: write `false`, or the names of all columns"),
        ("header = []", "`source.person.header`: write `false`, or the names of all columns"),
        ('header = ["id", "ID"]', "`source.person.header`: give each column a name of its own"),
        ('header = ["id", "plan"]', "the first line of `p.csv` has 3 values, and `header` has 2 names"),
        ('header = ["id", "Plan", "city"]', "the first line of `p.csv` has the names that `header` gives"),
        ('encoding = "utf-16"', "`p.csv` is not in the encoding `utf-16`"),
        ('encoding = "shift_jis"', "`p.csv` is not in the encoding `shift_jis`"),
    ],
)
def test_a_wrong_layout_is_named(plain: Playground, line: str, words: str) -> None:
    put(plain, "p.csv", "id,plan,city\nada,pro,Malmö \x81\n".encode())
    given(plain, f'table = "p.csv"\n{line}')
    assert words in refused(plain)


def test_a_layout_is_for_text_files(plain: Playground) -> None:
    import duckdb

    duckdb.connect(str(plain.folder / "crm.duckdb")).execute("CREATE TABLE p AS SELECT 1 AS id").close()
    given(plain, 'table = "p"\ndelimiter = ";"', 'url = "duckdb:///crm.duckdb"')
    assert "`delimiter`, `encoding` and `header` for [source.person] are for text files" in refused(plain)


def test_nothing_is_left_of_copies(
    plain: Playground, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("copies")
    monkeypatch.setattr("tempfile.tempdir", str(place))
    put(plain, "p.csv", TEXT.encode("utf-16"))
    given(plain, 'table = "p.csv"\ndelimiter = ";"\nencoding = "utf-16"')
    assert members(plain) == ["ada"]
    assert list(place.iterdir()) == []
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert "there is no folder where it could be written" in refused(plain)


# --- kinds ------------------------------------------------------------------------------------------------------------


def kinds(project: Playground, mapped: str) -> None:
    put(project, "p.csv", b"id,plan,city\nada,pro,\nbob,pro,\ncy,pro,\n")
    put(
        project,
        "e.csv",
        b"person,at,name\nada,2026-01-01,Order Completed\nbob,2026-01-01,order_completed\ncy,2026-01-01,x\n",
    )
    given(project, 'table = "p.csv"', events=f'[[source.events]]\ntable = "e.csv"\nname = "name"\n{mapped}')


def test_kinds_that_are_called_otherwise(plain: Playground) -> None:
    kinds(plain, 'kinds = { "Order Completed" = "order_completed" }')
    assert members(plain, "Buyer") == ["ada", "bob"]
    kinds(plain, 'kinds = { "Order Completed" = "order_completed", order_completed = "other" }')
    assert members(plain, "Buyer") == ["ada"]


@pytest.mark.parametrize(
    ("mapped", "words"),
    [
        ('kinds = { "Order Completed" = "order completed" }', "`order completed` is no name that rules can declare"),
        (
            'kinds = { "Order Completed" = "order_complted" }',
            "names `order_complted`, which is not declared; did you mean",
        ),
        ("kinds = 5", "`source.events.0.kinds`: write a table"),
    ],
)
def test_wrong_kinds_are_named(plain: Playground, mapped: str, words: str) -> None:
    kinds(plain, mapped)
    assert words in refused(plain)


def test_kinds_that_nothing_declares_are_told(plain: Playground) -> None:
    kinds(plain, 'kinds = { "Order Completed" = "shipment" }')
    told = plain.cli("plan", "--now", "2026-02-01T08:00Z").output
    assert "`kinds` under [[source.events]] names `shipment`, which is not declared, so its events are left out" in told


def test_kinds_belong_to_a_column_of_them(plain: Playground) -> None:
    kinds(plain, "")
    text = (plain.folder / "rulekit.toml").read_text()
    Path(plain.folder / "rulekit.toml").write_text(
        text.replace('name = "name"', 'event = "login"\nkinds = { a = "b" }')
    )
    assert "`kinds` names what stands in the column `name`" in refused(plain)
