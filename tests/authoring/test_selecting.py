from typing import Any

import pytest

from rulekit.authoring.selecting import named_codes

RULES = 'persona P:\n  plan = "a" and nme = "b"\n# rulekit: ignore[RK212]\npersona Q:\n  email = "a"\n' + (
    "persona R:\n  age > 1\n"
)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"RK102", "RK212"}),
        (("--select", "RK2"), {"RK212"}),
        (("--select", "unknown-field"), {"RK102"}),
        (("--select", "rk10, RK212"), {"RK102", "RK212"}),
        (("--select", "RK102", "--select", "undecided-missing"), {"RK102", "RK212"}),
        (("--ignore", "RK1"), {"RK212"}),
        (("--select", "RK2", "--ignore", "undecided-missing"), set()),
    ],
)
def test_names_choose(desk: Any, arguments: tuple[str, ...], expected: set[str]) -> None:
    desk.rules(RULES)
    assert {line.split()[1] for line in desk.found(*arguments)} == expected


def test_a_left_out_error_is_told_of(desk: Any) -> None:
    desk.rules(RULES)
    result = desk.check("--ignore", "unknown-field")
    assert "1 error is left out; it stops `rulekit run` all the same\n" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("undecided-mising", "no report is named `undecided-mising`; write `undecided-missing`"),
        ("RK29", "no report is named `RK29`"),
        ("RK", "no report is named `RK`"),
        ("everything", "or a family like `RK2`"),
    ],
)
def test_an_unknown_name_is_a_usage_error(desk: Any, name: str, said: str) -> None:
    result = desk.check("--select", name)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_family_of_two_digits() -> None:
    assert {code.number[:4] for code in named_codes("RK90")} == {"RK90"}


@pytest.mark.parametrize(
    ("level", "warned", "wrong"), [("error", 0, 1), ("warning", 1, 1), ("info", 1, 1), ("never", 0, 0)]
)
def test_the_exit_code_follows_the_level(desk: Any, level: str, warned: int, wrong: int) -> None:
    only = ("--select", "RK1,RK2", "--fail-level", level)
    desk.rules("persona R:\n  age > 1\n")
    assert desk.check(*only).exit_code == warned
    desk.rules("persona R:\n  agr > 1\n")
    assert desk.check(*only).exit_code == wrong
    desk.rules('persona R:\n  email = "a"\n')
    assert desk.check(*only).exit_code == 0


@pytest.mark.parametrize("asked", [(), ("--fix",), ("--no-cache",)])
def test_a_link_that_leads_to_itself_is_one_report(desk: Any, asked: tuple[str, ...]) -> None:
    (desk.folder / "main.rules").symlink_to("main.rules")
    done = desk.check("--output", "concise", *asked)
    assert done.exit_code == 1
    assert "main.rules: error[RK019/unreadable-file]" in done.stdout
