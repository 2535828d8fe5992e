"""A link to unsubscribe, as recipients, mail programs and link scanners meet it."""

import random
import re
import sqlite3
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Callable
from email import message_from_bytes
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from rulekit.engine.stores import open_project_store
from rulekit.web import create_app
from tests.proofs import FIGURES
from tests.web.browser import open_page

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ALL, KIND = "Stop all emails", "Stop only emails of this kind"
WAITING = {(trigger, person): "unapproved" for trigger in ("Greet", "Greet_Again") for person in ("ada", "bob")}


def stopped(*keys: tuple[str, str]) -> dict[tuple[str, str], str]:
    return WAITING | dict.fromkeys(keys, "suppressed")


def test_a_person_stops_all_emails_on_the_page(desk: Any) -> None:
    page = open_page(desk.url + desk.path())
    assert set(page.buttons) == {ALL, KIND}
    assert "a…@example.com" in page.text
    assert desk.suppressed() == []
    done = page.press(ALL)
    assert "You are unsubscribed a…@example.com gets no more of these emails." in done.text
    assert desk.suppressed() == [("ada@example.com", None)]
    assert desk.states() == stopped(("Greet", "ada"), ("Greet_Again", "ada"))


def test_a_person_stops_emails_of_one_kind_and_then_all(desk: Any) -> None:
    done = open_page(desk.url + desk.path()).press(KIND)
    assert "gets no more emails of this kind" in done.text
    assert desk.suppressed() == [("ada@example.com", "Greet")]
    assert desk.states() == stopped(("Greet", "ada"))
    assert "gets no more of these emails" in done.press(ALL).text
    assert set(desk.suppressed()) == {("ada@example.com", "Greet"), ("ada@example.com", None)}
    assert desk.states() == stopped(("Greet", "ada"), ("Greet_Again", "ada"))


def test_who_unsubscribed_is_not_mailed_at_a_new_address_either(desk: Any) -> None:
    desk.ask("POST", desk.path(), data=ONE_CLICK)
    for plan, day in (("free", 3), ("pro", 4)):
        desk.project.person_rows([["ada", "ada@new.example", plan, "acme"], ["bob", "bob@example.com", "pro", "acme"]])
        desk.project.run(f"2026-01-0{day}T08:00Z")
    assert [state for _, person, state in desk.project.emails() if person == "ada"] == ["suppressed"] * 4
    assert desk.states()["Greet", "bob"] == "unapproved"


@pytest.mark.parametrize("form", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}])
def test_a_mail_program_stops_all_emails_with_one_click(desk: Any, form: dict[str, Any]) -> None:
    for _ in range(2):
        answer = desk.ask("POST", desk.path(), **form)
        assert (answer.status_code, answer.is_redirect) == (200, False)
        assert desk.suppressed() == [("ada@example.com", None)]
        assert desk.states() == stopped(("Greet", "ada"), ("Greet_Again", "ada"))
    (line,) = desk.store.suppressions.all()
    assert (line.reason, line.actor) == ("unsubscribed with one click in a mail program", "the recipient")


def test_the_headers_of_an_email_are_all_that_a_mail_program_needs(desk: Any) -> None:
    message = message_from_bytes(desk.store.outbox.message(1))
    uri = re.fullmatch("<https://mail[.]example[.]com(/.*)>", message["List-Unsubscribe"])
    assert uri is not None
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = desk.ask("POST", uri[1], content=message["List-Unsubscribe-Post"], headers=form)
    assert answer.status_code == 200
    assert desk.suppressed() == [(message["To"], None)]


def test_looking_changes_nothing_however_often_and_by_whomever(desk: Any) -> None:
    before = desk.project.dump()
    for method in ("GET", "HEAD", "GET", "HEAD"):
        answer = desk.ask(method, desk.path(), headers={"Cookie": "a=b", "User-Agent": "link scanner"})
        assert answer.status_code == 200
        assert bool(answer.content) == (method == "GET")
    assert desk.project.dump() == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_other_method_is_taken(desk: Any, method: str) -> None:
    answer = desk.ask(method, desk.path(), content=urlencode(ONE_CLICK))
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert desk.suppressed() == []


@pytest.mark.parametrize(
    "body", [b"", b"x", b"List-Unsubscribe=", b"stop=", b"stop=everything", b"list-unsubscribe=one-click", b"\xff=\xfe"]
)
def test_a_post_that_does_not_say_what_to_stop_is_asked_again(desk: Any, body: bytes) -> None:
    answer = desk.ask("POST", desk.path(), content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400
    assert ALL in answer.text
    assert desk.suppressed() == []


def test_a_body_of_another_type_is_not_read(desk: Any) -> None:
    for kind in ("text/plain", "application/json", "", "multipart/form-data"):
        answer = desk.ask("POST", desk.path(), content=urlencode(ONE_CLICK), headers={"Content-Type": kind})
        assert answer.status_code == 400
    assert desk.suppressed() == []


def test_a_link_that_nobody_made_says_what_to_do_and_stores_nothing(desk: Any) -> None:
    good = desk.path()
    other = desk.path("eve@example.com")
    half = len(good) // 2
    bad = [
        "/u",
        "/u?token=",
        "/u?token=" + quote("<script>alert(1)</script>"),
        "/u?token=%00%ff",
        "/u?token=" + "x" * 9000,
        good[:half] + other[half:],
        *(good[:length] for length in range(len("/u?token="), len(good), 9)),
        good[:half] + good[half:][::-1],
    ]
    for path in bad:
        for method in ("GET", "POST"):
            answer = desk.ask(method, path, data=ONE_CLICK if method == "POST" else None)
            assert answer.status_code == 400, path
            assert "This link does not work" in answer.text
            assert 'write to <a href="mailto:ada@example.com">' in answer.text
            assert "<script>" not in answer.text
            assert "Traceback" not in answer.text
    assert desk.suppressed() == []


def test_a_body_that_is_too_long_is_refused_whether_its_length_is_told_or_not(desk: Any) -> None:
    long = urlencode(ONE_CLICK).encode() + b"&x=" + b"x" * 20_000
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert desk.ask("POST", desk.path(), content=long, headers=form).status_code == 413
    assert desk.ask("POST", desk.path(), content=iter([long]), headers=form).status_code == 413
    file = {"file": ("x.txt", b"x" * 20_000), "List-Unsubscribe": (None, "One-Click")}
    assert desk.ask("POST", desk.path(), files=file).status_code == 413
    assert desk.suppressed() == []


@pytest.mark.proof
def test_random_bodies_are_refused_calmly(desk: Any) -> None:
    chance = random.Random(7)
    pieces = [
        b"--x",
        b"\r\n",
        b"\r\n\r\n",
        b'Content-Disposition: form-data; name="a"',
        b"=",
        b"&",
        b"%",
        b"\x00",
        b"--",
    ]
    kinds = [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data; charset=no; boundary=x",
    ]
    statuses = set()
    for _ in range(FIGURES.requests):
        body = b"".join(chance.choices(pieces, k=chance.randrange(12)))
        answer = desk.ask("POST", desk.path(), content=body, headers={"Content-Type": chance.choice(kinds)})
        statuses.add(answer.status_code)
    assert statuses == {400}
    assert desk.suppressed() == []


def test_pages_bring_all_they_need_and_are_kept_nowhere(desk: Any) -> None:
    for method, path in (
        ("GET", desk.path()),
        ("POST", desk.path()),
        ("GET", "/u"),
        ("GET", "/nothing"),
        ("PUT", "/u"),
    ):
        answer = desk.ask(method, path)
        style = re.search("<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style is not None
        digest = b64encode(sha256(style[1].encode()).digest()).decode()
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert policy[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]
        assert {"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} == set(policy[2:])
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        assert not re.search(r"""(src|style)=|url\(|@import|<(script|link|img)|href=["'](?!mailto:)""", answer.text)


def test_the_page_works_on_a_phone_and_read_aloud(desk: Any) -> None:
    page = open_page(desk.url + desk.path())
    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en"}) in page.tags
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
    assert ("p", {"role": "status"}) in page.press(ALL).tags


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("b&b'<i>@example.com", None),
        ("o'neil&sons@example.com", "o…@example.com"),
        ("&@example.com", "&amp;…@example.com"),
        ("jörg@exämple.com", "j…@xn--exmple-cua.com"),
        ("x@example.com", "x…@example.com"),
    ],
)
def test_an_address_is_masked_and_escaped(desk: Any, address: str, shown: str | None) -> None:
    from rulekit.errors import ComposeError

    if shown is None:
        with pytest.raises(ComposeError):
            desk.path(address)
        return
    answer = desk.ask("GET", desk.path(address))
    assert f"<strong>{shown}</strong>" in answer.text
    assert address not in answer.text


def test_nothing_redirects(desk: Any) -> None:
    for path in ("/u/", "//u", "/", "/U"):
        for method in ("GET", "POST"):
            assert desk.ask(method, path + desk.path().removeprefix("/u")).status_code == 404


def test_while_the_store_fails_nothing_is_said_to_be_done(desk: Any) -> None:
    path, store = desk.path(), desk.project.folder / "state/rulekit.db"
    damaged = sqlite3.connect(store)
    damaged.execute("ALTER TABLE suppressions RENAME TO elsewhere")
    damaged.commit()
    answer = desk.ask("POST", path, data=ONE_CLICK)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Nothing was changed" in answer.text
    assert "no such table" not in answer.text
    damaged.execute("ALTER TABLE elsewhere RENAME TO suppressions")
    damaged.commit()
    damaged.close()
    assert desk.suppressed() == []
    assert desk.ask("POST", path, data=ONE_CLICK).status_code == 200
    assert desk.suppressed() == [("ada@example.com", None)]


def test_health_is_that_of_the_store(desk: Any) -> None:
    assert desk.ask("GET", "/healthz").status_code == 200
    with sqlite3.connect(desk.project.folder / "state/rulekit.db") as damaged:
        for (name,) in damaged.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            damaged.execute(f'ALTER TABLE "{name}" RENAME TO "elsewhere_{name}"')
    damaged.close()
    assert desk.ask("GET", "/healthz").status_code == 503


def test_the_answer_comes_after_the_commit(desk: Any) -> None:
    """While another writer holds the store, the answer waits; it is never given ahead."""
    holder = sqlite3.connect(desk.project.folder / "state/rulekit.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answers: list[httpx.Response] = []
    clicking = threading.Thread(target=lambda: answers.append(desk.ask("POST", desk.path(), data=ONE_CLICK)))
    clicking.start()
    clicking.join(1)
    assert answers == []
    holder.execute("ROLLBACK")
    clicking.join(30)
    holder.close()
    assert [answer.status_code for answer in answers] == [200]
    assert desk.suppressed() == [("ada@example.com", None)]


def test_many_click_at_once(desk: Any) -> None:
    addresses = [f"p{number}@example.com" for number in range(40)]
    statuses: list[int] = []

    def click(address: str) -> None:
        statuses.append(httpx.post(desk.url + desk.path(address), data=ONE_CLICK, timeout=60).status_code)

    threads = [threading.Thread(target=click, args=(address,)) for address in addresses * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [200] * 80
    assert desk.suppressed() == sorted((address, None) for address in addresses)


def test_the_app_can_be_mounted_anywhere(mailed: Any, serve: Callable[..., Any]) -> None:
    with open_project_store(mailed.folder) as store:
        app = Starlette(routes=[Mount("/mail", create_app(store, path="/stop"))])
        with serve(app) as url:
            from tests.web.conftest import Desk

            desk = Desk(mailed, store, url)
            page = open_page(url + desk.path().replace("/u", "/mail/stop", 1))
            assert page.press(ALL).status == 200
            assert desk.suppressed() == [("ada@example.com", None)]
            assert "reply to the email" in desk.ask("GET", "/mail/stop?token=x").text
            desk.http.close()


@pytest.mark.starts_programs
def test_without_the_web_part_the_error_says_how_to_get_it(tmp_path: Any) -> None:
    script = "import sys; sys.modules['starlette'] = None; from rulekit.web import create_app; create_app(None)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "RulekitError: the web part of rulekit is not installed: there is no `starlette" in done.stderr
