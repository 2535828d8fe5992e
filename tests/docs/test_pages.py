"""Every page of the documentation is reachable, its links lead somewhere, and it keeps to the glossary's words."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "grammar").glob("*.md"),
        *ROOT.glob("plugins/*/README.md"),
        ROOT / "bench" / "README.md",
    ]
)
LINK = re.compile(r"\]\((?!https?:|\{\{)([^)#]+)(?:#[^)]*)?\)")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")

# what a page must not say, and the glossary's word for it
OTHERS = {
    "audience": "persona",
    "campaign": "trigger",
    "cohort": "persona",
    "newsletter blast": "trigger",
    "subscriber": "person",
    "blacklist": "suppressed addresses",
    "blocklist": "suppressed addresses",
}


def links(page: Path) -> list[Path]:
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [(page.parent / link).resolve() for link in LINK.findall(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    assert [link for link in links(page) if not link.exists()] == []


def test_the_index_leads_to_every_page() -> None:
    pages = {page.resolve() for page in (ROOT / "docs").rglob("*.md")}
    reached = {(ROOT / "docs" / "README.md").resolve()}
    # the index of a folder leads to the pages of that folder
    for _ in range(2):
        reached |= {page for index in reached if index.name == "README.md" for page in links(index)}
    assert pages - reached == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_uses_another_word_for_a_thing(page: Path) -> None:
    text = page.read_text(encoding="utf-8").casefold()
    assert {word: OTHERS[word] for word in OTHERS if re.search(rf"\b{word}s?\b", text)} == {}


def test_the_glossary_has_each_word_once_in_order() -> None:
    words = re.findall(r"^\| (.+?) \| ", GLOSSARY, re.MULTILINE)[1:]
    assert words == sorted(set(words))
