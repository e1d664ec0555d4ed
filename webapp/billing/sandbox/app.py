"""The sandbox's Flask application: the API, the pages that a person sees, and the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from webapp.billing.sandbox import account, resources, tax
from webapp.billing.sandbox.errors import ApiError
from webapp.billing.sandbox.pages import authentication, checkout, common, control, invoices, portal

if TYPE_CHECKING:
    from webapp.billing.sandbox.server import Sandbox

FAMILIES = (account, resources, tax)
"""Importing them registers the routes of /v1."""
LARGEST_BODY = 1 << 20
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
HEADERS = {
    "Cache-Control": "no-store",
    # a paid form leads on to the site's own address, wherever that is: form-action covers redirects too
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action http: https:; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(sandbox: Sandbox) -> Flask:
    """Build the application in front of `sandbox`."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions["sandbox"] = sandbox
    app.add_url_rule("/v1/<path:_path>", "api", _api, methods=["GET", "POST", "DELETE"])
    for pages in (checkout, authentication, portal, invoices, control):
        app.register_blueprint(pages.pages)
    app.jinja_env.filters.update(common.FILTERS)
    app.before_request(_own_browser_only)
    app.after_request(_headers)
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _api(_path: str) -> Response:
    sandbox: Sandbox = current_app.extensions["sandbox"]
    return sandbox.api.answer(request)


def _own_browser_only() -> None:
    """Let no page of another site post here or read through a name of its own that leads to this machine."""
    if request.host.rpartition(":")[0] not in LOOPBACK and request.host not in LOOPBACK:
        abort(403, "The sandbox answers on this machine only.")
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        abort(403, "This form was sent from another site.")


def _headers(response: Response) -> Response:
    if request.endpoint != "static":
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def _api_error(error: ApiError) -> tuple[str, int]:
    return render_template("problem.html", message=error.message), error.status


def _http_error(error: HTTPException) -> tuple[str, int]:
    return render_template("problem.html", message=error.description), error.code or 500
