import gzip
from pathlib import Path

import pytest

from rulekit.builtin.files import open_files
from rulekit.errors import SourceError
from rulekit.evaluation.data import open_data
from rulekit.language.program import Schema
from rulekit.records import RecordMapping, Source, SourceMapping, SourceRequest


def source(folder: Path, url: str = "files:.") -> Source:
    return open_files(SourceRequest(url, folder))


def keys(folder: Path, table: str, url: str = "files:.") -> list[str]:
    mapping = SourceMapping(RecordMapping(table), None, ())
    with open_data(Schema({}, {}, {}), source(folder, url), mapping, "UTC") as data:
        return [row[0] for row in data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"id,x\n007,\n8 ,y\n"),
        ("bom.csv", b'\xef\xbb\xbfid,x\r\n007,"a\r\nb"\r\n8 ,"say ""hi"", now"\r\n'),
        ("blank.csv", b"id,x\n007,1\n\n8 ,2\n\n"),
        ("one column.CSV", b"id\n007\n8 \n"),
        ("quote's.csv", b"id\n007\n8 \n"),
        ("a.tsv", b"id\tx\n007\t,\n8 \t\n"),
        ("a.csv.gz", gzip.compress(b"id,x\n007,\n8 ,y\n", mtime=0)),
        ("a.jsonl", b'{"id": "007"}\n{"id": "8 "}\n'),
        ("a.ndjson.gz", gzip.compress(b'{"id": "007"}\n{"id": "8 "}\n', mtime=0)),
        ("a.json", b'[{"id": "007"}, {"id": "8 ", "x": [1]}]'),
    ],
)
def test_formats(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert keys(tmp_path, name) == ["007", "8 "]


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n")
    assert keys(tmp_path, "a.csv") == []


def test_an_absolute_folder_and_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "a.csv").write_text("id\n1\n")
    assert keys(tmp_path, "deep/a.csv", "files:data") == ["1"]
    assert keys(Path("/nowhere"), "a.csv", f"files:{tmp_path}/data/deep") == ["1"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "`a.csv` is empty"),
        ("a.csv", b"\n\n", "`a.csv` has no names of columns"),
        ("a.csv", b"id,\n1,2\n", "column 2 of `a.csv` has no name"),
        ("a.csv", b"id,ID\n1,2\n", "`a.csv` has more than one column `id`"),
        ("a.csv", b"id,x\n1,2\n3\n", "`a.csv` cannot be read: CSV Error on Line: 3; Expected Number of Columns: 2"),
        ("a.csv", b'id,x\n1,"2\n3,4\n', "`a.csv` cannot be read: CSV Error on Line: 2"),
        (
            "a.csv",
            b"id\n" + b"1\n" * 99_999 + b"\xe5\n",
            "`a.csv` cannot be read: CSV Error on Line: 100001; Invalid unic",
        ),
        ("a.csv", b"id,\xe5\n", "`a.csv` is not in UTF-8"),
        ("a.csv.gz", b"id,x\n1,2\n", "`a.csv.gz` cannot be read: Not a gzipped file"),
        ("a.csv.gz", gzip.compress(b"id\n" + b"1\n" * 9, mtime=0)[:-9], "`a.csv.gz` cannot be read: "),
        ("a.jsonl", b'{"id": 1}\n{"id": \n', "`a.jsonl` cannot be read: Malformed JSON; at byte 9 in line 3"),
        ("a.parquet", b"PAR1 no PAR1", "`a.parquet` cannot be read: Footer length error"),
        ("a.parquet", b"", "`a.parquet` is empty"),
        ("a.xlsx", b"x", "`a.xlsx` has no format that can be read"),
        ("b.csv", b"id\n", "there is no file `a.csv` in the folder of the data source; did you mean `b.csv`?"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as raised:
        keys(tmp_path, "a.csv" if name == "b.csv" else name)
    raised.match(message.replace("(", r"\(").replace("?", r"\?"))
    assert "\n" not in raised.value.message
    assert raised.value.help


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/passwd", "link.csv"])
def test_tables_outside_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "outside.csv").write_text("id\n1\n")
    (tmp_path / "data" / "link.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(SourceError, match="lies outside the folder"):
        keys(tmp_path, name, "files:data")


@pytest.mark.parametrize("url", ["files:", "files:nowhere"])
def test_the_folder_has_to_be_there(tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceError, match=r"names no folder|there is no folder `nowhere` in the project"):
        source(tmp_path, url)
