"""`tallystick serve` on an embedded database: begins, shares, survives and ends as promised."""

import re
import signal
import socket
import threading
from http.client import HTTPException
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.cli.program import SECRET, refused, report, run, serving, until


def running(data: Path) -> bool:
    """Whether the embedded database of a directory runs."""
    lock = data / "postgres" / "postmaster.pid"
    return lock.exists() and psutil.pid_exists(int(lock.read_text().split()[0]))


def test_it_says_that_it_is_ready_and_how_to_sign_in_once_and_ends_on_sigterm(
    made_data_dir: Path, tmp_path: Path
) -> None:
    with serving(tmp_path / "log", "--data", made_data_dir) as server:
        assert server.ledger == "main"
        assert server.get("/healthz")[0] == 200
        assert server.post("customers.get_or_create", {"customer_id": "acme"})[0] == 200
        link = re.fullmatch(r"sign-in (http://[\d.:]+)(/sign-in/[\w-]{43})\n", server.next_line())
        assert link is not None
        assert link[1] == server.url
        assert [server.send(link[2]) for _ in range(2)] == [303, 410]
        assert server.stop(signal.SIGTERM) == 0
        assert server.rest_of_output() == ""
    assert not running(made_data_dir)
    with serving(tmp_path / "log", "--data", made_data_dir) as server:
        status, customer = server.post("customers.get", {"customer_id": "acme"})
        assert (status, customer["id"]) == (200, "acme")
        assert server.stop(signal.SIGINT) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_second_server_shares_the_database_and_the_last_one_out_stops_it(made_data_dir: Path, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "first", "--data", made_data_dir) as first,
        serving(tmp_path / "second", "--data", made_data_dir, "--no-worker") as second,
    ):
        assert [bool(each.children("worker")) for each in (first, second)] == [True, False]
        first.post("customers.get_or_create", {"customer_id": "acme"})
        assert second.post("customers.get", {"customer_id": "acme"})[0] == 200
        assert first.stop() == 0
        assert second.post("customers.get_or_create", {"customer_id": "atlas"})[0] == 200
        assert running(made_data_dir)
        assert second.stop() == 0
    assert not running(made_data_dir)


@pytest.mark.slow
def test_servers_that_begin_at_once_on_nothing_all_become_ready(data_dir: Path, tmp_path: Path) -> None:
    answered: list[int] = []

    def serve(number: int) -> None:
        with serving(tmp_path / f"log{number}", "--data", data_dir) as server:
            begun.wait(60)
            answered.append(server.post("customers.get_or_create", {"customer_id": "acme"})[0])

    begun = threading.Barrier(3)
    servers = [threading.Thread(target=serve, args=(number,)) for number in range(3)]
    for server in servers:
        server.start()
    for server in servers:
        server.join(120)
    assert answered == [200, 200, 200]
    assert not running(data_dir)


@pytest.mark.slow
def test_a_read_model_that_stopped_does_not_keep_the_server_from_starting(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--database-url", database_url) as server:
        assert until(lambda: b'"status":"ok"' in server.get("/readyz")[1])
    with psycopg.connect(database_url, autocommit=True) as conn:
        stopped = "UPDATE projections SET failed_position = 1, failure = 'a test' WHERE model = 'timeline'"
        assert conn.execute(stopped).rowcount == 1
    with serving(tmp_path / "log", "--database-url", database_url) as server:
        assert server.get("/readyz")[0] == 503
        assert server.post("customers.get_or_create", {"customer_id": "acme"})[0] == 200


@pytest.mark.slow
def test_after_kill_minus_9_nothing_of_it_is_left_and_the_next_one_has_everything(
    made_data_dir: Path, tmp_path: Path
) -> None:
    with serving(tmp_path / "log", "--data", made_data_dir) as server:
        server.post("customers.get_or_create", {"customer_id": "acme"})
        below = server.children("api.")
        assert below
        server.stop(signal.SIGKILL)
        assert until(lambda: not any(each.is_running() for each in below))
    with serving(tmp_path / "log", "--data", made_data_dir) as server:
        assert server.post("customers.get", {"customer_id": "acme"})[0] == 200
        assert server.stop() == 0
    assert not running(made_data_dir)


@pytest.mark.slow
def test_a_database_that_dies_is_started_again(made_data_dir: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--data", made_data_dir) as server:
        server.post("customers.get_or_create", {"customer_id": "acme"})
        postgres = int((made_data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        psutil.Process(postgres).kill()
        assert until(lambda: server.post("customers.get_or_create", {"customer_id": "atlas"})[0] == 200, 30)
        assert server.post("customers.get", {"customer_id": "acme"})[0] == 200
        assert server.stop() == 0


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_what_was_answered_before_the_end_is_kept(
    database_url: str, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    answered: list[str] = []

    def create(caller: int) -> None:
        for each in range(10_000):
            try:
                code, customer = server.post("customers.get_or_create", {"customer_id": f"c{caller}-{each}"})
            except (OSError, HTTPException):
                return
            assert code in {200, 503}
            if code == 200:
                answered.append(customer["id"])

    with serving(tmp_path / "log", "--database-url", database_url) as server:
        callers = [threading.Thread(target=create, args=(caller,)) for caller in range(8)]
        for caller in callers:
            caller.start()
        assert until(lambda: len(answered) > 50)
        assert server.stop(number) == status
        for caller in callers:
            caller.join()
    with serving(tmp_path / "log", "--database-url", database_url) as server:
        missing = [each for each in answered if server.post("customers.get", {"customer_id": each})[0] != 200]
    assert missing == []
    assert report("replay", "verify", "--database-url", database_url)[0]["whole"]


@pytest.mark.slow
def test_a_worker_that_dies_is_started_again(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--database-url", database_url) as server:
        (worker,) = server.children("worker")
        worker.kill()
        assert until(lambda: any(each.pid != worker.pid for each in server.children("worker")))
        assert server.get("/healthz")[0] == 200


@pytest.mark.slow
def test_a_web_server_that_dies_takes_the_rest_along(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--database-url", database_url) as server:
        below = server.children("api.")
        server.children("api.server")[-1].kill()
        assert server.process.wait(30) == 1
        assert until(lambda: not any(each.is_running() for each in below))
    assert "the web server ended by itself" in (tmp_path / "log").read_text()


def test_a_new_directory_gets_a_sandbox_ledger_an_operator_key_and_a_word_on_how_to_make_a_key(
    data_dir: Path, tmp_path: Path
) -> None:
    given = {"TALLYSTICK_BOOTSTRAP_KEY": "", "TALLYSTICK_MASTER_KEY": ""}
    with serving(tmp_path / "log", "--data", data_dir, **given) as server:
        assert server.ledger == "main"
        assert server.post("customers.list", {}, SECRET)[0] == 401
    assert "tallystick keys create" in (tmp_path / "log").read_text()
    assert (data_dir / "master.key").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_said_before_anything_is_started(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Port {port} on 127.0.0.1 is taken" in refused("serve", "--data", data_dir, "--port", port)
    assert not data_dir.exists()


def test_a_database_that_cannot_be_reached_is_one_sentence() -> None:
    url = "postgresql://tallystick@127.0.0.1:1/tallystick"
    said = refused("serve", "--port", "0", "--database-url", url)
    assert "database cannot be reached" in said


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "localhost:5432", "postgresql://[bad"])
def test_a_wrong_url_is_named_and_not_shown(url: str) -> None:
    said = refused("serve", "--port", "0", "--database-url", url)
    assert "--database-url must look like postgresql://" in said


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refused("serve", "--port", "0", "--data", tmp_path / "file" / "data")


def test_a_schema_newer_than_the_code_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO schema_migrations (number, name, checksum) VALUES (9999, '9999_later.sql', 'x')")
    for command in (("serve", "--port", "0"), ("worker",), ("ledgers", "list"), ("keys", "list")):
        said = refused(*command, "--database-url", database_url)
        assert "newer than this program" in said


def test_two_databases_at_once_are_wrong_usage(data_dir: Path) -> None:
    done = run("serve", "--data", data_dir, "--database-url", "postgresql://localhost/x")
    assert done.returncode == 2
    assert "two databases" in done.stderr


def test_a_bad_setting_is_named(data_dir: Path) -> None:
    assert "TALLYSTICK_WEB_THREADS" in refused("serve", "--data", data_dir, TALLYSTICK_WEB_THREADS="many")
