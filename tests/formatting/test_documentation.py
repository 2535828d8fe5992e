"""The rules that the documentation shows are laid out as `rulekit fmt` lays them out."""

import re
from pathlib import Path

import pytest

from rulekit.diagnostics.source import SourceText
from rulekit.language.formatting import format_source

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "grammar" / "README.md", ROOT / "docs" / "tutorial.md"]
PAGES += sorted((ROOT / "docs" / "reference").glob("*.md"))
BLOCK = re.compile(r"^```(?:rules.*\n|\n(?=person:))(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(page, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_an_example_is_in_the_layout(page: Path, block: str) -> None:
    assert format_source(SourceText(page.name, block)) == block


def test_there_are_examples() -> None:
    assert {page.name for page, _ in BLOCKS} >= {"README.md", "tutorial.md", "layout.md"}
