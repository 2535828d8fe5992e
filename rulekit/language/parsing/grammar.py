"""The grammar's text, and the parser made from it: read from prebuilt tables, or built in memory when they are stale.

The tables (`tables.bin`) are made with the package by `hatch_build.py`; nothing is written at run time.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import lark
from lark.lark import PostLex
from lark.lexer import Token

from rulekit.folders import shipped_folder

TABLES = Path(__file__).with_name("tables.bin")


class _KeepOddities(PostLex):
    """Makes the lexer hand over what no rule accepts, so that the reader can report it and go on."""

    always_accept = ("COMMENT", "UNCLOSED_STRING", "UNCLOSED_NAME", "INVALID")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


def grammar_text() -> str:
    """Returns the text of `rules.lark`."""
    return (shipped_folder("grammar") / "rules.lark").read_text(encoding="utf-8")


def build_parser(grammar: str, builder: object | None = None, *, debug: bool = False) -> lark.Lark:
    """Returns the parser for a grammar, built from scratch; `builder` has a method for each rule."""
    return lark.Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start="declaration",
        keep_all_tokens=True,
        maybe_placeholders=False,
        postlex=_KeepOddities(),
        transformer=builder,
        debug=debug,
    )


def write_tables(target: Path, grammar: str) -> None:
    """Writes the prebuilt tables: a line that says what they were made from, then lark's own form."""
    with target.open("wb") as file:
        file.write(_stamp(grammar))
        build_parser(grammar).save(file)


@cache
def load_parser(builder: object) -> lark.Lark:
    """Returns the parser, from the prebuilt tables when they belong to this grammar and this lark."""
    grammar = grammar_text()
    if TABLES.is_file():
        with TABLES.open("rb") as file:
            if file.readline() == _stamp(grammar):
                return _load(file, builder)
    return build_parser(grammar, builder)


def _load(file: BinaryIO, builder: object) -> lark.Lark:
    loaded: lark.Lark = lark.Lark.__new__(lark.Lark)._load(file, transformer=builder, postlex=_KeepOddities())
    return loaded


def _stamp(grammar: str) -> bytes:
    return f"{sha256(grammar.encode()).hexdigest()} lark {lark.__version__}\n".encode()
