import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from rulekit.builtin import BUILTIN_PLUGINS
from rulekit.errors import PluginError, SettingsError
from rulekit.hooks import hookimpl
from rulekit.hooks.manager import ForbiddenPlugin, Plugins, load_plugins
from rulekit.records import ComposedEmail, OutboxChange, Reason, SenderRequest

Install = Callable[..., None]

GOOD = """
from rulekit.hooks import hookimpl

def open_it(request):
    return request.url

@hookimpl
def register_sources():
    return {"SCHEME": open_it}
"""
EMAIL = ComposedEmail("t", "ada", "ada@example.com", "s", b"")
CHANGE = OutboxChange(1, "t", "ada", None, "unapproved", datetime(2026, 1, 1, tzinfo=UTC), "")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Writes distributions with entry points onto `sys.path`, as an installer does."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install_plugin(name: str, code: str, distribution: str = "") -> None:
        module = f"plugin_for_test_{name.replace('-', '_')}_{distribution.replace('-', '_')}"
        (tmp_path / f"{module}.py").write_text(code)
        dist = distribution or f"rulekit-{name}"
        info = tmp_path / f"{dist.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[rulekit]\n{name} = {module}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install_plugin


def test_all_that_ships_inside_is_loaded_by_the_same_hooks() -> None:
    plugins = load_plugins(BUILTIN_PLUGINS, allow=())
    assert plugins.failures == ()
    assert {"files", "duckdb"} <= set(plugins.sources)
    assert {"folder", "smtp", "smtps"} <= set(plugins.senders)
    assert ("files", ("register_sources",)) in [(p.name, p.hooks) for p in plugins.loaded]


SENDERS = """
from datetime import timedelta
from rulekit.hooks import hookimpl
from rulekit.records import IdempotentSender

def open_it(request):
    return request

@hookimpl
def register_senders():
    return {"plain": open_it, "once": IdempotentSender(open_it, window=timedelta(HOURS))}
"""


def test_a_sender_may_say_how_long_its_provider_drops_repeats(install: Install) -> None:
    install("post", SENDERS.replace("HOURS", "hours=24"))
    plugins = load_plugins({}, allow=["rulekit-post"])
    assert (plugins.window("plain"), plugins.window("once")) == (None, timedelta(hours=24))
    request = SenderRequest("once:", Path())
    assert plugins.sender("once")(request) is request


def test_a_window_of_nothing_is_a_fault_of_the_plugin(install: Install) -> None:
    install("post", SENDERS.replace("HOURS", "0"))
    (failure,) = load_plugins({}, allow=["rulekit-post"]).failures
    assert "the window of an `IdempotentSender` must be longer than nothing" in failure.reason


def test_installed_plugins_are_loaded_in_the_order_of_their_names(install: Install) -> None:
    install("zeta", GOOD.replace("SCHEME", "zeta"))
    install("alpha", GOOD.replace("SCHEME", "alpha"))
    plugins = load_plugins({}, allow=["rulekit-zeta", "Rulekit_Alpha"])
    assert [(p.name, p.distribution, p.version, p.hooks) for p in plugins.loaded] == [
        ("alpha", "rulekit-alpha", "1.2", ("register_sources",)),
        ("zeta", "rulekit-zeta", "1.2", ("register_sources",)),
    ]
    assert plugins.source("zeta")(SimpleNamespace(url="zeta:x")) == "zeta:x"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = (", "SyntaxError: '(' was never closed"),
        ("", "it implements no hook: mark its functions with `rulekit.hooks.hookimpl`"),
        (
            GOOD.replace("register_sources", "register_soures"),
            "there is no hook `register_soures`; did you mean `register_sources`?",
        ),
        (
            GOOD.replace("register_sources()", "register_sources(project)"),
            "its hook `register_sources` takes an argument that there is not: 'project'",
        ),
        (
            GOOD.replace("@hookimpl", "@hookimpl(wrapper=True)"),
            "its hook `register_sources` wraps those of others, which are asked one by one",
        ),
        (
            GOOD.replace('{"SCHEME": open_it}', "1 / 0"),
            "`register_sources` failed: ZeroDivisionError: division by zero",
        ),
        (GOOD.replace('{"SCHEME": open_it}', "['x']"), "`register_sources` failed: it returns no mapping of schemes"),
        (GOOD.replace("open_it}", "3}"), "`register_sources` failed: `SCHEME` is no scheme"),
        (GOOD.replace('"SCHEME": open_it', '"x": 3'), "`register_sources` failed: what it gives for `x:` cannot be"),
    ],
)
def test_a_broken_plugin_is_recorded_and_breaks_nothing(install: Install, code: str, reason: str) -> None:
    install("broken", code)
    install("fine", GOOD.replace("SCHEME", "fine"))
    plugins = load_plugins(BUILTIN_PLUGINS)
    (failure,) = plugins.failures
    assert (failure.name, failure.distribution, failure.version) == ("broken", "rulekit-broken", "1.2")
    assert failure.reason.startswith(reason)
    assert {"files", "fine"} <= set(plugins.sources)


def test_a_plugin_cannot_take_a_scheme_that_is_taken(install: Install) -> None:
    install("a-thief", GOOD.replace('"SCHEME": open_it', '"files": open_it, "own": open_it'))
    install("late", GOOD.replace("SCHEME", "own"))
    plugins = load_plugins(BUILTIN_PLUGINS)
    assert plugins.sources["files"] is load_plugins(BUILTIN_PLUGINS, allow=()).sources["files"]
    assert [(f.name, f.reason) for f in plugins.failures] == [
        ("a-thief", "`files:` already belongs to the plugin `files`"),
        ("late", "`own:` already belongs to the plugin `a-thief`"),
    ]
    assert "own" in plugins.sources


def test_two_plugins_of_one_name(install: Install) -> None:
    install("same", GOOD.replace("SCHEME", "one"), "rulekit-a")
    install("same", GOOD.replace("SCHEME", "two"), "rulekit-b")
    plugins = load_plugins({}, allow=["rulekit-a", "rulekit-b"])
    assert [f.reason for f in plugins.failures] == ["another plugin has the same name"]
    assert len(plugins.sources) == 1


def test_what_is_not_allowed_is_not_imported(install: Install, tmp_path: Path) -> None:
    install("spy", f"open({str(tmp_path / 'imported')!r}, 'w').close()")
    found = load_plugins({}, allow=())
    assert found == Plugins({}, {}, (), (), found.forbidden)
    assert ForbiddenPlugin("spy", "rulekit-spy", "1.2") in found.forbidden
    assert not (tmp_path / "imported").exists()


def test_who_allows_a_distribution_allows_no_plugin_of_that_name(install: Install, tmp_path: Path) -> None:
    install("post", f"open({str(tmp_path / 'imported')!r}, 'w').close()", "thief")
    install("mail", GOOD.replace("SCHEME", "mail"), "rulekit-post")
    found = load_plugins({}, allow=["rulekit-post"])
    assert [plugin.name for plugin in found.loaded] == ["mail"]
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "rulekit-psot",
            "`allow` under [plugins] names `rulekit-psot`, and no distribution of that name brings a plugin",
        ),
        ("rulekit-psot", "; did you mean `rulekit-post`?"),
        ("mail", "; did you mean `rulekit-post`?"),
    ],
)
def test_a_plugin_that_is_allowed_and_not_there_is_named(install: Install, name: str, words: str) -> None:
    install("mail", GOOD.replace("SCHEME", "mail"), "rulekit-post")
    with pytest.raises(SettingsError) as raised:
        load_plugins({}, allow=["rulekit-post", name])
    assert words in raised.value.message


def test_a_scheme_of_a_plugin_that_is_not_allowed_says_so(install: Install) -> None:
    install("mail", GOOD.replace("SCHEME", "mail"), "rulekit-post")
    with pytest.raises(PluginError) as raised:
        load_plugins(BUILTIN_PLUGINS, allow=()).source("mail")
    assert "(`allow` under [plugins] does not name " in raised.value.message
    assert "`rulekit-post`" in raised.value.message


def test_an_unknown_scheme_is_told_with_a_suggestion_and_with_what_is_broken(install: Install) -> None:
    install("sheets", "raise ValueError('no')")
    plugins = load_plugins(BUILTIN_PLUGINS)
    with pytest.raises(PluginError) as raised:
        plugins.source("flies")
    assert raised.value.message == (
        "there is no data source for `flies:`; did you mean `files:`? (these plugins failed to load: `sheets`)"
    )
    with pytest.raises(PluginError, match="there is no sender for `files:`"):
        plugins.sender("files")


class Watcher:
    def __init__(self, reason: str | None = None, error: Exception | None = None) -> None:
        self.reason, self.error, self.seen = reason, error, list[int]()

    @hookimpl
    def email_composed(self, email: ComposedEmail) -> str | None:
        if self.error:
            raise self.error
        return self.reason

    @hookimpl
    def outbox_changed(self, change: OutboxChange) -> None:
        if self.error:
            raise self.error
        self.seen.append(change.row)


def test_the_first_reason_keeps_an_email_out() -> None:
    quiet, strict = Watcher(), Watcher("not on a Sunday")
    assert load_plugins({"quiet": quiet}, allow=()).veto(EMAIL) is None
    plugins = load_plugins({"quiet": quiet, "strict": strict, "other": Watcher("x")}, allow=())
    assert plugins.veto(EMAIL) == "the plugin `strict` keeps it out: not on a Sunday"


def test_a_plugin_that_fails_keeps_an_email_out_and_hides_no_change_from_others() -> None:
    last = Watcher()
    plugins = load_plugins({"bad": Watcher(error=ValueError("oh")), "last": last}, allow=())
    assert plugins.veto(EMAIL) == "the plugin `bad` failed: ValueError: oh"
    (failure,) = plugins.announce(CHANGE)
    assert (failure.name, failure.reason) == ("bad", "`outbox_changed` failed: ValueError: oh")
    assert last.seen == [1]


TWICE = """
from rulekit.hooks import hookimpl

@hookimpl(specname="email_composed")
def a_veto(email):
    return None

@hookimpl(specname="email_composed")
def b_veto(email):
    return "not today"
"""


def test_each_implementation_of_a_plugin_is_asked(install: Install) -> None:
    install("twice", TWICE)
    plugins = load_plugins({"quiet": Watcher()}, allow=["rulekit-twice"])
    assert plugins.veto(EMAIL) == "the plugin `twice` keeps it out: not today"


def test_what_a_plugin_says_of_itself_and_of_a_person_stays_apart() -> None:
    told = load_plugins({"it": Watcher(Reason("no first name", "Zebedee"))}, allow=()).veto(EMAIL)
    assert (told, told.text) == (
        "the plugin `it` keeps it out: no first name: Zebedee",
        "the plugin `it` keeps it out: no first name",
    )


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (KeyError("Zebedee"), "`outbox_changed` failed: KeyError"),
        (PluginError("Zebedee is not there"), "`outbox_changed` failed"),
        (PluginError(Reason("its file is full", "Zebedee")), "`outbox_changed` failed: its file is full"),
    ],
)
def test_of_a_failure_the_text_names_nobody(error: Exception, logged: str) -> None:
    (failure,) = load_plugins({"bad": Watcher(error=error)}, allow=()).announce(CHANGE)
    assert failure.reason.text == logged
    assert "Zebedee" in failure.reason
