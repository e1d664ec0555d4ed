"""Child processes of the tests: they end with the process that started them, even when that one is killed."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext

PR_SET_PDEATHSIG = 1
IMPORTED = ["pytest", "tests.support.scene", "tests.support.shelf"]
"""With all that they import: the application, and what the test modules need that give processes their work."""
_libc = ctypes.CDLL(None)


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends; a `preexec_fn` (Linux)."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def forked() -> ForkServerContext:
    """What starts processes by a fork of one that has imported the application: each would need seconds for that.

    That one is started on first use, by itself, and knows nothing of what the tests did until then.
    """
    multiprocessing.set_forkserver_preload(IMPORTED)
    return multiprocessing.get_context("forkserver")


def wait_until(condition: Callable[[], bool], seconds: float = 10, what: str = "it") -> None:
    """Return once `condition` holds. Errors: AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.01)


def free_port() -> int:
    """A TCP port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
