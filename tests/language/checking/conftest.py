"""Rules as text for the checker's tests: a schema in front, and what the checker makes of the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pytest

from rulekit.diagnostics import codes
from rulekit.diagnostics.diagnostic import Diagnostic, Label
from rulekit.diagnostics.source import SourceText, Span
from rulekit.language.checker import check
from rulekit.language.parsing.parser import parse
from rulekit.language.program import Program
from rulekit.language.typed_expressions import Condition

SCHEMA = """
person:
  email       text
  first_name  text?
  plan        one of ("free", "pro", "enterprise")
  seats       number
  score       number?
  admin       bool
  beta        bool?
  tags        list of text
  created_at  time
  last_login  time?
  born        date?
  quota       duration

company:
  name          text
  arr           number
  industry      text?
  renewal_date  date?

event signed_up
event project_created
event project_live
event dashboard_viewed:
  widget  text
event purchase:
  amount  number
  sku     text?
  gift    bool
"""


@dataclass(frozen=True)
class Checked:
    program: Program | None
    diagnostics: list[Diagnostic]
    sources: Mapping[str, SourceText]

    @property
    def slugs(self) -> list[str]:
        return [diagnostic.code.slug for diagnostic in self.diagnostics]

    @property
    def errors(self) -> list[str]:
        return [d.code.slug for d in self.diagnostics if d.code.severity is codes.ERROR]

    def only(self) -> Diagnostic:
        assert len(self.diagnostics) == 1, [d.message for d in self.diagnostics]
        return self.diagnostics[0]

    def quoted(self, label: Label | None) -> str:
        assert label is not None
        return self.sources[label.span.path].text[label.span.start : label.span.end]

    def quoted_span(self, span: Span) -> str:
        return self.sources[span.path].text[span.start : span.end]

    def fixed(self, number: int = 0) -> list[tuple[str, str]]:
        """The edits of one fix of the only report: what was written, and what is written instead."""
        return [(self.quoted_span(e.span), e.replacement) for e in self.only().fixes[number].edits]


CheckText = Callable[..., Checked]
# most texts stand beside the same schema
_parse = lru_cache(maxsize=8)(parse)


@pytest.fixture
def check_text() -> CheckText:
    """Checks texts of files below an imaginary project; `body` is `main.rules`, after the schema."""

    def run(body: str, *, schema: str = SCHEMA, **files: str) -> Checked:
        texts = {"main.rules": body, "schema.rules": schema}
        texts.update({name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
        sources = {path: SourceText(path, text) for path, text in texts.items()}

        def read(path: str) -> SourceText | Diagnostic:
            missing = Diagnostic(codes.UNREADABLE_FILE, "there is no such file", Label(Span(path, 0, 0)))
            return sources.get(path, missing)

        trees, mistakes = [], []
        for path in sorted(path for path in texts if path.endswith(".rules")):
            tree, found = _parse(sources[path])
            trees.append(tree)
            mistakes += found
        program, found = check(trees, read, list(texts))
        return Checked(program, [*mistakes, *found], sources)

    return run


@pytest.fixture
def persona(check_text: CheckText) -> Callable[..., Condition]:
    """The meaning of a condition about people; fails on any error."""

    def run(condition: str, before: str = "") -> Condition:
        checked = check_text(f"{before}\npersona P:\n  {condition}\n")
        assert checked.program is not None, [(d.code.slug, d.message) for d in checked.diagnostics]
        return checked.program.personas["P"].condition

    return run


@pytest.fixture
def segment(check_text: CheckText) -> Callable[..., Condition]:
    """The meaning of a condition about companies; fails on any error."""

    def run(condition: str, before: str = "") -> Condition:
        checked = check_text(f"{before}\nsegment S:\n  {condition}\n")
        assert checked.program is not None, [(d.code.slug, d.message) for d in checked.diagnostics]
        return checked.program.segments["S"].condition

    return run


@pytest.fixture
def problem(check_text: CheckText) -> Callable[..., Checked]:
    """What is wrong with a condition about people, missing values aside."""

    def run(condition: str, before: str = "") -> Checked:
        checked = check_text(f"{before}\npersona P:\n  {condition}\n")
        errors = [d for d in checked.diagnostics if d.code.severity is codes.ERROR]
        return Checked(checked.program, errors, checked.sources)

    return run
