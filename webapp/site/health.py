"""Whether the site lives and is ready, and figures for Prometheus."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.billing import inbox
from webapp.core import clock
from webapp.core.errors import NotFound
from webapp.extensions import db, redis
from webapp.metering import counts

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> Response:
    """The process answers."""
    return jsonify(status="live")


@blueprint.get("/health/ready")
def ready() -> Response:
    """The database answers; Redis may be down, since the site then serves with previews."""
    database = _database_answers()
    response = jsonify(
        status="ready" if database else "not ready",
        database="up" if database else "down",
        redis="down" if redis.breaker.is_open else "up",
    )
    response.status_code = 200 if database else 503
    if not database:
        response.headers["Retry-After"] = "5"
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    """Figures in Prometheus's text format, for this machine only: never through a proxy."""
    if not _asked_from_here():
        raise NotFound
    registry = CollectorRegistry()
    database = _database_answers()
    up = Gauge("codeshelf_up", "Whether a part answers.", ["part"], registry=registry)
    up.labels("database").set(database)
    up.labels("redis").set(not redis.breaker.is_open)
    if database:
        today = Gauge("codeshelf_today", "What was counted today (UTC).", ["name"], registry=registry)
        for name, count in counts.by_day(clock.today()).get(clock.today(), {}).items():
            today.labels(name).set(count)
        billing = Gauge(
            "codeshelf_billing", "Stripe's events by state; customers to sync.", ["what"], registry=registry
        )
        for name, count in inbox.backlog().items():
            billing.labels(name).set(count)
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _asked_from_here() -> bool:
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
