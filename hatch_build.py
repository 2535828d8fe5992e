"""The build step of the package: the parser's tables are made from the grammar, so that start-up need not do it."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TABLES = "rulekit/language/parsing/tables.bin"


class TablesBuildHook(BuildHookInterface[Any]):
    """Writes the tables into the package before a wheel (also an editable one) is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes the tables and tells hatchling to ship them although git ignores them."""
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from rulekit.language.parsing.grammar import write_tables
        finally:
            sys.path.remove(str(root))
        write_tables(root / TABLES, (root / "grammar" / "rules.lark").read_text(encoding="utf-8"))
        build_data["artifacts"].append(TABLES)
