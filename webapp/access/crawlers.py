"""Machines that read: search crawlers and link previews. They get the preview, cost nothing and own no meter.

A name in a User-Agent proves nothing, and need not: the preview is free for all. Only a crawler proven by reverse and
forward DNS can get more, where the operator's setting says so.
"""

from __future__ import annotations

import functools
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_BOT = re.compile(
    r"(?<!cu)bot\b|crawler|spider|slurp|facebookexternalhit|facebookcatalog|embedly|whatsapp|preview|"
    r"bingpreview|mediapartners-google|google-inspectiontool|google-structured-data|skypeuripreview|vkshare|ia_archiver",
    re.IGNORECASE,
)

CRAWLER_DOMAINS = (
    ".googlebot.com",
    ".google.com",
    ".search.msn.com",
    ".applebot.apple.com",
    ".duckduckgo.com",
    ".yandex.ru",
    ".yandex.net",
    ".yandex.com",
    ".crawl.baidu.com",
    ".commoncrawl.org",
)
"""Where the host names of crawlers end, by their operators' own documentation."""

PROOF_SECONDS = 24 * 3600
DOUBT_SECONDS = 600
MOST_REMEMBERED = 10_000


@functools.lru_cache(maxsize=4096)
def is_bot(user_agent: str) -> bool:
    """Whether a User-Agent says that a machine reads."""
    return bool(_BOT.search(user_agent[:400]))


def verify(address: str) -> bool:
    """Prove a crawler: its address has a name in CRAWLER_DOMAINS, and that name has this address. Asks DNS."""
    try:
        host = socket.gethostbyaddr(address)[0].rstrip(".").lower()
        if not host.endswith(CRAWLER_DOMAINS):
            return False
        return address in {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False


class CrawlerProofs:
    """Remembers which addresses were proven. DNS is asked in one background thread: no request waits for it."""

    def __init__(self, check: Callable[[str], bool] = verify) -> None:
        self._check = check
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="crawler-dns")
        self._lock = threading.Lock()
        self._known: dict[str, tuple[bool, float]] = {}
        self._asked: set[str] = set()

    def proven(self, address: str) -> bool:
        """Whether `address` is known to be a crawler's; an unknown one is asked for, and False for now."""
        with self._lock:
            answer, until = self._known.get(address, (False, 0.0))
            if until > time.monotonic():
                return answer
            if address not in self._asked and len(self._asked) < MOST_REMEMBERED:
                self._asked.add(address)
                self._pool.submit(self._ask, address)
            return False

    def _ask(self, address: str) -> None:
        answer = False
        try:
            answer = self._check(address)
        finally:
            with self._lock:
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[address] = answer, time.monotonic() + (PROOF_SECONDS if answer else DOUBT_SECONDS)
                self._asked.discard(address)
