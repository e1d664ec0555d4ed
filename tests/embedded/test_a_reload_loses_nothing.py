"""HUP: new code and plans, no refused request; what cannot be loaded replaces nothing."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.support import sites
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow
SECONDS = 40.0


def test_the_server_process_is_replaced_without_a_refused_request(running_site):
    wait_until(running_site.answers, SECONDS)
    old = running_site.child("granian")
    os.kill(running_site.pid, signal.SIGHUP)
    refused = 0
    began = time.monotonic()
    while sites.lives(old):
        refused += not running_site.answers()
        assert time.monotonic() - began < SECONDS
        time.sleep(0.01)
    assert refused == 0
    assert running_site.child("granian")
    assert running_site.answers()


def test_a_server_that_does_not_come_up_replaces_nothing(running_site):
    wait_until(running_site.answers, SECONDS)
    old = running_site.child("granian")

    def newcomers() -> list[int]:
        return [pid for pid in sites.children(running_site.pid) if "granian" in sites.command_line(pid) and pid != old]

    os.kill(running_site.pid, signal.SIGHUP)
    wait_until(newcomers, SECONDS)
    for pid in newcomers():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: "the new server did not start" in running_site.output, SECONDS)
    assert running_site.child("granian") == old
    assert running_site.answers()


def test_broken_plans_do_not_replace_those_that_run(running_site):
    plans = running_site.data / "plans.toml"
    whole = plans.read_text()
    before = list(sites.children(running_site.child("granian")))
    plans.write_text("plans = 1")
    os.kill(running_site.pid, signal.SIGHUP)
    wait_until(lambda: "what runs stays as it is" in running_site.output, SECONDS)
    plans.write_text(whole)
    assert "plans.toml: " in running_site.output
    assert list(sites.children(running_site.child("granian"))) == before
    assert running_site.answers()
