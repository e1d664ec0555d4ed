"""robots.txt and the sitemaps (sitemaps.org protocol 0.9): addresses only, nothing of what pages say."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

URLS_PER_FILE = 25_000
"""The protocol allows 50,000 and 50 MB a file."""

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

NOT_FOR_CRAWLERS = (
    "/account",
    "/api/",
    "/billing/",
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


def index(public_url: str, counts: Iterable[tuple[str, int]]) -> str:
    """Return the sitemap index for code systems with their numbers of pages, and the site's own pages."""
    names = ["pages", *(f"{system}-{n}" for system, count in counts for n in range(1, files(count) + 1))]
    entries = "".join(f"<sitemap><loc>{public_url}/sitemaps/{quote(name)}.xml</loc></sitemap>\n" for name in names)
    return f"{DECLARATION}<sitemapindex {NAMESPACE}>\n{entries}</sitemapindex>\n"


def urls(public_url: str, paths: Iterable[str]) -> str:
    """Return one sitemap of paths."""
    entries = "".join(f"<url><loc>{public_url}{quote(path)}</loc></url>\n" for path in paths)
    return f"{DECLARATION}<urlset {NAMESPACE}>\n{entries}</urlset>\n"
