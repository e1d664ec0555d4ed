"""Whatever is sent to whichever route: never a 5xx, one shape of errors, no header made of input, no traceback."""

from __future__ import annotations

import re
import shutil
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support import applications, people, shelf
from tests.support.sites import RunningSite, children
from webapp.core.net import own_path
from webapp.core.signing import Signet

PAYMENTS = "/webhooks/stripe"
"""Answers 503 as long as no payments are set up: the one 5xx that is no fault."""
JSON = {"Accept": "application/json"}
FORM = "application/x-www-form-urlencoded"
SOME = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PIECES = {
    "no utf-8": b"\xff\xfe",
    "overlong": b"\xc0\xaf",
    "lone surrogate": b"\xed\xa0\x80",
    "NUL": b"E11\0.9",
    "header": b"E11.9\r\nSet-Cookie: injected=1",
    "long": b"a" * 9000,
    "dots": b"../../../etc/passwd",
    "slashes": b"//evil.example/",
    "quoted slash": b"%2f..%2f",
    "parameters": b";jsessionid=1;a",
    "accents": "é̂\u202e😀".encode(),
    "SQL": b"' OR 1=1 --",
    "markup": b"<script>alert(1)</script>",
    "number": b"9" * 400,
    "format": b"%s%n{0.__class__}{{7*7}}",
    "blank": b" \t\x7f\x1b[31m",
}

QUERIES = (
    b"q=%00",
    b"%00",
    b"q=%ff&next=%ff",
    b"q=\xff",
    b"\xc3%a9",
    b"q=%ed%a0%80",
    b"q=%0d%0aSet-Cookie:%20injected=1&next=%0d%0aSet-Cookie:%20injected=1",
    b"q=" + b"a" * 10_000,
    b"q=sweet&page=1e999",
    b"q=sweet&page=-1",
    b"q=sweet&page=" + b"9" * 5000,
    b"q=a&q=b&page=1&page=x&system=a&system=b&next=/a&next=//evil.example",
    b"q[]=a&q[b]=c&unknown=1&_method=DELETE",
    b"&&&===;;;",
    b"%",
    b"%zz=%z",
    b"a=1&" * 4000,
    b"next=https://evil.example&changed=" + b"[" * 5000,
)

BODIES = {
    "deep JSON": (b"[" * 60_000, "application/json"),
    "deep object": (b'{"a":' * 60_000, "application/json"),
    "1e999": (b'{"a": 1e999}', "application/json"),
    "huge number": (b"9" * 10_000, "application/json"),
    "no JSON": (b"\xff{", "application/json; charset=utf-99"),
    "wrong type": (b"email=a", "text/plain"),
    "no type": (b"email=a", ""),
    "odd type": (b"email=a", '";;,\xe9='),
    "XML": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "application/xml"),
    "no boundary": (b"--a\r\n", "multipart/form-data"),
    "cut multipart": (b'--a\r\nContent-Disposition: form-data; name="email"\r\n', "multipart/form-data; boundary=a"),
    "odd multipart": (b"--a\r\n\xff: \0\r\n\r\n\r\n--a--", "multipart/form-data; boundary=a"),
    "many parts": (
        b'--a\r\nContent-Disposition: form-data; name="b"\r\n\r\n\r\n' * 3000,
        "multipart/form-data; boundary=a",
    ),
    "upload": (
        b'--a\r\nContent-Disposition: form-data; name="email"; filename="../../x"\r\n\r\nx\r\n--a--',
        "multipart/form-data; boundary=a",
    ),
    "not UTF-8": (b"email=\xff&csrf_token=\xff", FORM),
    "surrogates": (b"email=%ed%a0%80&csrf_token=%ed%a0%80&password=%00", FORM),
    "many fields": (b"a=1&" * 20_000, FORM),
    "repeated": (b"csrf_token=a&csrf_token=b&email=a&email=b", FORM),
    "10 MB": (b"a" * 10_000_000, FORM),
    "10 MB of JSON": (b" " * 10_000_000, "application/json"),
}


@pytest.fixture
def app(app, tmp_path):
    shelf.fill(app, tmp_path / "content")
    return app


def addresses_of(app, piece: bytes) -> list[tuple[str, bytes]]:
    """Every route with every method, its arguments replaced."""
    return [
        (method, re.sub(rb"<[^>]*>", lambda _: piece, rule.rule.encode()))
        for rule in app.url_map.iter_rules()
        for method in ("GET", "POST", "HEAD", "PUT")
    ]


def send(client, method: str, path: bytes, query: bytes = b"", **options):
    """Send bytes as a server hands them on; the test client alone would mend them."""
    environ = {"PATH_INFO": path.decode("latin-1"), "QUERY_STRING": query.decode("latin-1")}
    response = client.open("/", method=method, environ_overrides=environ, **options)
    check(response, path.decode("latin-1"), as_json="Accept" in options.get("headers", {}), method=method)
    return response


def check(response, path: str, *, as_json: bool = False, method: str = "GET") -> None:
    told = f"{method} {path[:80]!r} -> {response.status}"
    if not (path == PAYMENTS and response.status_code == 503):
        assert response.status_code < 500, told
    for name, value in response.headers:
        assert not re.search(r"[\r\n\0]", name + value), told
        assert name.lower() != "injected", told
        assert not (name == "Set-Cookie" and value.startswith("injected")), told
        assert name != "Location" or re.match(r"/(?![/\\])", value), f"{told} leads to {value[:100]!r}"
    assert "Content-Security-Policy" in response.headers, told
    assert b"Traceback" not in response.data, told
    assert len(response.data) < 100_000, told
    if response.status_code >= 400 and method != "HEAD":
        for_programs = path.startswith(("/api/", "/webhooks/"))
        if for_programs or (as_json and is_an_error_page_or_json(response)):
            error = response.json["error"]
            assert {"code", "message"} <= set(error) <= {"code", "message", "request_id"}, told
            assert isinstance(error["code"], str), told
        else:
            assert response.mimetype == "text/html", told
            assert "</html>" in response.text, told


def is_an_error_page_or_json(response) -> bool:
    """Whether it is no page of its own, as of an unknown code or a dead link: those are for people in any case."""
    return response.is_json or "data-status=" in response.text


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_in_the_path_of_every_route(app, piece):
    client = app.test_client()
    for method, path in addresses_of(app, piece):
        send(client, method, path)
        if method == "GET":
            send(client, method, path + b"/" + piece, headers=JSON)
            send(client, method, piece + path)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: repr(query[:20]))
def test_in_the_query_of_every_route(app, query):
    client = app.test_client()
    for method, path in addresses_of(app, b"icd-10-cm"):
        if method in {"GET", "POST"}:
            send(client, method, path, query)
    for path in (b"/codes/icd-10-cm/e119", b"/codes/icd-10-cm", b"/nothing-here"):
        send(client, "GET", path, query)
        send(client, "GET", path, query, headers=JSON)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_in_the_body_of_every_route(app, body):
    client = app.test_client()
    data, content_type = body
    for method, path in addresses_of(app, b"icd-10-cm"):
        if method == "POST":
            response = send(client, method, path, data=data, content_type=content_type)
            assert response.status_code >= 400 or response.location.startswith("/login")
    for path in (b"/login", b"/api/v1", b"/nothing-here"):
        send(client, "POST", path, data=data, content_type=content_type, headers=JSON)


def test_methods_that_no_one_has(app):
    client = app.test_client()
    for method in ("TRACE", "PROPFIND", "OPTIONS", "DELETE", "PATCH", "CONNECT", "get", "FOO!", "A" * 5000):
        for _, path in addresses_of(app, b"icd-10-cm"):
            response = send(client, method, path)
            expected = {200, 400, 402, 404, 405}
            assert method == "OPTIONS" or response.status_code in expected or response.status_code < 309


HOSTS = (
    "",
    "a b",
    "evil.example",
    "evil.example:99999999",
    "[::1",
    "a..b",
    "é",
    "\xff",
    "a" * 300,
    "a/b",
    "a@b",
    "x:y",
)


@pytest.mark.parametrize("proxies", [0, 1])
def test_hosts_and_proxies_that_are_forged(make_app, proxies):
    client = make_app(TRUSTED_PROXIES=proxies).test_client()
    for host in HOSTS:
        forged = {
            "HTTP_HOST": host,
            "HTTP_X_FORWARDED_HOST": host,
            "HTTP_X_FORWARDED_FOR": "\xff, ::1%25, 1.2.3.4.5",
            "HTTP_X_FORWARDED_PROTO": "javascript",
            "HTTP_X_FORWARDED_PORT": "x",
            "HTTP_FORWARDED": "for=" + host,
        }
        for path in ("/", "/codes/icd-10-cm", "/login", "/nothing-here", "/api/v1", "/metrics"):
            response = client.get(path, environ_overrides=forged)
            check(response, path)
            assert "evil.example" not in response.text


def forged_cookies(app) -> list[str]:
    site = app.extensions["settings"]
    right, wrong = site.signing_keys(), ["another key that is long enough for this"]
    token = "A" * 43
    return [
        *("", "=", ";", "a", "\xff", "\0", "1." + token, "0." + token, "999999999." + token, "9" * 50 + "." + token),
        *(f"1.{token}\n", "-1." + token, "1." + "A" * 10_000, '"1.' + token + '"', "1.\\000" + token),
        *(Signet(wrong, "guest").sign("AAAAAAAAAAA"), Signet(right, "other").sign("AAAAAAAAAAA")),
        *(Signet(right, "guest").sign(odd) for odd in ("", "a" * 500, "../../..:{x}", "AAAAAAAAAA\n", "é" * 11)),
        *("eyJjc3JmX3Rva2VuIjoiYSJ9.aaaaaa.aaaaaaaa", ".eJwDAAAAAAE.aaaaaa.b", "..", "." * 500, "a.b.c", "[" * 5000),
    ]


def test_cookies_that_are_forged(app):
    names = [app.extensions["session_cookie"], app.extensions["guest_cookie"], app.config["SESSION_COOKIE_NAME"]]
    for forged in forged_cookies(app):
        together = "; ".join(f"{name}={forged}" for name in names)
        for cookie in (together, f"{together}; {together}", f";;={forged}; {forged}"):
            client = app.test_client(use_cookies=False)
            for path in ("/", "/account", "/login", "/codes/icd-10-cm/E11.9", "/nothing-here"):
                response = client.get(path, environ_overrides={"HTTP_COOKIE": cookie})
                check(response, path)
                assert path != "/account" or response.status_code == 302


EVIL = (
    *("https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "/%09/evil.example", "http:evil.example", "http:///evil.example", "javascript:alert(1)"),
    *("//evil.example%2f@a", "/ /evil.example", "/\r\nSet-Cookie: injected=1", "/\0", "data:text/html,a", "ftp://a"),
    *("////", "/" + "a" * 5000, "h\ttps://evil.example", "\x08//evil.example", "//[::1", "https:/evil.example"),
)


def test_a_login_leads_nowhere_else(app):
    reader, guest = people.client_for(app, people.add_reader(app, "alice@example.org")), app.test_client()
    for evil in EVIL:
        for path in ("/login", "/register"):
            response = reader.get(path, query_string={"next": evil})
            check(response, path)
            assert response.status_code in {303, 400}
        for path in ("/login", "/register", "/reset", "/logout", "/nothing-here"):
            response = guest.get(path, query_string={"next": evil})
            check(response, path)
            for onward in re.findall(r'next=([^"&]*)', response.text):
                assert own_path(unquote(onward), "") == unquote(onward)
            assert not re.search(r'(?:href|action)="[^"]*//evil', response.text)


FIELDS = (
    "\0",
    "\ud800",
    "a" * 5000,
    "a@" + "b." * 200 + "c",
    "\r\nBcc: x@evil.example",
    "é@é",
    "a@[127.0.0.1]",
    "😀" * 200,
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: ascii(field[:20]))
def test_fields_of_forms_with_a_right_token(app, field):
    client = app.test_client()
    for path in ("/login", "/register", "/reset"):
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).text)
        assert token
        for email, password in ((field, "eleven grey herons"), ("bob@example.org", field), (field, field)):
            sent = {"csrf_token": token[1], "email": email, "password": password, "next": field, "unknown": field}
            body = "&".join(f"{name}={quoted(value)}" for name, value in sent.items())
            response = client.post(path, data=body.encode(), content_type=FORM)
            check(response, path, method="POST")


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


@SOME
@given(
    path=st.binary(max_size=60), query=st.binary(max_size=60), prefix=st.sampled_from([b"/", b"/codes/", b"/reset/"])
)
def test_any_bytes_as_an_address(app, path, query, prefix):
    send(app.test_client(), "GET", prefix + path, query)


@SOME
@given(
    value=st.text(st.characters(max_codepoint=0xFF), max_size=80), name=st.sampled_from(["session", "guest", "form"])
)
def test_any_bytes_as_a_cookie(app, value, name):
    client = app.test_client(use_cookies=False)
    for path in ("/account", "/codes/icd-10-cm/E11.9"):
        check(client.get(path, environ_overrides={"HTTP_COOKIE": f"{name}={value}"}), path)


QUERY_WORDS = (
    '"',
    "'",
    "*",
    "NEAR(a b)",
    "AND",
    "OR NOT",
    "a:b",
    "^a",
    "{a b}",
    "-a",
    "(((",
    "&|!<->",
    ":*",
    "\\",
    "%",
    "_",
    "😀",
    "É",
    "ﬁ",
    "E11.9",
    "ß",
    "\u200b",
    "٣",
)


@pytest.fixture
def searchable(database, tmp_path):
    shelf.fill(database, tmp_path)
    return database


@settings(SOME, max_examples=40)
@given(words=st.lists(st.one_of(st.sampled_from(QUERY_WORDS), st.text(max_size=12)), max_size=8))
@example(words=["sweet " * 1700])
@example(words=['"' * 10_000])
@example(words=["a*" * 5000])
def test_any_text_as_a_search(searchable, words):
    text = " ".join(words)
    response = searchable.test_client().get(f"/search?q={quoted(text)}&system={quoted(text[:9])}")
    check(response, "/search")
    assert response.status_code == (400 if re.search("[\0\ud800-\udfff]", text) else 200)


H = b"Host: localhost\r\nConnection: close\r\n"
POST = b"POST /login HTTP/1.1\r\n" + H + b"Content-Type: application/x-www-form-urlencoded\r\n"
RAW = {
    "raw bytes": b"GET /codes/icd-10-cm/\xff\xfe HTTP/1.1\r\n" + H + b"\r\n",
    "raw query": b"GET /search?q=\xff HTTP/1.1\r\n" + H + b"\r\n",
    "half a letter": b"GET /search?q=\xc3%a9 HTTP/1.1\r\n" + H + b"\r\n",
    "quoted bytes": b"GET /codes/icd-10-cm/%ff%00 HTTP/1.1\r\n" + H + b"\r\n",
    "raw letters": "GET /codes/icd-10-cm/é?é=é HTTP/1.1\r\n".encode() + H + b"\r\n",
    "NUL": b"GET /\0 HTTP/1.1\r\n" + H + b"\r\n",
    "header in path": b"GET /codes/icd-10-cm/e119%0d%0aSet-Cookie:injected=1 HTTP/1.1\r\n" + H + b"\r\n",
    "header in query": b"GET /codes/icd-10-cm/e119?a=%0d%0aSet-Cookie:injected=1 HTTP/1.1\r\n" + H + b"\r\n",
    "long path": b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n" + H + b"\r\n",
    "longer path": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + H + b"\r\n",
    "long query": b"GET /search?q=" + b"a" * 60_000 + b" HTTP/1.1\r\n" + H + b"\r\n",
    "long header": b"GET / HTTP/1.1\r\n" + H + b"X-A: " + b"a" * 500_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + H + b"".join(b"X-%d: a\r\n" % number for number in range(500)) + b"\r\n",
    "many cookies": b"GET / HTTP/1.1\r\n" + H + b"Cookie: " + b"session=a;" * 5000 + b"\r\n\r\n",
    "odd cookies": b"GET /account HTTP/1.1\r\n" + H + b"Cookie: session=\xff; guest=\xfe\xff; form=\x80\r\n\r\n",
    "odd headers": b"GET /nix HTTP/1.1\r\n"
    + H
    + b"Accept: \xff;q=1e999\r\nUser-Agent: \xff\r\nRange: bytes=9-1\r\n\r\n",
    "two hosts": b"GET /codes/icd-10-cm HTTP/1.1\r\nHost: evil.example\r\n" + H + b"\r\n",
    "odd host": b"GET / HTTP/1.1\r\nConnection: close\r\nHost: \xff a..b/@:x\r\n\r\n",
    "no host": b"GET /codes/icd-10-cm HTTP/1.1\r\nConnection: close\r\n\r\n",
    "another site": b"GET http://evil.example/codes/icd-10-cm HTTP/1.1\r\n" + H + b"\r\n",
    "forwarded": b"GET / HTTP/1.1\r\n"
    + H
    + b"X-Forwarded-For: \xff\r\nX-Forwarded-Proto: a\r\nX-Forwarded-Host: \xff\r\n\r\n",
    "connect": b"CONNECT evil.example:80 HTTP/1.1\r\n" + H + b"\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n",
    "trace": b"TRACE / HTTP/1.1\r\n" + H + b"Cookie: session=canary\r\n\r\n",
    "long method": b"A" * 20_000 + b" / HTTP/1.1\r\n" + H + b"\r\n",
    "dots": b"GET /static/../../config.py HTTP/1.1\r\n" + H + b"\r\n",
    "quoted dots": b"GET /static/%2e%2e%2f%2e%2e%2fconfig.py HTTP/1.1\r\n" + H + b"\r\n",
    "slashes": b"GET //evil.example/%2e%2e HTTP/1.1\r\n" + H + b"\r\n",
    "bad length": POST + b"Content-Length: abc\r\n\r\na=b",
    "negative length": POST + b"Content-Length: -1\r\n\r\na=b",
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc",
    "huge length": POST + b"Content-Length: 99999999999999999999\r\n\r\na=b",
    "large length": POST + b"Content-Length: 999999999\r\n\r\na=b",
    "bad chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "length and chunks": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
    "10 MB of chunks": POST
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 160
    + b"0\r\n\r\n",
    "10 MB": POST + b"Content-Length: 10000000\r\n\r\n" + b"a" * 10_000_000,
    "10 MB unread": b"POST /webhooks/stripe HTTP/1.1\r\n" + H + b"Content-Length: 10000000\r\n\r\n" + b"a" * 10_000_000,
    "other encoding": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\n" + H + b"X-A: a\r\n b\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "upgrade": b"GET / HTTP/1.1\r\n" + H + b"Upgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory, _migrated_sqlite):
    data = tmp_path_factory.mktemp("raw")
    shutil.copy(_migrated_sqlite, data / "codeshelf.db")
    app = applications.create_app(applications.settings(DATA=data))
    shelf.fill(app, data / "content")
    applications.close(app)
    with RunningSite(data) as running:
        yield running


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes and return all that comes back until the server closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        with suppress(ConnectionError):  # it has heard enough
            connection.sendall(sent)
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                received += part
    return received


def memory_of(site) -> int:
    """Kilobytes that the server's processes hold."""
    server = site.child("granian")
    found = [Path(f"/proc/{pid}/status").read_text() for pid in (server, *children(server))]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) for status in found)


@pytest.mark.slow
def test_raw_bytes_on_the_wire(site):
    exchange(site.port, RAW["10 MB"])
    assert site.answers("/search?q=sweet")  # which opens the search index, once for each process
    before = memory_of(site)
    for name, sent in RAW.items():
        head, _, body = exchange(site.port, sent).partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.[01] (\d{3})", head)
        assert status or name in {"HTTP/2"}, (name, head[:200])
        assert not status or int(status[1]) < 500 or name == "10 MB unread", (name, head[:200])
        assert not re.search(rb"(?im)^(set-cookie:\s*)?injected|^location:\s*(http|//)", head), (name, head[:500])
        assert b"Traceback" not in body, name
        assert b"canary" not in body, name
        assert len(body) < 100_000, name
        assert site.answers("/health/ready"), name
    for _ in range(10):
        exchange(site.port, RAW["10 MB"])
        exchange(site.port, RAW["10 MB of chunks"])
    assert memory_of(site) - before < 20_000
    assert "Traceback" not in site.output
    assert "panicked" not in site.output
