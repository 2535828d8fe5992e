"""Runs commands of rulekit, each in a process that is forked when everything is imported; `python forker.py`.

Reads a line of JSON for each: the `folder`, the `arguments`, the point to be killed `at` (a name, and which time it is
reached) or null, and whether the points are to be `noted` in the folder. Answers with the exit code, or minus a signal.
"""

import importlib
import json
import os
import sys
import traceback
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import rulekit.outbox.sending.claims
from rulekit.cli import main
from tests.outbox.kills.fault_points import Fuse, lay

warm: set[str] = set()
SAID, POINTS, MODULES = "said", "points", "modules"


def run(task: dict[str, Any]) -> int:
    folder = Path(task["folder"])
    child = os.fork()
    if child == 0:
        os._exit(act(folder, task))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def act(folder: Path, task: dict[str, Any]) -> int:
    os.chdir(folder)
    said = os.open(SAID, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    lay(Fuse(tuple(task["at"]) if task["at"] else None, folder / POINTS if task["noted"] else None))
    if task.get("unmarked"):
        leave_marks_out()
    code: Any = 0
    try:
        main(task["arguments"], prog_name="rulekit")
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    (folder / MODULES).write_text("\n".join(sys.modules))
    return int(code or 0)


def leave_marks_out() -> None:
    """Takes the data mark away, to show that the tests would notice: messages leave, and nothing says so."""
    setattr(rulekit.outbox.sending.claims, "mark_data", lambda work, claims, now, gates, rules: [None] * len(claims))  # noqa: B010


def warm_up(folder: Path) -> None:
    """Imports here what the command has imported, and reads the rules once, so that the next one is quick."""
    with suppress(FileNotFoundError):
        for name in (folder / MODULES).read_text().splitlines():
            if name not in sys.modules:
                with suppress(Exception):
                    importlib.import_module(name)
    if "run" not in warm:
        os.chdir(folder)
        with redirect_stdout(StringIO()), suppress(SystemExit):
            main(["check", "--no-cache"], prog_name="rulekit")
        warm.add("run")


if __name__ == "__main__":
    for line in sys.stdin:
        task = json.loads(line)
        code = run(task)
        warm_up(Path(task["folder"]))
        print(code, flush=True)  # noqa: T201
