from __future__ import annotations

import logging

import pytest
from flask import Flask, abort, request
from sqlalchemy.exc import DataError, OperationalError

from webapp.core import errors
from webapp.extensions import RedisUnavailable

JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

RAISED = {
    "bad input": (errors.BadInput("No such number."), 400, "bad_input"),
    "absent": (errors.NotFound(), 404, "not_found"),
    "too many": (errors.TooManyRequests(retry_after=90), 429, "too_many_requests"),
    "database away": (OperationalError("SELECT 1", {}, Exception("gone")), 503, "unavailable"),
    "redis away": (RedisUnavailable("gone"), 503, "unavailable"),
    "our fault": (ZeroDivisionError("a secret"), 500, "internal_error"),
}


@pytest.fixture
def app(face) -> Flask:
    @face.route("/raise/<name>", methods=["GET", "POST"])
    def fail(name: str) -> str:
        raise RAISED[name][0]

    @face.route("/api/v1/raise/<name>")
    def fail_in_the_api(name: str) -> str:
        raise RAISED[name][0]

    @face.post("/json")
    def read_json() -> str:
        return str(request.get_json())

    @face.post("/hostile/<kind>")
    def hostile(kind: str) -> str:
        if kind == "surrogate":
            "\ud800".encode()
        if kind == "data":
            raise DataError("INSERT", {}, Exception("NUL"))
        raise OverflowError(kind)

    @face.get("/echo/<text>")
    def echo(text: str) -> str:
        return text + request.args.get("q", "")

    @face.get("/busy")
    def busy() -> str:
        abort(429)

    return face


@pytest.mark.parametrize("name", RAISED)
def test_programs_get_json(app, name):
    _, status, code = RAISED[name]
    for response in (
        app.test_client().get(f"/raise/{name}", headers=JSON),
        app.test_client().get(f"/api/v1/raise/{name}", headers=BROWSER),
    ):
        assert response.status_code == status
        assert response.json["error"]["code"] == code
        assert response.json["error"]["message"].endswith(".")


@pytest.mark.parametrize("name", RAISED)
def test_people_get_a_page(app, name):
    _, status, _ = RAISED[name]
    response = app.test_client().get(f"/raise/{name}", headers=BROWSER)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert f'data-status="{status}"' in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_waiting_is_told_in_seconds_and_in_words(app):
    response = app.test_client().get("/raise/too many")
    assert response.headers["Retry-After"] == "90"
    assert "Try again in 90 seconds." in response.text


def test_an_outage_says_when_to_come_back(app):
    assert app.test_client().get("/raise/database away").headers["Retry-After"] == "5"


def test_a_fault_of_ours_has_a_number_on_the_page_and_in_the_log_but_no_secret(app, caplog):
    response = app.test_client().get("/raise/our fault", headers=JSON)
    number = response.json["error"]["request_id"]
    assert "secret" not in response.text
    assert number in caplog.text
    assert number not in app.test_client().get("/raise/our fault").text


def test_the_log_keeps_silent_on_what_was_sent(app, caplog):
    with caplog.at_level(logging.DEBUG):
        app.test_client().post("/raise/our fault", data={"note": "patient"})
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


def test_a_faulty_header_part_does_not_spoil_the_page_of_a_fault(app):
    @app.context_processor
    def broken() -> dict[str, object]:
        raise RuntimeError("no reader")

    response = app.test_client().get("/raise/our fault")
    assert response.status_code == 500
    assert 'data-status="500"' in response.text


@pytest.mark.parametrize("kind", ["surrogate", "data", "number"])
def test_hostile_input_is_never_our_fault(app, kind):
    assert app.test_client().post(f"/hostile/{kind}").status_code == 400


@pytest.mark.parametrize(
    "body",
    ["[" * 60_000, '{"a":' * 60_000, "\x00", b"\xff\xfe", "{", ""],
    ids=["deep list", "deep object", "nul", "no utf-8", "cut", "empty"],
)
def test_broken_json_is_never_our_fault(app, body):
    response = app.test_client().post("/json", data=body, content_type="application/json", headers=JSON)
    assert response.status_code == 400
    assert response.json["error"]["code"] == "bad_input"


@pytest.mark.parametrize("path", [b"/echo/\0", b"/echo/a\0b", b"/echo/\xff", b"/echo/\xed\xa0\x80", b"/\xc3("])
def test_an_address_with_bytes_that_mean_nothing_is_refused(app, path):
    # as servers hand it on; the test client would mend it first
    environ = {"PATH_INFO": path.decode("latin-1")}
    assert app.test_client().get("/", environ_overrides=environ).status_code == 400


@pytest.mark.parametrize("query", ["q=%00", "q=%ff", "%00=1", "other=%ed%a0%80"])
def test_so_is_such_a_query(app, query):
    assert app.test_client().get(f"/echo/a?{query}").status_code == 400


@pytest.mark.parametrize("path", ["/echo/caf%C3%A9", "/echo/%E2%82%AC?q=%25", "/echo/a?q=a%20b%2Bc"])
def test_other_letters_are_welcome(app, path):
    assert app.test_client().get(path).status_code == 200


def test_a_wrong_method_names_the_right_ones(app):
    response = app.test_client().put("/json", headers=JSON)
    assert (response.status_code, response.json["error"]["code"]) == (405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_a_wrong_content_type_is_told(app):
    response = app.test_client().post("/json", data="a", content_type="text/plain", headers=JSON)
    assert (response.status_code, response.json["error"]["code"]) == (415, "unsupported_media_type")


def test_flasks_own_errors_look_alike(app):
    assert app.test_client().get("/busy", headers=JSON).json["error"]["code"] == "too_many_requests"


def test_a_redirect_is_no_error(app):
    app.add_url_rule("/folder/", view_func=lambda: "here", endpoint="folder")
    response = app.test_client().get("/folder")
    assert response.status_code == 308


def test_html_in_an_address_is_shown_as_text(app):
    RAISED["markup"] = (errors.NotFound("There is no <script>."), 404, "not_found")
    assert "<script>." not in app.test_client().get("/raise/markup").text
