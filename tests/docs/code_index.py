"""The lists of `docs/codes/README.md`, made from the table of codes."""

from pathlib import Path

from rulekit.diagnostics import codes

PAGE = Path(__file__).parents[2] / "docs" / "codes" / "README.md"
FAMILIES = {
    "RK0": "Syntax",
    "RK1": "Names",
    "RK2": "Types and missing values",
    "RK3": "Personas and segments",
    "RK4": "Triggers",
    "RK5": "Templates",
    "RK6": "Privacy and volume",
    "RK7": "Sources and schema",
    "RK8": "Style",
    "RK9": "Settings, comments, baselines and tests",
}


def with_fresh_index(page: str) -> str:
    """Returns the page with the lists as they should be; what stands above the first list stays."""
    return page.partition("\n## ")[0] + "".join(_section(family, title) for family, title in FAMILIES.items())


def _section(family: str, title: str) -> str:
    rows = [
        f"| [{code.number}]({code.number}.md) | {code.slug} | {code.severity.value} | {code.summary} |\n"
        for code in codes.ALL
        if code.number.startswith(family)
    ]
    head = "| code | name | severity | what it reports |\n|---|---|---|---|\n"
    return f"\n## {family} {title}\n\n{head}{''.join(rows)}" if rows else ""
