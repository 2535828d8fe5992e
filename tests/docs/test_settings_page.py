"""The settings page documents every key of the settings, with its default, and none that does not exist."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from rulekit.clock import format_duration
from rulekit.settings.model import (
    ColumnSection,
    DeliverySection,
    EventSection,
    GuardSection,
    PluginsSection,
    RecordSection,
    ScenarioSection,
    SenderSection,
    ServeSection,
    Settings,
    SourceSection,
    StoreSection,
    parse_settings,
)

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "Top level": Settings,
    "`[source]`": SourceSection,
    "`[source.person]` and `[source.company]`": RecordSection,
    "`[[source.events]]`": EventSection,
    "`[source.person.columns.COLUMN]`": ColumnSection,
    "`[store]`": StoreSection,
    "`[sender]`": SenderSection,
    "`[delivery]`": DeliverySection,
    "`[guard]`": GuardSection,
    "`[serve]`": ServeSection,
    "`[test]`": ScenarioSection,
    "`[plugins]`": PluginsSection,
}


def documented(heading: str) -> dict[str, str]:
    """Returns the keys of the first table below a heading, each with its default as written."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = section[section.index("| key |") :].split("\n\n")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*?) \| ", table, re.MULTILINE))


def default_of(section: type[BaseModel], key: str) -> str:
    field = next(f for name, f in section.model_fields.items() if (f.alias or name) == key)
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        return "see below"
    if default is None or default in ([], {}):
        return "none"
    if isinstance(default, timedelta):
        return f'`"{format_duration(default)}"`'
    return f'`"{default}"`' if isinstance(default, str) else f"`{default}`"


@pytest.mark.parametrize(("heading", "section"), SECTIONS.items())
def test_every_key_is_documented_with_its_default_and_no_other(heading: str, section: type[BaseModel]) -> None:
    keys = [field.alias or name for name, field in section.model_fields.items()]
    assert documented(heading) == {key: default_of(section, key) for key in keys}


def test_the_page_has_no_section_that_does_not_exist() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert headings == [*SECTIONS, "A whole file"]


def test_the_whole_file_is_valid() -> None:
    example = PAGE.split("```toml\n")[1].split("```")[0]
    settings = parse_settings(tomllib.loads(example))
    assert settings.source.mapping() is not None
