"""The page of each code: what it reports, why it matters, and an example of it; the files ship with rulekit."""

from rulekit.diagnostics.diagnostic import Code
from rulekit.folders import shipped_folder

FOLDER = "docs/codes"


def page(code: Code) -> str:
    """Returns the page of a code as Markdown."""
    return (shipped_folder(FOLDER) / f"{code.number}.md").read_text(encoding="utf-8")
