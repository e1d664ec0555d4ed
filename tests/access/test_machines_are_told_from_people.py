"""Crawlers and link previews are known by name; proof comes from DNS, and never delays a request."""

from __future__ import annotations

import threading
import time

import pytest

from webapp.access.crawlers import CrawlerProofs, is_bot


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "facebookexternalhit/1.1",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Twitterbot/1.0",
        "WhatsApp/2.19.81 A",
        "Mozilla/5.0 (compatible; Baiduspider/2.0)",
        "LinkedInBot/1.0",
    ],
)
def test_machines(agent):
    assert is_bot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; CUBOT X50) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36",
        "curl/8.5.0",
        "python-requests/2.32",
    ],
)
def test_people_and_their_tools(agent):
    assert not is_bot(agent)


def test_a_proof_is_asked_for_once_and_in_the_background():
    asked, may_answer = [], threading.Event()

    def check(address: str) -> bool:
        asked.append(address)
        may_answer.wait(5)
        return True

    proofs = CrawlerProofs(check)
    assert not proofs.proven("192.0.2.1")
    assert not proofs.proven("192.0.2.1")
    may_answer.set()
    end = time.monotonic() + 5
    while not proofs.proven("192.0.2.1") and time.monotonic() < end:
        time.sleep(0.01)
    assert proofs.proven("192.0.2.1")
    assert asked == ["192.0.2.1"]


def test_an_address_without_a_crawlers_name_is_not_proven(monkeypatch):
    from webapp.access import crawlers

    monkeypatch.setattr(crawlers.socket, "gethostbyaddr", lambda address: ("crawl.googlebot.com.evil.example", [], []))
    assert not crawlers.verify("192.0.2.1")


def test_a_name_that_does_not_lead_back_is_not_proven(monkeypatch):
    from webapp.access import crawlers

    monkeypatch.setattr(crawlers.socket, "gethostbyaddr", lambda address: ("crawl-1.googlebot.com", [], []))
    monkeypatch.setattr(crawlers.socket, "getaddrinfo", lambda host, port: [(0, 0, 0, "", ("192.0.2.9", 0))])
    assert not crawlers.verify("192.0.2.1")
    assert crawlers.verify("192.0.2.9")
