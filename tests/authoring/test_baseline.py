import json
from typing import Any

ONLY = ("--select", "RK1,RK2,RK9")
OLD = "persona Old:\n  age > 60\n"
PRO = 'persona Pro:\n  plan != "pro"\n'


def test_what_is_known_is_hidden_and_counted(desk: Any) -> None:
    desk.rules(OLD)
    written = desk.check(*ONLY, "--write-baseline", "known.json")
    assert written.exit_code == 0
    assert "known.json written: 1 report\n" in written.output
    # rules that move, and are laid out anew, stay known
    desk.rules(f"{PRO}\n\npersona Old:\n    age   > 60\n")
    shown = desk.check(*ONLY, "--baseline", "known.json", "--output", "text", "--fail-level", "warning")
    assert desk.found(*ONLY, "--baseline", "known.json") == ["main.rules:6 RK212"]
    assert "1 report known in known.json not shown\n" in shown.output
    assert shown.exit_code == 1


def test_the_file_has_a_line_for_each_report_in_order(desk: Any) -> None:
    desk.rules(OLD, "b.rules")
    desk.write("a.rules", PRO)
    desk.check(*ONLY, "--write-baseline", "known.json")
    lines = (desk.folder / "known.json").read_text().splitlines()
    entries = [json.loads(line.strip().rstrip(",")) for line in lines[4:-2]]
    assert [(entry["path"], entry["code"]) for entry in entries] == [("a.rules", "RK212"), ("b.rules", "RK212")]
    before = (desk.folder / "known.json").read_bytes()
    desk.check(*ONLY, "--write-baseline", "known.json")
    assert (desk.folder / "known.json").read_bytes() == before


def test_an_error_is_neither_written_nor_hidden(desk: Any) -> None:
    desk.rules("persona Old:\n  aeg > 60\n")
    assert desk.check("--write-baseline", "known.json").exit_code == 1
    assert json.loads((desk.folder / "known.json").read_text())["known"] == []
    assert desk.found("--baseline", "known.json") == ["main.rules:6 RK102"]


def test_an_entry_without_its_report_is_stale(desk: Any) -> None:
    desk.rules(OLD + PRO)
    desk.check(*ONLY, "--write-baseline", "known.json")
    desk.rules(PRO)
    assert desk.found("--baseline", "known.json") == ["known.json:6 RK905"]
    # what was not looked for is not missed
    assert desk.found("--baseline", "known.json", "--select", "RK1,RK9") == []


def test_beside_an_error_nothing_is_stale(desk: Any) -> None:
    desk.rules(OLD + PRO)
    desk.check(*ONLY, "--write-baseline", "known.json")
    desk.rules(PRO + "persona Q:\n  x = 1\n")
    assert desk.found("--baseline", "known.json") == ["main.rules:8 RK102"]


def test_a_second_report_of_the_same_is_new(desk: Any) -> None:
    desk.rules("persona P:\n  age > 60\n")
    desk.check(*ONLY, "--write-baseline", "known.json")
    desk.rules("persona P:\n  age > 60\npersona Q:\n  age > 60\n")
    assert desk.found("--baseline", "known.json") == ["main.rules:8 RK212"]


def test_a_file_that_is_no_baseline_is_said_to_be_none(desk: Any) -> None:
    desk.rules(OLD)
    for text in ("", "[]", "{}", '{"schema_version": 1, "fingerprint_version": 1, "known": [1]}'):
        desk.write("known.json", text)
        result = desk.check("--baseline", "known.json")
        assert (result.exit_code, result.output.splitlines()[0]) == (2, "error: known.json is not a baseline")
    desk.write("known.json", '{"schema_version": 9, "fingerprint_version": 1, "known": []}')
    assert "was written by another version" in desk.check("--baseline", "known.json").output


def test_a_baseline_is_of_the_whole_project(desk: Any) -> None:
    desk.rules(OLD)
    assert desk.check("main.rules", "--write-baseline", "known.json").exit_code == 2
    assert not (desk.folder / "known.json").exists()
