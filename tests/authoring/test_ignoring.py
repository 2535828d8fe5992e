import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rulekit.authoring.checking import check_project

PRO = 'persona Pro:\n  plan != "pro"\n'


def test_above_a_declaration_it_is_about_all_of_it(desk: Any) -> None:
    desk.rules(
        '# customers\n# rulekit: ignore[undecided-missing]\n# who pay\npersona Pro:\n  plan != "pro"\n  and age > 3\n'
    )
    assert desk.found() == []


def test_it_ends_with_its_declaration(desk: Any) -> None:
    desk.rules(f"# rulekit: ignore[undecided-missing]\n{PRO}persona Old:\n  age > 60\n")
    assert desk.found() == ["main.rules:9 RK212"]


@pytest.mark.parametrize("line", ['  plan != "pro"  {}\n  and age > 3', '  plan != "pro"\n  and age > 3  {}'])
def test_behind_a_clause_it_is_about_its_line(desk: Any, line: str) -> None:
    desk.rules(f"persona Pro:\n{line.format('# rulekit: ignore[RK212]')}\n")
    assert len(desk.found()) == 1


@pytest.mark.parametrize("first", [True, False])
def test_a_clause_of_several_lines_has_it_on_the_first_or_the_last(desk: Any, first: bool) -> None:
    comment = "# rulekit: ignore[RK212]"
    desk.rules(f'persona Pro:\n  plan {comment if first else ""}\n  not in ("a",\n  "b") {"" if first else comment}\n')
    assert desk.found() == []


def test_on_top_it_is_about_the_whole_file(desk: Any) -> None:
    desk.write("main.rules", "# ours\n# rulekit: file-ignore[rk212]\n\nperson:\n  email text\n  plan text?\n" + PRO)
    assert desk.found() == []


def test_in_the_file_of_a_template_it_is_about_its_line(desk: Any) -> None:
    template = 'template Hi:\n  subject "Hi"\n  html "hi.html"\ntrigger T: on tagged(P) send template Hi\n'
    desk.rules(f'persona P: email = "a"\n{template}')
    desk.write("hi.html", '{{ person.plan }} {# rulekit: ignore[RK510] because "all have one" #}\n{{ person.age }}')
    assert desk.found() == ["hi.html:2 RK510"]
    desk.write("hi.html", "{# rulekit: file-ignore[RK510] #}\n{{ person.plan }}\n{{ person.age }}")
    assert desk.found() == []


def test_an_error_is_never_silent(desk: Any) -> None:
    desk.rules('# rulekit: file-ignore[unknown-field]\n# rulekit: ignore[unknown-field]\npersona P:\n  x = "a"\n')
    assert "main.rules:8 RK102" in desk.found()
    assert desk.check().exit_code == 1


def test_the_last_day_counts(desk: Any) -> None:
    desk.rules(f"# rulekit: ignore[RK212] until 2026-05-31\n{PRO}")

    def codes(now: datetime) -> list[str]:
        found = check_project(desk.folder, now).diagnostics
        return [one.code.number for one in found if one.code.number in {"RK212", "RK903"}]

    assert codes(datetime(2026, 5, 31, 23, 59, tzinfo=UTC)) == []
    assert codes(datetime(2026, 6, 1, tzinfo=UTC)) == ["RK903", "RK212"]


def test_a_renderer_is_given_what_was_silenced_and_why(desk: Any) -> None:
    desk.rules(f'# rulekit: ignore[RK212] because "an import fills it in"\n{PRO}')
    (one,) = check_project(desk.folder, datetime(2026, 1, 1, tzinfo=UTC)).ignored
    assert (one.diagnostic.code.number, one.reason) == ("RK212", "an import fills it in")


def test_beside_an_error_nothing_is_called_unused(desk: Any) -> None:
    desk.rules('# rulekit: ignore[RK212]\npersona P:\n  email = "a"\npersona Q:\n  x = 1\n')
    assert desk.found() == ["main.rules:9 RK102"]


def test_above_a_broken_declaration_it_is_not_called_misplaced(desk: Any) -> None:
    desk.rules("# rulekit: ignore[RK212]\npersona P:\n  plan =\n")
    assert desk.found() == ["main.rules:7 RK002"]


def test_without_comments_to_rulekit_nothing_is_read_twice(desk: Any) -> None:
    desk.rules('# rulekit is great, and it can ignore things\npersona P:\n  email = "rulekit: ignore[x]"\n')
    assert desk.found() == []


def test_the_run_does_not_mind(desk: Any) -> None:
    from rulekit.language.project_rules import load_rules

    desk.rules(f"# rulekit: ignore[no-such-thing]\n{PRO}")
    assert load_rules(desk.folder).program is not None


def test_the_json_has_the_fix_of_an_unused_one(desk: Any) -> None:
    desk.rules('# rulekit: ignore[RK212]\npersona P:\n  email = "a"\n')
    document = json.loads(desk.check("--output", "json", "--select", "RK902").stdout)
    assert [fix["safe"] for one in document["diagnostics"] for fix in one["fixes"]] == [True]
