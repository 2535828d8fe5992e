"""The examples of the language's page are right beside its first one, which declares what they use."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from rulekit.cli import main

PAGE = (Path(__file__).parents[2] / "grammar" / "README.md").read_text(encoding="utf-8")
FIRST, *OTHERS = re.findall(r"^```rules\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
# a page may show a declaration again, with more to it
SHOWN_AGAIN = "RK101"


@pytest.mark.parametrize("example", ["", *OTHERS])
def test_an_example_has_no_errors(example: str, tmp_path: Path) -> None:
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "welcome.html").write_text("Welcome")
    # one that begins with a schema of its own stands alone
    (tmp_path / "first.rules").write_text("" if example.startswith("person:") else FIRST)
    (tmp_path / "other.rules").write_text(example)
    result = CliRunner().invoke(main, ["check", "--no-cache", "--output", "json", "--project", str(tmp_path)])
    found = json.loads(result.output)["diagnostics"]
    assert {one["code"] for one in found if one["severity"] == "error"} <= {SHOWN_AGAIN}
