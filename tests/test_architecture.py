"""The house rules that a machine can hold: layers, sizes, hooks and commands that are documented and tested."""

import ast
import inspect
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

from rulekit.cli import COMMANDS
from rulekit.files import replace_file
from rulekit.hooks import PROJECT_NAME, specs

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "rulekit").rglob("*.py"))
HOOKS = [name for name in dir(specs) if hasattr(getattr(specs, name), f"{PROJECT_NAME}_spec")]
MAX_MODULE, MAX_FUNCTION, MAX_DECISIONS = 400, 60, 14
DECISIONS = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.match_case, ast.comprehension)
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
FUNCTIONS = {
    f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": node
    for path, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
}


def texts(folder: str, ending: str) -> str:
    paths = sorted((ROOT / folder).rglob(f"*{ending}"))
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path != Path(__file__))


@pytest.mark.starts_programs
def test_imports_go_down_the_one_straight_path() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_module_is_too_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: length for path, length in lengths.items() if length > MAX_MODULE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {name: (node.end_lineno or node.lineno) - node.lineno + 1 for name, node in FUNCTIONS.items()}
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}


def decisions(node: ast.AST) -> int:
    """Returns how often what is done below a node depends on something: more than ruff counts, which knows no `and`."""
    own = isinstance(node, DECISIONS)
    own += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
    own += len(node.ifs) if isinstance(node, ast.comprehension) else 0
    return own + sum(map(decisions, ast.iter_child_nodes(node)))


def test_no_function_decides_too_much() -> None:
    counts = {name: decisions(node) for name, node in FUNCTIONS.items()}
    assert {name: count for name, count in counts.items() if count > MAX_DECISIONS} == {}


def test_one_module_makes_files_that_a_power_loss_leaves_whole() -> None:
    durable = re.compile(r"\bos\.(?:fsync|replace|rename|link)\(|\bmkstemp\(|\.rename\(")
    found = [path for path in MODULES if durable.search(path.read_text(encoding="utf-8"))]
    assert found == [Path(inspect.getfile(replace_file))]


@pytest.mark.parametrize("name", ["rulekit.email.filters", "rulekit.email.templates", "rulekit.email.template_values"])
def test_what_is_told_by_types_takes_nothing_as_any(name: str) -> None:
    assert "Any" not in vars(import_module(name))


def test_no_module_imports_itself_over_others() -> None:
    # imports inside of functions count, too
    known = {module_of(path): path for path in MODULES}
    TopologicalSorter({name: imported_by(TREES[path], known) - {name} for name, path in known.items()}).prepare()


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(tree: ast.Module, known: Collection[str]) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in known:
            inside = [f"{node.module}.{name.name}" for name in node.names]
            found |= {one if one in known else node.module for one in inside}
    return found


def test_every_module_has_a_name_of_its_own() -> None:
    names = Counter(path.stem for path in MODULES if path.stem != "__init__")
    assert [name for name, count in names.items() if count > 1] == []


# started by others, or imported by the name that somebody writes
ASKED_FOR = re.compile(
    r"rulekit\.(?:__main__|cli\.commands|diagnostics\.formats|outbox\.database\.migrations|testing)\.?.*"
)


def test_every_module_is_used() -> None:
    known = {module_of(path): path for path in MODULES}
    used = {used for name, path in known.items() for used in imported_by(TREES[path], known) - {name}}
    rooms = {name for name, path in known.items() if path.name == "__init__.py"}
    assert [name for name in known.keys() - used - rooms if not ASKED_FOR.fullmatch(name)] == []


def test_every_class_has_a_name_of_its_own() -> None:
    # what an author wrote and what it means go by one name: `language/tree` stands beside what is made of it
    trees = [tree for path, tree in TREES.items() if path.parent.name != "tree"]
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


# what only one kind of database has; a revision says what it does to the data of its time
OWN_WORDS = ("sqlite.py", "postgres.py")
AS_TEXT = {"text", "literal_column", "exec_driver_sql"}


def test_the_outbox_asks_its_database_in_the_terms_of_its_tables() -> None:
    asked = {
        f"{path.relative_to(ROOT)}:{node.lineno}": ast.unparse(node)
        for path in sorted((ROOT / "rulekit/outbox").rglob("*.py"))
        if path.name not in OWN_WORDS and "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in AS_TEXT
    }
    # a number, written out
    assert {place: call for place, call in asked.items() if "('0')" not in call} == {}


def test_there_are_hooks_to_hold_to_this() -> None:
    assert {"register_sources", "register_senders", "email_composed", "outbox_changed"} <= set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_and_tested(hook: str) -> None:
    assert hook in texts("docs", ".md")
    assert hook in texts("tests", ".py")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert f"`rulekit {command}" in page
