"""The figures of a store as Prometheus reads them: what they say, over restarts, and of nobody."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from rulekit.engine.stores import open_project_store
from rulekit.web import create_app
from tests.outbox import singly
from tests.web.conftest import AT, Desk, served

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str, parser: Any = parse) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parser(text)
        for sample in family.samples
    }


def of(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, tuple(sorted(labels.items()))))


@pytest.fixture
def watched(desk: Desk) -> Any:
    """Serves the metrics of the desk's store; gives what a scrape of them finds."""
    now = [desk.project.instant(AT)]
    with served(create_app(desk.store, clock=lambda: now[0], metrics=True)) as url:

        def scrape(later: timedelta = timedelta(0), **headers: str) -> Any:
            now[0] += later
            return desk.http.get(url + "/metrics", headers=headers)

        yield scrape


def test_it_counts_emails_by_trigger_and_state(watched: Any) -> None:
    answer = watched()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(answer.text)
    assert of(found, "rulekit_outbox_emails", trigger="Greet", state="unapproved") == 2
    assert of(found, "rulekit_outbox_emails", trigger="Greet_Again", state="sent") == 0
    assert of(found, "rulekit_outbox_ended_total", trigger="Greet", state="sent") == 0
    assert of(found, "rulekit_outbox_ended_total", trigger="Greet", state="unapproved") is None
    assert of(found, "rulekit_ticks_total") == 2


def test_every_family_says_what_it_is(watched: Any) -> None:
    families = list(parse(watched().text))
    assert len(families) == 16
    assert all(family.documentation.endswith(".") and family.type in ("gauge", "counter") for family in families)
    assert all(family.name.startswith("rulekit_") for family in families)


def test_openmetrics_for_those_who_ask(watched: Any) -> None:
    answer = watched(Accept="application/openmetrics-text; version=1.0.0, text/plain;q=0.5")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
    assert samples(answer.text, parse_openmetrics) == samples(watched().text)


def test_what_is_due_and_how_sending_goes(watched: Any, desk: Desk) -> None:
    now = desk.project.instant(AT)
    assert of(samples(watched().text), "rulekit_outbox_due_timestamp_seconds") is None
    made = desk.project.instant("2026-01-02T08:00Z").timestamp()
    assert of(samples(watched().text), "rulekit_outbox_oldest_timestamp_seconds", state="unapproved") == made
    row = desk.store.outbox.row(1)
    singly.approve(desk.store, 1, row.digest, now, "eve", timedelta(minutes=10))
    assert of(samples(watched(timedelta(minutes=9)).text), "rulekit_outbox_due_timestamp_seconds") is None
    due = of(samples(watched(timedelta(minutes=9)).text), "rulekit_outbox_due_timestamp_seconds")
    assert due == (now + timedelta(minutes=10)).timestamp()
    desk.store.sending.halt("look", now, "eve")
    found = samples(watched().text)
    assert of(found, "rulekit_sending_halted") == 1
    assert of(found, "rulekit_sender_breaker_open") == 0
    assert of(found, "rulekit_outbox_oldest_timestamp_seconds", state="approved") == made


def test_suppressed_addresses_by_what_is_forbidden(watched: Any, desk: Desk) -> None:
    now = desk.project.instant(AT)
    desk.store.suppressions.add("x@example.com", "asked", now, "eve")
    desk.store.suppressions.add("y@example.com", "asked", now, "eve")
    desk.store.suppressions.add("x@example.com", "asked", now, "eve", trigger="Greet")
    found = samples(watched().text)
    assert of(found, "rulekit_suppressed_addresses", stream="all") == 2
    assert of(found, "rulekit_suppressed_addresses", stream="trigger") == 1


def test_nobody_is_named(watched: Any, desk: Desk) -> None:
    desk.store.suppressions.add("ada@example.com", "asked by ada", desk.project.instant(AT), "eve")
    desk.store.sending.halt("because of bob@example.com", desk.project.instant(AT), "eve")
    text = watched().text
    for word in ("ada", "bob", "eve", "example", "@", "Hello", "asked"):
        assert not re.search(rf"\b{word}\b" if word.isalpha() else word, text)


def test_an_app_that_is_mounted_elsewhere_tells_nothing(desk: Desk) -> None:
    with served(create_app(desk.store)) as url:
        assert desk.http.get(url + "/metrics").status_code == 404


def test_a_store_that_is_away_is_no_answer(watched: Any, desk: Desk) -> None:
    with closing(sqlite3.connect(desk.project.folder / "state/rulekit.db")) as store, store:
        store.execute("ALTER TABLE sending RENAME TO elsewhere")
    assert watched().status_code == 503
    with closing(sqlite3.connect(desk.project.folder / "state/rulekit.db")) as store, store:
        store.execute("ALTER TABLE elsewhere RENAME TO sending")
    assert watched().status_code == 200


def test_the_command_prints_the_same(watched: Any, desk: Desk) -> None:
    printed = desk.project.cli("metrics")
    assert printed.exit_code == 0
    assert printed.output == watched().text


def test_counts_survive_a_restart(project: Any) -> None:
    """Attempts and faults of the sender, over runs that are processes of their own as far as the store can tell."""
    project.settings('url = "folder:outbox"', 'url = "smtp://127.0.0.1:1?tls=off"\nallow = ["*"]')
    project.rules("trigger Greet: on tagged(Pro) send template Hello auto=true")
    project.run("2026-01-01T08:00Z")
    project.people(ada="pro", bob="free")
    counted = []
    for hour in range(3):
        project.run(f"2026-01-02T{hour:02}:30Z")
        with open_project_store(project.folder) as store:
            figures = store.audit.figures()
        counted.append((figures.attempts, figures.faults))
    # each run tries one email, as long as the breaker lets it
    assert counted == [(1, 1), (2, 2), (3, 3)]
    with open_project_store(project.folder) as store:
        store.sending.resume(project.instant("2026-01-02T03:00Z"))
        assert (store.audit.figures().attempts, store.audit.figures().faults) == (3, 3)
