"""Events that are mostly of nobody stop a tick, unless they were believed before."""

import sqlite3
from typing import Any

import pytest

from rulekit.errors import SourceError

DAY = "2026-01-{:02}T08:00Z"
AT = "2026-01-01T00:00Z"


def logins(*people: str) -> list[tuple[str, str, str]]:
    return [(person, "login", AT) for person in people]


@pytest.fixture
def active(project: Any) -> Any:
    project.rules("trigger Greet: on tagged(Quiet) send template Hello auto=true")
    project.person_rows((key, f"{key}@example.com", "free", "acme") for key in ("71", "82", "93"))
    project.events(*logins("71", "82", "93"))
    project.run(DAY.format(1))
    return project


def test_keys_of_another_form_in_the_events_stop_the_tick(active: Any) -> None:
    before = active.dump()
    active.events(*logins("71.0", "82.0", "93.0"))
    with pytest.raises(SourceError) as refusal:
        active.run(DAY.format(2))
    assert refusal.value.message == (
        "3 of the 3 `login` events are of nobody in the source: they are of `99.0`, and people are `99`;"
        " nobody was tagged or untagged"
    )
    assert active.dump() == before


@pytest.mark.parametrize(("known", "strangers", "stops"), [(2, 2, False), (2, 3, True), (0, 1, True)])
def test_more_than_half_stop_it(active: Any, known: int, strangers: int, stops: bool) -> None:
    active.events(*logins(*["71"] * known, *["stranger"] * strangers))
    if not stops:
        active.run(DAY.format(2))
        return
    with pytest.raises(SourceError, match=f"{strangers} of the {known + strangers} `login` events"):
        active.run(DAY.format(2))


def test_visitors_who_are_not_signed_in_are_accepted_once(active: Any) -> None:
    active.events(*logins("71", "82", *["anonymous"] * 9))
    active.run(DAY.format(2), accept=True)
    active.run(DAY.format(3))
    # and for ever, also when there were fewer of them in between
    active.events(*logins("71", "82", "93"))
    active.run(DAY.format(4))
    active.events(*logins("71", "82", *["anonymous"] * 9))
    active.run(DAY.format(5))


def test_the_first_tick_has_nothing_to_compare_with(project: Any) -> None:
    project.events(*logins("stranger"))
    project.run(DAY.format(1))
    project.run(DAY.format(2))
    # a kind that comes later is compared
    project.events(*logins("stranger"), ("stranger", "export", AT))
    with pytest.raises(SourceError, match="1 of the 1 `export` events"):
        project.run(DAY.format(3))


def test_events_of_people_who_are_absent_or_gone_are_somebody_s(active: Any) -> None:
    active.settings("people = 50", 'people = 50\nabsent = "2d"')
    active.person_rows([("71", "71@example.com", "free", "acme")])
    for day in range(2, 7):
        active.run(DAY.format(day))
    assert ("Quiet", "82", 1, "gone") not in active.log()


def test_what_an_older_version_has_believed_is_believed(active: Any) -> None:
    with sqlite3.connect(active.folder / "state/rulekit.db") as connection:
        connection.execute("UPDATE last_tick SET anonymous = NULL")
    active.events(*logins("71", "82", *["anonymous"] * 9))
    active.run(DAY.format(2))
    active.run(DAY.format(3))
