"""Small projects in the notation of the cases, and the slugs that are reported for them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rulekit.language.project_rules import load_rules
from tests.language.cases import write_project
from tests.language.checking.conftest import check_text  # noqa: F401  (a fixture)

SETTINGS = """\
--- rulekit.toml
edition = 1
[sender]
url = "smtp://localhost"
allow = ["*"]
[delivery]
postal_address  = "Example Ltd, 12 Orchard Lane, 1000 Sampleton"
unsubscribe_url = "https://mail.example.com/u"
"""


@pytest.fixture
def reported(tmp_path: Path) -> Callable[[str], list[str]]:
    """The slugs of what is reported for a project."""

    def run(text: str) -> list[str]:
        write_project(text, tmp_path)
        return [diagnostic.code.slug for diagnostic in load_rules(tmp_path).diagnostics]

    return run
