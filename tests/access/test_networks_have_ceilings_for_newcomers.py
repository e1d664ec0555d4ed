"""New guest identities are counted by network and day, so that clearing cookies gains little; accounts are not."""

from __future__ import annotations

import pytest

from tests.support import shelf

PAGES = [f"/codes/icd-10-cm/E11.{number}" for number in range(10)]


@pytest.fixture
def crowded(make_app, tmp_path):
    app = make_app(NETWORK_SOFT_CEILING=3, NETWORK_HARD_CEILING=5)
    shelf.fill(app, tmp_path)
    return app


def open_afresh(app, path: str = PAGES[0], address: str = "192.0.2.7", **headers):
    """Open a page without any cookie."""
    client = app.test_client()
    return client, client.get(path, environ_base={"REMOTE_ADDR": address}, headers=headers)


def test_above_the_soft_ceiling_a_newcomer_must_return_the_cookie(crowded):
    for _ in range(3):
        assert "0 free code pages left" in open_afresh(crowded)[1].text
    client, preview = open_afresh(crowded)
    assert preview.status_code == 200
    assert "One click opens this page" in preview.text
    again = client.get(PAGES[0], environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert "free code pages left" in again.text
    assert "One click opens this page" not in again.text


def test_above_the_hard_ceiling_newcomers_are_asked_to_register(crowded):
    for _ in range(5):
        open_afresh(crowded)
    client, refused = open_afresh(crowded)
    assert refused.status_code == 402
    assert "Too many new readers" in refused.text
    assert "Create a free account" in refused.text
    assert client.get_cookie("guest") is None


def test_another_network_and_a_guest_known_before_are_not_concerned(crowded):
    known, _ = open_afresh(crowded)
    for _ in range(6):
        open_afresh(crowded)
    assert "0 free code pages left" in open_afresh(crowded, address="198.51.100.1")[1].text
    assert known.get(PAGES[0], environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


def test_one_ipv6_network_is_a_slash_64(crowded):
    for number in range(5):
        open_afresh(crowded, address=f"2001:db8:1:2::{number + 1}")
    assert open_afresh(crowded, address="2001:db8:1:2:ffff::9")[1].status_code == 402
    assert open_afresh(crowded, address="2001:db8:1:3::1")[1].status_code == 200


def test_forged_forwarded_addresses_gain_nothing(crowded):
    whole = 0
    for number in range(100):
        _, page = open_afresh(
            crowded, **{"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        )
        whole += page.status_code == 200 and "free code pages left" in page.text
    assert whole == 3


def test_behind_a_trusted_proxy_the_readers_address_counts(make_app, tmp_path):
    app = make_app(NETWORK_SOFT_CEILING=1, NETWORK_HARD_CEILING=1, TRUSTED_PROXIES=1)
    shelf.fill(app, tmp_path)
    for number in range(3):
        _, page = open_afresh(app, address="10.0.0.1", **{"X-Forwarded-For": f"1.2.3.4, 203.0.113.{number}"})
        assert "free code pages left" in page.text
    assert open_afresh(app, address="10.0.0.1", **{"X-Forwarded-For": "9.9.9.9, 203.0.113.0"})[1].status_code == 402


def test_a_home_page_counts_a_newcomer_once(crowded):
    client, _ = open_afresh(crowded, path="/")
    for _ in range(5):
        client.get("/", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert "free code pages left" in open_afresh(crowded)[1].text


def test_readers_with_an_account_are_never_refused_for_their_network(crowded):
    from tests.support import people

    for _ in range(8):
        open_afresh(crowded)
    alice = people.client_for(crowded, people.add_reader(crowded, "alice@example.org"))
    assert alice.get(PAGES[0], environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200
