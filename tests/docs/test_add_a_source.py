"""The example of the how-to, run as a plugin."""

import re
from pathlib import Path
from types import ModuleType

from rulekit.evaluation.data.dataset import open_data
from rulekit.hooks.manager import load_plugins
from rulekit.language.program import Schema
from rulekit.records import SourceRequest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-source.md"


def test_the_example_is_a_source(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("rulekit_cards")
    exec(code, module.__dict__)
    (tmp_path / "contacts").mkdir()
    for name in ("ada", "bob"):
        (tmp_path / "contacts" / f"{name}.vcf").touch()

    plugins = load_plugins({"cards": module}, allow=())
    source = plugins.source("cards")(SourceRequest("cards:contacts", tmp_path))
    mapping = source.default_mapping()
    assert mapping is not None
    with open_data(Schema({}, {}, {}), source, mapping, "UTC") as data:
        people = data.connection.execute(data.people().sql(dialect="duckdb")).fetchall()
    assert people == [("ada", None), ("bob", None)]
