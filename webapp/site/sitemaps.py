"""robots.txt and the sitemaps (sitemaps.org protocol 0.9): addresses only, nothing of what pages say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from urllib.parse import quote

URLS_PER_FILE = 50_000
"""As many as the protocol allows. Its other limit, 50 MB a file, is far off: an address takes some 100 bytes."""

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

NOT_FOR_CRAWLERS = (
    "/account",
    "/api/",
    "/billing/",
    "/codes/*/releases/differences",
    "/dev/",
    "/login",
    "/logout",
    "/pricing?next=",
    "/register",
    "/reset",
    "/search",
    "/staff/",
    "/subscribe/",
    "/webhooks/",
)


def robots(public_url: str) -> str:
    """Return robots.txt."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_CRAWLERS), ""]
    return "\n".join([*lines, f"Sitemap: {public_url}/sitemap.xml", ""])


def files(count: int) -> int:
    """How many sitemap files `count` addresses take."""
    return -(-count // URLS_PER_FILE)


def index(public_url: str, systems: Iterable[tuple[str, int, date | None]]) -> str:
    """Return the sitemap index for code systems with their numbers of pages and the days that these are from, and for
    the site's own pages.
    """
    entries = [_entry("sitemap", f"{public_url}/sitemaps/pages.xml", None)]
    for system, count, day in systems:
        names = (f"{system}-{number}.xml" for number in range(1, files(count) + 1))
        entries.extend(_entry("sitemap", f"{public_url}/sitemaps/{quote(name)}", day) for name in names)
    return f"{DECLARATION}<sitemapindex {NAMESPACE}>\n{''.join(entries)}</sitemapindex>\n"


def urls(public_url: str, paths: Iterable[str], day: date | None = None) -> str:
    """Return one sitemap of paths. `day`: when what they show was loaded."""
    entries = "".join(_entry("url", f"{public_url}{quote(path)}", day) for path in paths)
    return f"{DECLARATION}<urlset {NAMESPACE}>\n{entries}</urlset>\n"


def _entry(kind: str, address: str, day: date | None) -> str:
    changed = f"<lastmod>{day}</lastmod>" if day else ""
    return f"<{kind}><loc>{address}</loc>{changed}</{kind}>\n"
