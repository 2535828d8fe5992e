"""A team's own pytest runs the tests of its rules, in a process of its own with nothing but what is installed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.starts_programs

RULES = """\
person:
  email text
  plan  text
persona Pro:
  plan = "pro"
test "who goes pro":
  person ada: plan="pro"
  at 2026-01-01: expect ada in Pro
test "who stays free":
  person bo: plan="free"
  at 2026-01-01: expect bo not in Pro
"""
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "mail/tests").mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "mail/rulekit.toml").write_text("edition = 1\n")
    (tmp_path / "mail/tests/pro.rules").write_text(RULES)

    def run(*arguments: str, code: int = 0) -> str:
        # warnings are errors, as in a strict suite; nothing of our own settings
        command = [sys.executable, "-m", "pytest", "-W", "error", "-q", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return run


def test_each_test_is_an_item_named_by_its_title(run: Run) -> None:
    assert run("--collect-only").splitlines()[:2] == [
        "mail/tests/pro.rules::who goes pro",
        "mail/tests/pro.rules::who stays free",
    ]
    assert "2 passed" in run("-p", "no:cacheprovider")
    assert "1 passed, 1 deselected" in run("-k", "stays")
    assert "1 passed" in run("mail/tests/pro.rules::who goes pro")


def test_a_failure_shows_the_block_of_rulekit_test(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail/tests/pro.rules").write_text(RULES.replace("bo not in", "bo in"))
    shown = run(code=1)
    assert "error[RK910/failed-expectation]: `bo` is not in `Pro`" in shown
    assert "= note: the condition of `Pro`" in shown
    assert "1 failed, 1 passed" in shown
    assert "Traceback" not in shown


def test_wrong_rules_are_one_error_of_the_collection(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail/tests/more.rules").write_text(
        'test "more":\n  person cy: plan="pro"\n  at 2026-01-01: expect cy in Prro\n'
    )
    shown = run(code=2)
    assert "error[RK103/unknown-persona]: unknown persona `Prro`" in shown
    assert "the rules have 1 error, so nothing was run" in shown
    assert shown.count("ERROR collecting") == 1


def test_wrong_settings_are_an_error_of_the_collection(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail/rulekit.toml").write_text("edition = 7\n")
    assert "edition = 1" in run(code=2)


def test_rules_outside_of_a_project_and_without_tests_are_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "firewall.rules").write_text('test "not ours"\n')
    (tmp_path / "mail/tests/pro.rules").write_text(RULES.partition("test ")[0])
    assert "no tests ran" in run(code=5)


def test_tests_are_shared_out_among_workers(run: Run) -> None:
    assert "2 passed" in run("-n", "2")


def test_a_suite_without_rules_imports_nothing_of_rulekit_but_the_plugin(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail/tests/pro.rules").unlink()
    (tmp_path / "test_own.py").write_text(
        "import sys\n\ndef test_own():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] == 'rulekit'}\n"
        "    assert ours == {'rulekit', 'rulekit.testing', 'rulekit.testing.pytest_plugin'}\n"
        "    assert not {'duckdb', 'sqlalchemy', 'pydantic', 'jinja2', 'lark', 'numpy'} & sys.modules.keys()\n"
    )
    assert "1 passed" in run()
