"""The REST API's root. Endpoints join it as they come."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webapp.extensions import settings

blueprint = Blueprint("api", __name__)


@blueprint.get("/api/v1")
def root() -> Response:
    """Tell what answers here."""
    return jsonify(name=settings().site_name, version="v1", endpoints=["/api/v1"])
