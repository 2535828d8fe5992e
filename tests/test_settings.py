import time
from datetime import timedelta

import pytest

from rulekit.environment import fill
from rulekit.errors import RulekitError, SettingsError
from rulekit.folders import find_project
from rulekit.settings.model import load_settings, parse_settings, read_settings


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
        ({"test": {"coverage_flor": 5}}, "no setting `test.coverage_flor`; did you mean `coverage_floor`?"),
        ({"plugins": {"alow": ["rulekit-dns"]}}, "no setting `plugins.alow`; did you mean `allow`?"),
        ({"plugins": {"allow": "rulekit-dns"}}, '`plugins.allow`: write a list, as in `["…"]`'),
        ({"plugins": {"dns": 3}}, "no setting `plugins.dns`"),
        ({"guard": {"shares": 1}}, "no setting `guard.shares`; did you mean `share`?"),
        ({"guard": {"share": 0}}, "`guard.share`: write more than 0"),
        ({"guard": {"share": 20}}, "`guard.share`: write 1 or less"),
        ({"guard": {"share": "20 %"}}, "`guard.share`: write a number without quotes"),
        ({"guard": {"people": -1}}, "`guard.people`: write 0 or more"),
        ({"guard": {"people": 2.5}}, "`guard.people`: write a whole number"),
        ({"guard": {"people": True}}, "`guard.people`: write a whole number"),
        ({"guard": {"absent": 90}}, "`guard.absent`: `90` has no unit"),
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
        ({"timezone": "Eastern Time (US & Canada)"}, "is not a time zone; write a name like `America/New_York`"),
        ({"timezone": "UTC+2"}, "`UTC+2` is not a time zone; write a name like `Europe/Stockholm`"),
        ({"source": {"person": {"key": "id"}}}, "give either `table` or `query`"),
        ({"source": {"events": [{"table": "a"}]}}, "give either `name`"),
        ({"source": {"url": "data"}}, "`source.url`: it has no scheme; write it like `files:data`"),
        ({"source": {"url": ""}}, "`source.url`: it has no scheme"),
        ({"source": {"url": "files:"}}, "it names no folder; write it like `files:data`"),
        ({"source": {"url": "files://data"}}, "a folder follows the `:` without `//`"),
        ({"source": {"url": "files:data?delim=;"}}, "it takes no options"),
        ({"source": {"url": "duckdb:crm.duckdb"}}, "it names no DuckDB file; write it like `duckdb:///crm.duckdb`"),
        ({"source": {"url": "duckdb://host/crm.duckdb"}}, "it names no DuckDB file"),
        ({"source": {"url": "duckdb:///crm.duckdb?mode=rw"}}, "it takes no options"),
        ({"source": {"url": "${SOURCE}"}}, "it has no scheme"),
        ({"source": {"url": "acme://${HOST}/x"}}, "a login and not for a host or port"),
        ({"store": {"url": "state/rulekit.db"}}, "`store.url`: it has no scheme; write it like `sqlite:///state"),
        ({"store": {"url": "sqlite:state.db"}}, "no file follows `sqlite:///`"),
        ({"store": {"url": "sqlite:///:memory:"}}, "no file follows `sqlite:///`"),
        ({"store": {"url": "sqlite:///a.db?mode=ro"}}, "it takes no options"),
        ({"store": {"url": "sqlite:///${NAME}.db"}}, "a login and not for a path"),
        ({"store": {"url": "postgresql://u@h:99999/d"}}, "its port is none from 1 to 65535"),
        ({"store": {"url": "postgresql://u@h:x/d"}}, "its port is none from 1 to 65535"),
        ({"store": {"url": "postgresql://u@h"}}, "no database follows the host"),
        ({"store": {"url": "postgresql://u:p@${HOST}/d"}}, "a login and not for a host or port"),
        ({"store": {"url": "postgresql://u:p@h/${NAME}"}}, "a login and not for a path"),
        ({"store": {"url": "postgresql://u@h/d?sslmod=require"}}, "no option `sslmod`; did you mean `sslmode`?"),
        ({"store": {"url": "postgresql://u@h/d?sslmode=yes"}}, "`sslmode=yes` is unknown; write `disable`, `allow`"),
        ({"store": {"url": "postgresql://u@h/d?connect_timeout=5s"}}, "`connect_timeout=5s` is no whole number"),
        ({"store": {"url": "mysql://u@h/d"}}, "it does not name a store that this version can keep"),
        ({"sender": {"url": "mail.example.com"}}, "`sender.url`: it has no scheme; write it like `folder:outbox`"),
        ({"sender": {"url": "folder:"}}, "it names no folder; write it like `folder:outbox`"),
        ({"sender": {"url": "folder:${NAME}"}}, "a login and not for a path"),
        ({"sender": {"url": "smtp://h?tls=none"}}, "`tls=none` is unknown; write `required`, `implicit` or `off`"),
        ({"sender": {"url": "smtp://h?tsl=off"}}, "there is no option `tsl`; did you mean `tls`?"),
        ({"sender": {"url": "smtp://h?timeout=soon"}}, "`timeout=soon` is no time"),
        ({"sender": {"url": "smtp://h:0"}}, "it has a port 0"),
        ({"sender": {"url": "smtp://h:70000"}}, "it cannot be read as the URL of a server"),
        ({"sender": {"url": "smtp://:25"}}, "it names no server"),
        ({"sender": {"url": "smtp://mail example.com"}}, "a blank in its host"),
        ({"store": {"url": "postgresql://u@db example.com/x"}}, "a blank in its host"),
        ({"sender": {"url": "smtp://h/in"}}, "a path"),
        ({"sender": {"url": "smtp://${USER}:${PASSWORD}@${HOST}"}}, "a login and not for a host or port"),
        ({"sender": {"url": "smtp://h:${PORT}"}}, "a login and not for a host or port"),
        ({"sender": {"url": "smtp://h?tls=${TLS}"}}, "a login and not for an option"),
        ({"delivery": {"unsubscribe_url": "https://"}}, "`https://` is not a link that can unsubscribe"),
        ({"delivery": {"unsubscribe_url": "https://h:99999/u"}}, "it has no port or host that there can be"),
        ({"delivery": {"unsubscribe_url": "https://u:p@h/u"}}, "it has a user or a `#`"),
        ({"delivery": {"unsubscribe_url": "https://${HOST}/u"}}, "it reads no environment"),
    ],
)
def test_a_wrong_setting_is_named(content, words):
    assert words in refused({"edition": 1, **content})


@pytest.mark.parametrize(
    ("section", "url"),
    [
        ("source", "files:../data"),
        ("source", "files:/srv/data"),
        ("source", "files:${DATA}/crm"),
        ("source", "duckdb:////srv/crm.duckdb"),
        ("source", "duckdb:///${DATA}/crm.duckdb"),
        ("source", "git:."),
        ("source", "acme:${TOKEN}"),
        ("source", "acme://user:${TOKEN}@host/x?key=${KEY}"),
        ("store", "sqlite:////srv/rulekit.db"),
        ("store", "${DATABASE_URL}"),
        ("store", "postgresql://${PGUSER}:${PGPASSWORD}@h:5432/d?sslmode=verify-full&application_name=x"),
        ("store", "postgresql:///d?host=/var/run/postgresql"),
        ("store", "postgresql://u@h/d?sslmode=require&sslpassword=${KEY}&password=${PASSWORD}"),
        ("store", "postgres://u:p%2Fw@[::1]:5432/d"),
        ("sender", "folder:/srv/out"),
        ("sender", "smtp://h:25?tls=off&timeout=5"),
        ("sender", "smtps://${TOKEN}:${TOKEN}@h:2465"),
        ("sender", "postmark:${TOKEN}"),
    ],
)
def test_a_url_that_can_be_opened_is_taken(section, url):
    assert getattr(parse_settings({"edition": 1, section: {"url": url}}), section).url == url


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

    assert fill("smtp://me:${SMTP_PASSWORD}@mail").url == "smtp://me:s3cret@mail"
    assert "s3cret" not in repr(fill("smtp://me:${SMTP_PASSWORD}@mail"))
    with pytest.raises(SettingsError, match="NO_SUCH_NAME is not set"):
        fill("${NO_SUCH_NAME}")


def test_a_message_has_the_variable_where_the_value_was(monkeypatch):
    monkeypatch.setenv("STORE", "postgresql://me:p%40ss-word@db/crm")
    monkeypatch.setenv("PIN", "12")
    filled = fill("${STORE}${PIN}")

    assert filled.conceal("p@ss-word, p%40ss-word, postgresql://me:p%40ss-word@db/crm, 12 on db") == (
        "${STORE}, ${STORE}, ${STORE}, 12 on db"
    )
    with pytest.raises(SettingsError) as told, filled.concealing():
        raise SettingsError("of p@ss-word", help="not p@ss-word")
    assert (told.value.message, told.value.help) == ("of ${STORE}", "not ${STORE}")
    with pytest.raises(RulekitError, match=r"^OSError: of \$\{STORE\}$"), filled.concealing():
        raise OSError("of p@ss-word")
    with pytest.raises(OSError, match="of nothing"), filled.concealing():
        raise OSError("of nothing")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a." * 500_000 + "b = 1", "a key has more than 32 parts (line 2, column 1)"),
        ("[sender]\nx = { " + "'a'." * 200_000 + "b = 1 }", "a key has more than 32 parts (line 3, column 7)"),
        ("x = " + "[" * 500_000, "cannot be read: it is nested too deeply"),
        ("".join(f"key_{i} = 1\n" for i in range(90_000)), "there is no setting `key_19`; and 89,980 more"),
    ],
    ids=["dots", "inline", "nested", "unknown"],
)
def test_strange_settings_are_refused_soon(text, said):
    started = time.process_time()
    with pytest.raises(SettingsError) as caught:
        read_settings("edition = 1\n" + text)
    assert said in caught.value.message
    assert time.process_time() - started < 5


def test_plugins_have_options_of_their_own_beside_who_may_be_loaded():
    plugins = parse_settings({"edition": 1, "plugins": {"allow": ["rulekit-dns"], "dns": {"selectors": ["a"]}}}).plugins
    assert plugins.allow == ["rulekit-dns"]
    assert plugins.options == {"dns": {"selectors": ["a"]}}
    none = parse_settings({"edition": 1}).plugins
    assert (none.allow, none.options) == (None, {})
