"""Opening a store: where it lies, who may read it, and what is said when that fails."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rulekit.errors import StoreError
from rulekit.outbox.database.sqlite import wal_is_safe
from rulekit.outbox.dispatch.dispatcher import Worker, dispatch
from rulekit.outbox.store import Store
from rulekit.records import Sent, State
from tests.outbox import singly
from tests.outbox.disk import older

URL = "sqlite:///state/rulekit.db"


@pytest.fixture
def path(tmp_path):
    Store.open(URL, tmp_path).close()
    return tmp_path / "state" / "rulekit.db"


def test_only_its_owner_may_read_it(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="Windows flushes no folders")
def test_a_new_store_is_still_there_after_a_power_loss(tmp_path, monkeypatch):
    flushed, fsync = set(), os.fsync

    def flush(opened):
        flushed.add(os.fstat(opened).st_ino)
        fsync(opened)

    monkeypatch.setattr(os, "fsync", flush)
    Store.open("sqlite:///deep/state/rulekit.db", tmp_path).close()
    names = ["", "deep", "deep/state", "deep/state/rulekit.db"]
    assert flushed == {(tmp_path / name).stat().st_ino for name in names}
    flushed.clear()
    Store.open("sqlite:///deep/state/rulekit.db", tmp_path).close()
    assert flushed == set()


def test_a_store_keeps_its_name_and_secret(tmp_path):
    with Store.open(URL, tmp_path) as store:
        first = (store.store_id(), store.secret())
    with Store.open(URL, tmp_path) as store:
        assert (store.store_id(), store.secret()) == first
    with Store.open("sqlite:///other.db", tmp_path) as other:
        assert other.store_id() != first[0]
        assert other.secret() != first[1]
        assert len(other.secret()) >= 32


def test_an_absolute_path_stays_one(tmp_path):
    place = tmp_path / "elsewhere" / "x.db"
    Store.open(f"sqlite:///{place}", Path("/nowhere")).close()
    assert place.is_file()


def test_every_connection_is_safe(tmp_path):
    with Store.open(URL, tmp_path) as store, store.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "foreign_keys", "busy_timeout", "journal_mode")
        }
    mode = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    assert found == {"synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000, "journal_mode": mode}


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_wal_only_where_it_cannot_corrupt(version, safe):
    assert wal_is_safe(version) is safe


def test_a_restored_store_is_what_it_was():
    def dump(store):
        with closing(sqlite3.connect(":memory:")) as copy:
            copy.deserialize(store.snapshot())
            return list(copy.iterdump())

    with Store.in_memory() as store:
        start, migrated = store.snapshot(), dump(store)
        store.suppressions.add("ada@example.com", "asked", datetime(2026, 1, 1, tzinfo=UTC), "test")
        assert dump(store) != migrated
        store.restore(start)
        assert dump(store) == migrated
        assert store.suppressions.all() == []
        store.suppressions.add("bo@example.com", "asked", datetime(2026, 1, 1, tzinfo=UTC), "test")
        assert [found.address for found in store.suppressions.all()] == ["bo@example.com"]


@pytest.mark.parametrize(
    "dump",
    [older.FIRST, older.SECOND, older.THIRD, older.FOURTH],
    ids=["first", "second", "third", "fourth"],
)
def test_an_older_store_is_brought_up_to_date_and_loses_nothing(tmp_path, dump, broken):
    path = tmp_path / "state" / "rulekit.db"
    path.parent.mkdir()
    older.make(path, dump)
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        before = {name: rows_of(connection, name) for name in tables if name != "alembic_version"}
    with Store.open(URL, tmp_path) as store:
        assert broken(store) == {}
    with closing(sqlite3.connect(path)) as connection:
        for name, rows in before.items():
            # a later version has more columns, and may know what was empty, and nothing less
            kept = rows_of(connection, name)
            assert all(said(row) <= now.items() for row, now in zip(rows, kept, strict=True)), name


def said(row):
    return {name: value for name, value in row.items() if value is not None}.items()


def rows_of(connection, table):
    found = connection.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2')
    return [dict(zip([column[0] for column in found.description], row, strict=True)) for row in found]


def test_the_second_version_counts_on(tmp_path):
    older.make(tmp_path / "rulekit.db", older.SECOND)
    with closing(sqlite3.connect(tmp_path / "rulekit.db")) as connection:
        (claimed,) = connection.execute("SELECT count(*) FROM audit WHERE transition = 'claim'").fetchone()
    with Store.open("sqlite:///rulekit.db", tmp_path) as store, store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT attempts, faults_ever FROM sending").one() == (claimed, 0)
        assert claimed > 3
        # nobody knows any more which emails had left by then
        assert connection.exec_driver_sql("SELECT address, last_line FROM suppressions").all() == [
            ("dan@example.com", None)
        ]


def test_the_third_version_goes_on_with_what_was_sent_again(tmp_path):
    older.make(tmp_path / "rulekit.db", older.THIRD)
    with Store.open("sqlite:///rulekit.db", tmp_path) as store:
        found = {row.tagging.person: (row.state, row.doubted_at, row.uncertain) for row in store.outbox.find()}
        left = {row.tagging.person: row.left_at for row in store.outbox.find()}
    first, second = datetime(2026, 3, 1, 9, 0, tzinfo=UTC), datetime(2026, 3, 1, 9, 11, tzinfo=UTC)
    assert found["ann"] == (State.SENT, None, None)
    # silence twice, put off by the second attempt, not tried again yet
    assert found["bob"] == (State.UNCERTAIN, second, None)
    assert found["eve"] == (State.RETRYING, second, None)
    assert found["hal"] == (State.RETRYING, first, None)
    assert (left["ann"], left["eve"]) == (first, second)


def test_the_fourth_version_knows_who_had_unsubscribed(tmp_path):
    older.make(tmp_path / "rulekit.db", older.FOURTH)
    with Store.open("sqlite:///rulekit.db", tmp_path) as store:
        # of the other one only somebody's word is known, which may be about the address
        assert [(line.address, line.trigger, line.people) for line in store.suppressions.all()] == [
            ("ann@example.com", "Later_On", ("ann",)),
            ("dan@example.com", None, ()),
        ]


class Receiver:
    """Takes every email, and keeps its bytes."""

    def __init__(self):
        self.taken = {}

    def send(self, message, envelope, mark_data):
        mark_data()
        self.taken[envelope.recipient.partition("@")[0]] = message
        return Sent("250 ok")

    def close(self):
        pass


def test_what_the_fourth_version_stored_with_a_date_leaves_with_the_true_one(tmp_path, broken):
    older.make(tmp_path / "rulekit.db", older.FOURTH_DATED)
    receiver, then, seen = Receiver(), datetime(2026, 3, 6, 9, 30, tzinfo=UTC), {}
    with Store.open("sqlite:///rulekit.db", tmp_path) as store:
        for row in store.outbox.find():
            seen[row.tagging.person] = store.outbox.message(row.id)
            if row.state is State.UNAPPROVED:
                singly.approve(store, row.id, row.digest, then - timedelta(hours=1), "ada", timedelta(minutes=10))
        dispatch(store, lambda: receiver, lambda: then, Worker("w"))
        assert broken(store) == {}
    assert sorted(receiver.taken) == ["eve", "hal", "ivy", "joe"]
    old = b"Date: Sun, 01 Mar 2026 09:00:00 +0000\r\n"
    # of eve the server may have the first copy: hers are the same bytes again
    assert receiver.taken.pop("eve") == seen["eve"]
    for person, message in receiver.taken.items():
        assert seen[person].count(old) == 1
        assert message == b"Date: Fri, 06 Mar 2026 09:30:00 +0000\r\n" + seen[person].replace(old, b"")


def refusal(tmp_path, url=URL):
    with pytest.raises(StoreError) as caught:
        Store.open(url, tmp_path)
    assert caught.value.help
    return caught.value.message


def test_a_newer_store_is_left_alone(path, tmp_path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    assert "written by a newer rulekit" in refusal(tmp_path)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection, connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    before = (tmp_path / "crm.db").read_bytes()
    assert "database of something else" in refusal(tmp_path, "sqlite:///crm.db")
    assert (tmp_path / "crm.db").read_bytes() == before


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "text.db").write_text("hello " * 1000)
    assert refusal(tmp_path, "sqlite:///text.db") == "the store text.db: it is not a database"


def test_a_damaged_store(path, tmp_path):
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)
    assert "damaged" in refusal(tmp_path)


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "nonsense:", "sqlite://", "sqlite:///:memory:", "postgresql://h", "postgresql://h:x/d"]
)
def test_a_store_that_is_none(tmp_path, url):
    assert "does not name a store" in refusal(tmp_path, url)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "state").write_text("a file in the way")
    assert "cannot be opened" in refusal(tmp_path)


def test_a_folder_in_place_of_the_file(tmp_path):
    (tmp_path / "state" / "rulekit.db").mkdir(parents=True)
    assert "cannot be opened" in refusal(tmp_path)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_store_that_may_only_be_read(world):
    world.enter("ann")
    with world.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.rollback()
    # the pool hands the same connection out again
    with pytest.raises(StoreError, match="it may only be read") as caught:
        world.approve(1)
    assert "writable" in caught.value.help


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_locked_store_says_so(world, tmp_path):
    world.enter("ann")
    with world.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
        connection.rollback()
    with closing(sqlite3.connect(tmp_path / "state" / "rulekit.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another process keeps it locked"):
            world.approve(1)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_full_disk_leaves_the_store_as_it_was(world, tmp_path):
    world.enter("ann")
    path = tmp_path / "state" / "rulekit.db"
    with world.store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.rollback()
    before = path.read_bytes()
    message = b"x" * 100_000
    with pytest.raises(StoreError, match="the disk is full") as caught:
        world.enter("bob", message=message)
    assert "make room" in caught.value.help
    assert path.read_bytes() == before
    with world.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        connection.rollback()
    assert world.enter("bob", message=message)


FILL = """
import resource, signal, sys
from pathlib import Path
from rulekit.errors import StoreError
from rulekit.outbox.store import Store

project = Path(sys.argv[1])
store = Store.open("sqlite:///state/rulekit.db", project)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = (project / "state" / "rulekit.db").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    def fill(work):
        work.connection.exec_driver_sql("CREATE TABLE filler (content BLOB)")
        work.connection.exec_driver_sql("INSERT INTO filler VALUES (zeroblob(1000000))")
    store.write(fill)
except StoreError as error:
    print(error.message, "|", error.help)
"""


def dump_of(path):
    """All that a file holds; pages of it that are free may be other ones afterwards."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return list(connection.iterdump())


@pytest.mark.starts_programs
def test_the_operating_system_may_refuse_to_write(path, tmp_path, environment):
    before = dump_of(path)
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, check=True, env=environment
    )
    assert "disk" in done.stdout
    with Store.open(URL, tmp_path) as store:
        assert store.ticks.state().sequence == 0
    assert dump_of(path) == before


@pytest.mark.starts_programs
def test_two_may_open_a_new_store_at_once(tmp_path, environment):
    code = (
        "import sys; from pathlib import Path; from rulekit.outbox.store import Store;"
        f"print(Store.open({URL!r}, Path(sys.argv[1])).store_id())"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    names = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(names) == 1
