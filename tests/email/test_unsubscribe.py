"""Links that only the holder of the secret can make."""

from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, urlsplit

import pytest

from rulekit.email.headers import unsubscribe_headers
from rulekit.email.unsubscribe import Unsubscription, read_unsubscribe, unsubscribe_link
from rulekit.errors import ComposeError, SettingsError

BASE, SECRET = "https://mail.example.com/u", "0123456789abcdef-secret"


def token(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def test_a_link_says_whom_it_unsubscribes_from_what() -> None:
    link = unsubscribe_link(BASE, SECRET, "Ada@Exämple.com", "Win_Back")
    assert link.startswith(f"{BASE}?token=")
    assert read_unsubscribe(SECRET, token(link)) == Unsubscription("Ada@xn--exmple-cua.com", "Win_Back")
    assert unsubscribe_link(BASE + "?v=1", SECRET, "ada@example.com", "s").startswith(f"{BASE}?v=1&token=")


# made by the version that signed tokens and encrypted nothing
SIGNED = "WyJhZGFAZXhhbXBsZS5jb20iLCJXaW5fQmFjayJd.3oJdqVw2-0sWuQ4bEdX8_p3CkiJY4T0phSrZk7xSrBk"


def test_a_link_that_was_sent_when_tokens_were_signed_goes_on_working() -> None:
    assert read_unsubscribe(SECRET, SIGNED) == Unsubscription("ada@example.com", "Win_Back")
    assert read_unsubscribe("another-secret-0123", SIGNED) is None
    assert read_unsubscribe(SECRET, SIGNED.replace("YWRh", "YWRi").replace("WyJh", "WyJi")) is None


def readable(text: str) -> set[bytes]:
    """What decoding shows of a token, from wherever one begins."""
    return {urlsafe_b64decode(part[: len(part) // 4 * 4]) for part in (text[start:] for start in range(4))}


def test_a_token_names_neither_the_address_nor_the_trigger_and_not_even_their_length() -> None:
    tokens = [token(unsubscribe_link(BASE, SECRET, address, "Win_Back")) for address in ("ada@a.com", "adam@a.com")]
    assert not any(word in shown for text in tokens for shown in readable(text) for word in (b"ada", b"Win", b"a.com"))
    assert any(b"ada" in shown for shown in readable(SIGNED.partition(".")[0]))
    assert len(tokens[0]) == len(tokens[1])
    assert tokens[0][:8] != tokens[1][:8]


def test_a_link_is_the_same_each_time_and_fits_its_header() -> None:
    longest = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".com"
    links = {unsubscribe_link(BASE, SECRET, longest, "S" * 200) for _ in range(3)}
    assert len(links) == 1
    unsubscribe_headers(links.pop())


@pytest.mark.parametrize("broken", ["", "x", "x.y", "a.b.c", "A" * 64, "é", "\x00", "x" * 10000])
def test_a_token_of_nobody_is_nothing(broken: str) -> None:
    assert read_unsubscribe(SECRET, broken) is None


def test_a_token_changed_anywhere_or_of_another_secret_is_nothing() -> None:
    good = token(unsubscribe_link(BASE, SECRET, "ada@example.com", "s"))
    assert read_unsubscribe("another-secret-0123", good) is None
    for place in range(len(good) - 1):  # the last character holds bits that base64 ignores
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        assert read_unsubscribe(SECRET, changed) is None


@pytest.mark.parametrize(
    "base", ["", "http://x.com/u", "mailto:x@y.com", "https:///u", "https://x.com/u#f", "https://ä.com/u"]
)
def test_a_base_that_is_not_plain_https_is_refused(base: str) -> None:
    with pytest.raises(SettingsError, match="unsubscribe_url"):
        unsubscribe_link(base, SECRET, "ada@example.com", "s")


def test_a_short_secret_and_a_bad_address_are_refused() -> None:
    with pytest.raises(SettingsError, match="too short"):
        unsubscribe_link(BASE, "short", "ada@example.com", "s")
    with pytest.raises(ComposeError):
        unsubscribe_link(BASE, SECRET, "ada@example.com\nx", "s")
