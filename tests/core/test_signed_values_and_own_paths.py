"""Signed values hold for one purpose only; `next=` leads nowhere but to our own paths."""

from __future__ import annotations

import pytest

from webapp.core.net import network_of, own_path
from webapp.core.signing import Signet

KEYS = ["old-key-old-key-old-key", "new-key-new-key-new-key"]


def test_a_signed_text_is_read_back_and_a_changed_one_is_not():
    signet = Signet(KEYS, "guest")
    signed = signet.sign("abc")
    assert signet.read(signed) == "abc"
    assert signet.read(signed[:-1] + ("A" if signed[-1] != "A" else "B")) is None
    assert signet.read("x" + signed) is None


def test_a_value_signed_for_one_purpose_is_void_for_another():
    assert Signet(KEYS, "other").read(Signet(KEYS, "guest").sign("abc")) is None


def test_an_earlier_key_still_counts_and_an_unknown_one_does_not():
    assert Signet(KEYS, "guest").read(Signet(KEYS[:1], "guest").sign("abc")) == "abc"
    assert Signet(KEYS, "guest").read(Signet(["another-key"], "guest").sign("abc")) is None


@pytest.mark.parametrize("hostile", ["", ".", "abc", "é.x", "\x00", "a" * 5000, "\ud800.x"])
def test_hostile_values_are_read_as_nothing(hostile):
    assert Signet(KEYS, "guest").read(hostile) is None


@pytest.mark.parametrize("path", ["/", "/codes/icd-10-cm/E11.9", "/search?q=a%20b", "/a?next=https://x.example"])
def test_our_own_paths_are_kept(path):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "http://example.com",
        "http:///example.com",
        "https://example.com",
        "ftp://example.com",
        "///example.com",
        "//example.com",
        "/\\example.com",
        "\\\\example.com",
        "/\\/example.com",
        "/\texample.com",
        "/\nexample.com",
        "/%0d%0a\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "http:\\\\example.com",
        "http:/example.com",
        " /ok",
        "/ ok",
        "/\x7f",
        "//[::1",
        "codes/E11",
        "/" + "a" * 600,
    ],
)
def test_other_targets_lead_home(target):
    assert own_path(target) == "/"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::"),
        ("nonsense", "?"),
        ("", "?"),
    ],
)
def test_a_network_is_one_ipv4_address_or_one_ipv6_slash_64(address, network):
    assert network_of(address) == network
