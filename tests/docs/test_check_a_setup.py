"""The page about `rulekit doctor` lists what it looks at, in its order."""

import re
from pathlib import Path
from typing import Any

from rulekit.clock import parse_instant
from rulekit.doctor import examine

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "check-a-setup.md").read_text(encoding="utf-8")
SETTINGS = """\
edition = 1

[source.person]
table = "people.csv"
fields = { undeclared = "plan" }

[source.company]
table = "accounts.csv"

[[source.events]]
table = "events.csv"
person = "who"
name = "event"

[sender]
url   = "smtp://mail.example.com"
from  = "Ines <ines@example.com>"
allow = ["*"]

[delivery]
unsubscribe_url = "https://mail.example.com/u"
"""


def test_the_table_has_every_line_of_the_doctor(project: Any) -> None:
    project.run("2026-01-01T08:00Z")
    project.write("rulekit.toml", SETTINGS)
    found = examine(project.folder, parse_instant("2026-01-01T09:00Z"), offline=True)
    own = [one.name for one in found[: 1 + max(i for i, one in enumerate(found) if one.name == "plugins")]]
    assert re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE) == list(dict.fromkeys(own))
