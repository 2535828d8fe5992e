"""Rules as text over rows of Python values, for tests that ask who is in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from rulekit.diagnostics.source import SourceText
from rulekit.evaluation.data.dataset import Data
from rulekit.evaluation.questions.membership import evaluate
from rulekit.evaluation.sql.query_plan import build_plan
from rulekit.language.checker import check
from rulekit.language.parsing.parser import parse
from rulekit.language.program import Program

Row = Mapping[str, Any]


@dataclass
class World:
    """People, companies and events under a schema written as rules; conditions are asked of it as text."""

    schema: str
    data: Data

    def program(self, rules: str) -> Program:
        return read(self.schema + rules)

    def who(self, condition: str, now: datetime, lets: str = "") -> set[str]:
        """Returns the people for whom a condition holds."""
        program = self.program(f"{lets}\npersona P:\n  {condition}\n")
        found = evaluate(build_plan(program), self.data, now)
        return {key for key, bit in zip(found.people, found.personas["P"], strict=True) if bit}

    def sources(self, rules: str) -> dict[str, SourceText]:
        return {"test.rules": SourceText("test.rules", self.schema + rules)}


def read(text: str) -> Program:
    """Returns what the text means; fails with the reports when it has errors."""
    source = SourceText("test.rules", text)
    tree, mistakes = parse(source)
    program, reports = check([tree], {"test.rules": source}.__getitem__)
    assert not mistakes
    assert program is not None, reports
    return program


@pytest.fixture(scope="session")
def make_world() -> Callable[..., World]:
    def make(
        schema: str,
        people: Iterable[Row],
        companies: Iterable[Row] = (),
        events: Mapping[str, Iterable[Row]] | None = None,
        zone: str = "UTC",
    ) -> World:
        return World(schema, Data.from_rows(read(schema).schema, list(people), list(companies), events or {}, zone))

    return make


@pytest.fixture(scope="session")
def read_rules() -> Callable[[str], Program]:
    return read
