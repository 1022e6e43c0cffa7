import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import OperatorError
from ledger.master_key import load_master_key
from ledger.settings import VARIABLES, Settings, read_settings

KEY = bytes(range(32))
KEY_TEXT = base64.b64encode(KEY).decode()


def test_every_setting_has_a_variable_and_every_variable_a_setting() -> None:
    assert set(VARIABLES) == set(Settings.__dataclass_fields__)
    names = [variable for variable, _ in VARIABLES.values()]
    assert len(names) == len(set(names))


def test_nothing_set_means_the_embedded_database_on_the_local_machine() -> None:
    settings = read_settings({})
    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.data_dir.is_absolute()


def test_the_command_line_wins_over_the_environment_and_that_over_the_default() -> None:
    environ = {"TALLYSTICK_PORT": "9000", "TALLYSTICK_HOST": "0.0.0.0", "TALLYSTICK_DATA": "/srv/a"}
    settings = read_settings(environ, port=9001, host=None, data_dir=Path("relative"))
    assert (settings.port, settings.host) == (9001, "0.0.0.0")
    assert settings.data_dir == Path.cwd() / "relative"


@pytest.mark.parametrize(
    ("variable", "bad"),
    [
        ("TALLYSTICK_PORT", "65536"),
        ("TALLYSTICK_PORT", "-1"),
        ("TALLYSTICK_PORT", "80.0"),
        ("TALLYSTICK_PORT", "٣"),
        ("TALLYSTICK_PORT", "9" * 5000),
        ("TALLYSTICK_WEB_THREADS", "0"),
        ("TALLYSTICK_PROJECTION_WAIT_SECONDS", "nan"),
        ("TALLYSTICK_PROJECTION_WAIT_SECONDS", "inf"),
        ("TALLYSTICK_STATEMENT_TIMEOUT_SECONDS", "soon"),
        ("TALLYSTICK_LOG_LEVEL", "loud"),
        ("DATABASE_URL", "mysql://localhost/db"),
        ("DATABASE_URL", "http://[bad"),
        ("TALLYSTICK_BOOTSTRAP_KEY", "short"),
        ("TALLYSTICK_BOOTSTRAP_KEY", "sixteen characters with spaces"),
        ("TALLYSTICK_MASTER_KEY", "not base64 at all"),
        ("TALLYSTICK_MASTER_KEY", base64.b64encode(b"only 16 bytes...").decode()),
        ("TALLYSTICK_MAX_BODY_BYTES", "1"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(variable: str, bad: str) -> None:
    with pytest.raises(OperatorError, match=f"^{variable} "):
        read_settings({variable: bad})


@pytest.mark.parametrize(
    "variable", ["DATABASE_URL", "TALLYSTICK_BOOTSTRAP_KEY", "TALLYSTICK_MASTER_KEY"], ids=["url", "key", "master"]
)
def test_a_refused_secret_is_not_repeated(variable: str) -> None:
    with pytest.raises(OperatorError) as caught:
        read_settings({variable: "s3cr3t ☃"})
    assert "s3cr3t" not in str(caught.value)


def test_secrets_do_not_show_in_the_repr() -> None:
    settings = read_settings(
        {
            "DATABASE_URL": "postgresql://me:pa55word@db/x",
            "TALLYSTICK_BOOTSTRAP_KEY": "a-long-enough-secret",
            "TALLYSTICK_MASTER_KEY": KEY_TEXT,
        }
    )
    assert settings.master_key == KEY
    for secret in ("pa55word", "a-long-enough-secret", repr(KEY)):
        assert secret not in repr(settings)


def test_a_pool_cannot_be_smaller_than_its_least() -> None:
    with pytest.raises(OperatorError, match="TALLYSTICK_POOL_MIN"):
        read_settings({"TALLYSTICK_POOL_MIN": "9", "TALLYSTICK_POOL_MAX": "3"})


def test_the_embedded_database_gets_a_key_of_its_own_once(tmp_path: Path) -> None:
    settings = read_settings({}, data_dir=tmp_path / "data")
    key = load_master_key(settings)
    assert len(key) == 32
    assert load_master_key(settings) == key
    assert (tmp_path / "data" / "master.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["master.key"]


def test_processes_that_make_the_key_at_once_agree_on_it(tmp_path: Path) -> None:
    program = (
        "import sys; from ledger.settings import read_settings; from ledger.master_key import load_master_key;"
        "sys.stdin.readline(); print(load_master_key(read_settings({}, data_dir=sys.argv[1])).hex())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    keys = [process.communicate("go\n", timeout=60)[0] for process in processes]
    assert len(set(keys)) == 1
    assert len(keys[0].strip()) == 64


def test_a_database_without_its_key_gets_no_new_one(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(OperatorError, match="put it back from your backup"):
        load_master_key(read_settings({}, data_dir=tmp_path))
    assert not (tmp_path / "master.key").exists()


def test_another_servers_database_must_be_given_its_key(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://localhost/x", "TALLYSTICK_DATA": str(tmp_path)}
    with pytest.raises(OperatorError, match="TALLYSTICK_MASTER_KEY"):
        load_master_key(read_settings(environ))
    file = tmp_path / "key"
    file.write_text(KEY_TEXT + "\n")
    file.chmod(0o600)
    assert load_master_key(read_settings(environ | {"TALLYSTICK_MASTER_KEY_FILE": str(file)})) == KEY


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe"])
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "master.key").write_bytes(content)
    (tmp_path / "master.key").chmod(0o600)
    with pytest.raises(OperatorError, match=r"master\.key"):
        load_master_key(read_settings({}, data_dir=tmp_path))


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text(KEY_TEXT)
    (tmp_path / "master.key").chmod(0o644)
    with pytest.raises(OperatorError, match="chmod 600"):
        load_master_key(read_settings({}, data_dir=tmp_path))


def test_a_key_that_cannot_be_written_is_an_operators_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="cannot be written"):
        load_master_key(read_settings({}, data_dir=tmp_path / "file" / "data"))


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's own folders are open to its own database")
def test_roots_default_place_is_one_that_the_databases_user_can_enter() -> None:
    place = read_settings({"XDG_DATA_HOME": "/root/.local/share"}).data_dir
    assert all(folder.stat().st_mode & 0o001 for folder in place.parents if folder.exists())
