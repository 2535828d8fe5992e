"""What becomes of due emails with senders of every temper; over every kind of store."""

from datetime import timedelta
from hashlib import sha256
from random import Random
from threading import Event
from time import sleep

import pytest
from sqlalchemy import update

from rulekit.errors import PluginError, SettingsError, StoreError
from rulekit.limits import parse_rate
from rulekit.outbox.database.tables import messages
from rulekit.outbox.dispatch.dispatcher import DispatchReport, Worker, dispatch
from rulekit.outbox.sending.claims import LEASE
from rulekit.outbox.sending.gates import Gates
from rulekit.outbox.sending.throttle import Throttle
from rulekit.records import Later, Reason, RefusalClass, Refused, Sent, State, Unknown


class Server:
    """A receiving side: `answers` say what it does with each recipient, `took` what arrived there."""

    def __init__(self, **answers):
        self.answers = answers
        self.took = []
        self.opened = 0
        self.closed = 0

    def open(self):
        self.opened += 1
        return self

    def close(self):
        self.closed += 1

    def send(self, message, envelope, mark_data):
        answer = self.answers.get(envelope.recipient.split("@")[0], Sent("250 ok"))
        if callable(answer):
            return answer(message, envelope, mark_data)
        mark_data()
        if isinstance(answer, Sent | Unknown):
            self.took.append((envelope, message))
        return answer


@pytest.fixture
def send(world):
    def run(server, allowed=lambda address: True, **more):
        return dispatch(world.store, server.open, lambda: world.now, Worker("w", Gates(allowed)), **more)

    return run


def states(world):
    return {row.tagging.person: row.state for row in world.store.outbox.find()}


@pytest.mark.parametrize("said", ["550 \0 gone", "550 \ud800 gone"])
@pytest.mark.parametrize(
    ("make", "state"),
    [
        (Sent, State.SENT),
        (Later, State.RETRYING),
        (lambda said: Later(said, RefusalClass.SENDER), State.RETRYING),
        (Refused, State.FAILED),
        (lambda said: Refused(said, RefusalClass.ADDRESS), State.FAILED),
        (Unknown, State.UNCERTAIN),
    ],
)
def test_what_no_database_keeps_is_written_out(world, send, said, make, state):
    (row,) = world.enter("ann", auto=True)
    assert send(Server(ann=make(said))).lost == 0
    found = world.store.outbox.row(row)
    told = said.replace("\0", "\\x00").replace("\ud800", "\\ud800")
    assert (found.state, found.reply or found.reason) == (state, told)
    assert world.store.audit.history(row)[-1].reason in ("", told)
    assert {line.reason for line in world.store.suppressions.all()} <= {told}
    assert world.store.sending.state().fault in (None, told)


@pytest.mark.parametrize(
    ("status", "dead"), [("5.1.1", True), ("5.2.1", True), ("5.1.7", False), ("5.1.8", False), ("5.2.2", False)]
)
def test_only_a_dead_address_is_suppressed(world, send, status, dead):
    world.enter("ann", auto=True)
    assert send(Server(ann=Refused(f"550 {status} no", RefusalClass.ADDRESS))).failed == 1
    assert [line.address for line in world.store.suppressions.all()] == (["ann@example.com"] if dead else [])


@pytest.mark.parametrize(("code", "dead"), [("550 5.1.1", True), ("550 5.2.2", False), ("550", True)])
def test_what_a_sender_says_of_the_answer_counts_more_than_its_words(world, send, code, dead):
    world.enter("ann", auto=True)
    told = Refused("550 5.1.1 or 5.2.2, who knows", RefusalClass.ADDRESS, code)
    assert send(Server(ann=told)).failed == 1
    assert [line.address for line in world.store.suppressions.all()] == (["ann@example.com"] if dead else [])


@pytest.mark.parametrize(
    ("reason", "code", "blamed"),
    [("your mailbox", "550 5.1.1", True), ("too long by 550 bytes", "", False), ("full", "550 5.3.4", False)],
)
def test_refusals_are_compared_by_what_the_server_answered(world, send, reason, code, blamed):
    people = [f"p{number}" for number in range(6)]
    world.enter(*people, auto=True)
    paused = send(Server(**{p: Refused(Reason(reason, p), code=code) for p in people})).paused
    assert (paused is not None) is blamed
    assert paused is None or paused.text == reason


def test_nothing_due_opens_no_sender(world, send):
    world.enter("ann")
    server = Server()
    assert send(server) == DispatchReport()
    assert server.opened == 0


def test_what_was_approved_is_what_arrives(world, send, tmp_path, broken):
    (row,) = world.enter("ann")
    world.approve(row)
    server = Server()
    assert send(server).sent == 0
    world.later(minutes=10)
    assert send(server) == DispatchReport(sent=1)
    ((envelope, message),) = server.took
    assert message == b"Date: Sun, 01 Mar 2026 09:10:00 +0000\r\n" + world.store.outbox.message(row)
    assert sha256(message.partition(b"\r\n")[2]).hexdigest() == world.store.outbox.row(row).digest
    assert (envelope.sender, envelope.recipient) == ("ada@example.org", "ann@example.com")
    assert envelope.message_id == world.store.outbox.row(row).message_id
    assert send(server) == DispatchReport()
    assert (server.opened, server.closed, len(server.took)) == (1, 1, 1)
    assert broken(world.store) == {}


def test_each_attempt_says_when_it_left(world, send):
    world.enter("ann", auto=True)
    server = Server(ann=Later("450 busy"))
    assert send(server).later == 1
    server = Server()
    world.later(days=3)
    assert send(server).sent == 1
    (row,) = world.store.outbox.find()
    assert (row.dated_at, row.created_at) == (world.now, world.now - timedelta(days=3))
    assert server.took[0][1].startswith(b"Date: Wed, 04 Mar 2026 09:00:00 +0000\r\n")


def broken_before(message, envelope, mark_data):
    raise RuntimeError("no route")


def broken_after(message, envelope, mark_data):
    mark_data()
    raise RuntimeError("no route")


def twice(message, envelope, mark_data):
    mark_data()
    mark_data()


@pytest.mark.parametrize(
    ("answer", "state", "count"),
    [
        (Refused("550 no"), State.FAILED, "failed"),
        (Later("450 busy"), State.RETRYING, "later"),
        (Unknown("silence"), State.UNCERTAIN, "uncertain"),
        (broken_before, State.RETRYING, "later"),
        (broken_after, State.UNCERTAIN, "uncertain"),
        (twice, State.UNCERTAIN, "uncertain"),
        (lambda *_: Sent("250"), State.UNCERTAIN, "uncertain"),
    ],
)
def test_one_bad_email_delays_no_other(world, send, answer, state, count, tmp_path, broken):
    world.enter("ann", "bad", "joe", auto=True)
    server = Server(bad=answer)
    assert send(server) == DispatchReport(sent=2, **{count: 1})
    assert states(world) == {"ann": State.SENT, "bad": state, "joe": State.SENT}
    assert broken(world.store) == {}


def test_a_broken_sender_is_opened_anew(world, send):
    world.enter("bad", "joe", auto=True)
    server = Server(bad=broken_before)
    send(server)
    assert (server.opened, server.closed) == (2, 2)
    assert world.store.outbox.find()[0].attempts == 1


@pytest.mark.parametrize("kind", [Later, Refused])
def test_a_fault_of_the_sender_pauses_and_burns_nothing(world, send, kind):
    world.enter("ann", "joe", auto=True)
    report = send(Server(ann=kind("421 closing", RefusalClass.SENDER)))
    assert report == DispatchReport(later=1, paused="421 closing")
    assert set(states(world).values()) <= {State.RETRYING, State.APPROVED}
    assert all(row.attempts == 0 for row in world.store.outbox.find())
    assert send(Server()) == DispatchReport(sent=2)


def test_a_sender_that_cannot_be_opened_pauses(world, send):
    world.enter("ann", auto=True)

    def fail():
        raise ConnectionRefusedError("refused")

    report = dispatch(world.store, fail, lambda: world.now, Worker("w"))
    assert "could not be opened" in report.paused
    assert report.paused.text == "the sender could not be opened"
    assert states(world) == {"ann": State.RETRYING}


def test_a_sender_with_wrong_settings_is_told_and_the_email_waits(world, send):
    world.enter("ann", auto=True)

    def fail():
        raise SettingsError("SMTP_PASSWORD is not set", help="set it")

    with pytest.raises(SettingsError):
        dispatch(world.store, fail, lambda: world.now, Worker("w"))
    assert send(Server()) == DispatchReport(sent=1)


def test_who_is_not_allowed_gets_nothing(world, send):
    world.enter("ann", "joe", auto=True)
    server = Server()
    assert send(server, allowed=lambda address: address.startswith("joe")) == DispatchReport(sent=1, suppressed=1)
    assert [envelope.recipient for envelope, _ in server.took] == ["joe@example.com"]
    assert world.store.outbox.find()[0].reason == "not on sender.allow"


def test_nobody_allowed_opens_no_sender(world, send):
    world.enter("ann", auto=True)
    server = Server()
    send(server, allowed=lambda address: False)
    assert server.opened == 0


def test_an_unsubscribe_before_the_data_mark_stops_the_message(world, send):
    world.enter("ann", "joe", auto=True)
    server = Server()

    def unsubscribing(message, envelope, mark_data):
        world.store.suppressions.add(envelope.recipient, "unsubscribed", world.now, "ann")
        mark_data()
        server.took.append((envelope, message))
        return Sent("250")

    server.answers["ann"] = unsubscribing
    assert send(server) == DispatchReport(sent=1, suppressed=1)
    assert [envelope.recipient for envelope, _ in server.took] == ["joe@example.com"]


def test_a_sender_that_goes_on_when_forbidden_is_stopped(world, send):
    world.enter("ann", "joe", auto=True)

    def deaf(message, envelope, mark_data):
        world.store.suppressions.add(envelope.recipient, "unsubscribed", world.now, "ann")
        with pytest.raises(Exception, match="suppressed"):
            mark_data()
        return Sent("250")

    with pytest.raises(PluginError, match="went on with email 1 after it was told not to"):
        send(Server(ann=deaf))
    assert states(world)["ann"] is State.SUPPRESSED
    assert states(world)["joe"] in (State.APPROVED, State.RETRYING)


def test_changed_bytes_are_not_sent(world, send):
    world.enter("ann", "joe", auto=True)
    with world.store.engine.begin() as connection:
        connection.execute(update(messages).where(messages.c.row == 1).values(message=b"From: x@y.z\r\n\r\n!"))
    server = Server()
    assert send(server) == DispatchReport(sent=1, failed=1)
    assert "digest" in world.store.outbox.row(1).reason


def test_a_message_without_a_sender_fails(world, send):
    message = b"Subject: x\r\n\r\n"
    world.enter("ann", auto=True, message=message, digest=sha256(message).hexdigest())
    assert send(Server()) == DispatchReport(failed=1)


def test_a_row_taken_over_meanwhile_is_left_alone(world, send):
    world.enter("ann", auto=True)

    def slow(message, envelope, mark_data):
        world.now += timedelta(minutes=15)
        world.store.queue.reap(world.now)
        mark_data()
        raise AssertionError("the mark let it pass")

    assert send(Server(ann=slow)) == DispatchReport(lost=1)
    assert states(world) == {"ann": State.RETRYING}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_store_that_fails_at_the_mark_lets_nothing_leave(world, send):
    world.enter("ann", auto=True)
    server = Server()

    def full(message, envelope, mark_data):
        with world.store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.rollback()
        mark_data()
        server.took.append(envelope)

    server.answers["ann"] = full
    with pytest.raises(StoreError, match="may only be read"):
        send(server)
    assert server.took == []


def test_the_limit_and_the_progress(world, send):
    world.enter("ann", "bob", "joe", auto=True)
    heard = []
    assert send(Server(), limit=2, progress=heard.append).sent == 2
    assert heard == [1, 2]
    assert states(world)["joe"] is State.APPROVED


def test_rows_of_a_dead_worker_are_taken_back_first(world, send):
    world.enter("ann", auto=True)
    world.store.queue.claim_due(world.now, "dead", 1)
    world.later(minutes=15)
    assert send(Server()) == DispatchReport()
    world.later(minutes=1)
    assert send(Server()) == DispatchReport(sent=1)


def test_a_lease_is_renewed_while_its_server_is_slow_and_others_are_quick(world):
    world.enter("ann", "bob", "joe", auto=True)
    before = world.now + LEASE
    slow = Event()

    def wait(message, envelope, mark_data):
        mark_data()
        assert slow.wait(20)
        return Sent("250 at last")

    def take_long(message, envelope, mark_data):
        mark_data()
        world.later(minutes=2)
        return Sent("250")

    def look(message, envelope, mark_data):
        mark_data()
        for _ in range(200):
            if world.store.outbox.row(1).lease_until > before:
                slow.set()
                break
            sleep(0.05)
        return Sent("250")

    server = Server(ann=wait, bob=take_long, joe=look)
    assert dispatch(world.store, server.open, lambda: world.now, Worker("w", connections=2)) == DispatchReport(sent=3)
    assert slow.is_set()


def test_once_the_one_that_tries_for_all_is_sent_the_same_dispatch_goes_on(world, send):
    world.enter(*(f"p{number}" for number in range(9)), auto=True)
    down = Server(**{f"p{number}": Later("421 closing", RefusalClass.SENDER) for number in range(9)})
    for _ in range(5):
        assert send(down).paused == "421 closing"
    assert "nothing is tried until" in send(Server()).paused
    world.later(minutes=1)
    assert send(Server()) == DispatchReport(sent=9)


@pytest.mark.parametrize(
    ("reason", "logged"),
    [
        ("421 closing, Zebedee", ""),
        (Reason("closing", "Zebedee"), "closing"),
        (Reason("closing", sentence="Zebedee is closing"), "closing"),
    ],
)
def test_why_nothing_is_sent_is_kept_apart_from_whom_it_names(world, send, reason, logged):
    world.enter(*(f"p{number}" for number in range(9)), auto=True)
    down = Server(**{f"p{number}": Later(reason, RefusalClass.SENDER) for number in range(9)})
    for _ in range(5):
        report = send(down)
        assert (report.paused, report.paused.text) == (reason, logged)
    later = send(Server()).paused
    until = later.partition(",")[0]
    assert later == f"{until}, after 5 faults: {reason}"
    assert later.text == ": ".join(filter(None, (f"{until}, after 5 faults", logged)))


def test_of_a_halt_by_rulekit_the_text_names_nobody(world, send):
    world.enter("ann", auto=True)
    world.store.sending.halt(Reason("this store is a copy", "it was Zebedee's"), world.now, "rulekit")
    paused = send(Server()).paused
    assert paused.text == "sending is halted: this store is a copy"
    assert paused.endswith("`rulekit sending resume`: this store is a copy: it was Zebedee's")


def test_an_email_that_alone_is_refused_by_a_policy_keeps_no_other_from_trying(world, send):
    world.enter("bad", auto=True)
    server = Server(bad=Refused("550 5.7.1 not to this one", RefusalClass.SENDER))
    for _ in range(5):
        send(server)
        world.later(seconds=1)
    world.later(minutes=1)
    world.enter("ann", auto=True)
    assert send(server).sent == 1
    assert states(world) == {"bad": State.RETRYING, "ann": State.SENT}


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("550 5.1.1 no such mailbox", RefusalClass.ADDRESS),
        ("550 sorry", RefusalClass.MESSAGE),
        ("554 5.6.0 content", RefusalClass.MESSAGE),
    ],
)
def test_the_same_refusal_to_one_email_after_another_is_about_the_sender(world, send, said, about, broken):
    people = [f"p{number:02}" for number in range(40)]
    world.enter(*people, auto=True)
    angry = Server(**{person: Refused(f"the server answered RCPT with {said} {person}", about) for person in people})
    report = send(angry)
    # its connection may have begun with the next one meanwhile
    assert (report.sent, report.failed, report.later in (1, 2)) == (0, 4, True)
    assert "as to the 4 emails before it" in report.paused
    # one email tries for all, and meets the same
    world.later(minutes=1)
    assert send(angry).later == 1
    assert len(world.store.suppressions.all()) == (4 if about is RefusalClass.ADDRESS else 0)
    world.later(minutes=2)
    assert send(Server()) == DispatchReport(sent=36)
    assert broken(world.store) == {}


def test_what_was_said_before_is_remembered_from_one_dispatch_to_the_next(world, send):
    dead = Refused("the server answered RCPT with 550 5.1.1 who?", RefusalClass.ADDRESS)
    for number in range(5):
        world.enter(f"p{number}", auto=True)
        report = send(Server(**{f"p{number}": dead}))
    assert "as to the 4 emails before it" in report.paused


@pytest.mark.parametrize(
    "answers",
    [
        # an email was sent between
        ["550 5.1.1", "550 5.1.1", "550 5.1.1", "550 5.1.1", None, "550 5.1.1", "550 5.1.1"],
        # they are refused for different reasons
        ["550 5.1.1", "552 5.2.2", "550 5.1.1", "550 5.2.1", "550 5.1.1", "550 5.1.2"],
        # of one template's messages all are too large, or unfit
        ["552 5.3.4"] * 7,
        ["552 too large"] * 7,
        ["the message has a line of more than 998 bytes"] * 7,
    ],
)
def test_other_refusals_are_about_their_emails(world, send, answers):
    people = [f"p{number}" for number in range(len(answers))]
    world.enter(*people, auto=True)
    server = Server(**{p: Refused(said) if said else Sent("250") for p, said in zip(people, answers, strict=True)})
    report = send(server)
    assert (report.failed, report.sent, report.paused) == (len(people) - answers.count(None), answers.count(None), None)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("text", ["10 per 1s", "40 per 1s", "120 per 1m", "3600 per 1h", "3 per 1s"])
def test_a_rate_is_kept_and_reached_however_uneven_the_turns_are(world, text):
    rate, emails = parse_rate(text), 24
    pace, apart = Throttle(rate, waits=True), rate.per / rate.count
    world.enter(*(f"p{number}" for number in range(emails + 6)), auto=True)
    began, left, ready, turns = world.now, [], [], Random(7)
    while world.now < began + apart * emails:
        ready += world.store.queue.claim_due(world.now, "w", 4, throttle=pace).claims
        answers, _ = world.store.queue.settle(ready, [], world.now, throttle=pace)
        gone = [claim for claim, answer in zip(ready, answers, strict=True) if answer is None]
        left += [world.now] * len(gone)
        ready = [claim for claim in ready if claim not in gone]
        # a turn comes late by up to two fifths of the time between two emails
        world.later(seconds=apart.total_seconds() * turns.uniform(0.2, 0.4))
    assert max(sum(at <= other < at + rate.per for other in left) for at in left) <= rate.count
    assert 0.9 * emails <= len(left) <= emails + 1


def test_without_anything_due_a_dispatch_with_a_rate_ends(world):
    waited = []
    worker = Worker("w", throttle=Throttle(parse_rate("10 per 1s"), waits=True), wait=waited.append)
    assert dispatch(world.store, Server().open, lambda: world.now, worker) == DispatchReport()
    assert waited == []


def test_a_dispatch_ends_where_the_rate_would_keep_it_for_more_than_a_minute(world):
    world.enter("ann", "bob", auto=True)
    worker = Worker(
        "w", throttle=Throttle(parse_rate("1 per 1d"), waits=True), wait=lambda seconds: world.later(seconds=seconds)
    )
    server, began = Server(), world.now

    def look():
        # time goes on, also while nothing is waited for
        return world.later(milliseconds=20)

    report = dispatch(world.store, server.open, look, worker)
    assert (report.sent, report.paused) == (1, None)
    assert abs(report.next_at - began - timedelta(days=1)) <= timedelta(seconds=2)
    # cron is ten seconds early on the next day: that is worth waiting for
    world.now = report.next_at - timedelta(seconds=10)
    assert dispatch(world.store, server.open, look, worker).sent == 1
