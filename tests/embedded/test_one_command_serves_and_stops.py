"""`python -m webapp` from start to end."""

from __future__ import annotations

import os
import signal
import stat

import pytest
import redis

from tests.support import sites
from tests.support.applications import settings
from tests.support.processes import free_port, wait_until
from tests.support.sites import RunningSite

pytestmark = pytest.mark.slow

SHOW_A_METER = ["-m", "flask", "--app", "wsgi", "meter", "show", "g1"]


def processes(site: RunningSite) -> list[int]:
    """All that a site started: Redis, the payment sandbox, Granian and its process, the worker."""
    started = list(sites.children(site.pid))
    return started + [grandchild for child in started for grandchild in sites.children(child)]


def test_it_says_in_a_line_each_what_it_started_and_where(running_site):
    data, lines = running_site.data, running_site.output.splitlines()[:11]
    for text in (
        f"at {data}/redis.sock",
        f"{data}/codeshelf.db",
        f"{running_site.url}/setup/",
        "Loading: Search index",
        "Payments:",
        "Worker:",
        "Server:",
    ):
        assert len([line for line in lines if text in line]) == 1, lines
    assert lines[-1].startswith(f"Codeshelf is served at {running_site.url} ")


def test_a_site_without_a_key_is_paid_at_a_sandbox_with_its_plans_in_it(running_site):
    done = sites.run(["-m", "flask", "--app", "wsgi", "billing", "doctor"], sites.environ(running_site.data))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "missing" not in done.stdout
    assert "ok       webhook endpoint: " in done.stdout
    assert f"{running_site.url}/webhooks/stripe" in done.stdout


def test_the_sandbox_can_be_switched_off_and_gives_way_to_a_key(data):
    with RunningSite(data, PAYMENT_SANDBOX=False) as site:
        assert "Payments:" not in site.output
        assert site.child("billing.sandbox") == 0
    key = f"sk_test_{'k' * 24}"
    given = {"STRIPE_SECRET_KEY": key, "STRIPE_API_BASE": "http://127.0.0.1:9"}
    with RunningSite(data, PAYMENT_SANDBOX=True, **given) as site:
        assert site.child("billing.sandbox") == 0
        assert "STRIPE" not in (data / "run" / "settings.json").read_text()


def test_what_a_run_decided_is_forgotten_when_it_ends(data):
    with RunningSite(data, PAYMENT_SANDBOX=True) as site:
        assert stat.S_IMODE((data / "run" / "settings.json").stat().st_mode) == 0o600
        site.stop()
    assert not (data / "run" / "settings.json").exists()
    assert not (data / "sandbox.json").exists()


def test_its_redis_is_private_and_forgets_nothing_by_itself(running_site):
    socket = running_site.data / "redis.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    wanted = {"port": "0", "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
    with redis.Redis.from_url(f"unix://{socket}") as client:
        assert {name: client.config_get(name)[name] for name in wanted} == wanted


def test_a_command_finds_that_redis_by_the_data_folder_alone(running_site):
    done = sites.run(SHOW_A_METER, sites.environ(running_site.data))
    assert done.returncode == 0, done.stderr


def test_a_second_run_on_the_same_data_is_refused(running_site):
    done = sites.run(["-m", "webapp"], sites.environ(running_site.data, PORT=free_port()))
    assert done.returncode == 2
    assert done.stderr == f"DATA: {running_site.data} is served already, by process {running_site.pid}.\n"
    assert running_site.answers()


def test_it_stops_all_it_started_and_finds_everything_again(data):
    with RunningSite(data, PAYMENT_SANDBOX=True) as site:
        with redis.Redis.from_url(f"unix://{data}/redis.sock") as client:
            client.set("kept", "yes")
        for number in (signal.SIGTERM, signal.SIGINT):
            started = processes(site)
            assert len(started) == 5
            assert site.stop(number) == 0
            assert site.output.endswith("Stopping.\n")
            assert not [pid for pid in started if sites.lives(pid)]
            site.start()
        with redis.Redis.from_url(f"unix://{data}/redis.sock") as client:
            assert client.get("kept") == b"yes"


def test_it_stops_while_it_still_starts(data):
    site = RunningSite(data)
    site.begin()
    wait_until(lambda: "Redis:" in site.output)
    started = processes(site)
    assert started
    assert site.stop() == 0
    assert not [pid for pid in started if sites.lives(pid)]


def test_a_deep_data_folder_gets_a_short_socket_elsewhere(data, tmp_path):
    deep = tmp_path / ("x" * 120)
    data.rename(deep)
    with RunningSite(deep) as site:
        assert not (deep / "redis.sock").exists()
        assert sites.run(SHOW_A_METER, sites.environ(deep)).returncode == 0
        assert site.answers("/health/ready")
        elsewhere = settings(DATA=deep).redis_socket.parent
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
        site.stop()
        assert not elsewhere.exists()


def test_a_killed_run_leaves_nothing_in_the_way_of_the_next(data):
    with RunningSite(data) as site:
        server = site.child("granian")
        started = processes(site)
        os.kill(server, signal.SIGSTOP)  # it cannot end its own process now
        site.stop(signal.SIGKILL)
        site.start()
        assert not [pid for pid in started if sites.lives(pid)]
        assert site.answers()
