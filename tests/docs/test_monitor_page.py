"""The page about watching: its files are what Prometheus reads, and name metrics that there are."""

import re
from pathlib import Path
from typing import Any

import yaml

from rulekit.outbox.store import Store
from rulekit.web import metrics_text

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "monitor.md").read_text(encoding="utf-8")
FILES = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]


def told() -> dict[str, str]:
    """Returns the kind of each metric of an empty store by the name that its samples have."""
    with Store.in_memory() as store:
        kinds = re.findall(r"^# TYPE (\S+) (\S+)$", metrics_text(store), re.MULTILINE)
    return dict(kinds)


def alerts() -> list[dict[str, Any]]:
    (group,) = next(file for file in FILES if "groups" in file)["groups"]
    return list(group["rules"])


def test_the_table_has_every_metric() -> None:
    rows = re.findall(r"^\| `(rulekit_\w+)(?:\{(.+?)\})?` \|", PAGE, re.MULTILINE)
    assert {name for name, _ in rows} == told().keys()


def test_alerts_are_rules_over_metrics_that_there_are() -> None:
    assert len({rule["alert"] for rule in alerts()}) == len(alerts()) == 8
    for rule in alerts():
        assert rule.keys() <= {"alert", "expr", "for", "annotations"}
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
        assert rule["annotations"]["summary"].endswith(".")
        named = set(re.findall(r"rulekit_\w+", rule["expr"]))
        assert named
        assert named <= told().keys(), rule
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_what_only_grows_is_asked_for_its_growth() -> None:
    counters = {name for name, kind in told().items() if kind == "counter"}
    assert all(name.endswith("_total") for name in counters)
    for rule in alerts():
        for name in counters & set(re.findall(r"rulekit_\w+", rule["expr"])):
            assert re.search(rf"(increase|rate|absent)\({name}\b", rule["expr"]), rule


def test_the_scrape_goes_where_serve_listens() -> None:
    (job,) = next(file for file in FILES if "scrape_configs" in file)["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["127.0.0.1:8025"]}]
