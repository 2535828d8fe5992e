"""Whether a store is the one that last sent: what is kept of that, when it is written, and what a copy lacks."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from rulekit.outbox.store import Store
from rulekit.records import Sent
from tests.lanes import ON_POSTGRES
from tests.outbox import singly
from tests.outbox.conftest import World
from tests.outbox.disk import history, older
from tests.outbox.postgres_server import running_server

COPIED = "this store is a copy, or was moved or restored"
NOWHERE = Path("/nowhere")


def name_of(url):
    return url.partition("@/")[2].partition("?")[0]


def place_of(store):
    return store.read(lambda connection: connection.exec_driver_sql("SELECT place FROM sending").scalar())


def send(world, *people):
    world.enter(*people, auto=True)
    got = world.store.queue.claim_due(world.now, "w", len(people))
    for claim in got.claims:
        assert singly.mark_data(world.store, claim, world.now) is None
        singly.finish(world.store, claim, Sent("250 ok"), world.now)
    return got


def test_the_first_claim_says_where_it_is(world):
    assert world.store.queue.claim_due(world.now, "w", 1).claims == []
    assert place_of(world.store) is None
    assert len(send(world, "ann").claims) == 1
    place = place_of(world.store)
    assert place
    assert len(send(world, "bob").claims) == 1
    assert place_of(world.store) == place
    assert world.store.sending.state().mismatch is None


@pytest.mark.parametrize("dump", [older.FIRST, older.SECOND])
def test_a_store_of_an_older_version_goes_on_and_says_it_from_then_on(tmp_path, dump):
    older.make(tmp_path / "rulekit.db", dump)
    with Store.open("sqlite:///rulekit.db", tmp_path) as store:
        assert store.sending.state().mismatch is None
        now = history.START + timedelta(hours=2)
        got = store.queue.claim_due(now, "w", 5)
        assert (bool(got.claims), got.reason) == (True, None)
        assert place_of(store).startswith(f"{tmp_path / 'rulekit.db'} (inode ")


class TestTheNote:
    @pytest.fixture
    def store_url(self):
        return "sqlite:///state/rulekit.db"

    @pytest.fixture
    def note(self, tmp_path):
        return tmp_path / "state/rulekit.db-sent"

    def claim(self, note):
        return int(note.read_text().split()[1])

    def test_it_is_written_before_an_email_leaves_and_not_before_its_claim_is_committed(self, world, note):
        world.enter("ann", "bob", auto=True)
        (first,) = world.store.queue.claim_due(world.now, "w", 1).claims
        assert self.claim(note) == 0
        assert singly.mark_data(world.store, first, world.now) is None
        assert self.claim(note) == first.token == 1

    def test_of_two_workers_the_slower_one_does_not_put_it_back(self, world, note, open_store):
        world.enter("ann", "bob", auto=True)
        (first,) = world.store.queue.claim_due(world.now, "w", 1).claims
        other = open_store()
        (second,) = other.queue.claim_due(world.now, "v", 1).claims
        singly.mark_data(other, second, world.now)
        singly.mark_data(world.store, first, world.now)
        assert (first.token, second.token, self.claim(note)) == (1, 2, 2)

    def test_an_older_note_is_no_reason_to_halt(self, world, note):
        """So a power loss may leave it, because it is not flushed each time."""
        send(world, "ann")
        old = note.read_bytes()
        send(world, "bob")
        note.write_bytes(old)
        assert len(send(world, "cid").claims) == 1
        assert self.claim(note) == 3

    def test_only_its_beginning_waits_for_the_disk(self, world, note, monkeypatch):
        flushed, fsync = [], os.fsync

        def flush(opened):
            flushed.append(os.fstat(opened).st_ino)
            fsync(opened)

        monkeypatch.setattr(os, "fsync", flush)
        send(world, "ann")
        assert flushed == [note.stat().st_ino, note.parent.stat().st_ino]
        send(world, "bob")
        assert len(flushed) == 2


class TestInPostgres:
    pytestmark = ON_POSTGRES

    @pytest.fixture
    def store_url(self, database):
        return database

    def test_a_database_made_from_another_one(self, world, store_url, postgres):
        send(world, "ann")
        world.store.close()
        copy = postgres.make_database(name_of(store_url))
        try:
            with Store.open(postgres.url(copy), NOWHERE) as other:
                got = other.queue.claim_due(world.now, "w", 5)
                assert (got.claims, COPIED in got.reason) == ([], True)
                # where it was and is stands behind it, and not in a log
                assert got.reason.text == f"sending is halted: {COPIED}"
                assert other.sending.resume(world.now)
                assert other.queue.claim_due(world.now, "w", 5).reason is None
        finally:
            postgres.drop_database(copy)
        assert len(send(world, "bob").claims) == 1

    def test_tables_that_a_restore_has_made_anew(self, world, store_url, postgres):
        send(world, "ann")
        with postgres.admin(name_of(store_url)) as connection:
            for statement in (
                "ALTER TABLE sending RENAME TO dumped",
                "CREATE TABLE sending (LIKE dumped INCLUDING ALL)",
                "INSERT INTO sending SELECT * FROM dumped",
                "DROP TABLE dumped",
                "ALTER TABLE sending OWNER TO rulekit",
            ):
                connection.execute(statement)
        world.enter("bob", auto=True)
        assert COPIED in world.store.queue.claim_due(world.now, "w", 5).reason

    def test_tables_that_were_only_written_anew(self, world):
        send(world, "ann")
        world.store.clear_leftovers()
        assert len(send(world, "bob").claims) == 1

    def test_a_role_that_may_not_ask_which_cluster_it_is(self, world, store_url, postgres):
        with postgres.admin(name_of(store_url)) as connection:
            connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        assert len(send(world, "ann").claims) == 1
        assert place_of(world.store).startswith("cluster ?, timeline 0000")
        assert len(send(world, "bob").claims) == 1


def wait_until_it_may_be_written(server):
    end = time.monotonic() + 30
    with server.admin() as connection:
        while connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,) and time.monotonic() < end:
            time.sleep(0.05)


@pytest.mark.starts_programs
def test_a_server_that_was_restored_to_a_point_in_time():
    with running_server() as server:
        url = server.url(server.make_database())
        with Store.open(url, NOWHERE) as store:
            world = World(store)
            send(world, "ann")
            before = place_of(store)
        server.stop("fast")
        (server.data / "recovery.signal").touch()
        with (server.data / "postgresql.conf").open("a") as settings:
            settings.write("restore_command = 'false'\n")
        server.start()
        wait_until_it_may_be_written(server)
        with Store.open(url, NOWHERE) as store:
            got = store.queue.claim_due(world.now, "w", 5)
            assert (got.claims, COPIED in got.reason) == ([], True)
            assert "timeline 00000001" in before
            assert "timeline 00000002" in got.reason
