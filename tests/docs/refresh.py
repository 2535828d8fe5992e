"""Writes into the documentation what its commands print today: `python tests/docs/refresh.py`, then read the diff.

The index of the codes and the table of transitions are written, the tutorial's commands are played, and the README gets
the output of the demo, for which `rulekit` must be on the PATH. `refresh.py codes` writes the index alone; `states`,
`tutorial` and `demo` do so too.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.docs import code_index, state_diagram  # noqa: E402 - the path comes first
from tests.docs.conftest import play_page  # noqa: E402


def refresh_codes(page: Path) -> None:
    """Writes the lists of codes."""
    page.write_text(code_index.with_fresh_index(page.read_text(encoding="utf-8")), encoding="utf-8")


def refresh_states(page: Path) -> None:
    """Writes the diagram and the table of what an email may go through."""
    page.write_text(state_diagram.with_fresh_table(page.read_text(encoding="utf-8")), encoding="utf-8")


def refresh_tutorial(page: Path) -> None:
    """Plays the page in an empty folder and puts in what came out."""
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        happened = iter([block.happened for block in play_page(text)])
        os.chdir(ROOT)
    fresh = re.sub(r"(?<=^```console\n).*?(?=^```$)", lambda _: next(happened), text, flags=re.MULTILINE | re.DOTALL)
    page.write_text(fresh, encoding="utf-8")


def refresh_demo(page: Path) -> None:
    """Runs the demo and puts its output between the marks in the page."""
    done = subprocess.run(["sh", "docs/demo.sh"], cwd=ROOT, capture_output=True, text=True, check=True)
    text = page.read_text(encoding="utf-8")
    marks = r"(?<=<!-- demo: begin -->\n).*?(?=<!-- demo: end -->)"
    fresh = re.sub(marks, lambda _: f"```console\n{done.stdout.lstrip()}```\n", text, flags=re.DOTALL)
    page.write_text(fresh, encoding="utf-8")


PARTS = {
    "codes": lambda: refresh_codes(code_index.PAGE),
    "states": lambda: refresh_states(state_diagram.PAGE),
    "tutorial": lambda: refresh_tutorial(ROOT / "docs" / "tutorial.md"),
    "demo": lambda: refresh_demo(ROOT / "README.md"),
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
