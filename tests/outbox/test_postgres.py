"""A store in PostgreSQL: how it is opened, and what is said when that fails."""

import gc
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from urllib.parse import quote

import psycopg
import pytest

from rulekit.errors import StoreError
from rulekit.outbox.database import locks, transactions
from rulekit.outbox.people import actions
from rulekit.outbox.sending import claims
from rulekit.outbox.sending.gates import Gates
from rulekit.outbox.sending.throttle import Throttle
from rulekit.outbox.store import Store
from rulekit.records import State
from tests.lanes import ON_POSTGRES
from tests.outbox import postgres_server, singly
from tests.outbox.postgres_server import PASSWORD

pytestmark = ON_POSTGRES
NOWHERE = Path("/nowhere")


@pytest.fixture
def empty(postgres):
    name = postgres.make_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def store_url(database):
    return database


@pytest.fixture
def store(database):
    with Store.open(database, NOWHERE) as opened:
        yield opened


def name_of(url):
    return url.partition("@/")[2].partition("?")[0]


def refusal(url):
    with pytest.raises(StoreError) as caught:
        Store.open(url, NOWHERE)
    assert caught.value.help
    assert PASSWORD not in f"{caught.value.message} {caught.value.help} {caught.value.__cause__}"
    return caught.value.message


def tables(postgres, url):
    with postgres.admin(name_of(url)) as connection:
        names = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
        return {name for (name,) in connection.execute(names)}


# the address


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_password_with_any_letters_by_any_name_of_the_scheme(postgres, empty, scheme):
    url = f"{scheme}://rulekit:{quote(PASSWORD, safe='')}@127.0.0.1:{postgres.port}/{name_of(empty)}"
    with Store.open(url, NOWHERE) as store:
        assert store.ticks.state().sequence == 0
        assert PASSWORD not in repr(store.engine)


def test_an_at_sign_in_the_password_is_told_and_no_part_of_it_is_printed():
    message = refusal("postgresql://user:left@right@127.0.0.1/db")
    assert message == "`[store] url` has more than one `@`"


def test_a_wrong_password(postgres, database):
    place = f"@127.0.0.1:{postgres.port}/{name_of(database)}"
    expected = f"the store {name_of(database)} on 127.0.0.1:{postgres.port}: the server refuses the password"
    assert refusal(f"postgresql://rulekit:wrong-word{place}") == expected
    assert refusal(f"postgresql://nobody:wrong-word{place}") == expected
    assert refusal(f"postgresql://rulekit{place}") == expected


def test_a_server_that_does_not_run(postgres):
    closed = postgres.port + 1 if postgres.port < 65535 else 1024
    message = refusal(f"postgresql://user:secret-word@127.0.0.1:{closed}/db")
    assert message.startswith(f"the store db on 127.0.0.1:{closed}: the server cannot be reached: ")
    assert "refused" in message
    assert "secret-word" not in message


def test_a_host_that_there_is_none_of():
    assert "cannot be reached" in refusal("postgresql://user:secret-word@no-such-host.invalid/db")


def test_a_database_that_there_is_none_of(postgres):
    assert refusal(postgres.url("missing")) == "the store missing: there is no such database"


def test_a_user_that_there_is_none_of(postgres, database):
    assert "does not let you in" in refusal(postgres.url(name_of(database), user="stranger"))


def test_an_option_that_there_is_none_of(database):
    assert "colour" in refusal(f"{database}&colour=blue")


def test_without_the_driver_it_is_told_what_to_install(database, environment):
    code = (
        "import sys; sys.modules['psycopg'] = None; from pathlib import Path; from rulekit.outbox.store import Store\n"
        f"try: Store.open({database!r}, Path())\nexcept Exception as error: print(error.message, '|', error.help)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert "needs psycopg" in done.stdout
    assert "rulekit-engine[postgres]" in done.stdout


# the schema


def test_tables_go_to_the_schema_of_the_search_path(postgres, empty):
    with postgres.admin(name_of(empty)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
        connection.execute("CREATE SCHEMA mail AUTHORIZATION rulekit")
    own = f"{empty}&options=-csearch_path%3Dmail"
    with Store.open(own, NOWHERE) as store:
        assert store.ticks.state().sequence == 0
    found = tables(postgres, empty)
    assert "public.customers" in found
    assert {name.partition(".")[0] for name in found - {"public.customers"}} == {"mail"}
    with Store.open(own, NOWHERE) as store:
        assert store.ticks.state().sequence == 0


def test_a_schema_that_there_is_none_of(empty):
    assert "schema does not exist" in refusal(f"{empty}&options=-csearch_path%3Dmissing")


def test_a_database_of_something_else_is_left_alone(postgres, empty):
    with postgres.admin(name_of(empty)) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    assert "is a database of something else" in refusal(empty)
    assert tables(postgres, empty) == {"public.customers"}


def test_a_newer_store_is_left_alone(postgres, database):
    with postgres.admin(name_of(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "written by a newer rulekit" in refusal(database)


def test_without_the_right_to_make_tables_nothing_is_made(postgres, empty):
    with postgres.admin() as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN")
    guest = postgres.url(name_of(empty), user="guest")
    assert "you lack a right" in refusal(guest)
    assert tables(postgres, empty) == set()


def test_without_the_right_to_read_it(postgres, database):
    with postgres.admin() as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN")
    assert "you lack a right" in refusal(postgres.url(name_of(database), user="guest"))


def test_looking_makes_nothing(postgres, empty):
    assert not Store.exists(empty, NOWHERE)
    assert tables(postgres, empty) == set()
    Store.open(empty, NOWHERE).close()
    assert Store.exists(empty, NOWHERE)


def test_processes_may_open_a_new_store_at_once(empty, environment):
    code = (
        "import sys; from pathlib import Path; from rulekit.outbox.store import Store;"
        "print(Store.open(sys.argv[1], Path()).store_id())"
    )
    command = [sys.executable, "-c", code, empty]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    names = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(names) == 1


# a session


def test_every_connection_is_safe_whatever_the_server_thinks(postgres, database):
    with postgres.admin() as connection:
        name = name_of(database)
        for setting in (
            "synchronous_commit = off",
            "default_transaction_isolation = 'serializable'",
            "TimeZone = 'Asia/Kathmandu'",
            "lock_timeout = 0",
        ):
            connection.execute(f"ALTER DATABASE {name} SET {setting}")
    names = ("synchronous_commit", "transaction_isolation", "TimeZone", "lock_timeout", "transaction_read_only")
    names = (*names, "idle_in_transaction_session_timeout", "application_name")

    def found(connection):
        return [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]

    with Store.open(database, NOWHERE) as store:

        def found_in_a_write():
            return store.write(lambda work: found(work.connection))

        assert found_in_a_write() == ["on", "read committed", "UTC", "30s", "off", "1min", "rulekit"]
        assert store.read(found) == ["on", "repeatable read", "UTC", "30s", "off", "1min", "rulekit"]
        assert found_in_a_write()[1] == "read committed"


def test_a_stricter_promise_of_the_server_is_kept(postgres, database):
    with postgres.admin() as connection:
        connection.execute(f"ALTER DATABASE {name_of(database)} SET synchronous_commit = remote_apply")
    with Store.open(database, NOWHERE) as store:
        shown = store.read(lambda connection: connection.exec_driver_sql("SHOW synchronous_commit").scalar())
    assert shown == "remote_apply"


def test_the_clock_is_that_of_the_server(store):
    now = store.clock()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
    with store.engine.connect() as connection:
        began = connection.exec_driver_sql("SELECT now()").scalar()
        time.sleep(1.1)
        # not of the transaction, which would stand still
        again = connection.exec_driver_sql("SELECT now(), clock_timestamp()").one()
    assert again[0] == began
    assert store.clock() >= again[1]


def test_a_reader_sees_one_moment(store, postgres, database):
    def look(connection):
        names = connection.exec_driver_sql("SELECT count(*) FROM people").scalar()
        with postgres.admin(name_of(database)) as admin:
            admin.execute("INSERT INTO people VALUES (0, 'ann')")
        return names, connection.exec_driver_sql("SELECT count(*) FROM people").scalar()

    assert store.read(look) == (0, 0)
    assert store.ticks.state().people == ["ann"]


# what the server says


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("53100", "the disk of the server is full"),
        ("53300", "too many connections"),
        ("53200", "out of memory"),
        ("57P01", "going down"),
        ("57P02", "going down"),
        ("57P03", "not ready"),
        ("58030", "cannot read or write its disk"),
        ("XX001", "damaged"),
        ("42501", "you lack a right"),
        ("25006", "only be read"),
        ("22012", "the database says: it happened"),
    ],
)
def test_what_the_server_says_is_told_in_words(store, code, words):
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'it happened' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(StoreError, match=words) as caught:
        store.write(lambda work: work.connection.exec_driver_sql(raising))
    assert caught.value.help
    assert store.ticks.state().sequence == 0


def test_a_store_that_may_only_be_read(postgres, database):
    with postgres.admin() as connection:
        connection.execute(f"ALTER DATABASE {name_of(database)} SET default_transaction_read_only = on")
    with Store.open(database, NOWHERE) as store:
        assert store.suppressions.all() == []
        with pytest.raises(StoreError, match="it may only be read"):
            store.suppressions.add("ann@example.com", "asked", datetime(2026, 1, 1, tzinfo=UTC), "test")


def test_too_many_connections(postgres, database):
    with postgres.admin() as connection:
        connection.execute("ALTER ROLE rulekit CONNECTION LIMIT 1")
        try:
            with psycopg.connect(database):
                assert "too many connections" in refusal(database)
        finally:
            connection.execute("ALTER ROLE rulekit CONNECTION LIMIT -1")
    with Store.open(database, NOWHERE) as store:
        assert store.ticks.state().sequence == 0


def test_a_locked_store_says_so(store, postgres, database):
    def impatient(work):
        work.connection.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
        locks.forbidding(work)

    with postgres.admin(name_of(database)) as other, other.transaction():
        other.execute(str(locks._FORBIDDING.compile(compile_kwargs={"literal_binds": True})))
        with pytest.raises(StoreError, match="another process keeps it locked"):
            store.write(impatient)


def test_a_process_that_stands_still_in_a_transaction_blocks_nobody_for_ever(store, database):
    def stand_still(work):
        work.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
        locks.forbidding(work)
        time.sleep(0.5)
        work.connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StoreError, match=r"stood still|connection to the server was lost"):
        store.write(stand_still)
    with Store.open(database, NOWHERE) as other:
        other.write(lambda work: None, locks.forbidding)


# transactions that meet


def test_a_deadlock_is_run_again(store):
    store.write(
        lambda work: work.connection.exec_driver_sql("CREATE TABLE counted (id INTEGER PRIMARY KEY, n INTEGER)")
    )
    store.write(lambda work: work.connection.exec_driver_sql("INSERT INTO counted VALUES (1, 0), (2, 0)"))
    both_hold_one = [Event(), Event()]
    runs = [0, 0]

    def move(mine, its):
        def act(work):
            runs[mine] += 1
            work.connection.exec_driver_sql(f"UPDATE counted SET n = n + 1 WHERE id = {mine + 1}")
            both_hold_one[mine].set()
            assert both_hold_one[its].wait(10)
            work.connection.exec_driver_sql(f"UPDATE counted SET n = n + 1 WHERE id = {its + 1}")
            return mine

        return store.write(act)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(move, (0, 1), (1, 0))) == [0, 1]
    assert sorted(runs) == [1, 2]
    numbers = store.read(lambda connection: connection.exec_driver_sql("SELECT n FROM counted").scalars().all())
    assert numbers == [2, 2]


def test_what_cannot_be_fitted_in_is_run_again_a_bounded_number_of_times(store):
    runs = []
    failing = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$"

    def act(work):
        runs.append(work)
        work.connection.exec_driver_sql(failing)

    with pytest.raises(StoreError, match="other processes got in the way"):
        store.write(act)
    assert len(runs) == transactions.ATTEMPTS
    assert len({id(work) for work in runs}) == len(runs)


def test_changes_are_told_once_and_only_those_that_were_committed(world):
    (row,) = world.enter("ann", auto=True)
    world.changes.clear()
    attempts = []

    def act(work):
        refused = actions.cancel(work, [row], world.now, "ada", "no")
        attempts.append(work)
        if len(attempts) < 3:
            work.connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40P01'; END $$")
        return refused

    assert world.store.write(act) == {}
    assert world.store.outbox.row(row).state is State.CANCELLED
    assert len(attempts) == 3
    assert [(change.source, change.target) for change in world.changes] == [("approved", "cancelled")]


def test_an_address_that_is_forbidden_while_a_message_leaves_waits_for_it(world, database):
    world.enter("ann", "joe", auto=True)
    first, second = world.store.queue.claim_due(world.now, "w", 2).claims
    order = []

    def mark_slowly(work):
        order.append("mark began")
        time.sleep(0.5)
        assert claims.mark_data(work, [first], world.now, Gates(), Throttle()) == [None]
        order.append("mark ended")

    def forbid():
        while not order:
            time.sleep(0.01)
        with Store.open(database, NOWHERE) as other:
            other.suppressions.add("ann@example.com", "asked", world.now, "ann")
            other.suppressions.add("joe@example.com", "asked", world.now, "joe")
        order.append("forbidden")

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(forbid)
        world.store.write(mark_slowly, locks.leaving)
        done.result()
    assert order == ["mark began", "mark ended", "forbidden"]
    assert singly.mark_data(world.store, second, world.now) == "its address is suppressed: asked"


# text that one of the databases might not take


@pytest.mark.parametrize("text", ["\U0001f600", "\ufffe", "x" * 2000, "İ'\"\\%s:name"])
def test_any_text_can_be_kept(world, text):
    world.enter("ann", "bob")
    singly.cancel(world.store, 1, world.now, "ada", text)
    assert world.store.outbox.row(1).reason == text
    assert world.store.suppressions.add(f"{text}@example.com", text, world.now, text) == 0


def test_the_one_letter_that_no_text_may_have_is_told_where_the_text_names_somebody(world):
    with pytest.raises(StoreError, match="cannot keep the NUL letter"):
        world.enter("an\x00n")
    assert world.store.outbox.find() == []


def test_the_one_letter_that_no_text_may_have_is_written_out_in_a_reason(world):
    world.enter("ann")
    assert singly.cancel(world.store, 1, world.now, "ada", "a\x00b").reason == r"a\x00b"


def test_the_server_is_stopped_when_the_tests_are_killed(environment, tmp_path):
    code = (
        "import os, sys; from tests.outbox.postgres_server import running_server\n"
        "with running_server() as server:\n"
        "    print(server.folder, flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[2]
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=root,
    )
    folder = Path(running.stdout.readline().strip())
    port = int((folder / "data" / "postmaster.pid").read_text().split()[3])
    running.kill()
    running.communicate()
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_server_that_cannot_be_set_up_leaves_neither_its_folder_nor_who_watches_it(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres_server, "installed", lambda: tmp_path)
    begun = []
    make_folder = postgres_server.make_folder
    monkeypatch.setattr(postgres_server, "make_folder", lambda: begun.append(make_folder()) or begun[-1])
    with pytest.raises(FileNotFoundError), postgres_server.running_server():
        pass
    assert not begun[0].exists()
    # a watcher that is forgotten is told as a warning, which fails a test
    gc.collect()
