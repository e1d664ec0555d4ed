"""Files are fetched from https addresses: whole, no larger than any publisher's, and with nothing left of a failure."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.codes import https_site
from tests.codes.https_site import Certificate, Site, body, chunked, redirect, status
from webapp.codes.importers import fetching
from webapp.codes.listing import FileRefused

NAME = "icd10cm-index-April-1-2026.xml"
DATA = b"0123456789abcdef" * 50_000


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    made = https_site.certificate(tmp_path_factory.mktemp("certificate"))
    if made is None:
        pytest.skip(https_site.NO_OPENSSL)
    return made


@pytest.fixture
def site(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site whose certificate is the only one that is trusted, asked without a proxy."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.certificate))
    monkeypatch.setenv("NO_PROXY", "*")
    with https_site.running(certificate) as site:
        yield site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads"


def refusal(address: str, folder: Path) -> str:
    """Return the words in which an address is refused, and see that nothing of it stays."""
    with pytest.raises(FileRefused) as refused:
        fetching.fetched(address, folder)
    assert list(folder.iterdir()) == []
    return str(refused.value)


def test_a_file_comes_whole_under_its_own_name(site: Site, folder: Path) -> None:
    site.answers[f"/files/{NAME}"] = body(DATA)
    told: list[tuple[str, int, int]] = []
    path = fetching.fetched(f"{site.address}/files/{NAME}?version=2#top", folder, lambda *step: told.append(step))
    assert (path.name, path.read_bytes(), path.parent.parent) == (NAME, DATA, folder)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert site.asked == [f"/files/{NAME}?version=2"]
    assert told[0] == (f"Fetching {NAME}", 0, len(DATA))
    assert told[-1] == (f"Fetching {NAME}", len(DATA), len(DATA))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_two_of_one_name_do_not_meet(site: Site, folder: Path) -> None:
    site.answers["/a/mue.csv"], site.answers["/b/mue.csv"] = body(b"a"), body(b"b")
    paths = [fetching.fetched(f"{site.address}/{each}/mue.csv", folder) for each in ("a", "b")]
    assert [path.read_bytes() for path in paths] == [b"a", b"b"]


def test_a_file_of_unknown_length_comes_whole(site: Site, folder: Path) -> None:
    site.answers["/a.zip"] = chunked([DATA, b"end"])
    assert fetching.fetched(f"{site.address}/a.zip", folder).read_bytes() == DATA + b"end"


def test_an_empty_file_comes_as_it_is(site: Site, folder: Path) -> None:
    site.answers["/a.csv"] = body(b"")
    assert fetching.fetched(f"{site.address}/a.csv", folder).read_bytes() == b""


def test_blanks_in_a_name_are_blanks(site: Site, folder: Path) -> None:
    site.answers["/Addendum%20B.csv"] = body(b"x")
    assert fetching.fetched(f"{site.address}/Addendum%20B.csv", folder).name == "Addendum B.csv"


def test_a_redirect_is_followed_and_the_name_stays(site: Site, folder: Path) -> None:
    site.answers |= {f"/{NAME}": redirect("/elsewhere"), "/elsewhere": redirect(f"{site.address}/1/2?key=3")}
    site.answers["/1/2"] = body(DATA)
    path = fetching.fetched(f"{site.address}/{NAME}", folder)
    assert (path.name, path.read_bytes()) == (NAME, DATA)


def test_redirects_without_end_are_refused(site: Site, folder: Path) -> None:
    site.answers["/a.zip"] = redirect("/a.zip")
    assert refusal(f"{site.address}/a.zip", folder) == "localhost sends us on and on, and gives no a.zip."
    assert len(site.asked) == fetching.REDIRECTS + 1


def test_a_redirect_to_plain_http_is_not_followed(site: Site, folder: Path) -> None:
    with https_site.running(None) as unsafe:
        unsafe.answers["/a.zip"] = body(DATA)
        site.answers["/a.zip"] = redirect(f"{unsafe.address}/a.zip")
        assert "sends us on to an address that is no https address" in refusal(f"{site.address}/a.zip", folder)
        assert unsafe.asked == []


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://localhost/a.zip", "https://:443/a.zip", "https://[", "data:,x"]
)
def test_a_redirect_to_what_is_no_site_is_not_followed(site: Site, folder: Path, location: str) -> None:
    site.answers["/a.zip"] = redirect(location)
    assert "sends us on to an address that is no https address" in refusal(f"{site.address}/a.zip", folder)


def test_the_body_of_a_redirect_is_not_read(site: Site, folder: Path) -> None:
    """However large it is: it would be held in memory."""
    left = threading.Event()

    def large(visit: https_site.Visit) -> None:
        visit.send_response(302)
        visit.send_header("Location", "/b.zip")
        visit.end_headers()
        try:
            for _ in range(50):
                visit.wfile.write(DATA)
        except OSError:
            left.set()

    site.answers |= {"/a.zip": large, "/b.zip": body(b"x")}
    assert fetching.fetched(f"{site.address}/a.zip", folder).read_bytes() == b"x"
    assert left.wait(10)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://localhost/a.zip", "from https addresses only, not from http"),
        ("ftp://localhost/a.zip", "from https addresses only, not from ftp"),
        ("/tmp/a.zip", "from https addresses only, not from others"),
        ("https:///a.zip", "names no site"),
        ("https://[::1/a.zip", "site or port cannot be read"),
        ("https://localhost:port/a.zip", "site or port cannot be read"),
        ("https://localhost", "names no file: ''"),
        ("https://localhost/folder/", "names no file: ''"),
        ("https://localhost/..", "names no file: '..'"),
        ("https://localhost/%2e%2e", "names no file: '..'"),
        ("https://localhost/..%2fa.zip", "names no file: '../a.zip'"),
        ("https://localhost/a%00.zip", "names no file"),
        ("https://localhost/a%0a.zip", "names no file"),
        ("https://localhost/\udcff.zip", "names no file"),
        (f"https://localhost/{'a' * 201}", "names no file"),
        (f"https://{'a' * 64}.example/a.zip", "is not reached"),
        ("https://.localhost/a.zip", "is not reached"),
        ("https://\udcff/a.zip", "is not reached"),
    ],
)
def test_what_is_no_https_address_of_a_file_is_refused(
    address: str, told: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    assert told in refusal(address, folder)


def test_addresses_are_told_from_paths() -> None:
    assert fetching.is_address("https://localhost/a.zip")
    assert fetching.is_address("HTTP://localhost/a.zip"), "so that it is refused as an address"
    assert not fetching.is_address("https/a.zip")


@pytest.mark.parametrize(
    ("code", "told"),
    [(404, "it answers 404 Not Found"), (403, "403 Forbidden"), (503, "503 Service Unavailable"), (599, "599.")],
)
def test_an_answer_that_is_an_error_is_told(site: Site, folder: Path, code: int, told: str) -> None:
    site.answers["/a.zip"] = status(code)
    said = refusal(f"{site.address}/a.zip", folder)
    assert said.startswith("localhost gives no a.zip: ")
    assert told in said


def test_a_page_that_asks_to_accept_terms_is_no_file(site: Site, folder: Path) -> None:
    site.answers["/a.zip"] = body(b"<html>I accept</html>", {"Content-Type": "text/html; charset=utf-8"})
    assert "answers with a web page instead of a.zip" in refusal(f"{site.address}/a.zip", folder)


@pytest.mark.parametrize("length", [str(fetching.LARGEST_FILE + 1), "9" * 30])
def test_a_file_that_says_it_is_too_large_is_not_begun(site: Site, folder: Path, length: str) -> None:
    site.answers["/a.zip"] = body(b"x", {"Content-Length": length})
    assert refusal(f"{site.address}/a.zip", folder) == "a.zip is larger than any file of this source."


def test_bytes_are_counted_as_they_come(site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST_FILE", len(DATA))
    site.answers["/a.zip"] = chunked([DATA])
    assert fetching.fetched(f"{site.address}/a.zip", folder).stat().st_size == len(DATA)
    site.answers["/b.zip"] = chunked([DATA, b"x"])
    with pytest.raises(FileRefused, match=r"b\.zip is larger than any file"):
        fetching.fetched(f"{site.address}/b.zip", folder)


@pytest.mark.parametrize("length", [str(len(DATA) + 1), str(10 * len(DATA))])
def test_a_file_shorter_than_its_site_says_is_refused(site: Site, folder: Path, length: str) -> None:
    site.answers["/a.zip"] = body(DATA, {"Content-Length": length})
    told = "a.zip is not fetched: localhost broke off while it was sending."
    assert refusal(f"{site.address}/a.zip", folder) == told


def test_a_file_that_breaks_off_between_pieces_is_refused(site: Site, folder: Path) -> None:
    site.answers["/a.zip"] = chunked([DATA], whole=False)
    assert "broke off while it was sending" in refusal(f"{site.address}/a.zip", folder)


@pytest.mark.parametrize("length", ["many", "-1", "0x1"])
def test_a_length_that_is_none_counts_for_nothing(site: Site, folder: Path, length: str) -> None:
    site.answers["/a.zip"] = body(b"x", {"Content-Length": length})
    assert fetching.fetched(f"{site.address}/a.zip", folder).read_bytes() == b"x"


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
def test_a_site_that_says_no_more_is_left(
    site: Site, folder: Path, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "READ_SECONDS", 0.2)
    over = threading.Event()

    def answer(visit: https_site.Visit) -> None:
        visit.wfile.write(sent)
        over.wait(10)

    site.answers["/a.zip"] = answer
    try:
        told = "broke off while it was sending" if sent else "does not answer"
        assert refusal(f"{site.address}/a.zip", folder) == f"a.zip is not fetched: localhost {told}."
    finally:
        over.set()


def test_a_site_that_is_not_there_is_told(site: Site, folder: Path, certificate: Certificate) -> None:
    with https_site.running(certificate) as gone:
        pass
    assert refusal(f"{gone.address}/a.zip", folder) == "a.zip is not fetched: localhost is not reached."


def test_a_certificate_that_nobody_vouches_for_is_refused(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    site.answers["/a.zip"] = body(DATA)
    assert "does not prove with a certificate" in refusal(f"{site.address}/a.zip", folder)
    assert site.asked == []


def test_messages_hold_neither_password_nor_key(site: Site, folder: Path) -> None:
    secret = site.address.replace("https://", "https://reader:sesame@")
    site.answers["/on.zip"] = redirect(f"{secret}/gone.zip?key=sesame")
    site.answers["/half.zip"] = body(b"x", {"Content-Length": "9"})
    for path in ("/gone.zip", "/on.zip", "/half.zip"):
        assert "sesame" not in refusal(f"{secret}{path}?key=sesame", folder)
    assert "sesame" not in refusal("http://reader:sesame@localhost/a.zip?key=sesame", folder)
    assert "sesame" not in refusal("https://reader:sesame@localhost:1/a.zip?key=sesame", folder)


def test_a_password_is_not_carried_to_another_site(site: Site, folder: Path) -> None:
    other = site.address.replace("localhost", "127.0.0.1")
    site.answers |= {"/a.zip": redirect(f"{other}/b.zip"), "/b.zip": body(b"x")}
    fetching.fetched(f"{site.address.replace('https://', 'https://reader:sesame@')}/a.zip", folder)
    assert ["Authorization" in headers for headers in site.headers] == [True, False]


def test_a_folder_that_takes_no_file_is_told(site: Site, tmp_path: Path) -> None:
    site.answers["/a.zip"] = body(DATA)
    with pytest.raises(FileRefused, match=r"^a\.zip cannot be written: No such file or directory\.$"):
        fetching.fetched(f"{site.address}/a.zip", tmp_path / "absent")
