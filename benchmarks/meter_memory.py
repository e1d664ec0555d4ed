"""Memory of the meter in Redis: bytes a visitor with five open pages.

    .venv/bin/python benchmarks/meter_memory.py [--visitors 600000 1000000]

A Redis of its own is filled through the meter's own Lua script and keys (guest ids as the site makes them, code ids
as the catalogue has them), and `used_memory` is read before and after. The figure at 600,000 is higher than at a
million because Redis's key tables double in size at powers of two.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import redis  # noqa: E402

from webapp.access.guests import GUEST_ID_BYTES  # noqa: E402
from webapp.core import clock  # noqa: E402
from webapp.core.periods import Period  # noqa: E402
from webapp.embedded.redis_server import binary  # noqa: E402
from webapp.metering import meter, scripts  # noqa: E402

PAGES = 5
CODES = 98_000
BATCH = 2_000


@contextlib.contextmanager
def empty_redis() -> Iterator[redis.Redis]:
    with tempfile.TemporaryDirectory(prefix="shelf") as folder:
        path = f"{folder}/r.sock"
        server = subprocess.Popen(
            [binary(production=False), "--port", "0", "--unixsocket", path, "--save", ""], stdout=subprocess.DEVNULL
        )
        client = redis.Redis(unix_socket_path=path, protocol=2)
        try:
            time.sleep(0.5)
            yield client
        finally:
            client.close()
            server.terminate()
            server.wait(20)


def fill(client: redis.Redis, visitors: int) -> None:
    """Open five pages for each of `visitors` guests through the script."""
    source = (Path(scripts.__file__).parent / "open.lua").read_text("utf-8")
    digest = client.script_load(source)
    window = Period.parse("month").window(clock.now())
    end, span = meter._ends(window)
    choose = random.Random(7)
    for start in range(0, visitors, BATCH):
        pipeline = client.pipeline(transaction=False)
        for _ in range(min(BATCH, visitors - start)):
            key = meter.key_of(f"g{secrets.token_urlsafe(GUEST_ID_BYTES)}", window)
            for code_id in choose.sample(range(1, CODES), PAGES):
                pipeline.evalsha(digest, 1, key, code_id, PAGES, end, span, 1)
        pipeline.execute()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, nargs="+", default=[600_000, 1_000_000])
    options = parser.parse_args()
    filled = 0
    with empty_redis() as client:
        before = client.info("memory")["used_memory"]
        for visitors in sorted(options.visitors):
            fill(client, visitors - filled)
            filled = visitors
            assert client.dbsize() == visitors
            used = client.info("memory")["used_memory"] - before
            print(f"{visitors:>9} visitors: {used / visitors:6.1f} bytes a visitor at {PAGES} pages")


if __name__ == "__main__":
    main()
