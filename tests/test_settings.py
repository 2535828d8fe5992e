from datetime import timedelta

import pytest

from rulekit.errors import SettingsError
from rulekit.folders import find_project
from rulekit.settings import fill_environment, load_settings, parse_settings


def refused(content: dict) -> str:
    with pytest.raises(SettingsError) as caught:
        parse_settings(content)
    return caught.value.message


def test_defaults_mail_nobody():
    settings = parse_settings({"edition": 1})

    assert settings.sender.url == "folder:outbox"
    assert settings.store.url == "sqlite:///state/rulekit.db"
    assert settings.delivery.hold == timedelta(minutes=10)
    assert settings.delivery.max_auto_per_tick == 200


def test_every_setting_is_read(tmp_path):
    (tmp_path / "rulekit.toml").write_text(
        """
edition = 1
timezone = "Europe/Stockholm"
[source]
url = "duckdb:///crm.duckdb"
timezone = "America/New_York"
[source.person]
table = "users"
company = "account_id"
fields = { last_login = "last_seen_at" }
[[source.events]]
table = "events"
name = "event"
[[source.events]]
event = "purchase"
query = "select * from orders"
[sender]
from = "Ada at Example <success@example.com>"
allow = ["*@example.com"]
[delivery]
hold = "1h"
"""
    )
    settings = load_settings(tmp_path)
    mapping = settings.source.mapping()

    assert settings.sender.from_ == "Ada at Example <success@example.com>"
    assert settings.delivery.hold == timedelta(hours=1)
    assert mapping is not None
    assert mapping.person.fields == {"last_login": "last_seen_at"}
    assert [(e.name, e.event) for e in mapping.events] == [("event", None), (None, "purchase")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"delivery": {"holds": "10m"}}, "no setting `delivery.holds`; did you mean `hold`?"),
        ({"sendr": {}}, "no setting `sendr`; did you mean `sender`?"),
        ({"sender": {"form": "x"}}, "no setting `sender.form`; did you mean `from`?"),
        ({"source": {"person": {"table": "a", "kee": "id"}}}, "did you mean `key`?"),
        ({"source": {"events": [{"table": "a", "nam": "event", "event": "x"}]}}, "did you mean `name`?"),
        ({"delivery": {"hold": "10"}}, "`10` is not a duration; write it like `14d`"),
        ({"delivery": {"hold": 10}}, '`delivery.hold`: `10` has no unit; write it like `"10m"`'),
        ({"delivery": {"hold": ["10m"]}}, "`delivery.hold`: write a duration in quotes"),
        ({"delivery": {"max_auto_per_tick": -3}}, "`delivery.max_auto_per_tick`: write 0 or more"),
        ({"delivery": {"max_auto_per_tick": "few"}}, "write a whole number without quotes"),
        ({"source": {"person": {"table": 5}}}, '`source.person.table`: write a text in quotes, as in `"…"`'),
        ({"sender": {"allow": "*"}}, '`sender.allow`: write a list, as in `["…"]`'),
        ({"sender": "smtp"}, "`sender`: write a section with keys of its own"),
        ({"source": {"person": {"table": "a", "fields": []}}}, "write a table, as in `{ last_login"),
        ({"timezone": "Mars/Base"}, "`Mars/Base` is not a time zone"),
        ({"source": {"person": {"key": "id"}}}, "give either `table` or `query`"),
        ({"source": {"events": [{"table": "a"}]}}, "give either `name`"),
    ],
)
def test_a_wrong_setting_is_named(content, words):
    assert words in refused({"edition": 1, **content})


def test_two_wrong_settings_are_both_named():
    message = refused({"edition": 1, "stor": {}, "delivery": {"hold": "x"}})

    assert "stor" in message
    assert "delivery.hold" in message


@pytest.mark.parametrize("content", [{}, {"edition": 2}, {"edition": "1"}])
def test_another_edition_is_refused(content):
    assert "edition = 1" in refused(content)


def test_a_broken_file_is_told(tmp_path):
    (tmp_path / "rulekit.toml").write_text("edition = = 1")

    with pytest.raises(SettingsError, match=r"rulekit\.toml: cannot be read.*line 1"):
        load_settings(tmp_path)


def test_the_project_is_the_nearest_folder_upward(tmp_path):
    (tmp_path / "rulekit.toml").write_text("edition = 1\n")
    (tmp_path / "rules" / "deep").mkdir(parents=True)

    assert find_project(tmp_path / "rules" / "deep") == tmp_path.resolve()


def test_no_project_says_how_to_make_one(tmp_path):
    with pytest.raises(SettingsError) as caught:
        find_project(tmp_path)
    assert "rulekit init" in str(caught.value.help)


def test_secrets_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("SMTP_PASSWORD", "s3cret")

    assert fill_environment("smtp://me:${SMTP_PASSWORD}@mail") == "smtp://me:s3cret@mail"
    with pytest.raises(SettingsError, match="NO_SUCH_NAME is not set"):
        fill_environment("${NO_SUCH_NAME}")
