"""The results of `trust.py` as tables of the documentation, and as a file that later runs add to."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from trust_damages import DAMAGES, KNOWN
from trust_edits import EDITS
from trust_histories import STOPPED
from trust_verdicts import Replayed, Result, Verdict


def read(file: Path) -> list[Result]:
    """Returns the results that a file keeps."""
    return [_made(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def _made(told: dict[str, object]) -> Result:
    kind = Verdict if "what" in told else Replayed
    return kind(**told)  # type: ignore[arg-type]


def keep(results: Iterable[Result], file: Path) -> None:
    """Writes results into a file, in place of those that it kept."""
    file.write_text("".join(json.dumps(asdict(one)) + "\n" for one in results), encoding="utf-8")


def merged(old: Iterable[Result], new: Iterable[Result]) -> list[Result]:
    """Returns all results, the newer ones of what was played again."""
    return list({one.key: one for one in (*old, *new)}.values())


def tables(results: Sequence[Result]) -> str:
    """Returns the tables, each between marks."""
    verdicts = [one for one in results if isinstance(one, Verdict)]
    replayed = [one for one in results if isinstance(one, Replayed)]
    damages = {d.name: d.group for d in DAMAGES}
    parts = {
        "damages": judged([v for v in verdicts if v.part == "damages" and v.what in damages], damages),
        "known": known(verdicts),
        "edits": judged([v for v in verdicts if v.part == "edits"], {e.name: "" for e in EDITS}),
        "histories": histories(replayed),
        "stopped": stopped(replayed),
    }
    return "\n".join(f"<!-- {name}: begin -->\n{table}<!-- {name}: end -->\n" for name, table in parts.items())


def known(verdicts: Sequence[Verdict]) -> str:
    """Returns a list of the damages that still mail somebody wrongly, with the reason."""
    wrong = {one.what for one in verdicts if one.part == "damages" and one.wrong}
    lines = [
        f"- {name}: {KNOWN.get(name, 'not looked into yet')}.\n" for name in (d.name for d in DAMAGES) if name in wrong
    ]
    return "".join(lines) or "None.\n"


def stopped(replayed: Sequence[Replayed]) -> str:
    """Returns a list of the clean histories in which something stood still, with the reason."""
    lines = [f"- {one.name}: {STOPPED.get(one.name, 'not looked into yet')}.\n" for one in replayed if not one.is_right]
    return "".join(lines) or "None.\n"


def write(results: Sequence[Result], page: Path) -> None:
    """Writes the tables into a page, between its marks."""
    text = page.read_text(encoding="utf-8")
    for name, table in re.findall(r"<!-- (\w+): begin -->\n(.*?)<!-- \1: end -->\n", tables(results), re.DOTALL):
        marks = rf"(?<=<!-- {name}: begin -->\n).*?(?=<!-- {name}: end -->)"
        text = re.sub(marks, lambda _, table=table: table, text, flags=re.DOTALL)
    page.write_text(text, encoding="utf-8")


def judged(verdicts: Sequence[Verdict], groups: dict[str, str]) -> str:
    """Returns the table of damages or edits: per size how many were mailed wrongly, and how rulekit took it."""
    sizes = sorted({one.people for one in verdicts})
    head = [f"{size:,} people" for size in sizes]
    columns = ["what is done", *head, "emails that were due", "late", "never"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    of: dict[str, list[Verdict]] = defaultdict(list)
    for one in verdicts:
        of[one.what].append(one)
    group = ""
    for name in [name for name in groups if name in of]:
        if groups[name] != group:
            group = groups[name]
            lines.append("| " + " | ".join([f"**{group}**", *[""] * (len(columns) - 1)]) + " |")
        lines.append(_line(name, of[name], sizes))
    lines.append(_line("**all**", verdicts, sizes, with_outcome=False))
    return "\n".join(lines) + "\n"


def _line(name: str, verdicts: Sequence[Verdict], sizes: Sequence[int], *, with_outcome: bool = True) -> str:
    cells = [_cell([one for one in verdicts if one.people == size], with_outcome=with_outcome) for size in sizes]
    sums = [sum(getattr(one, what) for one in verdicts) for what in ("due", "late", "never")]
    return "| " + " | ".join([name, *cells, *(f"{figure:,}" for figure in sums)]) + " |"


def _cell(verdicts: Sequence[Verdict], *, with_outcome: bool) -> str:
    if not verdicts:
        return ""
    wrong = f"{sum(one.wrong for one in verdicts):,}"
    return f"{wrong}, {' or '.join(sorted({one.outcome for one in verdicts}))}" if with_outcome else wrong


def histories(replayed: Sequence[Replayed]) -> str:
    """Returns the table of clean histories."""
    columns = ["history", "people", "ticks", "refused", "parked", "emails", "as without guards"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for one in replayed:
        same = "all of them" if one.emails == one.accepted == one.same else f"{one.same:,} of {one.accepted:,}"
        figures = [f"{figure:,}" for figure in (one.ticks, one.refused, one.parked, one.emails)]
        lines.append("| " + " | ".join([one.name, one.people, *figures, same]) + " |")
    return "\n".join(lines) + "\n"
