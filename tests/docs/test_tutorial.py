"""The tutorial is true: its files are written, its commands run, and they print what the page says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")

# what differs from store to store: a random secret makes the links and ids
SECRETS = re.compile(r"(?<=token=)[\w.-]+|[0-9a-f]{32,64}")


def test_every_command_prints_what_the_page_says(play: Callable[[str], list[Any]]) -> None:
    blocks = play(PAGE)
    assert len(blocks) == PAGE.count("```console") > 5
    for block in blocks:
        written, happened = (SECRETS.sub("…", text) for text in (block.written, block.happened))
        assert happened == written
