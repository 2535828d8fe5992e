"""The page about tests shows rules that pass, and a failure as it is printed."""

import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "test-rules.md").read_text(encoding="utf-8")
RULES = PAGE.partition("```rules\n")[2].partition("```")[0]
FAILURE = re.search(r"^```\n(error.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_rules_of_the_page_pass_and_the_failure_is_as_shown(project: Any) -> None:
    project.write("main.rules", RULES)
    assert project.cli("test").output.endswith("1 test passed\n")
    shorter = RULES.partition("    expect Miss_You to ada unapproved")[0].rstrip().rstrip(",")
    project.write("main.rules", "")
    project.write(
        "quiet.rules", shorter.replace("expect ada not in Quiet, expect no Miss_You to ada", "expect ada in Quiet")
    )
    assert FAILURE is not None
    assert FAILURE[1] in project.cli("test").output
