"""The GitHub Action does what its steps say: their shell is taken out of `action.yml` and run as GitHub runs it."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.starts_programs

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
INSTALL, RUN = (step for step in STEPS if "run" in step)
SHIMS = {
    "python": f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n",
    "rulekit": f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -P -m rulekit \"$@\"\n",
}
FILES = {
    "rulekit.toml": """\
edition = 1

[sender]
url  = "folder:outbox"
from = "Ines at Fernhill <ines@fernhill.example.com>"
""",
    "main.rules": """\
person:
  email       text
  last_login  time

let quiet = 14d

persona Quiet "No login for two weeks":
  last_login > quiet

template Miss_You:
  subject  "We miss you"
  markdown "miss_you.md"

trigger Win_Back:
  on tagged(Quiet) send template Miss_You auto=false
""",
    "tests.rules": """\
test "quiet is who has not logged in for two weeks":
  person ada: last_login=2026-01-01T00:00Z
  at 2026-01-15T00:00Z: expect ada not in Quiet
  at 2026-01-15T00:01Z: expect ada in Quiet
""",
    "miss_you.md": "Come back.\n",
}
# what GitHub starts for `shell: bash`
BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a step left behind: its exit code, its log, the job's summary, and its outputs."""

    exit_code: int
    log: str
    summary: str
    outputs: dict[str, str]

    def annotations(self, kind: str) -> list[str]:
        """Returns those that GitHub takes from the log, which are none while it is told to stop."""
        heard = re.sub(r"^::stop-commands::(\w+)$.*?^::\1::$", "", self.log, flags=re.MULTILINE | re.DOTALL)
        return re.findall(rf"^::{kind} .*$", heard, re.MULTILINE)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Returns the root of a repository that is a project without a flaw."""
    folder = tmp_path / "workspace"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


@pytest.fixture
def step(tmp_path: Path, workspace: Path) -> Callable[..., Ran]:
    """Runs the shell of a step; inputs are given by their names."""
    for name, text in SHIMS.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(shell: dict[str, Any] = RUN, **inputs: str) -> Ran:
        files = {name: tmp_path / name.casefold() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        script = tmp_path / "step.sh"
        script.write_text(shell["run"])
        environment = {
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_WORKSPACE": str(workspace),
            **{name: str(file) for name, file in files.items()},
            **given(shell["env"], {name.replace("_", "-"): value for name, value in inputs.items()}),
        }
        done = subprocess.run(
            [*BASH, str(script)],
            cwd=workspace,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        return Ran(done.returncode, done.stdout, files["GITHUB_STEP_SUMMARY"].read_text(), outputs)

    return run


def given(env: dict[str, str], inputs: dict[str, str]) -> dict[str, str]:
    """Returns the variables of a step as GitHub fills them in: inputs as given or by default."""
    values = {name: inputs.get(name, spec.get("default", "")) for name, spec in ACTION["inputs"].items()}
    assert inputs.keys() <= values.keys()
    expressions = {f"${{{{ inputs.{name} }}}}": value for name, value in values.items()}
    expressions["${{ github.action_path }}"] = "/action path"
    return {variable: expressions[expression] for variable, expression in env.items()}


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_it_has_the_published_schema() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml")]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_expression_is_part_of_a_shell() -> None:
    assert [step for step in STEPS if "${{" in step.get("run", "")] == []


def test_every_input_is_used() -> None:
    used = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", str(STEPS))
    assert sorted(used) == sorted(ACTION["inputs"])


@pytest.mark.parametrize(("version", "target"), [("", "/action path"), ("1.2.3", "rulekit-engine==1.2.3")])
def test_the_version_that_was_asked_for_is_installed(
    version: str, target: str, step: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHIMS, "python", "")
    (tmp_path / "python").write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    done = step(INSTALL, version=version)
    words = done.log.splitlines()
    assert (done.exit_code, words[:3], words[-1]) == (0, ["-I", "-m", "pip"], target)


def test_what_a_machine_remembers_is_neither_used_nor_kept(step: Callable[..., Ran], tmp_path: Path) -> None:
    assert step().exit_code == 0
    assert not (tmp_path / ".cache").exists()


def test_no_file_of_the_change_is_run(step: Callable[..., Ran], workspace: Path) -> None:
    for module in ("secrets", "pip", "pathlib", "sitecustomize", "rulekit"):
        (workspace / f"{module}.py").write_text("open('was_run', 'w').close()\n")
    assert step(sarif_file="out/rulekit.sarif").exit_code == 0
    # no version that anybody could ask an index for
    assert step(INSTALL, version="!").exit_code != 0
    assert not (workspace / "was_run").exists()


def test_no_report_and_no_folder_for_one_is_made_through_a_link_of_the_change(
    step: Callable[..., Ran], workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (workspace / "out").symlink_to(tmp_path / "outside")
    for file in ("out/rulekit.sarif", "out/deep/rulekit.sarif"):
        assert step(sarif_file=file).exit_code == 2
    assert not list((tmp_path / "outside").iterdir())
    assert step(sarif_file="new/folder/rulekit.sarif").exit_code == 0
    assert (workspace / "new" / "folder" / "rulekit.sarif").is_file()


def test_a_clean_project_passes(step: Callable[..., Ran]) -> None:
    done = step()
    assert (done.exit_code, done.outputs) == (0, {"exit-code": "0", "conclusion": "success"}), done.log
    assert done.annotations("(?:error|warning|notice)") == []
    assert "2 files checked, nothing to report" in done.summary
    assert "1 test passed" in done.summary
    assert "2 files laid out already" in done.summary


def test_mistakes_fail_once(step: Callable[..., Ran], workspace: Path) -> None:
    replace(workspace / "main.rules", "last_login > quiet", "last_login   >   quite")
    done = step()
    assert (done.exit_code, done.outputs) == (1, {"exit-code": "1", "conclusion": "failure"})
    (error,) = done.annotations("error")
    assert error.startswith("::error file=main.rules,line=8,")
    assert len([one for one in done.annotations("warning") if "RK806 unformatted-file" in one]) == 1
    assert done.summary.count("`RK102/unknown-field`") == 1


def test_a_failed_test_is_annotated(step: Callable[..., Ran], workspace: Path) -> None:
    replace(workspace / "main.rules", "let quiet = 14d", "let quiet = 15d")
    done = step()
    assert done.exit_code == 1
    (error,) = done.annotations("error")
    assert "title=RK910 failed-expectation" in error
    assert "`RK910/failed-expectation`" in done.summary


def test_more_than_ten_warnings_are_counted_and_summed_up(step: Callable[..., Ran], workspace: Path) -> None:
    with (workspace / "main.rules").open("a") as rules:
        rules.write("\n\n\n" + "".join(f"let spare_{number} = {number}\n" for number in range(12)))
    done = step(fmt="false")
    assert (done.exit_code, len(done.annotations("warning"))) == (0, 10)
    assert "2 warnings more are not annotated" in done.log
    assert done.summary.count("`RK804/unused-let`") == 12
    assert step(fail_level="warning").outputs == {"exit-code": "1", "conclusion": "failure"}


def test_all_commands_together_annotate_no_more_than_github_shows(step: Callable[..., Ran], workspace: Path) -> None:
    with (workspace / "main.rules").open("a") as rules:
        rules.write("\n\n\n" + "".join(f"let spare_{number} = {number}\n" for number in range(10)))
    done = step()
    assert (done.exit_code, len(done.annotations("warning"))) == (1, 10)
    assert done.log.endswith("\n1 more not annotated, because GitHub shows 10 of a kind; the log has all\n")


def test_what_cannot_run_is_an_error(step: Callable[..., Ran], workspace: Path) -> None:
    (workspace / "rulekit.toml").unlink()
    done = step()
    assert (done.exit_code, done.outputs["conclusion"]) == (2, "error")
    assert "::error title=rulekit check::exit code 2; the log says why" in done.annotations("error")


def test_a_switch_that_is_neither_on_nor_off_is_an_error(step: Callable[..., Ran]) -> None:
    done = step(test="yes")
    assert (done.exit_code, done.outputs["conclusion"]) == (2, "error")
    assert done.annotations("error") == [
        "::error title=rulekit::the inputs fmt, test and summary are either true or false"
    ]


def test_inputs_choose_what_is_run_and_shown(step: Callable[..., Ran], workspace: Path) -> None:
    replace(workspace / "main.rules", "last_login > quiet", "last_login   >   quiet")
    assert step(fmt="false").exit_code == 0
    assert step(test="false").exit_code == 1
    assert step(paths="tests.rules\n\n  miss_you.md\n", test="false", fmt="false").exit_code == 0
    assert step(summary="false").summary == ""


def test_paths_choose_whose_layout_is_looked_at(step: Callable[..., Ran], workspace: Path) -> None:
    replace(workspace / "main.rules", "last_login > quiet", "last_login   >   quiet")
    done = step(paths="\n  tests.rules\n\n")
    assert (done.exit_code, "1 file laid out already" in done.summary) == (0, True)


def test_less_coverage_than_the_floor_fails(step: Callable[..., Ran], workspace: Path) -> None:
    replace(workspace / "tests.rules", "  at 2026-01-15T00:01Z: expect ada in Quiet\n", "")
    done = step(coverage_floor="100")
    assert done.exit_code == 1
    assert "RK912 low-coverage" in done.annotations("error")[0]
    assert step(coverage_floor="10").exit_code == 0


def test_a_change_is_looked_at_alone(step: Callable[..., Ran], workspace: Path) -> None:
    with (workspace / "main.rules").open("a") as rules:
        rules.write("\nlet old = 1\n")
    git = ["git", "-c", "user.name=ines", "-c", "user.email=ines@fernhill.example.com"]
    subprocess.run([*git, "add", "."], cwd=workspace, check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "old"], cwd=workspace, check=True)
    with (workspace / "main.rules").open("a") as rules:
        rules.write("let new = 1\n")
    (warning,) = step(changed_since="HEAD", fmt="false").annotations("warning")
    assert "`let new`" in warning


def test_a_baseline_hides_what_is_known(step: Callable[..., Ran], workspace: Path) -> None:
    with (workspace / "main.rules").open("a") as rules:
        rules.write("\nlet old = 1\n")
    subprocess.run(
        [sys.executable, "-m", "rulekit", "check", "--write-baseline", "known.json"], cwd=workspace, check=True
    )
    assert step(fmt="false", baseline="known.json").annotations("warning") == []
    assert len(step(fmt="false").annotations("warning")) == 1


def test_the_sarif_file_is_at_the_root(step: Callable[..., Ran], workspace: Path) -> None:
    project = workspace / "mail"
    project.mkdir()
    (project / "rulekit.toml").write_text("edition = 1\n")
    (project / "main.rules").write_text("person:\n  email text\n\npersona Odd:\n  mail is present\n")
    done = step(working_directory="mail", sarif_file="out/rules.sarif", test="false")
    assert done.exit_code == 1
    assert "mail/main.rules" in (workspace / "out" / "rules.sarif").read_text()
    assert done.annotations("error")[0].startswith("::error file=mail/main.rules,line=5,")


@pytest.mark.parametrize("name", sorted(ACTION["inputs"].keys() - {"version", "python-version"}))
def test_nothing_in_an_input_is_run(name: str, step: Callable[..., Ran], tmp_path: Path) -> None:
    harm = f"$(touch {tmp_path}/harm) `touch {tmp_path}/harm`; touch {tmp_path}/harm; \"' & touch {tmp_path}/harm"
    step(**{name.replace("-", "_"): harm})
    assert not (tmp_path / "harm").exists()


def test_rules_give_no_commands_to_github(step: Callable[..., Ran], workspace: Path) -> None:
    replace(workspace / "tests.rules", '"quiet is', '"##[error]harm')
    log = step().log
    heard = re.sub(r"^::stop-commands::(\w+)$.*?^::\1::$", "", log, flags=re.MULTILINE | re.DOTALL)
    assert "##[error]harm" in log
    assert "##[error]harm" not in heard
