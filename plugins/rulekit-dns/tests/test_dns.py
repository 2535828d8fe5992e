"""The checks against a real name server on the loopback, which answers what a test says."""

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
import rulekit_dns

from rulekit.doctor import plugin_checks, take
from rulekit.errors import SettingsError
from rulekit.hooks.manager import load_plugins
from rulekit.records import CheckRequest, CheckResult, Verdict
from rulekit.settings.model import parse_settings

OK, NOTE, WARNING, PROBLEM = Verdict.OK, Verdict.NOTE, Verdict.WARNING, Verdict.PROBLEM
# public keys are as long as these in the DNS
KEY_2048, KEY_1024, KEY_512 = (base64.b64encode(b"\0" * length).decode() for length in (294, 162, 94))
WHOLE = {
    ("example.com", "TXT"): ["something else", "v=spf1 include:provider.example -all"],
    ("provider.example", "TXT"): ["v=spf1 ip4:192.0.2.0/24 ~all"],
    ("s1._domainkey.example.com", "TXT"): [f"v=DKIM1; k=rsa; p={KEY_2048}"],
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=reject; rua=mailto:d@example.com"],
    ("example.com", "MX"): ["10 mx.example.com."],
    ("mail.example.com", "A"): ["9.9.9.9"],
    ("9.9.9.9.in-addr.arpa", "PTR"): ["mail.example.com."],
}
Records = dict[tuple[str, str], list[str]]


class NameServer:
    """Answers questions by UDP; `silent` answers none."""

    def __init__(self) -> None:
        self.records: Records = {}
        self.silent = False
        self.broken = False
        self.asked: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                data, client = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            if not self.silent:
                self._socket.sendto(self._answer(dns.message.from_wire(data)).to_wire(), client)

    def _answer(self, question: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        (asked,) = question.question
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.records.get((name, kind)):
            texts = [_quoted(text) if kind == "TXT" else text for text in found]
            answer.answer.append(dns.rrset.from_text_list(asked.name, 60, dns.rdataclass.IN, asked.rdtype, texts))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


def _quoted(text: str) -> str:
    """A text as the DNS keeps it: in pieces of at most 255 bytes."""
    return " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))


@pytest.fixture
def server() -> Iterator[NameServer]:
    running = NameServer()
    yield running
    running.close()


@pytest.fixture
def ask(server: NameServer, tmp_path: Path) -> Callable[..., list[CheckResult]]:
    def check(records: Records, *, seconds: float = 20, offline: bool = False, **given: Any) -> list[CheckResult]:
        server.records = records
        host, sender = given.pop("host", ""), given.pop("sender", "ada@example.com")
        options = {"nameserver": server.place, **given}
        return list(rulekit_dns.check_setup(CheckRequest(tmp_path, sender, host, "", options, offline, seconds)))

    return check


def told(found: list[CheckResult], name: str) -> list[tuple[Verdict, str]]:
    return [(one.verdict, one.message) for one in found if one.name == name]


def test_a_domain_with_all_records_is_well(ask: Any) -> None:
    found = ask(WHOLE, host="mail.example.com", dkim_selectors=["s1"])
    assert [(one.name, one.verdict, one.message, one.help) for one in found] == [
        ("spf", OK, "example.com names who may send for it (`-all`)", ""),
        ("dkim", OK, "there is a key at s1._domainkey.example.com", ""),
        ("dmarc", OK, "forged emails of example.com are to be kept out (`reject`)", ""),
        ("mx", OK, "example.com takes mail at mx.example.com", ""),
        ("server", OK, "9.9.9.9 is mail.example.com", ""),
    ]


def test_a_domain_without_any_is_told_what_to_publish(ask: Any) -> None:
    found = ask({}, dkim_selectors=["s1"], host="mail.example.com")
    assert [(one.name, one.verdict) for one in found] == [
        ("spf", WARNING),
        ("dkim", PROBLEM),
        ("dmarc", WARNING),
        ("mx", WARNING),
        ("server", PROBLEM),
    ]
    assert all(one.help for one in found)


@pytest.mark.parametrize(
    ("records", "verdict", "message"),
    [
        (["v=spf1 ip4:192.0.2.1 ~all"], OK, "names who may send for it (`~all`)"),
        (["v=spf1 redirect=other.example"], OK, "(by a redirect)"),
        (["V=SPF1 -ALL"], OK, "`-all`"),
        (["v=spf1 a mx +all"], PROBLEM, "lets everybody send"),
        (["v=spf1 all"], PROBLEM, "lets everybody send"),
        (["v=spf1 mx ?all"], WARNING, "leaves open who may send"),
        (["v=spf1 mx"], WARNING, "leaves open who else"),
        (["v=spf1 -all", "v=spf1 mx -all"], PROBLEM, "has 2 SPF records"),
        (["v=spf10 -all"], WARNING, "does not name who may send"),
        (["v=spf1 " + " ".join(f"a:h{n}.example" for n in range(10)) + " -all"], OK, "`-all`"),
        (["v=spf1 " + " ".join(f"a:h{n}.example" for n in range(11)) + " -all"], PROBLEM, "needs 11 lookups"),
        (["v=spf1 exists:%{i}.example include:loop.example -all"], PROBLEM, "needs 11 lookups"),
    ],
)
def test_spf(ask: Any, records: list[str], verdict: Verdict, message: str) -> None:
    # a record that includes itself never ends
    zone = {("example.com", "TXT"): records, ("loop.example", "TXT"): ["v=spf1 include:loop.example -all"]}
    ((found, said),) = told(ask(zone), "spf")
    assert (found, message in said) == (verdict, True), said


@pytest.mark.parametrize(
    ("records", "verdict", "message"),
    [
        ([f"k=ed25519; p={base64.b64encode(b'0' * 32).decode()}"], OK, "there is a key"),
        ([f"p={KEY_2048[:100]} {KEY_2048[100:]}"], OK, "there is a key"),
        ([f"v=DKIM1; p={KEY_1024}"], WARNING, "has less than 2048 bits"),
        ([f"v=DKIM1; p={KEY_512}"], PROBLEM, "has less than 1024 bits"),
        ([f"v=DKIM1; t=y:s; p={KEY_2048}"], WARNING, "is marked as a test"),
        (["v=DKIM1; p="], PROBLEM, "is withdrawn"),
        (["v=DKIM1; p=???"], PROBLEM, "cannot be read"),
        ([f"v=DKIM1; p={KEY_2048}", f"p={KEY_2048}"], PROBLEM, "there are 2 keys"),
        (["something else"], PROBLEM, "there is no key"),
    ],
)
def test_dkim(ask: Any, records: list[str], verdict: Verdict, message: str) -> None:
    zone = {("s1._domainkey.example.com", "TXT"): records}
    ((found, said),) = told(ask(zone, dkim_selectors=["s1"]), "dkim")
    assert (found, message in said) == (verdict, True), said


def test_without_a_selector_dkim_cannot_be_looked_at(ask: Any) -> None:
    assert told(ask(WHOLE), "dkim") == [(NOTE, "not looked at, because no selector is known")]


@pytest.mark.parametrize(
    ("owner", "records", "verdict", "message"),
    [
        ("mail.example.com", ["v=DMARC1; p=quarantine"], OK, "(`quarantine`)"),
        ("mail.example.com", ["v=DMARC1; p=none"], NOTE, "are let through"),
        ("example.com", ["v=DMARC1; p=reject"], OK, "(`reject`)"),
        ("example.com", ["v=DMARC1; p=reject; sp=none"], NOTE, "are let through"),
        ("mail.example.com", ["v=DMARC1; p=reject; sp=none"], OK, "(`reject`)"),
        ("mail.example.com", ["v=DMARC1; rua=mailto:x@example.com"], WARNING, "has no `p`"),
        ("mail.example.com", ["v=DMARC1; p=none", "v=DMARC1; p=reject"], PROBLEM, "has 2 policies"),
        ("com", ["v=DMARC1; p=reject"], WARNING, "says nothing"),
    ],
)
def test_dmarc(ask: Any, owner: str, records: list[str], verdict: Verdict, message: str) -> None:
    zone = {(f"_dmarc.{owner}", "TXT"): records}
    ((found, said),) = told(ask(zone, sender="ada@mail.example.com"), "dmarc")
    assert (found, message in said) == (verdict, True), said


@pytest.mark.parametrize(
    ("zone", "verdict", "message"),
    [
        ({("example.com", "MX"): ["0 ."]}, WARNING, "says that it takes no mail"),
        ({("example.com", "A"): ["192.0.2.1"]}, NOTE, "mail goes to the host itself"),
        ({("example.com", "TXT"): ["x"]}, WARNING, "no server takes mail"),
    ],
)
def test_where_answers_go(ask: Any, zone: Records, verdict: Verdict, message: str) -> None:
    ((found, said),) = told(ask(zone), "mx")
    assert (found, message in said) == (verdict, True), said


@pytest.mark.parametrize(
    ("host", "zone", "verdict", "message"),
    [
        ("mail.example.com", {("mail.example.com", "A"): ["9.9.9.9"]}, WARNING, "9.9.9.9 has no name"),
        (
            "9.9.9.9",
            {("9.9.9.9.in-addr.arpa", "PTR"): ["x.example."], ("x.example", "A"): ["8.8.8.8"]},
            WARNING,
            "9.9.9.9 is called x.example, which leads elsewhere",
        ),
        (
            "9.9.9.9",
            {("9.9.9.9.in-addr.arpa", "PTR"): ["no.example.", "x.example."], ("x.example", "A"): ["9.9.9.9"]},
            OK,
            "9.9.9.9 is x.example",
        ),
        ("127.0.0.1", {}, NOTE, "is no address of the internet"),
        ("nowhere.example", {}, PROBLEM, "nowhere.example has no address"),
    ],
)
def test_the_name_of_the_server(ask: Any, host: str, zone: Records, verdict: Verdict, message: str) -> None:
    ((found, said),) = told(ask(zone, host=host), "server")
    assert (found, message in said) == (verdict, True), said


def test_every_domain_that_the_options_name_is_looked_at(ask: Any) -> None:
    found = ask(WHOLE, domains=["example.com", "other.example"])
    assert [verdict for verdict, _ in told(found, "spf")] == [OK, WARNING]


def test_a_project_that_says_nothing_of_its_sender_has_no_domain(ask: Any) -> None:
    assert [(one.name, one.verdict) for one in ask({}, sender="")] == [("dns", NOTE)]


def test_a_server_that_says_nothing_is_asked_once_and_not_waited_for(ask: Any, server: NameServer) -> None:
    server.silent = True
    began = time.monotonic()
    found = ask(WHOLE, seconds=1.2)
    assert time.monotonic() - began < 3
    assert [(one.name, one.verdict, one.message) for one in found] == [
        ("dns", WARNING, "the question about example.com (TXT) gets no answer")
    ]


def test_a_server_that_fails_is_no_word_about_the_records(ask: Any, server: NameServer) -> None:
    server.broken = True
    assert [(one.name, one.verdict) for one in ask(WHOLE)] == [("dns", WARNING)]


def test_offline_nothing_is_asked(ask: Any, server: NameServer) -> None:
    assert [(one.name, one.verdict) for one in ask(WHOLE, offline=True)] == [("dns", NOTE)]
    assert server.asked == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dkim_selector": ["s1"]}, "there is no setting `plugins.dns.dkim_selector`; did you mean `dkim_selectors`?"),
        ({"dkim_selectors": "s1"}, "`plugins.dns.dkim_selectors` is no list of names"),
        ({"nameserver": "ns.example.com"}, "`plugins.dns.nameserver` is no address: `ns.example.com`"),
    ],
)
def test_options_that_cannot_do_are_told(ask: Any, options: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        ask({}, **options)
    assert raised.value.message == message


def test_the_doctor_asks_the_plugin_with_its_options(server: NameServer, tmp_path: Path) -> None:
    server.records = WHOLE
    settings = parse_settings(
        {
            "edition": 1,
            "sender": {"url": "smtp://mail.example.com", "from": "Ada <ada@example.com>", "allow": ["*"]},
            "plugins": {"dns": {"nameserver": server.place, "dkim_selectors": ["s1"]}},
        }
    )
    loaded = load_plugins({"dns": rulekit_dns}, allow=())
    looks = plugin_checks.looks(tmp_path, settings, loaded, offline=False, seconds=20)
    found = take(looks, 20)
    assert [(one.name, one.verdict) for one in found] == [
        (name, OK) for name in ("spf", "dkim", "dmarc", "mx", "server")
    ]
