"""Who asks for a persona that is parked is parked with it: nobody can tell who would be in."""

from typing import Any

import pytest

SCHEMA = """\
person:
  email  text
  plan   text?
  score  number?
event login
persona Pro "Paying people":
  plan = "pro"
{more}
template Hello:
  subject "Hello"
  text "Dear {{{{ person.email }}}}"
"""
RISK = "persona Risk:\n  {}\n"
HELLO = ("trigger Hi: on tagged(Risk) send template Hello auto=true",)
DAY = "2026-01-{:02}T08:00Z"


@pytest.fixture
def asking(project: Any) -> Any:
    """A project of people alone, with the guard as it is where the settings say nothing."""
    settings = (project.folder / "rulekit.toml").read_text()
    for text in ("[guard]\npeople = 50\n", 'company = "account"\n'):
        settings = settings.replace(text, "")
    settings = settings.replace('[source.company]\ntable = "accounts.csv"\nkey = "id"\n', "")
    project.write("rulekit.toml", settings)
    project.events()
    return project


def rules(project: Any, more: str, *triggers: str) -> None:
    project.rules(*(triggers or HELLO), schema=SCHEMA.format(more=more))


def write(project: Any, pro: int, scores: int = 20, of: int = 20) -> None:
    """Writes people of whom the first are `pro`, and the first have a score of 9."""
    rows = (f"p{i:02},p{i:02}@example.com,{'pro' if i < pro else 'free'},{9 if i < scores else 0}" for i in range(of))
    project.write("data/people.csv", "\n".join(("id,email,plan,score", *rows)) + "\n")


def parked(report: Any) -> list[str]:
    return report.tick.parked


@pytest.mark.parametrize(
    "more",
    [
        RISK.format("in Pro and score >= 9"),
        "let rich = in Pro and score >= 9\n" + RISK.format("rich"),
        "persona Middle:\n  in Pro\n" + RISK.format("in Middle and score >= 9"),
        "persona Free:\n  not in Pro\n" + RISK.format("not in Free and not score < 9"),
    ],
)
def test_two_people_of_a_parked_persona_are_not_mailed_by_what_asks_for_it(asking: Any, more: str) -> None:
    rules(asking, more)
    write(asking, 0, scores=2)
    asking.run(DAY.format(1))
    # all of them look paying, and two of those have the score: too few for the guard to wonder
    write(asking, 20, scores=2)
    report = asking.run(DAY.format(2))
    assert {"Pro", "Risk"} <= set(parked(report))
    assert "which is parked" in report.tick.because["Risk"]
    assert asking.emails() == []
    write(asking, 1, scores=2)
    assert parked(asking.run(DAY.format(3))) == []
    assert asking.emails() == [("Hi", "p00", "sent")]


def test_an_edit_of_who_asks_waits_as_well(asking: Any) -> None:
    rules(asking, RISK.format("in Pro and score >= 9"))
    write(asking, 0, scores=2)
    asking.run(DAY.format(1))
    rules(asking, RISK.format("in Pro and score >= 8"))
    write(asking, 20, scores=2)
    report = asking.run(DAY.format(2))
    assert parked(report) == ["Pro", "Risk"]
    # what is believed again is compared with what was asked before, so it is still an edit
    write(asking, 1, scores=2)
    report = asking.run(DAY.format(3))
    assert [one.name for one in report.tick.personas if one.edited] == ["Risk"]
    assert asking.emails() == []


def test_who_asks_and_is_new_takes_no_baseline_yet(asking: Any) -> None:
    rules(asking, "", "trigger Hi: on tagged(Pro) send template Hello")
    write(asking, 0)
    asking.run(DAY.format(1))
    write(asking, 20)
    rules(asking, RISK.format("not in Pro"))
    assert parked(asking.run(DAY.format(2))) == ["Pro", "Risk"]
    assert asking.ask("SELECT name FROM personas ORDER BY name") == [("Pro",)]
    # all are out of it by mistake: they would join on the day that it is mended
    write(asking, 0)
    assert parked(asking.run(DAY.format(3))) == []
    assert asking.emails() == []


def test_a_word_for_who_asks_is_one_for_that_tick(asking: Any) -> None:
    more = RISK.format("in Pro and score >= 9") + "persona Third:\n  in Risk\n"
    rules(asking, more)
    write(asking, 0, scores=2)
    asking.run(DAY.format(1))
    write(asking, 20, scores=2)
    assert parked(asking.run(DAY.format(2))) == ["Pro", "Risk", "Third"]
    # two people are believed of it, and of what asks for it alone
    assert parked(asking.run(DAY.format(3), accept=frozenset({"Risk"}))) == ["Pro"]
    assert asking.emails() == [("Hi", "p00", "sent"), ("Hi", "p01", "sent")]
    assert parked(asking.run(DAY.format(4))) == ["Pro", "Risk", "Third"]
    assert parked(asking.run(DAY.format(5), accept=frozenset({"Pro"}))) == []


def test_a_persona_that_asks_for_another_one_goes_on(asking: Any) -> None:
    rules(asking, "persona Scored:\n  score >= 9\n" + RISK.format("in Scored"))
    write(asking, 0, scores=0)
    asking.run(DAY.format(1))
    write(asking, 20, scores=1)
    assert parked(asking.run(DAY.format(2))) == ["Pro"]
    assert asking.emails() == [("Hi", "p00", "sent")]
