"""A table that is cut off, or something else, stops the tick whole: nobody joins, nobody leaves, nobody is mailed."""

import gzip
from collections.abc import Callable
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import Playground

WHOLE = "id,email,plan\n" + "".join(f"p{n},p{n}@example.com,{'pro' if n % 2 else 'free'}\n" for n in range(200))
RULES = """\
person:
  email  text
  plan   text
persona Pro:
  plan = "pro"
template Bye:
  subject "Bye"
  text "We miss you."
trigger Left: on untagged(Pro) send template Bye auto=true
trigger Came: on tagged(Pro) send template Bye auto=true
"""


def as_json(text: str, start: str = "[", between: str = ",", end: str = "]") -> bytes:
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return (start + between.join(f'{{"id":"{a}","email":"{b}","plan":"{c}"}}' for a, b, c in rows) + end).encode()


def as_lines(text: str) -> bytes:
    return as_json(text, "", "\n", "\n")


def as_parquet(text: str) -> bytes:
    file = BytesIO()
    rows = [line.split(",") for line in text.splitlines()[1:]]
    pq.write_table(pa.table(dict(zip(("id", "email", "plan"), map(list, zip(*rows, strict=True)), strict=True))), file)
    return file.getvalue()


def zipped(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


PAGE = b"<!DOCTYPE html>\n<html><title>Log in</title></html>\n"
SAID = b'{"error": "token expired"}\n'


@pytest.mark.parametrize(
    ("name", "write", "damage"),
    [
        ("people.csv", str.encode, lambda whole: whole[: len(whole) // 2 - 12]),
        ("people.csv", str.encode, lambda whole: whole + b"\0" * 512),
        ("people.csv", str.encode, lambda whole: whole.replace(b"p7@example.com,", b'"p7@example.com,')),
        ("people.csv", str.encode, lambda whole: whole.replace(b"p7@example.com,", b"p7@example.com")),
        ("people.csv", str.encode, lambda whole: whole.replace(b"p7@example.com,", b"p7@example.com,x,")),
        ("people.csv", str.encode, lambda whole: whole.decode().encode("utf-16")),
        ("people.csv", str.encode, lambda whole: whole.replace(b"p7@", b"p\xe57@")),
        ("people.csv", str.encode, lambda whole: whole.replace(b",", b";")),
        ("people.csv", str.encode, lambda whole: whole.partition(b"\n")[2]),
        ("people.csv.gz", zipped, lambda whole: whole[:-20]),
        ("people.json", as_json, lambda whole: whole[: len(whole) // 2]),
        ("people.json", as_json, lambda whole: whole[: whole.index(b'{"id":"p90"')]),
        ("people.jsonl", as_lines, lambda whole: whole[: len(whole) // 2]),
        ("people.parquet", as_parquet, lambda whole: whole[:-9]),
    ],
)
@pytest.mark.parametrize("origin", ["table = '{}'", "query = 'select * from \"{}\"'"])
def test_nobody_is_mailed_for_a_cut_file(
    project: Playground, name: str, write: Callable[[str], bytes], damage: Callable[[bytes], bytes], origin: str
) -> None:
    nobody_is_mailed(project, name, write(WHOLE), damage(write(WHOLE)), origin=origin)


@pytest.mark.parametrize(
    ("name", "write"),
    [("people.csv", str.encode), ("people.json", as_json), ("people.jsonl", as_lines), ("people.parquet", as_parquet)],
)
def test_nobody_is_mailed_for_something_else(project: Playground, name: str, write: Callable[[str], bytes]) -> None:
    others = [PAGE, SAID, b"Internal Server Error", *([b""] if name != "people.jsonl" else [])]
    nobody_is_mailed(project, name, write(WHOLE), *others)


def nobody_is_mailed(
    project: Playground, name: str, whole: bytes, *damaged: bytes, origin: str = "table = '{}'"
) -> None:
    project.rules(schema=RULES)
    project.write("rulekit.toml", f"edition = 1\n[source.person]\n{origin.format(name)}\n")
    path = project.folder / "data" / name
    path.write_bytes(whole)
    first = project.cli("run", "--now", "2026-03-01T08:00Z")
    assert first.exit_code == 0, first.output
    for content in damaged:
        path.write_bytes(content)
        second = project.cli("run", "--now", "2026-03-02T08:00Z")
        assert second.exit_code == 4, second.output
        assert "example.com" not in second.output
    assert not list(project.folder.glob("outbox/*.eml"))
