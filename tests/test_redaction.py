"""What is logged of an error names nobody, whoever speaks in it, and says what is wrong all the same."""

import pytest

from rulekit.errors import PluginError, RulekitError, SettingsError, SourceError, StoreError
from rulekit.redaction import UNSAID, told, what_failed, why_paused


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (SourceError("`people.csv` has two rows of one key: Zebedee"), "`people.csv` has two rows of one key"),
        (PluginError("the sender of `mine` broke its promise: Zebedee"), "the sender of `mine` broke its promise"),
        (StoreError("the store x.db: it is damaged"), "the store x.db: it is damaged"),
        (
            StoreError('the store x.db: the database says: invalid input syntax for type integer: "Zebedee"'),
            "the store x.db: the database says",
        ),
        (SettingsError("`sender.from`: write an address\nZebedee"), "`sender.from`: write an address"),
        (RulekitError("the rules have 1 error: mend it"), "the rules have 1 error: mend it"),
    ],
)
def test_an_error(error, logged):
    assert told(error) == logged


@pytest.mark.parametrize(
    ("reason", "logged"),
    [
        ("127.0.0.1: Connection refused", "Connection refused"),
        ("Zebedee: Connection refused", "Connection refused"),
        ("mail.example.com: no answer in time", "no answer in time"),
        (
            "the server answered the greeting with 421 4.3.2 closing, Zebedee",
            "the server answered the greeting with 421 4.3.2",
        ),
        (
            "the server answered the message with 550 5.7.1 `Dear Zebedee` looks like spam",
            "the server answered the message with 550 5.7.1",
        ),
        ("the server answered AUTH with 535 no, Zebedee", "the server answered AUTH with 535"),
        # a status that the server goes on in is no status
        ("the server answered RCPT with 421 4.3.2Zebedee", "the server answered RCPT with 421"),
        (
            "nothing is tried until 2026-01-01T09:00:00Z, after 5 faults: 127.0.0.1: Connection refused",
            "nothing is tried until 2026-01-01T09:00:00Z, after 5 faults: Connection refused",
        ),
        ("sending is halted until `rulekit sending resume`: Zebedee complained", "sending is halted"),
        (
            "sending is halted until `rulekit sending resume`: this store is a copy, or was moved or restored: it last "
            "sent as /home/zebedee/state/rulekit.db (inode 12)",
            "sending is halted: this store is a copy, or was moved or restored",
        ),
        (
            "this clock is behind: emails were already sent at 2026-01-01T09:00:00Z",
            "this clock is behind: emails were already sent at 2026-01-01T09:00:00Z",
        ),
        (
            "this clock is 40 days ahead of all that was done here, at 2026-01-01T09:00:00Z: mend it, or say so",
            "this clock is 40 days ahead of all that was done here, at 2026-01-01T09:00:00Z",
        ),
        (
            "sending is halted until `rulekit sending resume`: the store's clock went back by 0d 3h 2m while "
            "`rulekit serve` ran: see that it is right",
            "sending is halted: the store's clock went back by 0d 3h 2m",
        ),
        ("the sender could not be opened: KeyError: 'Zebedee'", "the sender could not be opened"),
        ("Zebedee has moved", UNSAID),
    ],
)
def test_why_nothing_is_sent(reason, logged):
    assert why_paused(reason) == logged


@pytest.mark.parametrize(
    ("reason", "logged"),
    [
        ("`outbox_changed` failed: KeyError: 'Zebedee'", "`outbox_changed` failed: KeyError"),
        ("`outbox_changed` failed: Zebedee is not there", "`outbox_changed` failed"),
        ("Zebedee", "in words that may name somebody"),
    ],
)
def test_which_plugin_failed(reason, logged):
    assert what_failed(reason) == logged
